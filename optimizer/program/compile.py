"""A form as a modelling language states it: a second way from the same rows to an engine.

The first attempt at a problem is put together by `assemble`, without a modelling language in between.
Later ones come this way, so that a mistake in either is not made twice.
"""

from __future__ import annotations

from typing import Any

import cvxpy as cp
import numpy as np
import scipy.sparse as sp

from optimizer.program.conic_data import ConicData
from optimizer.program.numbers import Components, Cone, ConicNumbers, ConicShape
from optimizer.program.rows import Entries


def compiled(numbers: ConicNumbers) -> ConicData:
    """The numbers of a form in the order that engines take, as cvxpy lays them out."""
    shape = numbers.shape
    main = cp.Variable(shape.main_count)
    blocks = [cp.Variable(block.size) for block in shape.blocks]
    problem = cp.Problem(cp.Minimize(_objective(numbers, main, blocks)), _constraints(numbers, main, blocks))
    data, _, _ = problem.get_problem_data(cp.CLARABEL)
    count, dims = len(data[cp.settings.C]), data["dims"]
    quadratic = data.get(cp.settings.P)
    return ConicData(
        quadratic=sp.csc_matrix((count, count)) if quadratic is None else sp.csc_matrix(sp.triu(quadratic)),
        cost=data[cp.settings.C],
        matrix=sp.csc_matrix(data[cp.settings.A]),
        bound=data[cp.settings.B],
        zero=dims.zero,
        nonnegative=dims.nonneg,
        second_order=tuple(dims.soc),
        exponential=dims.exp,
        powers=tuple(dims.p3d),
        main_at=data[cp.settings.PARAM_PROB].var_id_to_col[main.id],
    )


def _objective(numbers: ConicNumbers, main: cp.Variable, blocks: list[cp.Variable]) -> cp.Expression:
    objective = numbers.cost @ main
    if numbers.shape.quadratic_matrix.nnz:
        charge = cp.quad_form(main, numbers.shape.quadratic_matrix, assume_PSD=True)
        objective = objective + numbers.quadratic_weight * charge
    if numbers.shape.quadratic_block is not None:
        components = blocks[numbers.shape.quadratic_block]
        slope = numbers.quadratic_slope @ components[: len(numbers.quadratic_slope)]
        objective = objective + numbers.quadratic_weight * cp.sum_squares(components) + slope
    return objective


def _constraints(numbers: ConicNumbers, main: cp.Variable, blocks: list[cp.Variable]) -> list[Any]:
    shape = numbers.shape
    every = cp.hstack([main, *blocks]) if blocks else main
    constraints: list[Any] = [
        _matrix(shape.equal, every.size) @ every == numbers.target,
        _matrix(shape.at_most, every.size) @ every <= numbers.limit,
    ]
    for cone, radius in zip(shape.cones, numbers.radii, strict=True):
        constraints.append(_cone(shape, cone, float(radius), main, blocks[cone.block]))
    for block, components in zip(shape.blocks, blocks, strict=True):
        if block.residual_norm is not None:
            constraints.append(cp.SOC(main[block.residual_norm], _all_residuals(block, main, components)))
    if len(shape.traded):
        ones = np.ones(len(shape.traded))
        constraints.append(cp.PowCone3D(main[shape.impact], ones, main[shape.traded], 2.0 / 3.0))
    if len(shape.logarithm):
        ratio = cp.multiply(shape.budget_inverse, main[shape.budgeted])
        constraints.append(cp.ExpCone(main[shape.logarithm], np.ones(len(shape.logarithm)), ratio))
    return constraints


def _matrix(entries: Entries, width: int) -> sp.csr_array:
    return sp.csr_array((entries.value, (entries.row, entries.column)), shape=(entries.count, width))


def _cone(shape: ConicShape, cone: Cone, radius: float, main: cp.Variable, components: cp.Variable) -> cp.SOC:
    block = shape.blocks[cone.block]
    top = cp.Constant(radius)
    if cone.top is not None:
        top = top + cone.slope * main[cone.top]
    residuals = _all_residuals(block, main, components)
    if block.residual_norm is not None:
        residuals = main[block.residual_norm]
    return cp.SOC(top, cp.hstack([components[: block.rank] - cone.offset, residuals]))


def _all_residuals(block: Components, main: cp.Variable, components: cp.Variable) -> cp.Expression:
    return cp.hstack([components[block.rank :], cp.multiply(block.own_factor, main[block.own])])
