"""Points of a frontier as a frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from counterpoise.frames.bound_prices import bound_prices, optimum
from counterpoise.frames.tables import name_of
from counterpoise.model import (
    Allocation,
    CorrelationRegime,
    LeverageDefinition,
    RiskStatistic,
    SweepAxis,
    TraceFrontierResponse,
)
from counterpoise.wording.soft import missed_limits

REFUSED = "refused"
"""The ending of a point that has no answer at all."""
MISSED = "soft_limits_missed"
"""The column of how many members of soft limits are missed."""
_FIGURES = ("objective", "net_return", "gross_leverage", "active_risk")


def frontier_frame(points: Iterable[TraceFrontierResponse], axes: Sequence[SweepAxis]) -> pd.DataFrame:
    """Points indexed by point_index, in its order, whatever the order in which they came.

    Columns: one for every axis, as `axis_name` says; termination, `refused` where there is no answer;
    objective, net_return, gross_leverage, active_risk; soft_limits_missed, how many members of soft limits
    are; `shadow_price[AXIS]` for every axis that is a bound of a limit: the improvement of the objective per
    unit by which that bound is loosened. Numbers are NaN where an answer does not carry them; the basic view
    has no net return. A price is NaN also where a soft limit that has a price is missed, or is just met and
    no tighter value of the bound among the points meets it: loosening then changes what is missed.
    """
    ordered = sorted(points, key=lambda point: point.point_index)
    names = [axis_name(axis) for axis in axes]
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
    missed = [_missed(point.allocation) for point in ordered]
    frame[MISSED] = pd.Series(missed, index=frame.index, dtype=float)
    for place, axis in enumerate(axes):
        if axis.limit_bound is not None:
            prices = bound_prices(ordered, place, axis.limit_bound)
            frame[price_name(names[place])] = pd.Series(prices, index=frame.index, dtype=float)
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


def _figures(allocation: Allocation | None) -> tuple[float | None, ...]:
    """Numbers of `_FIGURES`; None where the answer does not carry one."""
    answer = optimum(allocation)
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


def _missed(allocation: Allocation | None) -> int | None:
    answer = optimum(allocation)
    return None if answer is None else len(missed_limits(answer))
