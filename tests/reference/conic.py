"""The convex program written directly as conic data and solved by Clarabel: the second solver.

Risk through explicit variables `x = B'h` and `y = L'x`, cones over variables only, one epigraph
variable per overlay that can change sign, the objective divided by its scale. It is also the best
conic form written by hand that benchmarks compare the service with.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from counterpoise.model import AllocationProblem, FloatArray
from tests.reference.book import Book, Postings
from tests.reference.conic_limits import add_limits
from tests.reference.conic_objective import add_objective
from tests.reference.conic_rows import ConicData, tight_settings
from tests.reference.conic_structure import Formulation, add_structure
from tests.reference.structure import collateral_keys


class ConicStatus(Enum):
    """What the second solver says."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class ConicAnswer:
    """An answer in the problem's own sense and unit.

    `objective` is measured at the positions, `bound` is what the dual proves; `prices` are
    improvements per unit that a side is loosened, by `limit_id[member] side`.
    """

    status: ConicStatus
    solver_status: str
    objective: float
    bound: float
    positions: FloatArray
    postings: Postings
    prices: dict[str, float]

    @property
    def book(self) -> tuple[FloatArray, Postings]:
        """Positions and postings."""
        return self.positions, self.postings


def conic_data(
    problem: AllocationProblem, *, share_residuals: bool = False, scale_cones: bool = False
) -> ConicData:
    """The problem as conic data."""
    formulation = Formulation(problem, share_residuals=share_residuals, scale_cones=scale_cones)
    add_structure(formulation)
    add_limits(formulation)
    add_objective(formulation)
    return formulation.rows.data()


def solve_conic(problem: AllocationProblem) -> ConicAnswer:
    """Solves a problem with tight tolerances; what one scaling leaves open, a second one is asked."""
    answer = _solve(problem, scale_cones=False)
    return answer if answer.status != ConicStatus.UNKNOWN else _solve(problem, scale_cones=True)


def _solve(problem: AllocationProblem, *, scale_cones: bool) -> ConicAnswer:
    data = conic_data(problem, scale_cones=scale_cones)
    solution = data.solver(tight_settings()).solve()
    name = str(solution.status)
    status = ConicStatus.UNKNOWN
    if name in ("Solved", "AlmostSolved"):
        status = ConicStatus.OPTIMAL
    elif name in ("PrimalInfeasible", "AlmostPrimalInfeasible"):
        status = ConicStatus.INFEASIBLE
    values = np.asarray(solution.x)
    count = len(problem.portfolio.lines)
    keys = collateral_keys(problem)
    postings = {key: float(value) for key, value in zip(keys, values[count : count + len(keys)], strict=True)}
    sign = -1.0 if problem.objective.maximizes else 1.0
    return ConicAnswer(
        status=status,
        solver_status=name,
        objective=Book(problem, values[:count], postings).objective(),
        bound=sign * (solution.obj_val_dual * data.scale + data.constant),
        positions=values[:count],
        postings=postings,
        prices=_prices(data, np.asarray(solution.z)),
    )


def _prices(data: ConicData, multipliers: FloatArray) -> dict[str, float]:
    """Multipliers by the name of their row; an equality's is split by its sign."""
    prices: dict[str, float] = {}
    for name, multiplier in zip(data.names, multipliers * data.scale / data.row_scales, strict=True):
        if name.endswith(" target"):
            stem = name.removesuffix(" target")
            prices[f"{stem} upper"] = max(float(multiplier), 0.0)
            prices[f"{stem} lower"] = max(-float(multiplier), 0.0)
        elif name:
            prices[name] = float(multiplier)
    return prices
