"""Convex functions of the variables in the one form that values, slopes and bounds need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, TypeVar

import numpy as np

from counterpoise.model import BoolArray, FloatArray, IndexArray

Array = TypeVar("Array", bound=np.ndarray[Any, Any])


def read_only(array: Array) -> Array:
    """The array itself, which nobody can change from here on: what is remembered stays what it was."""
    array.flags.writeable = False
    return array


class Norm(Protocol):
    """A norm of an affine image, |F v - g|, with the operations that duality asks of it.

    Symmetric or not: the largest w'(F v - g) over a convex set of w, its dual ball. A positive part is one,
    and so are a largest of several functions and zero, and a mean of the worst.
    """

    @property
    def offset(self) -> FloatArray:
        """G."""

    def image(self, variables: FloatArray) -> FloatArray:
        """F v - g."""

    def adjoint(self, components: FloatArray) -> FloatArray:
        """F'w over all variables."""

    def adjoint_size(self, components: FloatArray) -> FloatArray:
        """|F|'|w|: the sum of absolute addends behind each element of F'w, or more."""

    def length(self, image: FloatArray) -> float:
        """The norm of an image."""

    def direction(self, image: FloatArray) -> FloatArray:
        """A w in the dual ball with w'image = length(image)."""

    def dual_length(self, components: FloatArray) -> float:
        """The dual norm of a w."""

    def project(self, components: FloatArray, radius: float) -> FloatArray:
        """A w in `radius` times the dual ball, near the components."""


class Point:
    """A point v, and what norms make of it, each worked out once: for whoever asks many rows about it."""

    def __init__(self, variables: FloatArray) -> None:
        self.variables = variables
        self._images: dict[Norm, FloatArray] = {}

    @cached_property
    def sizes(self) -> FloatArray:
        """|v|."""
        return np.abs(self.variables)

    def image(self, norm: Norm) -> FloatArray:
        """F v - g of a norm, which nobody may change."""
        image = self._images.get(norm)
        if image is None:
            image = self._images[norm] = norm.image(self.variables)
        return image


def point_of(variables: FloatArray | Point) -> Point:
    """The point itself, or one that nobody asked yet."""
    return variables if isinstance(variables, Point) else Point(variables)


@dataclass(frozen=True, eq=False)
class SparseRows:
    """A sparse matrix as triplets; rows m, columns the variables. It makes its arrays read-only."""

    row_count: int
    row: IndexArray
    column: IndexArray
    coefficient: FloatArray

    def __post_init__(self) -> None:
        """Makes the arrays read-only: rows are remembered and shared."""
        for array in (self.row, self.column, self.coefficient):
            array.flags.writeable = False

    def times(self, vector: FloatArray) -> FloatArray:
        """Matrix times vector, shape (m,)."""
        return weighted_count(self.row, self.coefficient * vector[self.column], self.row_count)

    def scaled(self, factor: float) -> SparseRows:
        """The matrix times a number."""
        return SparseRows(self.row_count, self.row, self.column, factor * self.coefficient)

    def by_column(self, factors: FloatArray) -> SparseRows:
        """The matrix with each column times its factor."""
        return SparseRows(self.row_count, self.row, self.column, self.coefficient * factors[self.column])

    def sizes(self) -> SparseRows:
        """The matrix of absolute values."""
        return self._sizes

    @cached_property
    def _sizes(self) -> SparseRows:
        return SparseRows(self.row_count, self.row, self.column, np.abs(self.coefficient))

    def transposed_times(self, weights: FloatArray, column_count: int) -> FloatArray:
        """Transpose times weights, shape (columns,)."""
        return weighted_count(self.column, self.coefficient * weights[self.row], column_count)


def weighted_count(places: IndexArray, weights: FloatArray, count: int) -> FloatArray:
    """Sum of weights by place, shape (count,)."""
    return np.asarray(np.bincount(places, weights, minlength=count), dtype=float)


def single_row(coefficients: FloatArray) -> SparseRows:
    """One row from coefficients over the first variables; zeros are left out."""
    column = np.flatnonzero(coefficients)
    return SparseRows(1, np.zeros(len(column), dtype=np.intp), column, coefficients[column])


def logarithms(variables: FloatArray) -> FloatArray:
    """Ln v, minus infinity where v is not above zero."""
    return np.log(variables, out=np.full(len(variables), -np.inf), where=variables > 0.0)


def stacked(rows: Sequence[SparseRows]) -> SparseRows:
    """One below the other."""
    starts = np.cumsum([0, *(own.row_count for own in rows)])
    none = [np.zeros(0, dtype=np.intp)]
    return SparseRows(
        int(starts[-1]),
        np.concatenate([own.row + start for own, start in zip(rows, starts, strict=False)] or none),
        np.concatenate([own.column for own in rows] or none),
        np.concatenate([own.coefficient for own in rows] or [np.zeros(0)]),
    )


def no_rows(row_count: int) -> SparseRows:
    """Rows without entries."""
    none = np.zeros(0, dtype=np.intp)
    return SparseRows(row_count, none, none, np.zeros(0))


@dataclass(frozen=True, eq=False)
class Trades:
    """What changes cost: absolute_i'|t| + impact_i'|t|^1.5, t = v - current; coefficients >= 0."""

    current: FloatArray
    """Variables now, shape of v."""
    absolute: SparseRows
    impact: SparseRows

    def values(self, variables: FloatArray) -> FloatArray:
        """Costs, shape (m,)."""
        size = np.abs(variables - self.current)
        return self.absolute.times(size) + self.impact.times(size**1.5)

    def slope(self, variables: FloatArray, weights: FloatArray) -> FloatArray:
        """A subgradient of the weighted sum, shape of v."""
        trade = variables - self.current
        steep = self.absolute.transposed_times(weights, len(variables))
        steep = steep + 1.5 * self.impact.transposed_times(weights, len(variables)) * np.sqrt(np.abs(trade))
        return np.asarray(steep * np.sign(trade))


