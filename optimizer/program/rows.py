"""How limits and terms enter the program: rows over positions and postings, and balls of risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from counterpoise.model import FloatArray, IndexArray


@dataclass(frozen=True, eq=False)
class Entries:
    """The nonzero entries of `count` rows over variables or lines."""

    count: int
    row: IndexArray
    column: IndexArray
    value: FloatArray

    def times(self, vector: FloatArray) -> FloatArray:
        """Rows times a vector, shape (count,)."""
        products = self.value * vector[self.column]
        return np.asarray(np.bincount(self.row, products, minlength=self.count), dtype=float)

    def by_row(self, factors: FloatArray) -> Entries:
        """The rows, each times its factor."""
        return Entries(self.count, self.row, self.column, self.value * factors[self.row])

    def largest(self) -> FloatArray:
        """Largest absolute entry of each row; entries of one column add up to at most twice that."""
        largest = np.zeros(self.count)
        np.maximum.at(largest, self.row, np.abs(self.value))
        return largest


def one_row(values: FloatArray) -> Entries:
    """One row from its dense values."""
    column = np.flatnonzero(values)
    return Entries(1, np.zeros(len(column), dtype=np.intp), column, values[column])


def empty_rows(count: int) -> Entries:
    """Rows without entries."""
    none = np.zeros(0, dtype=np.intp)
    return Entries(count, none, none, np.zeros(0))


def summed(entries: Entries) -> Entries:
    """The sum of all rows as one row."""
    return Entries(1, np.zeros(len(entries.row), dtype=np.intp), entries.column, entries.value)


def together(parts: Sequence[Entries]) -> Entries:
    """Entries of several parts of the same rows."""
    return Entries(
        parts[0].count,
        np.concatenate([part.row for part in parts]),
        np.concatenate([part.column for part in parts]),
        np.concatenate([part.value for part in parts]),
    )


@dataclass(frozen=True, eq=False)
class ExposureRows:
    """Rows over the exposures x = B'h of some lines, entries by driver."""

    lines: IndexArray
    entries: Entries


@dataclass(frozen=True, eq=False)
class Peak:
    """max(0, largest of these rows over the variables)."""

    name: str
    rows: Entries


@dataclass(frozen=True, eq=False)
class Netted:
    """The sum of absolute values of rows over the variables, each less an offset."""

    name: str
    rows: Entries
    offset: FloatArray


@dataclass(frozen=True, eq=False)
class Tail:
    """The mean of the worst of N losses, none weighing more than `most`."""

    name: str
    losses: ExposureRows
    most: float


Piece = Peak | Netted | Tail
"""What a few columns and rows of its own are above; rows of several limits may share it by name."""


@dataclass(frozen=True, eq=False)
class InRow:
    """A weighted piece in one row of a family; `value` > 0. A ball stands for its norm."""

    row: int
    piece: Piece | Ball
    value: float


@dataclass(frozen=True, eq=False)
class Softness:
    """Makes rows or a ball soft: its priority, and what one unit of violation weighs."""

    priority: int
    weight: float


@dataclass(frozen=True, eq=False)
class Rows:
    """A family of rows, named after its limit.

    lower <= linear v + exposure x + absolute |h| + traded |h - current| + pieces + offset <= upper.

    `concave` says that the measure is the negative of the rows, as a reserve is of what it
    lacks; its lower bound then holds the rows from above.
    """

    name: str
    linear: Entries
    """m by variables."""
    offset: FloatArray
    exposure: ExposureRows | None = None
    absolute: Entries | None = None
    """m by lines, >= 0."""
    traded: Entries | None = None
    """m by lines, >= 0."""
    pieces: tuple[InRow, ...] = ()
    concave: bool = False
    lower: float | None = None
    upper: float | None = None
    softness: Softness | None = None


@dataclass(frozen=True, eq=False)
class Spread:
    """What a ball measures: |(L'x, z)| of exposures x = B'h and residuals z, in volatilities or errors.

    z_g is the sum of residual times position over the lines of underlying g. Those of `correlated`
    underlyings have the correlation C C', and count as C'z.
    """

    name: str
    loadings: FloatArray
    """B, lines by drivers, or by drivers and sleeves."""
    factor: FloatArray
    """L, drivers by columns."""
    residual: FloatArray
    """By line."""
    underlying: IndexArray
    """Number of the underlying of each line, counted by first line."""
    correlated: IndexArray
    """Underlyings, none twice."""
    correlation_factor: FloatArray
    """C, square over them."""
    space: str = ""
    """Spreads of one space have the same loadings."""

    @property
    def underlying_count(self) -> int:
        """Number of underlyings; none where the spread is of drivers alone."""
        return int(self.underlying.max(initial=-1)) + 1


@dataclass(frozen=True, eq=False)
class Ball:
    """multiple |(L'(x - reference), z)| <= radius, over the lines and drivers that count.

    `radius` None is a term of the objective or a piece of rows.
    """

    name: str
    spread: Spread
    lines: IndexArray
    drivers: IndexArray
    reference: FloatArray
    with_residual: bool
    radius: float | None
    softness: Softness | None = None
    multiple: float = 1.0
