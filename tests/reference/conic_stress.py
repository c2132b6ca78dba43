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
)
from tests.reference.conic import ConicStatus
from tests.reference.conic_stress_limits import excesses, limit_constraints
from tests.reference.conic_stress_margin import Unknowns
from tests.reference.conic_stress_rules import goal_of, rules_of
from tests.reference.return_terms import Postings
from tests.reference.stress_book import StressBook

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
    rules = [*rules_of(unknowns), *limit_constraints(unknowns)]
    program = cp.Problem(sense(goal_of(unknowns)), rules)
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
    program = cp.Problem(cp.Minimize(miss), [*rules_of(unknowns), *limits])
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
