"""Conic data of a large form, put together row by row.

A modelling language keeps a tensor with a row for every entry of the matrix, zeros included: a
gigabyte at 5,000 lines. There is nothing left to model where rows and cones are written down already.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from counterpoise.model import FloatArray, IndexArray
from optimizer.program.conic_data import ConicData
from optimizer.program.numbers import Components, ConicNumbers
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

    def matrix(self, width: int) -> sp.csc_array:
        """A."""
        row, column, value = (np.concatenate(part) for part in (self._row, self._column, self._value))
        return sp.csc_array((value, (row, column)), shape=(self.count, width))

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


def assemble(numbers: ConicNumbers) -> ConicData:
    """Columns are the main ones, then those of each block; a cone's rows are minus what it holds."""
    starts = len(numbers.cost) + np.cumsum([0, *(block.size for block in numbers.blocks)])
    rows = _Rows()
    rows.add_rows(numbers.equal, numbers.target)
    rows.add_rows(numbers.at_most, numbers.limit)
    linear, sizes = rows.count, []
    for cone in numbers.cones:
        block, start, first = numbers.blocks[cone.block], int(starts[cone.block]), rows.count
        if cone.top is None:
            rows.add_empty(np.array([cone.radius or 0.0]))
        else:
            rows.add_each(np.array([cone.top]), np.array([-cone.slope]), np.array([cone.radius or 0.0]))
        rows.add_each(start + np.arange(block.rank), -np.ones(block.rank), -cone.offset)
        _add_residuals(rows, block, start)
        sizes.append(rows.count - first)
    for index, block in enumerate(numbers.blocks):
        if block.residual_norm is not None:
            first = rows.count
            rows.add_each(np.array([block.residual_norm]), -np.ones(1), np.zeros(1))
            _add_all_residuals(rows, block, int(starts[index]))
            sizes.append(rows.count - first)
    _add_logarithms(rows, numbers)
    _add_powers(rows, numbers)
    width = int(starts[-1])
    return ConicData(
        quadratic=_quadratic(numbers, starts, width),
        cost=_costs(numbers, starts, width),
        matrix=rows.matrix(width),
        bound=rows.bounds(),
        zero=numbers.equal.count,
        nonnegative=linear - numbers.equal.count,
        second_order=tuple(sizes),
        exponential=len(numbers.logarithm),
        powers=(2.0 / 3.0,) * len(numbers.traded),
        main_at=0,
    )


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


def _add_logarithms(rows: _Rows, numbers: ConicNumbers) -> None:
    """(u, 1, ratio) for each u <= ln ratio."""
    for logarithm, budgeted, inverse in zip(
        numbers.logarithm, numbers.budgeted, numbers.budget_inverse, strict=True
    ):
        rows.add_each(np.array([logarithm]), -np.ones(1), np.zeros(1))
        rows.add_empty(np.ones(1))
        rows.add_each(np.array([budgeted]), np.array([-inverse]), np.zeros(1))


def _add_powers(rows: _Rows, numbers: ConicNumbers) -> None:
    """(p, 1, t) for each p >= |t|^1.5."""
    for impact, traded in zip(numbers.impact, numbers.traded, strict=True):
        rows.add_each(np.array([impact]), -np.ones(1), np.zeros(1))
        rows.add_empty(np.ones(1))
        rows.add_each(np.array([traded]), -np.ones(1), np.zeros(1))


def _quadratic(numbers: ConicNumbers, starts: IndexArray, width: int) -> sp.csc_array:
    """P of x'Px / 2, upper triangle."""
    entries = sp.triu(numbers.quadratic_matrix).tocoo()
    row, column = entries.coords
    value = 2.0 * numbers.quadratic_weight * entries.data
    if numbers.quadratic_block is not None:
        size = numbers.blocks[numbers.quadratic_block].size
        own = int(starts[numbers.quadratic_block]) + np.arange(size)
        row, column = np.concatenate([row, own]), np.concatenate([column, own])
        value = np.concatenate([value, np.full(size, 2.0 * numbers.quadratic_weight)])
    return sp.csc_array((value, (row, column)), shape=(width, width))


def _costs(numbers: ConicNumbers, starts: IndexArray, width: int) -> FloatArray:
    costs = np.zeros(width)
    costs[: len(numbers.cost)] = numbers.cost
    if numbers.quadratic_block is not None:
        start = int(starts[numbers.quadratic_block])
        costs[start : start + len(numbers.quadratic_slope)] = numbers.quadratic_slope
    return costs
