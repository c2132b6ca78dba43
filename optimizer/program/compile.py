"""The compiled program: cvxpy once for each structure, numbers set at every question.

Costs, bounds and radii that are not zero are parameters. The matrix is one while it is small, so
that every problem of its pattern shares a program; above that it is baked in and its content is
part of the key.
"""

from __future__ import annotations

import hashlib
import warnings
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import cvxpy as cp
import numpy as np
import scipy.sparse as sp

from counterpoise.model import FloatArray
from optimizer.program.numbers import Components, ConicNumbers

_PARAMETER_ENTRIES = 1_500
"""Largest matrix that enters as a parameter."""

_KEPT = 32
"""Programs kept in one process."""


@dataclass(frozen=True, eq=False)
class ConicData:
    """minimise x'Px/2 + c'x subject to Ax + s = b, s in zero, nonnegative and second-order cones."""

    quadratic: sp.csc_array
    cost: FloatArray
    matrix: sp.csc_array
    bound: FloatArray
    zero: int
    nonnegative: int
    second_order: tuple[int, ...]
    exponential: int
    """Cones of dimension three."""
    powers: tuple[float, ...]
    """Exponents of power cones of dimension three."""
    main_at: int
    """First main column in x."""


class _Numbers:
    """A vector of which only the entries that are not zero are parameters.

    Compiling costs about columns times parameters, and most bounds are zero; which ones are is
    part of a program's key.
    """

    def __init__(self, values: FloatArray) -> None:
        self._places = np.flatnonzero(values)
        count = len(self._places)
        scatter = sp.csr_array((np.ones(count), (self._places, np.arange(count))), shape=(len(values), count))
        self._parameter = cp.Parameter(count) if count else None
        self.expression = scatter @ self._parameter if count else np.zeros(len(values))

    def set(self, values: FloatArray) -> None:
        if self._parameter is not None:
            self._parameter.value = values[self._places]


class Program:
    """One compiled structure."""

    def __init__(self, numbers: ConicNumbers, parametric: bool) -> None:
        self._main = cp.Variable(len(numbers.cost))
        self._blocks = [cp.Variable(block.size) for block in numbers.blocks]
        every = cp.hstack([self._main, *self._blocks]) if self._blocks else self._main
        self._cost, self._target, self._limit = (
            _Numbers(numbers.cost),
            _Numbers(numbers.target),
            _Numbers(numbers.limit),
        )
        self._equal, self._at_most = _matrix(numbers.equal, parametric), _matrix(numbers.at_most, parametric)
        constraints: list[Any] = [
            self._equal @ every == self._target.expression,
            self._at_most @ every <= self._limit.expression,
        ]
        self._offsets = [_Numbers(cone.offset) for cone in numbers.cones]
        self._radii = [cp.Parameter() for cone in numbers.cones if cone.radius is not None]
        radii = iter(self._radii)
        for cone, offset in zip(numbers.cones, self._offsets, strict=True):
            top = 0.0 if cone.radius is None else next(radii)
            if cone.top is not None:
                top = top + cone.slope * self._main[cone.top]
            factors = self._blocks[cone.block][: numbers.blocks[cone.block].rank] - offset.expression
            constraints.append(cp.SOC(top, cp.hstack([factors, self._residuals(numbers, cone.block)])))
        for index, block in enumerate(numbers.blocks):
            if block.residual_norm is not None:
                constraints.append(
                    cp.SOC(self._main[block.residual_norm], self._all_residuals(block, self._blocks[index]))
                )
        if len(numbers.traded):
            # |t|^1.5 <= p
            impact, traded = self._main[numbers.impact], self._main[numbers.traded]
            constraints.append(cp.PowCone3D(impact, np.ones(len(numbers.traded)), traded, 2.0 / 3.0))
        if len(numbers.logarithm):
            ratio = cp.multiply(numbers.budget_inverse, self._main[numbers.budgeted])
            ones = np.ones(len(numbers.logarithm))
            constraints.append(cp.ExpCone(self._main[numbers.logarithm], ones, ratio))
        objective = self._cost.expression @ self._main
        self._weight = cp.Parameter(nonneg=True)
        self._slope = _Numbers(numbers.quadratic_slope)
        if numbers.quadratic_matrix.nnz:
            charge = cp.quad_form(self._main, numbers.quadratic_matrix, assume_PSD=True)
            objective = objective + self._weight * charge
        if numbers.quadratic_block is not None:
            components = self._blocks[numbers.quadratic_block]
            rank = numbers.blocks[numbers.quadratic_block].rank
            slope = self._slope.expression @ components[:rank]
            objective = objective + self._weight * cp.sum_squares(components) + slope
        self._problem = cp.Problem(cp.Minimize(objective), constraints)
        if not self._problem.is_dcp(dpp=True):
            raise RuntimeError("the program lost its parametric form")

    def _residuals(self, numbers: ConicNumbers, index: int) -> cp.Expression:
        """What a cone holds of the residuals: all of them, or the column above their norm."""
        block = numbers.blocks[index]
        if block.residual_norm is not None:
            return self._main[block.residual_norm]
        return self._all_residuals(block, self._blocks[index])

    def _all_residuals(self, block: Components, components: cp.Variable) -> cp.Expression:
        own = cp.multiply(block.own_factor, self._main[block.own])
        return cp.hstack([components[block.rank :], own])

    def data(self, numbers: ConicNumbers) -> ConicData:
        """The numbers of a form in the order that engines take."""
        self._cost.set(numbers.cost)
        self._target.set(numbers.target)
        self._limit.set(numbers.limit)
        self._slope.set(numbers.quadratic_slope)
        self._weight.value = numbers.quadratic_weight
        _set_matrix(self._equal, numbers.equal)
        _set_matrix(self._at_most, numbers.at_most)
        radii = iter(self._radii)
        for cone, offset in zip(numbers.cones, self._offsets, strict=True):
            offset.set(cone.offset)
            if cone.radius is not None:
                next(radii).value = cone.radius
        with warnings.catch_warnings():
            # cvxpy reads its own sparse parameter in a way that it warns of.
            warnings.filterwarnings("ignore", "Reading from a sparse CVXPY expression", RuntimeWarning)
            data, _, _ = self._problem.get_problem_data(cp.CLARABEL)
        columns = data[cp.settings.PARAM_PROB].var_id_to_col
        count = len(data[cp.settings.C])
        quadratic = data.get(cp.settings.P)
        dims = data["dims"]
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
            main_at=columns[self._main.id],
        )


