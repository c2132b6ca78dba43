"""The objective at given positions, addend by addend."""

from __future__ import annotations

from counterpoise.model import (
    AllocationProblem,
    FloatArray,
    MaximizeAlpha,
    MaximizeNetReturn,
    MaximizeUtility,
    MeetRiskBudget,
    MinimizeCost,
    MinimizeRisk,
    ObjectiveTermKind,
    RiskMeasure,
    RiskStatistic,
)
from tests.reference.numbers import Numbers
from tests.reference.return_terms import Postings, cost, net_return, return_terms
from tests.reference.risk import alpha_error, premium_error, volatility
from tests.reference.risk_budget import risk_budget

TOTAL = RiskMeasure(statistic=RiskStatistic.TOTAL_VOLATILITY)
ACTIVE = RiskMeasure(statistic=RiskStatistic.ACTIVE_VOLATILITY)

ObjectiveTerms = dict[ObjectiveTermKind, float]


def objective_terms(
    problem: AllocationProblem, numbers: Numbers, h: FloatArray, postings: Postings
) -> ObjectiveTerms:
    """Signed addends in the goal's own sense and unit."""
    terms = _goal_terms(problem, numbers, h, postings)
    sign = -1.0 if problem.objective.maximizes else 1.0
    alpha, premium = problem.objective.alpha_uncertainty, problem.objective.premium_uncertainty
    if alpha is not None:
        terms[ObjectiveTermKind.ALPHA_UNCERTAINTY] = sign * alpha.weight * alpha_error(problem, h, alpha)
    if premium is not None:
        error = premium_error(problem, numbers, h, premium)
        terms[ObjectiveTermKind.PREMIUM_UNCERTAINTY] = sign * premium.weight * error
    return terms


def _goal_terms(
    problem: AllocationProblem, numbers: Numbers, h: FloatArray, postings: Postings
) -> ObjectiveTerms:
    goal = problem.objective.goal
    if isinstance(goal, MaximizeAlpha):
        return {ObjectiveTermKind.ALPHA: float(numbers.alpha @ h)}
    if isinstance(goal, MeetRiskBudget):
        budget = risk_budget(problem, numbers, goal)
        return {ObjectiveTermKind.RISK_BUDGET: budget.distance(h[budget.rows])}
    if isinstance(goal, MinimizeCost):
        return {ObjectiveTermKind.COST: cost(return_terms(problem, numbers, h, postings))}
    if isinstance(goal, MaximizeNetReturn | MaximizeUtility):
        terms = {ObjectiveTermKind.NET_RETURN: net_return(return_terms(problem, numbers, h, postings))}
        if isinstance(goal, MaximizeUtility):
            active = goal.active_risk_aversion is not None
            aversion = goal.active_risk_aversion if active else goal.total_risk_aversion
            risk = volatility(problem, numbers, h, ACTIVE if active else TOTAL)
            terms[ObjectiveTermKind.RISK] = -0.5 * (aversion or 0.0) * risk**2
        return terms
    measure = TOTAL if isinstance(goal, MinimizeRisk) else ACTIVE
    return {ObjectiveTermKind.RISK: volatility(problem, numbers, h, measure)}
