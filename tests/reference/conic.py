"""The convex program written directly as conic data and solved by Clarabel: the second solver.

Risk through explicit variables `x = B'h` and `y = L'x`, cones over variables only, one epigraph
variable per overlay that can change sign, the objective divided by its scale. It is also the best
conic form written by hand that benchmarks compare the service with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import clarabel
import numpy as np

from counterpoise.model import AllocationProblem, FloatArray
from tests.reference.book import Book, Postings
from tests.reference.conic_limits import add_limits
from tests.reference.conic_objective import add_objective, add_stage
from tests.reference.conic_rows import ConicData, tight_settings
from tests.reference.conic_structure import Formulation, add_structure
from tests.reference.soft import weighted_violations
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


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What is minimised: the violation of a priority, or the goal; earlier priorities are held."""

    priority: int | None
    held: dict[int, float]


HELD = "held priority "
"""How the names of rows begin that hold a priority."""

GOAL = Stage(priority=None, held={})


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One way to ask the solver."""

    scale_cones: bool = False
    equilibrate: bool = True
    step_fraction: float = 0.99
    regularization: float = 1e-8

    def settings(self) -> clarabel.DefaultSettings:
        """Tight tolerances, and what this attempt does in its own way."""
        settings = tight_settings()
        settings.equilibrate_enable = self.equilibrate
        settings.max_step_fraction = self.step_fraction
        settings.static_regularization_constant = self.regularization
        return settings


ATTEMPTS = (
    Attempt(),
    Attempt(scale_cones=True),
    Attempt(equilibrate=False),
    Attempt(step_fraction=0.9),
    Attempt(scale_cones=True, step_fraction=0.9),
    Attempt(step_fraction=0.7),
    Attempt(scale_cones=True, regularization=1e-10),
)


def conic_data(
    problem: AllocationProblem,
    stage: Stage = GOAL,
    *,
    share_residuals: bool = False,
    scale_cones: bool = False,
) -> ConicData:
    """The problem as conic data; soft limits have no bound unless the stage holds them."""
    formulation = Formulation(problem, share_residuals=share_residuals, scale_cones=scale_cones)
    add_structure(formulation)
    add_limits(formulation)
    for priority, most in stage.held.items():
        formulation.rows.at_most.append((f"{HELD}{priority}", formulation.violations[priority], most))
    if stage.priority is None:
        add_objective(formulation)
    else:
        add_stage(formulation, stage.priority)
    return formulation.rows.data()


def solve_conic(problem: AllocationProblem, stage: Stage = GOAL) -> ConicAnswer:
    """Solves a problem with tight tolerances, in several ways until one settles it.

    Where none reaches the tolerances, the answer with the smallest residuals counts. Soft limits count
    only as far as the stage says; `tests.reference.lexicographic` goes through all.
    """
    answers: list[tuple[float, ConicAnswer]] = []
    for attempt in ATTEMPTS:
        data = conic_data(problem, stage, scale_cones=attempt.scale_cones)
        solution = data.solver(attempt.settings()).solve()
        answer = _answer(problem, stage, data, solution)
        if answer.solver_status in ("Solved", "PrimalInfeasible"):
            return answer
        gap = abs(solution.obj_val - solution.obj_val_dual)
        error = max(gap, solution.r_prim, solution.r_dual)
        answers.append((error if answer.status == ConicStatus.OPTIMAL else math.inf, answer))
    return min(answers, key=lambda item: item[0])[1]


def _answer(
    problem: AllocationProblem, stage: Stage, data: ConicData, solution: clarabel.DefaultSolution
) -> ConicAnswer:
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
    sign = -1.0 if stage.priority is None and problem.objective.maximizes else 1.0
    book = Book(problem, values[:count], postings)
    measured = math.nan
    if status == ConicStatus.OPTIMAL:
        measured = book.objective() if stage.priority is None else weighted_violations(book)[stage.priority]
    return ConicAnswer(
        status=status,
        solver_status=name,
        objective=measured,
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
