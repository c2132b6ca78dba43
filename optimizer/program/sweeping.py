"""Many neighbouring problems of one shape: a compiled solver that starts where the last solves point.

Its answers depend on what was solved before, so they are for the fast way through sweeps and batches
alone; an answer that can be repeated comes from `run_engine`. Moreau is not part of a plain installation.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import numpy as np
import scipy.sparse as sp

from counterpoise.model import FloatArray
from counterpoise.recall import Recall
from optimizer.program.conic_data import ConicData
from optimizer.program.engines import EngineAnswer, named

_COMPILED: Final = 4
"""Compiled solvers that a process keeps."""

_BEYOND: Final = 1.5
"""A start is at most this many of the last steps ahead of the last answer."""


@dataclass(frozen=True, eq=False)
class _Solved:
    """What was asked, and x, z and s."""

    asked: FloatArray
    answer: tuple[FloatArray, FloatArray, FloatArray]


class Sweep:
    """A solver of one matrix A, for one thread."""

    def __init__(self, data: ConicData) -> None:
        self._solver = _compiled(data)
        self._matrix = sp.csr_matrix(data.matrix)
        self._whole = _whole_from(data.quadratic).data
        self._weights: FloatArray | None = None
        self._solved: list[_Solved] = []

    def solve(self, data: ConicData) -> EngineAnswer:
        """A start from the last answers, and where that leads nowhere a cold one."""
        weights = data.quadratic.data
        if self._weights is None or not np.array_equal(weights, self._weights):
            self._solver.setup([weights[self._whole]], [self._matrix.data])
            self._weights = weights
        asked = np.concatenate([data.bound, data.cost])
        start = self._start(asked)
        solution, status = self._run(data, start)
        if start is not None and status != "Solved":
            solution, status = self._run(data, None)
        if status == "Solved":
            answer = (solution.x[0], solution.z[0], solution.s[0])
            self._solved = [*self._solved[-1:], _Solved(asked, answer)]
        return EngineAnswer(
            engine=named("moreau"),
            status=status,
            infeasible="PrimalInfeasible" in status,
            x=np.asarray(solution.x[0]),
            z=np.asarray(solution.z[0]),
        )

    def _run(self, data: ConicData, start: tuple[FloatArray, ...] | None) -> tuple[Any, str]:
        moreau = import_module("moreau")
        warm = None if start is None else moreau.BatchedWarmStart(*(part[None] for part in start))
        solution = self._solver.solve(data.cost[None], data.bound[None], warm_start=warm)
        return solution, str(self._solver.info.status[0]).rsplit(".", maxsplit=1)[-1]

    def _start(self, asked: FloatArray) -> tuple[FloatArray, ...] | None:
        """The line through the last two answers, at what is asked now: answers bend only at corners."""
        if not self._solved:
            return None
        last = self._solved[-1]
        if len(self._solved) == 1:
            return last.answer
        before = self._solved[-2]
        step = last.asked - before.asked
        size = float(step @ step)
        ahead = float((asked - last.asked) @ step) / size if size > 0.0 else 0.0
        ahead = min(max(ahead, -1.0), _BEYOND)
        return tuple(new + ahead * (new - old) for new, old in zip(last.answer, before.answer, strict=True))


_SWEEPS: Final = Recall[Sweep](_COMPILED)


def run_sweep(data: ConicData) -> EngineAnswer:
    """Solves with the solver of this matrix, the same object; it is compiled when the matrix is new."""
    return _SWEEPS.get((data.matrix,), lambda: Sweep(data)).solve(data)


def _whole_from(upper: sp.csc_matrix) -> sp.csr_matrix:
    """A symmetric matrix whose entries are places in the data of its upper triangle."""
    # Counted from one while matrices are added: an entry that is zero would go missing.
    places = sp.csc_matrix((1 + np.arange(upper.nnz), upper.indices, upper.indptr), shape=upper.shape)
    whole = sp.csr_matrix(places + sp.triu(places, 1).T)
    whole.sort_indices()
    whole.data -= 1
    return whole


def _compiled(data: ConicData) -> Any:  # noqa: ANN401 - moreau has no types where it is not installed
    moreau = import_module("moreau")
    quadratic, matrix = _whole_from(data.quadratic), sp.csr_matrix(data.matrix)
    cones = moreau.Cones(
        num_zero_cones=data.zero,
        num_nonneg_cones=data.nonnegative,
        so_cone_dims=list(data.second_order),
        num_exp_cones=data.exponential,
        power_alphas=list(data.powers),
    )
    inner = moreau.IPMSettings(
        direct_solve_method="qdldl",
        tol_feas=1e-9,
        tol_gap_abs=1e-9,
        tol_gap_rel=1e-9,
        # Next to the edge of exponential and power cones full steps stall.
        max_step_fraction=0.9 if data.exponential or data.powers else 0.98,
        # A cold start after a warm one that failed is up to us.
        warm_start_no_retry=frozenset(moreau.SolverStatus),
    )
    settings = moreau.Settings(solver="ipm", device="cpu", batch_size=1, max_iter=200, ipm_settings=inner)
    rows, columns = matrix.shape
    return moreau.CompiledSolver(
        columns, rows, quadratic.indptr, quadratic.indices, matrix.indptr, matrix.indices, cones, settings
    )