_programs: OrderedDict[bytes, Program] = OrderedDict()


def program_of(numbers: ConicNumbers) -> Program:
    """The compiled program of a form's structure, from this process's cache where it is known."""
    parametric = numbers.equal.nnz + numbers.at_most.nnz <= _PARAMETER_ENTRIES
    key = _structure(numbers, parametric)
    program = _programs.get(key)
    if program is None:
        program = Program(numbers, parametric)
        _programs[key] = program
        if len(_programs) > _KEPT:
            _programs.popitem(last=False)
    _programs.move_to_end(key)
    return program


def _structure(numbers: ConicNumbers, parametric: bool) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    shape = (
        parametric,
        len(numbers.cost),
        tuple((block.size, block.rank, block.residual_norm) for block in numbers.blocks),
        tuple((cone.block, cone.radius is None, cone.top, cone.slope) for cone in numbers.cones),
        numbers.quadratic_block,
        numbers.equal.shape,
        numbers.at_most.shape,
    )
    digest.update(repr(shape).encode())
    offsets = [cone.offset for cone in numbers.cones]
    for vector in (numbers.cost, numbers.target, numbers.limit, numbers.quadratic_slope, *offsets):
        digest.update((vector != 0.0).tobytes())
    for columns in (numbers.traded, numbers.impact, numbers.budgeted, numbers.logarithm):
        digest.update(columns.tobytes())
    digest.update(numbers.budget_inverse.tobytes())
    for block in numbers.blocks:
        digest.update(block.own.tobytes())
        digest.update(block.own_factor.tobytes())
    digest.update(numbers.quadratic_matrix.indptr.tobytes())
    digest.update(numbers.quadratic_matrix.indices.tobytes())
    digest.update(numbers.quadratic_matrix.data.tobytes())
    for matrix in (numbers.equal, numbers.at_most):
        digest.update(matrix.indptr.tobytes())
        digest.update(matrix.indices.tobytes())
        if not parametric:
            digest.update(matrix.data.tobytes())
    return digest.digest()


def _matrix(matrix: sp.csr_array, parametric: bool) -> sp.csr_array | cp.Parameter:
    if not parametric or matrix.nnz == 0:
        return matrix
    return cp.Parameter(matrix.shape, sparsity=matrix.tocoo().coords)


def _set_matrix(own: sp.csr_array | cp.Parameter, matrix: sp.csr_array) -> None:
    if isinstance(own, cp.Parameter):
        own.value_sparse = matrix.tocoo()
