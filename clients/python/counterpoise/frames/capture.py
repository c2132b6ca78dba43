"""What is left of active funds as frames; annual decimals, as in the contract."""

from __future__ import annotations

import pandas as pd

from counterpoise.frames.tables import name_of, table
from counterpoise.model import ActiveReturn, AlphaCapture, FeeReport, MeasureAlphaCaptureResponse

_REGRESSION = (
    "annual_alpha",
    "annual_alpha_lower",
    "annual_alpha_upper",
    "alpha_t",
    "r_squared",
    "adjusted_r_squared",
    "annual_residual_volatility",
)
_NET = (
    "annual_gross_alpha",
    "annual_fee",
    "annual_net_alpha",
    "annual_net_alpha_lower",
    "annual_net_alpha_upper",
)
_BENEFIT = ("annual_benefit", "annual_alpha_over_break_even")
_FEES = (
    "annual_gross_alpha",
    "annual_management_fee",
    "annual_performance_fee",
    "annual_naive_performance_fee",
    "annual_fee",
    "annual_net_alpha",
    "annual_net_alpha_lower",
    "annual_net_alpha_upper",
    "beta_share",
    "annual_fee_for_beta",
    "annual_active_fee",
)
_STRUCTURE = (
    "annual_synthetic_cost",
    "annual_physical_cost",
    "alpha_share",
    "annual_break_even_alpha",
)


def captures_frame(response: MeasureAlphaCaptureResponse) -> pd.DataFrame:
    """Funds indexed by id.

    Columns: verdict, empty where there is none; sign_of_net_alpha, which is not_proven where the interval of
    the alpha after fees holds zero, else above_zero or below_zero; reasons and treatment of smoothing, as
    names of the contract; active return; alpha of the regression with interval and t, R-squared, residual
    volatility; alpha before fees, fees, alpha after them with interval; benefit of the structure per unit of
    notional, and alpha over its break-even; period_count. What is not known is NaN.
    """
    rows = {item.fund_id: _row(item) for item in response.captures}
    numbers = ("annual_active_return", *_REGRESSION, *_NET, *_BENEFIT, "period_count")
    return table(
        rows, "fund_id", text=("verdict", "sign_of_net_alpha", "reasons", "treatment"), numbers=numbers
    )


def active_return_frame(response: MeasureAlphaCaptureResponse) -> pd.DataFrame:
    """Parts of the active returns of funds, indexed by id.

    Columns: annual_benchmark_part, for every factor its part, named `annual_part_` and the factor's id, and
    annual_alpha, which sum to annual_active_return; annual_tracking_error, benchmark_beta. Funds without a
    regression have no row.
    """
    given = {item.fund_id: item.active_return for item in response.captures if item.active_return is not None}
    factors = list(dict.fromkeys(part.factor_id for one in given.values() for part in one.factor_parts))
    rows = {fund_id: _parts(one, factors) for fund_id, one in given.items()}
    numbers = (
        "annual_benchmark_part",
        *(f"annual_part_{factor}" for factor in factors),
        "annual_alpha",
        "annual_active_return",
        "annual_tracking_error",
        "benchmark_beta",
    )
    return table(rows, "fund_id", numbers=numbers)


def fees_frame(response: MeasureAlphaCaptureResponse) -> pd.DataFrame:
    """Fees of funds, indexed by id; funds with too little data have no row.

    Columns: alpha before fees; management fee, expected performance fee, what it would be without
    volatility, both fees; alpha after them with interval; beta_share of the fund; fees paid for beta; the fee
    of the active part per unit of it, NaN where there is none.
    """
    rows = {
        item.fund_id: tuple(getattr(item.fees, name) for name in _FEES)
        for item in response.captures
        if item.fees is not None
    }
    return table(rows, "fund_id", numbers=_FEES)


def structure_frame(response: MeasureAlphaCaptureResponse) -> pd.DataFrame:
    """What a portable structure costs per unit of notional, indexed by figure; the column is value.

    Figures: annual_synthetic_cost and annual_physical_cost, the share of capital that is free for alpha, and
    the net alpha at which both ways earn the same. Annual decimals; no rows where no structure was asked for.
    """
    report = response.structure
    rows = {name: (getattr(report, name),) for name in _STRUCTURE} if report is not None else {}
    return table(rows, "figure", numbers=("value",))


def _row(item: AlphaCapture) -> tuple[str | float | None, ...]:
    evidence = item.evidence
    parts = (
        (item.active_return, ("annual_active_return",)),
        (evidence.regression if evidence is not None else None, _REGRESSION),
        (item.fees, _NET),
        (item.structure_benefit, _BENEFIT),
        (evidence.sample if evidence is not None else None, ("period_count",)),
    )
    numbers: list[float | None] = [getattr(part, name, None) for part, names in parts for name in names]
    smoothing = evidence.smoothing if evidence is not None else None
    return (
        "" if item.verdict is None else name_of(item.verdict),
        "" if item.fees is None else _sign(item.fees),
        ", ".join(name_of(reason) for reason in evidence.reasons) if evidence is not None else "",
        "" if smoothing is None else name_of(smoothing.treatment),
        *numbers,
    )


def _sign(fees: FeeReport) -> str:
    if fees.annual_net_alpha_lower > 0.0:
        return "above_zero"
    return "below_zero" if fees.annual_net_alpha_upper < 0.0 else "not_proven"


def _parts(one: ActiveReturn, factors: list[str]) -> tuple[float | None, ...]:
    by_factor = {part.factor_id: part.annual_return for part in one.factor_parts}
    return (
        one.annual_benchmark_part,
        *(by_factor.get(factor) for factor in factors),
        one.annual_alpha,
        one.annual_active_return,
        one.annual_tracking_error,
        one.benchmark_beta,
    )