@dataclass(frozen=True, eq=False)
class Piece:
    """A norm that several rows share: margin of a pool, or what nets in commitment leverage."""

    norm: Norm
    margin_pool_id: str = ""
    """Empty for commitment leverage."""
    scenario_id: str = ""
    """Scenario of a variation margin or of leverage; empty for initial margin."""
    horizon_trading_days: int = 0
    """Horizon of a variation margin; 0 for others."""

    @cached_property
    def name(self) -> str:
        """One name for the piece in all rows."""
        return f"piece/{self.margin_pool_id}/{self.scenario_id}/{self.horizon_trading_days}"

    def value(self, variables: FloatArray | Point) -> float:
        """The norm at v."""
        return self.norm.length(point_of(variables).image(self.norm))

    def steepness(self, variables: FloatArray | Point, free: BoolArray) -> float:
        """Largest absolute partial slope at v in a free variable."""
        slope = self.norm.adjoint(self.norm.direction(point_of(variables).image(self.norm)))
        return float(np.abs(slope[free]).max(initial=0.0))


@dataclass(frozen=True, eq=False)
class Pieces:
    """Weighted pieces in m rows; `weights` >= 0 has a column for each piece."""

    pieces: tuple[Piece, ...]
    weights: SparseRows

    def values(self, variables: FloatArray | Point) -> FloatArray:
        """Sums of weight times piece, shape (m,)."""
        return self.weights.times(np.array([piece.value(variables) for piece in self.pieces]))

    def totals(self, row_weights: FloatArray) -> FloatArray:
        """What each piece weighs in the weighted sum of the rows, shape (pieces,)."""
        return self.weights.transposed_times(row_weights, len(self.pieces))


@dataclass(frozen=True, eq=False)
class ConvexRows:
    """m convex functions of v.

    g_i(v) = constant_i + linear_i'v + absolute_i'|v| + trades_i(v) - logarithm_i'ln v + pieces_i(v)
    + |F v - g|. `absolute` and `logarithm` have coefficients >= 0. A norm of its own stands in families of
    one row only.
    """

    constant: FloatArray
    linear: SparseRows
    absolute: SparseRows | None = None
    norm: Norm | None = None
    trades: Trades | None = None
    logarithm: SparseRows | None = None
    pieces: Pieces | None = None

    def __post_init__(self) -> None:
        """Makes the constant read-only: rows are remembered and shared."""
        self.constant.flags.writeable = False

    def values(self, variables: FloatArray | Point) -> FloatArray:
        """g(v), shape (m,); infinite where a logarithm has no value."""
        point = point_of(variables)
        variables = point.variables
        values = self.constant + self.linear.times(variables)
        if self.absolute is not None:
            values = values + self.absolute.times(point.sizes)
        if self.trades is not None:
            values = values + self.trades.values(variables)
        if self.logarithm is not None:
            values = values - self.logarithm.times(logarithms(variables))
        if self.pieces is not None:
            values = values + self.pieces.values(point)
        if self.norm is not None:
            values = values + self.norm.length(point.image(self.norm))
        return np.asarray(values)

    def slope(self, variables: FloatArray | Point, weights: FloatArray) -> FloatArray:
        """A subgradient of sum_i weights_i g_i at v, weights >= 0, shape of v."""
        point = point_of(variables)
        variables = point.variables
        slope = self.linear.transposed_times(weights, len(variables))
        if self.absolute is not None:
            slope = slope + self.absolute.transposed_times(weights, len(variables)) * np.sign(variables)
        if self.trades is not None:
            slope = slope + self.trades.slope(variables, weights)
        if self.logarithm is not None:
            used = self.logarithm.transposed_times(weights, len(variables))
            slope = slope - np.divide(used, variables, out=np.zeros(len(variables)), where=used > 0.0)
        if self.pieces is not None:
            for piece, total in zip(self.pieces.pieces, self.pieces.totals(weights), strict=True):
                direction = piece.norm.direction(point.image(piece.norm))
                slope = slope + total * piece.norm.adjoint(direction)
        if self.norm is not None:
            direction = self.norm.direction(point.image(self.norm))
            slope = slope + weights[0] * self.norm.adjoint(direction)
        return np.asarray(slope)

    def steepness(self, variables: FloatArray | Point, free: BoolArray) -> FloatArray:
        """Largest absolute partial slope of each function at v in a free variable, shape (m,)."""
        if self.norm is not None:
            slope = np.abs(self.slope(variables, np.ones(1)))
            return np.array([np.max(slope[free], initial=0.0)])
        steepest = self.steepest_coefficients(free)
        if self.pieces is not None:
            point = point_of(variables)
            steepest = steepest + self.pieces.weights.times(
                np.array([piece.steepness(point, free) for piece in self.pieces.pieces])
            )
        return np.asarray(steepest)

    def steepest_coefficients(self, free: BoolArray) -> FloatArray:
        """Largest absolute coefficient of a free variable in each row, whatever v is, shape (m,)."""
        steepest = np.zeros(len(self.constant))
        traded = None if self.trades is None else self.trades.absolute
        for rows in (self.linear, self.absolute, traded):
            if rows is not None:
                moves = free[rows.column]
                np.maximum.at(steepest, rows.row[moves], np.abs(rows.coefficient[moves]))
        return steepest
