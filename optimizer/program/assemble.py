"""Conic data of a large form, put together row by row.

A modelling language keeps a tensor with a row for every entry of the matrix, zeros included: a
gigabyte at 5,000 lines. There is nothing left to model where rows and cones are written down already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.sparse as sp

from counterpoise.model import FloatArray, IndexArray
from counterpoise.recall import Recall
from optimizer.program.conic_data import ConicData
from optimizer.program.kept import settle
from optimizer.program.numbers import Components, ConicNumbers, ConicShape
from optimizer.program.rows import Entries


class _Rows:
    """Rows of A and b gathered as triplets."""

    def __init__(self) -> None:
        self._row: list[IndexArray] = []
        self._column: list[IndexArray] = []
        self._value: list[FloatArray] = []
        self._bound: list[FloatArray] = []
        self.count = 0

    def add_rows(self, entries: Entries, bound: FloatArray) -> None:
        """Rows with these right-hand sides."""
        self._entries(entries.row, entries.column, entries.value)
        self._end(bound)

    def add_each(self, column: IndexArray, value: FloatArray, bound: FloatArray) -> None:
        """One row with one entry for each column."""
        self._entries(np.arange(len(column)), column, value)
        self._end(bound)

    def add_empty(self, bound: FloatArray) -> None:
        """Rows without entries."""
        self._end(bound)

    def matrix(self, width: int) -> sp.csc_matrix:
        """A."""
        row, column, value = (np.concatenate(part) for part in (self._row, self._column, self._value))
        return sp.csc_matrix((value, (row, column)), shape=(self.count, width))

    def bounds(self) -> FloatArray:
        """B."""
        return np.concatenate(self._bound)

    def _entries(self, row: IndexArray, column: IndexArray, value: FloatArray) -> None:
        self._row.append(self.count + row)
        self._column.append(column)
        self._value.append(value)

    def _end(self, bound: FloatArray) -> None:
        self._bound.append(bound)
        self.count += len(bound)


@dataclass(frozen=True, eq=False)
class _Frame:
    """What conic data have of a shape: all but costs and right-hand sides."""

    starts: IndexArray
    """First column of each block."""
    matrix: sp.csc_matrix
    bound: FloatArray
    """Zero in the rows of the shape."""
    radius_at: IndexArray
    linear: int
    second_order: tuple[int, ...]
    squares: sp.csc_matrix
    """P for a weight of one, upper triangle."""


_FRAMES: Final = Recall[_Frame](4)


def assemble(numbers: ConicNumbers) -> ConicData:
    """Columns are the main ones, then those of each block; a cone's rows are minus what it holds.

    What follows from the shape alone is put together once while the shape is remembered.
    """
    shape = numbers.shape
    frame = _FRAMES.get((shape,), lambda: _frame(shape))
    bound = frame.bound.copy()
    bound[: shape.equal.count] = numbers.target
    bound[shape.equal.count : frame.linear] = numbers.limit
    bound[frame.radius_at] = numbers.radii
    costs = np.zeros(frame.matrix.shape[1])
    costs[: shape.main_count] = numbers.cost
    if shape.quadratic_block is not None:
        start = int(frame.starts[shape.quadratic_block])
        costs[start : start + len(numbers.quadratic_slope)] = numbers.quadratic_slope
    return ConicData(
        quadratic=_weighted(frame.squares, 2.0 * numbers.quadratic_weight),
        cost=costs,
        matrix=frame.matrix,
        bound=bound,
        zero=shape.equal.count,
        nonnegative=frame.linear - shape.equal.count,
        second_order=frame.second_order,
        exponential=len(shape.logarithm),
        powers=(2.0 / 3.0,) * len(shape.traded),
        main_at=0,
    )


def _frame(shape: ConicShape) -> _Frame:
    starts = shape.main_count + np.cumsum([0, *(block.size for block in shape.blocks)])
    rows = _Rows()
    rows.add_rows(shape.equal, np.zeros(shape.equal.count))
    rows.add_rows(shape.at_most, np.zeros(shape.at_most.count))
    linear, sizes, radius_at = rows.count, [], []
    for cone in shape.cones:
        block, start, first = shape.blocks[cone.block], int(starts[cone.block]), rows.count
        radius_at.append(first)
        if cone.top is None:
            rows.add_empty(np.zeros(1))
        else:
            rows.add_each(np.array([cone.top]), np.array([-cone.slope]), np.zeros(1))
        rows.add_each(start + np.arange(block.rank), -np.ones(block.rank), -cone.offset)
        _add_residuals(rows, block, start)
        sizes.append(rows.count - first)
    for index, block in enumerate(shape.blocks):
        if block.residual_norm is not None:
            first = rows.count
            rows.add_each(np.array([block.residual_norm]), -np.ones(1), np.zeros(1))
            _add_all_residuals(rows, block, int(starts[index]))
            sizes.append(rows.count - first)
    _add_logarithms(rows, shape)
    _add_powers(rows, shape)
    frame = _Frame(
        starts=starts,
        matrix=rows.matrix(shape.width),
        bound=rows.bounds(),
        radius_at=np.array(radius_at, dtype=np.intp),
        linear=linear,
        second_order=tuple(sizes),
        squares=_squares(shape, starts),
    )
    settle(frame)
    return frame


def _weighted(squares: sp.csc_matrix, weight: float) -> sp.csc_matrix:
    """The same places, times a weight."""
    return sp.csc_matrix((weight * squares.data, squares.indices, squares.indptr), shape=squares.shape)


def _add_residuals(rows: _Rows, block: Components, start: int) -> None:
    """All residuals, or the column above their norm that stands for them."""
    if block.residual_norm is not None:
        rows.add_each(np.array([block.residual_norm]), -np.ones(1), np.zeros(1))
    else:
        _add_all_residuals(rows, block, start)


def _add_all_residuals(rows: _Rows, block: Components, start: int) -> None:
    count = block.size - block.rank
    rows.add_each(start + block.rank + np.arange(count), -np.ones(count), np.zeros(count))
    rows.add_each(block.own, -block.own_factor, np.zeros(len(block.own)))


def _add_logarithms(rows: _Rows, shape: ConicShape) -> None:
    """(u, 1, ratio) for each u <= ln ratio."""
    for logarithm, budgeted, inverse in zip(
        shape.logarithm, shape.budgeted, shape.budget_inverse, strict=True
    ):
        rows.add_each(np.array([logarithm]), -np.ones(1), np.zeros(1))
        rows.add_empty(np.ones(1))
        rows.add_each(np.array([budgeted]), np.array([-inverse]), np.zeros(1))


def _add_powers(rows: _Rows, shape: ConicShape) -> None:
    """(p, 1, t) for each p >= |t|^1.5."""
    for impact, traded in zip(shape.impact, shape.traded, strict=True):
        rows.add_each(np.array([impact]), -np.ones(1), np.zeros(1))
        rows.add_empty(np.ones(1))
        rows.add_each(np.array([traded]), -np.ones(1), np.zeros(1))


def _squares(shape: ConicShape, starts: IndexArray) -> sp.csc_matrix:
    """P of x'Px / 2 over twice its weight, upper triangle."""
    entries = sp.triu(shape.quadratic_matrix).tocoo()
    row, column = entries.coords
    value = entries.data
    if shape.quadratic_block is not None:
        size = shape.blocks[shape.quadratic_block].size
        own = int(starts[shape.quadratic_block]) + np.arange(size)
        row, column = np.concatenate([row, own]), np.concatenate([column, own])
        value = np.concatenate([value, np.ones(size)])
    return sp.csc_matrix((value, (row, column)), shape=(shape.width, shape.width))
