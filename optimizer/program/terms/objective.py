"""The goal of a problem as costs and a charge for risk."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from counterpoise.model import (
    FloatArray,
    MaximizeAlpha,
    MaximizeNetReturn,
    MaximizeUtility,
    MinimizeActiveRisk,
    MinimizeRisk,
    RiskStatistic,
)
from optimizer.program.limits.risk import whole_portfolio
from optimizer.program.lines import Lines
from optimizer.program.rows import Ball, Rows, one_row
from optimizer.program.terms.net_return import alpha_lost, net_return_lost


@dataclass(frozen=True, eq=False)
class Goal:
    """Minimise linear'h + absolute'|h| + half_aversion |ball|^2, or |ball| where that is None."""

    linear: FloatArray
    absolute: FloatArray
    ball: Ball | None = None
    half_aversion: float | None = None


def goal_of(lines: Lines) -> Goal:
    """The goal that the problem sets."""
    nothing = np.zeros(lines.count)
    match lines.inputs.problem.objective.goal:
        case MaximizeNetReturn():
            return Goal(*net_return_lost(lines))
        case MaximizeUtility(active_risk_aversion=active, total_risk_aversion=total):
            statistic = RiskStatistic.TOTAL_VOLATILITY if active is None else RiskStatistic.ACTIVE_VOLATILITY
            aversion = (total if active is None else active) or 0.0
            return Goal(*net_return_lost(lines), whole_portfolio(lines, statistic), 0.5 * aversion)
        case MaximizeAlpha():
            return Goal(*alpha_lost(lines))
        case MinimizeActiveRisk():
            return Goal(nothing, nothing, whole_portfolio(lines, RiskStatistic.ACTIVE_VOLATILITY))
        case MinimizeRisk():
            return Goal(nothing, nothing, whole_portfolio(lines, RiskStatistic.TOTAL_VOLATILITY))


def hold(goal: Goal, value: float) -> Rows | Ball:
    """A goal without a charge for variance as a constraint: at most this value."""
    if goal.ball is not None:
        return replace(goal.ball, name="goal", radius=value)
    return Rows("goal", one_row(goal.linear), np.zeros(1), absolute=one_row(goal.absolute), upper=value)
