"""A mixed-integer linear program that grows: columns, rows, and one solve of HiGHS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from counterpoise.model import BoolArray, FloatArray
from optimizer.rebalance.trading.cuts import Form, Point

_UNIT = 1e-3
"""HiGHS keeps rows to 1e-7 of what it is given: thousandths of NAV make that 1e-10."""

_COST = 1e5
"""Times the objective, of which HiGHS neglects slopes of 1e-7 and differences of 1e-6."""

_SMALLEST = 1e-12
"""Coefficients below this are left out, relative to the largest of their row."""

_FLATTEST = 1e-6
"""Slopes of rows are made one, unless they are below this."""

_OPTIMAL, _STOPPED = 0, 1
_SHORTEST_SECONDS = 1e-3


@dataclass(frozen=True, eq=False)
class Bound:
    """Bounds of every column in natural units, for one solve."""

    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True, eq=False)
class Answer:
    """What HiGHS found."""

    point: Point | None
    """None without a feasible point."""
    value: float
    """The objective there, without its constant."""
    stopped: bool
    """Whether time was over before it was proven."""


class Program:
    """Columns in natural units, the variables v first; contracts are counted, everything else scaled."""

    def __init__(self, lower: FloatArray, upper: FloatArray, sizes: FloatArray) -> None:
        """Bounds of v, and what one whole step of each is worth, 0 where any amount will do."""
        self.variable_count = len(lower)
        self._lower, self._upper = list(lower), list(upper)
        self._scale = [float(size) if size > 0.0 else _UNIT for size in sizes]
        self._whole = [bool(size > 0.0) for size in sizes]
        self._row: list[int] = []
        self._column: list[int] = []
        self._coefficient: list[float] = []
        self._low: list[float] = []
        self._high: list[float] = []
        self._cost = np.zeros(0)

    @property
    def bounds(self) -> Bound:
        """Bounds of all columns; copies."""
        return Bound(np.array(self._lower), np.array(self._upper))

    def column(self, lower: float, upper: float) -> int:
        """A new column in any amount."""
        self._lower.append(lower)
        self._upper.append(upper)
        self._scale.append(_UNIT)
        self._whole.append(False)
        return len(self._lower) - 1

    def decision(self, *, possible: bool) -> int:
        """A new column that is zero or one."""
        column = self.column(0.0, 1.0 if possible else 0.0)
        self._scale[column], self._whole[column] = 1.0, True
        return column

    def keep(self, form: Form, most: float = 0.0, *, equal: bool = False) -> None:
        """A row: the form is at most a number, or equal to it."""
        own = np.flatnonzero(form.slope)
        columns = [*(int(column) for column in own), *form.columns]
        values = [*(float(form.slope[column]) for column in own), *form.columns.values()]
        size = max((abs(value) for value in values), default=1.0)
        # Rows are judged by the distance that mends them.
        factor = 1.0 / (max(size, _FLATTEST) * _UNIT)
        row = len(self._high)
        for column, value in zip(columns, values, strict=True):
            if abs(value) > _SMALLEST * size:
                self._row.append(row)
                self._column.append(column)
                self._coefficient.append(value * factor)
        high = (most - form.constant) * factor
        self._high.append(high)
        self._low.append(high if equal else -np.inf)

    def minimise(self, form: Form) -> None:
        """Sets the objective; its constant does not count."""
        self._cost = np.zeros(len(self._lower))
        self._cost[: self.variable_count] = form.slope
        for column, value in form.columns.items():
            self._cost[column] += value

    def solve(self, bound: Bound, *, seconds: float, gap: float | None = None) -> Answer:
        """One solve: a linear program, or with a gap, relative to the objective, one in whole numbers."""
        whole = gap is not None
        scale = np.array(self._scale)
        matrix = sp.csr_array(
            (np.array(self._coefficient) * scale[self._column], (self._row, self._column)),
            shape=(len(self._high), len(scale)),
        )
        cost = self._cost * scale * _COST
        lower, upper = bound.lower / scale, bound.upper / scale
        integral: BoolArray = np.array(self._whole)
        lower, upper = (np.where(integral, np.round(side), side) for side in (lower, upper))
        solved = milp(
            cost,
            integrality=integral.astype(int) if whole else None,
            bounds=Bounds(lower, upper),
            constraints=LinearConstraint(matrix, np.array(self._low), np.array(self._high)),
            options={"time_limit": max(seconds, _SHORTEST_SECONDS), "mip_rel_gap": gap or 0.0},
        )
        stopped = solved.status == _STOPPED
        if solved.x is None:
            return Answer(None, np.inf, stopped)
        columns = np.where(integral & whole, np.round(solved.x), solved.x) * scale
        point = Point(columns[: self.variable_count], columns)
        return Answer(point, float(self._cost @ columns), stopped or solved.status != _OPTIMAL)
