"""What rests on alpha: how much it is after fees, and whether the portfolio works without it."""

from __future__ import annotations

from counterpoise.command.beta import Beta, at_equal_beta
from counterpoise.model import Allocation, LineKind, ReturnReport, ReturnTermKind
from counterpoise.wording.figures import LEAST_SAID, Money, basis_points, percent

_VERDICTS = {
    (True, True): "it works, at equal beta too",
    (True, False): "it works only by its beta",
    (False, True): "it does not work, only because of its beta",
    (False, False): "it does not work, nor at equal beta",
}
"""By whether it reaches the reference as it is, and at equal beta."""


def sleeves_of(allocation: Allocation) -> set[str]:
    """Ids of the sleeves."""
    return {item.line_id for item in allocation.positions if item.kind == LineKind.ALPHA_SLEEVE}


def in_sleeves(allocation: Allocation) -> float:
    """Capital and notional in sleeves, fraction of NAV."""
    return sum(item.fraction for item in allocation.positions if item.kind == LineKind.ALPHA_SLEEVE)


def alpha_after_fees(allocation: Allocation) -> float:
    """What alpha brings after the fees of the sleeves, annual decimal of NAV."""
    report = allocation.expected_return
    sleeves = sleeves_of(allocation)
    return sum(
        term.annual_return
        for term in (report.terms if report is not None else ())
        if term.kind == ReturnTermKind.ALPHA or (term.kind == ReturnTermKind.FEE and term.line_id in sleeves)
    )


def of_alpha(
    allocation: Allocation, report: ReturnReport, beta: Beta | None, money: Money
) -> tuple[str, ...]:
    """Alpha after fees as a number, the alpha that breaks even, and the fees that are charged without any."""
    sleeves, alpha = in_sleeves(allocation), alpha_after_fees(allocation)
    counted = (
        f"Alpha after fees is {basis_points(alpha)} bp of NAV = {money.words_of(alpha)} a year: "
        f"{percent(alpha / sleeves)} % of what is in sleeves, {percent(sleeves)} % of NAV."
    )
    reference = report.annual_reference_return
    if reference is None:
        return (counted,)
    charged = report.annual_net_return - alpha - report.annual_net_return_without_alpha
    fees = f", where managers still charge {basis_points(charged)} bp of NAV" if charged >= LEAST_SAID else ""
    verdict = _verdict(report.annual_net_return_without_alpha - reference, fees, beta)
    needed = (alpha - (report.annual_net_return - reference)) / sleeves
    equal = (beta.annual_return if beta is not None else 0.0) / sleeves + needed
    return (counted, f"{verdict} {_break_even(needed, equal if beta is not None else None)}")


def _verdict(gain: float, fees: str, beta: Beta | None) -> str:
    """Whether alpha is needed, and whether that is because of beta."""
    if beta is None:
        return f"It {'works' if gain >= 0 else 'does not work'} with alpha at zero{fees}."
    return (
        f"With alpha at zero{fees}, {_VERDICTS[gain >= 0, gain >= beta.annual_return]}. "
        f"Its beta of {beta.words} {beta.brings}: {at_equal_beta(gain, beta)}."
    )


def _break_even(needed: float, equal: float | None) -> str:
    """The alpha after fees at which the reference portfolio is reached, also at equal beta."""
    told = (
        f"Break-even: the sleeves must add {percent(needed)} % a year after fees to reach the reference "
        "portfolio"
        if needed > 0
        else f"Break-even: the sleeves could lose {percent(-needed)} % a year after fees before the "
        "portfolio falls behind the reference portfolio"
    )
    if equal is None:
        return f"{told}."
    verb = "must add" if equal > 0 else "could lose"
    return f"{told}; at equal beta they {verb} {percent(abs(equal))} %."
