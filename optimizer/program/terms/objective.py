"""The goal of a problem as charges, charges for risk and a distance from a risk budget."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from counterpoise.model import (
    MaximizeAlpha,
    MaximizeNetReturn,
    MaximizeUtility,
    MeetRiskBudget,
    MinimizeActiveRisk,
    MinimizeCost,
    MinimizeRisk,
    ObjectiveTermKind,
    RiskMeasure,
    RiskStatistic,
)
from optimizer.program.limits.risk import risk
from optimizer.program.lines import Budget, Lines
from optimizer.program.rows import Ball, Spread
from optimizer.program.terms.charges import Charges
from optimizer.program.terms.net_return import alpha_lost, cost, net_return_lost
from optimizer.program.terms.uncertainty import uncertainty


@dataclass(frozen=True, eq=False)
class Goal:
    """Minimise charges + sum |ball| + half_aversion |variance|^2 - sum shares ln(a / positions)."""

    charges: Charges
    balls: tuple[Ball, ...] = ()
    variance: Ball | None = None
    half_aversion: float = 0.0
    budget: Budget | None = None


def goal_of(lines: Lines) -> Goal:
    """The goal that the problem sets, and its charges for what is not known exactly."""
    balls, nothing = uncertainty(lines), Charges.none(lines.count, len(lines.postings))
    match lines.inputs.problem.objective.goal:
        case MaximizeNetReturn():
            return Goal(net_return_lost(lines), balls)
        case MaximizeUtility(active_risk_aversion=active, total_risk_aversion=total):
            statistic = RiskStatistic.TOTAL_VOLATILITY if active is None else RiskStatistic.ACTIVE_VOLATILITY
            half = 0.5 * ((total if active is None else active) or 0.0)
            return Goal(net_return_lost(lines), balls, _volatility(lines, statistic), half)
        case MaximizeAlpha():
            return Goal(alpha_lost(lines), balls)
        case MinimizeActiveRisk():
            return Goal(nothing, (_volatility(lines, RiskStatistic.ACTIVE_VOLATILITY), *balls))
        case MinimizeRisk():
            return Goal(nothing, (_volatility(lines, RiskStatistic.TOTAL_VOLATILITY), *balls))
        case MinimizeCost():
            return Goal(cost(lines), balls)
        case MeetRiskBudget():
            budget = lines.inputs.budget
            if budget is None:
                raise ValueError("the goal is a risk budget, and it was not worked out")
            key = ("budget", budget.lines.tobytes(), budget.volatility)
            ball = lines.kept.get(key, lambda: _of_budget(lines, budget))
            return Goal(nothing, (ball,), budget=_free_part(lines, budget))


def return_goal(lines: Lines) -> Goal:
    """Net return alone: the choice among equal optima."""
    return Goal(net_return_lost(lines))


def no_goal(lines: Lines) -> Goal:
    """Nothing but what soft limits add."""
    return Goal(Charges.none(lines.count, len(lines.postings)))


def _volatility(lines: Lines, statistic: RiskStatistic) -> Ball:
    name = f"objective/{ObjectiveTermKind.RISK.name}"
    measure = RiskMeasure(statistic=statistic)
    return lines.kept.get(("goal", statistic), lambda: risk(lines, measure, name, None))


def _free_part(lines: Lines, budget: Budget) -> Budget:
    """The lines that can move: logarithms of the others are constants."""
    free = lines.inputs.lower[budget.lines] < lines.inputs.upper[budget.lines]
    return Budget(budget.lines[free], budget.shares[free], budget.positions[free], budget.volatility)


def _of_budget(lines: Lines, budget: Budget) -> Ball:
    """The volatility of the lines of a budget over what it is where the budget is met."""
    spread = Spread(
        name="budget",
        loadings=lines.loadings,
        factor=lines.risk.factor / budget.volatility,
        residual=lines.risk.residual / budget.volatility,
        underlying=lines.risk.underlying,
        correlated=lines.risk.correlated,
        correlation_factor=lines.risk.correlation_factor,
    )
    whole = _volatility(lines, RiskStatistic.TOTAL_VOLATILITY)
    name = f"objective/{ObjectiveTermKind.RISK_BUDGET.name}"
    return replace(whole, name=name, spread=spread, lines=np.sort(budget.lines))
