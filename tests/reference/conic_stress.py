"""Problems with scenarios as cvxpy would have them, straight from the definitions: a second solver's answer.

Nothing is reformulated by hand here: every measure is an expression in positions and postings, and cvxpy
makes cones of it. It is slow, and meant for a few hundred small problems.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import cvxpy as cp
import numpy as np

from counterpoise.model import (
    AllocationProblem,
    FloatArray,
    LeverageDefinition,
    MaximizeNetReturn,
    MaximizeUtility,
    MinimizeCost,
    MinimizeRisk,
    RiskMeasure,
    RiskStatistic,
)
from tests.reference.conic import ConicStatus
from tests.reference.conic_stress_limits import excesses, limit_constraints
from tests.reference.conic_stress_measures import Unknowns, initial_margin, leverage, risk
from tests.reference.costs import margin_credit_rates, signed_cost
from tests.reference.numbers import capital_per_unit
from tests.reference.return_terms import Postings
from tests.reference.stress_book import StressBook
from tests.reference.structure import box, needs_default_cap

TOTAL = RiskMeasure(statistic=RiskStatistic.TOTAL_VOLATILITY)
ACTIVE = RiskMeasure(statistic=RiskStatistic.ACTIVE_VOLATILITY)
TOLERANCES = (1e-10, 1e-8)


@dataclass(frozen=True, kw_only=True)
class StressAnswer:
    """What the second solver says; the objective is measured at its positions, in the goal's own sense."""

    status: ConicStatus
    solver_status: str
    objective: float
    positions: FloatArray
    postings: Postings


def solve_stress(problem: AllocationProblem, like: StressBook | None = None) -> StressAnswer:
    """The best that cvxpy and Clarabel find; `like` is a book of the same lines and scenarios."""
    unknowns = Unknowns(problem, like)
    sense = cp.Maximize if problem.objective.maximizes else cp.Minimize
    rules = [*_structure(unknowns), *_collateral(unknowns), *limit_constraints(unknowns)]
    program = cp.Problem(sense(_objective(unknowns)), rules)
    _solve(program)
    return _answer(unknowns, str(program.status))


def least_miss(problem: AllocationProblem, limit_id: str) -> float:
    """By how much at least the worst member of a limit is missed; ratios to stressed NAV times that NAV."""
    unknowns = Unknowns(problem)
    miss = cp.Variable()
    return _least(unknowns, miss, limit_constraints(unknowns, limit_id, miss))


def least_soft_violation(problem: AllocationProblem) -> float:
    """The least sum of what the members of all soft limits are missed by, each of weight one."""
    unknowns = Unknowns(problem)
    soft = [limit for limit in problem.mandate.limits if limit.soft is not None]
    missed = [cp.sum(cp.pos(excess)) for limit in soft for excess in excesses(unknowns, limit)]
    return _least(unknowns, cp.sum(cp.hstack(missed)), limit_constraints(unknowns))


def _least(unknowns: Unknowns, miss: cp.Expression, limits: list[cp.Constraint]) -> float:
    program = cp.Problem(cp.Minimize(miss), [*_structure(unknowns), *_collateral(unknowns), *limits])
    _solve(program)
    if program.status != cp.OPTIMAL:
        raise ValueError(f"the least miss was not found: {program.status}")
    return float(program.value)


def _solve(program: cp.Problem) -> None:
    """With tight tolerances, and with plain ones where these are not reached."""
    for tolerance in TOLERANCES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                program.solve(
                    solver=cp.CLARABEL,
                    tol_gap_abs=tolerance,
                    tol_gap_rel=tolerance,
                    tol_feas=tolerance,
                    max_iter=300,
                )
            except cp.SolverError:
                continue
        if program.status in (cp.OPTIMAL, cp.INFEASIBLE):
            break


