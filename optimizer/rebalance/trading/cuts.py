"""A convex program as a linear one: rows that are exact, and cuts for what bends, added where needed.

Every convex function of the book becomes a linear form with columns of its own: absolute values and
largest values exactly, norms, squares, powers and logarithms by tangents from below (Kelley 1960; norms
and squares component by component, Vielma, Dunning, Huchette and Lubin 2017).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from counterpoise.model import FloatArray
from optimizer.measures.convex import Norm

CUT_ABOVE = 3e-10
"""A function this far above its column gets a cut: what engines keep to, NAV fraction."""

_NO_LENGTH = 1e-14


@dataclass(frozen=True, eq=False)
class Form:
    """constant + slope'v + the sum of coefficients times own columns."""

    constant: float
    slope: FloatArray
    columns: dict[int, float] = field(default_factory=dict)

    def plus(self, other: Form, factor: float = 1.0) -> Form:
        """The form plus a multiple of another."""
        columns = dict(self.columns)
        for column, coefficient in other.columns.items():
            columns[column] = columns.get(column, 0.0) + factor * coefficient
        return Form(self.constant + factor * other.constant, self.slope + factor * other.slope, columns)

    def at(self, point: Point) -> float:
        """Value at a point."""
        own = sum(coefficient * point.columns[column] for column, coefficient in self.columns.items())
        return float(self.constant + self.slope @ point.variables + own)

    @property
    def steepness(self) -> float:
        """The largest absolute coefficient."""
        of_columns = max((abs(value) for value in self.columns.values()), default=0.0)
        return max(float(np.abs(self.slope).max(initial=0.0)), of_columns)


@dataclass(frozen=True, eq=False)
class Point:
    """Variables v and own columns, natural units."""

    variables: FloatArray
    columns: FloatArray


class Bend(Protocol):
    """Something convex that columns stand for."""

    def cuts(self, point: Point, *, everywhere: bool = False) -> Iterator[Form]:
        """Forms that are at most zero at every allowed point, and above zero at this one.

        `everywhere` gives tangents whether the point needs them or not.
        """


@dataclass(frozen=True, eq=False)
class Squares:
    """Columns of at least the squares of a norm's components q = F v - g."""

    norm: Norm
    columns: tuple[int, ...]
    inner: tuple[Form, ...]

    def cuts(self, point: Point, *, everywhere: bool = False) -> Iterator[Form]:
        """q0 (2 q - q0) below the column."""
        for q, column, form in zip(self.norm.image(point.variables), self.columns, self.inner, strict=True):
            if everywhere or q * q > point.columns[column] + CUT_ABOVE:
                own = Form(-float(q * q), np.zeros(len(point.variables)), {column: -1.0})
                yield own.plus(form, 2.0 * float(q))


@dataclass(frozen=True, eq=False)
class Power:
    """A column of at least a form of distance, >= 0, to the power of 3/2."""

    column: int
    line: int
    current: float
    distance: Form

    def cuts(self, point: Point, *, everywhere: bool = False) -> Iterator[Form]:
        """d0^1.5 + 1.5 d0^.5 (d - d0) below the column, d0 the distance of the variable itself."""
        size = abs(float(point.variables[self.line]) - self.current)
        if everywhere or size**1.5 > point.columns[self.column] + CUT_ABOVE:
            own = Form(-0.5 * size**1.5, np.zeros(len(point.variables)), {self.column: -1.0})
            yield own.plus(self.distance, 1.5 * size**0.5)


@dataclass(frozen=True, eq=False)
class Logarithm:
    """A column of at least the negative logarithm of a variable."""

    column: int
    line: int
    least: float
    """Tangents are taken at least here: nearer to zero they are too steep."""

    def cuts(self, point: Point, *, everywhere: bool = False) -> Iterator[Form]:
        """1 - ln v0 - v / v0 below the column."""
        at = max(float(point.variables[self.line]), self.least)
        if everywhere or -np.log(at) > point.columns[self.column] + CUT_ABOVE:
            slope = np.zeros(len(point.variables))
            slope[self.line] = -1.0 / at
            yield Form(1.0 - float(np.log(at)), slope, {self.column: -1.0})


@dataclass(frozen=True, eq=False)
class Cone:
    """A column r of at least the Euclidean length of forms q, through columns w_i of at least q_i^2 / r.

    2 a_i q_i - a_i^2 r <= w_i for any a; with the sum of w at most r that is |q| <= r.
    """

    norm: Norm
    column: int
    parts: tuple[int, ...]
    inner: tuple[Form, ...]

    def cuts(self, point: Point, *, everywhere: bool = False) -> Iterator[Form]:
        """Tangents in the direction of q."""
        image = self.norm.image(point.variables)
        length = float(np.linalg.norm(image))
        if length < _NO_LENGTH or not (everywhere or length > point.columns[self.column] + CUT_ABOVE):
            return
        for part, form, a in zip(self.parts, self.inner, image / length, strict=True):
            own = Form(0.0, np.zeros(len(point.variables)), {part: -1.0, self.column: -float(a * a)})
            yield own.plus(form, 2.0 * float(a))


@dataclass(frozen=True, eq=False)
class Supported:
    """A column of at least a norm, by its subgradients."""

    column: int
    norm: Norm

    def cuts(self, point: Point, *, everywhere: bool = False) -> Iterator[Form]:
        """w'(F v - g) below the column, w the direction of the norm here."""
        image = self.norm.image(point.variables)
        if everywhere or self.norm.length(image) > point.columns[self.column] + CUT_ABOVE:
            direction = self.norm.direction(image)
            constant = -float(direction @ self.norm.offset)
            yield Form(constant, self.norm.adjoint(direction), {self.column: -1.0})
