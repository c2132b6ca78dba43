"""Questions to active funds, built from arrays of returns over cash."""

from counterpoise.model import (
    ActiveFund,
    AlphaCaptureQuestion,
    FeeBasis,
    FeeHurdle,
    FeeTerms,
    MeasureAlphaCaptureRequest,
)
from optimizer.usecases.measure_alpha_capture import measure_alpha_capture
from tests.unit.optimizer.evidence.questions import ask

NO_FEES = FeeTerms(annual_management_fee=0.0, performance_fee_rate=0.0)
HEDGE_FUND = FeeTerms(annual_management_fee=0.015, performance_fee_rate=0.2, hurdle=FeeHurdle.CASH)


def ask_capture(
    funds, benchmark, factors=None, *, fees=NO_FEES, basis=FeeBasis.NET, passive_fee=0.0, rate=0.04, **terms
):
    """A question to funds on the benchmark `index`; what is given of histories goes to `ask`."""
    given = {name: terms.pop(name) for name in ("cash", "dates", "frequency") if name in terms}
    factors = factors or {}
    history = ask(funds, {"index": benchmark, **factors}, **given).history
    return AlphaCaptureQuestion(
        history=history,
        funds=tuple(
            ActiveFund(
                fund_id=name, benchmark_id="index", fee_basis=basis, fees=fees, annual_passive_fee=passive_fee
            )
            for name in funds
        ),
        factor_ids=tuple(factors),
        cash_id="cash" if "cash" in given else "",
        annual_risk_free_rate=rate,
        **terms,
    )


def answer(question, request_id=""):
    """What a whole call says."""
    return measure_alpha_capture(MeasureAlphaCaptureRequest(question=question, request_id=request_id))


def capture(*args, **terms):
    """What is left of the only fund."""
    (found,) = answer(ask_capture(*args, **terms)).captures
    return found
