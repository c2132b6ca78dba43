"""Types that several parts of the vocabulary share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]


class LineKind(IntEnum):
    """What a line is."""

    FUNDED_BETA = 1
    OVERLAY = 2
    ALPHA_SLEEVE = 3
    RESERVE_TIER = 4
    CREDIT_LINE = 5


class CorrelationRegime(IntEnum):
    """Which correlation a risk number is for."""

    NORMAL = 1
    STRESSED = 2


class Side(IntEnum):
    """A side of a limit."""

    LOWER = 1
    UPPER = 2


PER_BASIS_POINT_WEIGHT = 10_000.0
"""What one unit of exposure per basis point counts beside NAV fractions: at ten years a whole NAV is a
thousandth of it."""


class Unit(IntEnum):
    """The unit of a reported number."""

    NAV_FRACTION = 1
    ANNUAL_RATE = 2
    RATIO = 3
    NAV_FRACTION_PER_BASIS_POINT = 4

    @property
    def weight(self) -> float:
        """What one unit counts beside NAV fractions, ratios and annual decimals."""
        return PER_BASIS_POINT_WEIGHT if self is Unit.NAV_FRACTION_PER_BASIS_POINT else 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class SymmetricMatrix:
    """A symmetric matrix over named axes, held as its lower triangle row by row.

    `lower_triangle` has n(n+1)/2 numbers for n `axis_ids`: (1,1), (2,1), (2,2), (3,1), ...
    """

    axis_ids: tuple[str, ...]
    lower_triangle: FloatArray

    @staticmethod
    def from_square(axis_ids: tuple[str, ...], square: FloatArray) -> SymmetricMatrix:
        """Takes the lower triangle of an n-by-n array; its upper triangle is not read."""
        return SymmetricMatrix(axis_ids=axis_ids, lower_triangle=square[np.tril_indices(len(axis_ids))])

    def to_square(self) -> FloatArray:
        """The full n-by-n array, rows and columns in the order of `axis_ids`."""
        size = len(self.axis_ids)
        square = np.zeros((size, size))
        square[np.tril_indices(size)] = self.lower_triangle
        return square + np.tril(square, -1).T

    def __eq__(self, other: object) -> bool:
        """Equal axes and equal numbers."""
        return (
            isinstance(other, SymmetricMatrix)
            and self.axis_ids == other.axis_ids
            and np.array_equal(self.lower_triangle, other.lower_triangle)
        )

    def __hash__(self) -> int:
        """Agrees with equality."""
        return hash((self.axis_ids, np.asarray(self.lower_triangle).tobytes()))


@dataclass(frozen=True, kw_only=True, eq=False)
class RectangularMatrix:
    """A dense matrix over named rows and columns; `values` runs row by row."""

    row_ids: tuple[str, ...]
    column_ids: tuple[str, ...]
    values: FloatArray

    def to_array(self) -> FloatArray:
        """The array of shape (rows, columns)."""
        return np.asarray(self.values, dtype=float).reshape(len(self.row_ids), len(self.column_ids))

    def __eq__(self, other: object) -> bool:
        """Equal axes and equal numbers."""
        return (
            isinstance(other, RectangularMatrix)
            and self.row_ids == other.row_ids
            and self.column_ids == other.column_ids
            and np.array_equal(self.values, other.values)
        )

    def __hash__(self) -> int:
        """Agrees with equality."""
        return hash((self.row_ids, self.column_ids, np.asarray(self.values).tobytes()))


@dataclass(frozen=True, kw_only=True)
class DriverValue:
    """One number for one driver; its unit is that of the field that holds it."""

    driver_id: str
    value: float


@dataclass(frozen=True, kw_only=True)
class LineValue:
    """One number for one line; its unit is that of the field that holds it."""

    line_id: str
    value: float


@dataclass(frozen=True, kw_only=True)
class ExpectedReturn:
    """An expected return; the field that is set declares its basis. Exactly one is set."""

    annual_excess: float | None = None
    annual_total: float | None = None
    annual_basis_points: float | None = None

    def over_cash(self, annual_risk_free_rate: float) -> float:
        """The return over the risk-free rate, annual decimal; the move of a driver in basis points."""
        if self.annual_basis_points is not None:
            return self.annual_basis_points
        if self.annual_excess is not None:
            return self.annual_excess
        if self.annual_total is None:
            raise ValueError("expected return: set annual_excess, annual_total or annual_basis_points")
        return self.annual_total - annual_risk_free_rate


@dataclass(frozen=True, kw_only=True)
class EntityRef:
    """Points at one thing of the problem; exactly one field is set."""

    line_id: str | None = None
    driver_id: str | None = None
    limit_id: str | None = None
    margin_pool_id: str | None = None
    line_group_id: str | None = None
    driver_group_id: str | None = None
    counterparty_id: str | None = None
    scenario_id: str | None = None
    return_sample_id: str | None = None
    column_id: str | None = None
