"""How far a measure can go under everything else that a problem asks: where contradictions begin."""

from __future__ import annotations

from collections.abc import Callable

from counterpoise.model import AllocationProblem, RiskMeasure, RiskStatistic
from tests.reference.conic_limits import add_limits
from tests.reference.conic_measures import norm_components
from tests.reference.conic_objective import minimize_norm
from tests.reference.conic_rows import Row, tight_settings
from tests.reference.conic_structure import Formulation, add_structure
from tests.reference.scopes import scope_columns, scope_rows

RowOf = Callable[[Formulation], Row]


def least(problem: AllocationProblem, row_of: RowOf) -> float:
    """Least value of a convex measure; a kinked one comes as its epigraph."""
    formulation = _constrained(problem)
    formulation.rows.linear.update(row_of(formulation))
    return _optimum(formulation)


def most(problem: AllocationProblem, row_of: RowOf) -> float:
    """Largest value of a concave measure."""
    return -least(problem, lambda formulation: {key: -value for key, value in row_of(formulation).items()})


def least_risk(problem: AllocationProblem, measure: RiskMeasure) -> float:
    """Least volatility."""
    formulation = _constrained(problem)
    components = norm_components(
        formulation,
        tuple(scope_rows(problem, measure.lines)),
        tuple(scope_columns(problem, measure.drivers)),
        active=measure.statistic == RiskStatistic.ACTIVE_VOLATILITY,
        residual=measure.drivers is None,
    )
    minimize_norm(formulation, components)
    return _optimum(formulation)


def _constrained(problem: AllocationProblem) -> Formulation:
    formulation = Formulation(problem)
    add_structure(formulation)
    add_limits(formulation)
    return formulation


def _optimum(formulation: Formulation) -> float:
    data = formulation.rows.data()
    solution = data.solver(tight_settings()).solve()
    if str(solution.status) not in ("Solved", "AlmostSolved"):
        raise ValueError(f"the extreme was not found: {solution.status}")
    return float(solution.obj_val) * data.scale
