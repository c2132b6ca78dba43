"""Return histories: simple returns of several series over the same periods."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from counterpoise.model.common import BoolArray, FloatArray


class Frequency(IntEnum):
    """How long a period is."""

    DAILY = 1
    WEEKLY = 2
    MONTHLY = 3
    QUARTERLY = 4

    @property
    def periods_per_year(self) -> int:
        """How many a year has."""
        return {self.DAILY: 252, self.WEEKLY: 52, self.MONTHLY: 12, self.QUARTERLY: 4}[self]


class ReturnBasis(IntEnum):
    """Whether cash is in a return."""

    TOTAL = 1
    EXCESS = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class ReturnColumn:
    """One series: a decimal return of every period; missing ones are named by index and not read."""

    column_id: str
    basis: ReturnBasis
    returns: FloatArray
    missing_periods: tuple[int, ...] = ()

    def known(self) -> BoolArray:
        """Which periods have a return, shape (periods,)."""
        known = np.ones(len(self.returns), dtype=bool)
        known[list(self.missing_periods)] = False
        return known

    def __eq__(self, other: object) -> bool:
        """Equal names and equal numbers."""
        return (
            isinstance(other, ReturnColumn)
            and (self.column_id, self.basis) == (other.column_id, other.basis)
            and np.array_equal(self.returns, other.returns)
            and tuple(self.missing_periods) == tuple(other.missing_periods)
        )

    def __hash__(self) -> int:
        """Agrees with equality."""
        return hash((self.column_id, self.basis, np.asarray(self.returns).tobytes()))


@dataclass(frozen=True, kw_only=True)
class ReturnHistory:
    """Columns of returns over periods that end on these dates, strictly increasing."""

    frequency: Frequency
    dates: tuple[datetime.date, ...]
    columns: tuple[ReturnColumn, ...]

    def column(self, column_id: str) -> ReturnColumn:
        """The column of this id; raises KeyError."""
        return {column.column_id: column for column in self.columns}[column_id]
