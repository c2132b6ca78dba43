"""Points of a frontier as a frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from counterpoise.frames.tables import name_of
from counterpoise.model import (
    Allocation,
    CorrelationRegime,
    LeverageDefinition,
    LimitBoundParameter,
    RiskStatistic,
    Side,
    SweepAxis,
    TerminationReason,
    TraceFrontierResponse,
)

REFUSED = "refused"
"""The ending of a point that has no answer at all."""
_FIGURES = ("objective", "net_return", "gross_leverage", "active_risk")


def frontier_frame(points: Iterable[TraceFrontierResponse], axes: Sequence[SweepAxis]) -> pd.DataFrame:
    """Points indexed by point_index, in its order, whatever the order in which they came.

    Columns: one for every axis, as `axis_name` says; termination, `refused` where there is no answer;
    objective, net_return, gross_leverage, active_risk; `shadow_price[AXIS]` for every axis that is a bound
    of a limit: the improvement of the objective per unit by which that bound is loosened. Numbers are NaN
    where an answer does not carry them; the basic view has no net return.
    """
    ordered = sorted(points, key=lambda point: point.point_index)
    names = [axis_name(axis) for axis in axes]
    bounds = [(name, axis.limit_bound) for name, axis in zip(names, axes, strict=True) if axis.limit_bound]
    frame = pd.DataFrame(
        [point.coordinates for point in ordered],
        index=pd.Index([point.point_index for point in ordered], dtype=int, name="point_index"),
        columns=names,
        dtype=float,
    )
    frame["termination"] = pd.Series([_ending(point) for point in ordered], index=frame.index, dtype=str)
    figures = [_figures(point.allocation) for point in ordered]
    for place, name in enumerate(_FIGURES):
        frame[name] = pd.Series([row[place] for row in figures], index=frame.index, dtype=float)
    for name, bound in bounds:
        prices = [_price(point.allocation, bound) for point in ordered]
        frame[price_name(name)] = pd.Series(prices, index=frame.index, dtype=float)
    return frame


def axis_name(axis: SweepAxis) -> str:
    """The column of an axis: `gross-cap.upper`, `reserve-rule.rate`, `risk_aversion`, `alpha_scale`."""
    if axis.limit_bound is not None:
        return f"{axis.limit_bound.limit_id}.{name_of(axis.limit_bound.side)}"
    if axis.reserve_rate is not None:
        return f"{axis.reserve_rate.limit_id}.rate"
    return "risk_aversion" if axis.risk_aversion is not None else "alpha_scale"


def price_name(axis: str) -> str:
    """The column of the shadow price of an axis, by the axis's own column."""
    return f"shadow_price[{axis}]"


def _ending(point: TraceFrontierResponse) -> str:
    return name_of(point.allocation.termination.reason) if point.allocation is not None else REFUSED


def _optimum(allocation: Allocation | None) -> Allocation | None:
    if allocation is None or allocation.termination.reason != TerminationReason.OPTIMAL:
        return None
    return allocation


def _figures(allocation: Allocation | None) -> tuple[float | None, ...]:
    """Numbers of `_FIGURES`; None where the answer does not carry one."""
    answer = _optimum(allocation)
    if answer is None:
        return (None,) * len(_FIGURES)
    leverage = [
        figure.value
        for figure in answer.leverage_figures
        if figure.definition == LeverageDefinition.GROSS_NOTIONAL and not figure.scenario_id
    ]
    risk = [
        figure.annual_volatility
        for figure in (answer.risk.figures if answer.risk is not None else ())
        if figure.statistic == RiskStatistic.ACTIVE_VOLATILITY and figure.regime == CorrelationRegime.NORMAL
    ]
    returns = answer.expected_return
    return (
        answer.objective.value if answer.objective is not None else None,
        returns.annual_net_return if returns is not None else None,
        next(iter(leverage), None),
        next(iter(risk), None),
    )


def _price(allocation: Allocation | None, bound: LimitBoundParameter) -> float | None:
    """What one unit of a bound is worth: all members move with it, and what does not bind is free."""
    answer = _optimum(allocation)
    if answer is None:
        return None
    limits = [limit for limit in answer.limits if limit.key.limit_id == bound.limit_id]
    if bound.side == Side.LOWER:
        return sum(limit.lower_shadow_price or 0.0 for limit in limits)
    return sum(limit.upper_shadow_price or 0.0 for limit in limits)
