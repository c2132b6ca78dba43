"""One solve with one engine: conic data in, a point and raw multipliers out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

import clarabel
import numpy as np
import scs

from counterpoise.model import FloatArray
from optimizer.program.attempt import Engine
from optimizer.program.conic_data import ConicData

_DENSE = 120.0
"""Entries of P and A for each column, above which a factorisation in blocks is faster than by columns."""


@cache
def named(distribution: str) -> str:
    """Engine and version; the version is on disk."""
    return f"{distribution} {version(distribution)}"


@dataclass(frozen=True, eq=False)
class EngineAnswer:
    """x and the multipliers z of Ax + s = b; for an infeasible claim z alone is the ray."""

    engine: str
    status: str
    infeasible: bool
    x: FloatArray | None
    z: FloatArray | None


def run_engine(data: ConicData, engine: Engine) -> EngineAnswer:
    """Solves from a cold start, on one thread: the same data give the same bits."""
    return _scs(data) if engine is Engine.SCS else _clarabel(data, tight=engine is Engine.CLARABEL_TIGHT)


def _clarabel(data: ConicData, tight: bool) -> EngineAnswer:
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    # By structure alone, so that the same problem always takes the same way; left to itself the engine
    # takes blocks for factor risk, too, at twice the time.
    dense = data.matrix.nnz + data.quadratic.nnz > _DENSE * len(data.cost)
    settings.direct_solve_method = "faer" if dense else "qdldl"
    # A hundredth of what the certificate allows: rows are scaled, and stages hold what they are given.
    # The gap is asked far below the certificate's: positions are off by its root where costs are flat.
    settings.tol_feas = 1e-11 if tight else 1e-9
    settings.tol_gap_abs = 1e-12 if tight else 1e-9
    settings.tol_gap_rel = 1e-11 if tight else 1e-9
    settings.max_iter = 500 if tight else 200
    # A little less than to the edge of a round cone: the next step is longer, and solves take a
    # twentieth to a tenth fewer iterations. Flat ones end closer to a corner with all of the step.
    settings.max_step_fraction = 0.98 if data.second_order and not tight else 0.99
    if tight:
        settings.static_regularization_constant = 1e-9
        settings.iterative_refinement_max_iter = 50
        settings.equilibrate_max_iter = 50
    if data.exponential or data.powers:
        # Next to the edge of these cones full steps stall before they get anywhere.
        settings.max_step_fraction = 0.9
        settings.min_terminate_step_length = 1e-8
        settings.equilibrate_enable = not tight
    cones: list[object] = []
    if data.zero:
        cones.append(clarabel.ZeroConeT(data.zero))
    if data.nonnegative:
        cones.append(clarabel.NonnegativeConeT(data.nonnegative))
    cones += [clarabel.SecondOrderConeT(size) for size in data.second_order]
    cones += [clarabel.ExponentialConeT() for _ in range(data.exponential)]
    cones += [clarabel.PowerConeT(power) for power in data.powers]
    solver = clarabel.DefaultSolver(data.quadratic, data.cost, data.matrix, data.bound, cones, settings)
    solution = solver.solve()
    status = str(solution.status)
    return EngineAnswer(
        engine=named("clarabel"),
        status=status,
        infeasible="PrimalInfeasible" in status,
        x=np.asarray(solution.x),
        z=np.asarray(solution.z),
    )


def _scs(data: ConicData) -> EngineAnswer:
    problem = {
        "P": data.quadratic,
        "A": data.matrix,
        "b": data.bound,
        "c": data.cost,
    }
    cones = {
        "z": data.zero,
        "l": data.nonnegative,
        "q": list(data.second_order),
        "ep": data.exponential,
        "p": list(data.powers),
    }
    solver = scs.SCS(
        problem,
        cones,
        # The factorization that every platform has. Left to itself scs takes whatever it finds installed.
        linear_solver=scs.LinearSolver.QDLDL,
        eps_abs=1e-9,
        eps_rel=1e-9,
        eps_infeas=1e-10,
        max_iters=100_000,
        verbose=False,
    )
    solution = solver.solve()
    status = str(solution["info"]["status"])
    return EngineAnswer(
        engine=named("scs"),
        status=status,
        infeasible=status.startswith("infeasible"),
        x=np.asarray(solution["x"]),
        z=np.asarray(solution["y"]),
    )