def _answer(unknowns: Unknowns, said: str) -> StressAnswer:
    if said not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE):
        infeasible = said in (cp.INFEASIBLE, cp.INFEASIBLE_INACCURATE)
        return StressAnswer(
            status=ConicStatus.INFEASIBLE if infeasible else ConicStatus.UNKNOWN,
            solver_status=said,
            objective=math.nan,
            positions=np.zeros(len(unknowns.lines)),
            postings={},
        )
    h = np.asarray(unknowns.h.value)
    posted = [] if unknowns.y is None else [float(value) for value in unknowns.y.value]
    postings = dict(zip(unknowns.keys, posted, strict=True))
    return StressAnswer(
        status=ConicStatus.OPTIMAL,
        solver_status=said,
        objective=StressBook(unknowns.problem, h, postings, like=unknowns.book).plain.objective(),
        positions=h,
        postings=postings,
    )


def _structure(unknowns: Unknowns) -> list[cp.Constraint]:
    """Capital, boxes and the default cap."""
    capital = np.array([capital_per_unit(line) for line in unknowns.lines])
    found = [capital @ unknowns.h == 1]
    for row, line in enumerate(unknowns.lines):
        lower, upper = box(unknowns.problem, line)
        found += [] if lower is None else [unknowns.h[row] >= lower]
        found += [] if upper is None else [unknowns.h[row] <= upper]
    if needs_default_cap(unknowns.problem):
        found.append(leverage(unknowns, LeverageDefinition.GROSS_NOTIONAL, [None]) <= 1.5)
    return found


def _collateral(unknowns: Unknowns) -> list[cp.Constraint]:
    """Cover by pool, supply by tier, shares by tier and pool."""
    found: list[cp.Constraint] = []
    value: dict[str, cp.Expression] = {pool.margin_pool_id: cp.Constant(0.0) for pool in unknowns.pools}
    shares: list[tuple[cp.Expression, str, float]] = []
    for row, line in enumerate(unknowns.lines):
        if line.reserve_tier is None:
            continue
        found.append(unknowns.posted({line.line_id: 1.0}) <= unknowns.h[row])
        for terms in line.reserve_tier.collateral_terms:
            after = (1 - terms.haircut) * unknowns.y[
                unknowns.keys.index((line.line_id, terms.margin_pool_id))
            ]
            value[terms.margin_pool_id] += after
            if terms.maximum_margin_share is not None:
                shares.append((after, terms.margin_pool_id, terms.maximum_margin_share))
    found += [initial_margin(unknowns, pool, [None]) <= value[pool.margin_pool_id] for pool in unknowns.pools]
    return found + [after <= share * value[pool_id] for after, pool_id, share in shares]


def _objective(unknowns: Unknowns) -> cp.Expression:
    """The goal; charges for what is not known exactly, trades and fees are not in these problems."""
    goal = unknowns.problem.objective.goal
    if isinstance(goal, MinimizeRisk):
        return risk(unknowns, TOTAL)
    if isinstance(goal, MinimizeCost):
        signed = np.array([signed_cost(line) for line in unknowns.lines])
        return signed @ unknowns.h + _kinks(unknowns)
    if not isinstance(goal, MaximizeNetReturn | MaximizeUtility):
        raise TypeError(f"the cvxpy form does not know {goal}")
    earned = unknowns.problem.market.annual_risk_free_rate + unknowns.book.numbers.unit_return @ unknowns.h
    net = earned - _kinks(unknowns)
    if isinstance(goal, MaximizeNetReturn):
        return net
    if goal.active_risk_aversion is not None:
        return net - 0.5 * goal.active_risk_aversion * cp.square(risk(unknowns, ACTIVE))
    return net - 0.5 * (goal.total_risk_aversion or 0.0) * cp.square(risk(unknowns, TOTAL))


def _kinks(unknowns: Unknowns) -> cp.Expression:
    """Roll and the width of spreads on absolute positions, and what posted cash earns less."""
    rates = margin_credit_rates(unknowns.problem)
    lost: cp.Expression = cp.Constant(0.0)
    if unknowns.y is not None:
        lost = np.array([rates.get(key, 0.0) for key in unknowns.keys]) @ unknowns.y
    return unknowns.book.numbers.absolute_cost @ cp.abs(unknowns.h) + lost
