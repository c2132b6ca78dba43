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
from optimizer.program.numbers import Components, Cone, ConicNumbers
from optimizer.program.rows import Entries


def compiled(numbers: ConicNumbers) -> ConicData:
    """The numbers of a form in the order that engines take, as cvxpy lays them out."""
    main = cp.Variable(len(numbers.cost))
    blocks = [cp.Variable(block.size) for block in numbers.blocks]
    problem = cp.Problem(cp.Minimize(_objective(numbers, main, blocks)), _constraints(numbers, main, blocks))
    data, _, _ = problem.get_problem_data(cp.CLARABEL)
    count, dims = len(data[cp.settings.C]), data["dims"]
    quadratic = data.get(cp.settings.P)
    return ConicData(
        quadratic=sp.csc_array((count, count)) if quadratic is None else sp.csc_array(sp.triu(quadratic)),
        cost=data[cp.settings.C],
        matrix=sp.csc_array(data[cp.settings.A]),
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
    if numbers.quadratic_matrix.nnz:
        charge = cp.quad_form(main, numbers.quadratic_matrix, assume_PSD=True)
        objective = objective + numbers.quadratic_weight * charge
    if numbers.quadratic_block is not None:
        components = blocks[numbers.quadratic_block]
        slope = numbers.quadratic_slope @ components[: len(numbers.quadratic_slope)]
        objective = objective + numbers.quadratic_weight * cp.sum_squares(components) + slope
    return objective


def _constraints(numbers: ConicNumbers, main: cp.Variable, blocks: list[cp.Variable]) -> list[Any]:
    every = cp.hstack([main, *blocks]) if blocks else main
    constraints: list[Any] = [
        _matrix(numbers.equal, every.size) @ every == numbers.target,
        _matrix(numbers.at_most, every.size) @ every <= numbers.limit,
    ]
    constraints += [_cone(numbers, cone, main, blocks[cone.block]) for cone in numbers.cones]
    for block, components in zip(numbers.blocks, blocks, strict=True):
        if block.residual_norm is not None:
            constraints.append(cp.SOC(main[block.residual_norm], _all_residuals(block, main, components)))
    if len(numbers.traded):
        ones = np.ones(len(numbers.traded))
        constraints.append(cp.PowCone3D(main[numbers.impact], ones, main[numbers.traded], 2.0 / 3.0))
    if len(numbers.logarithm):
        ratio = cp.multiply(numbers.budget_inverse, main[numbers.budgeted])
        constraints.append(cp.ExpCone(main[numbers.logarithm], np.ones(len(numbers.logarithm)), ratio))
    return constraints


def _matrix(entries: Entries, width: int) -> sp.csr_array:
    return sp.csr_array((entries.value, (entries.row, entries.column)), shape=(entries.count, width))


def _cone(numbers: ConicNumbers, cone: Cone, main: cp.Variable, components: cp.Variable) -> cp.SOC:
    block = numbers.blocks[cone.block]
    radius = cp.Constant(cone.radius or 0.0)
    if cone.top is not None:
        radius = radius + cone.slope * main[cone.top]
    residuals = _all_residuals(block, main, components)
    if block.residual_norm is not None:
        residuals = main[block.residual_norm]
    return cp.SOC(radius, cp.hstack([components[: block.rank] - cone.offset, residuals]))


def _all_residuals(block: Components, main: cp.Variable, components: cp.Variable) -> cp.Expression:
    return cp.hstack([components[block.rank :], cp.multiply(block.own_factor, main[block.own])])
