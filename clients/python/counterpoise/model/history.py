"""Return histories: simple returns of several series over the same periods."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from counterpoise.model.common import BoolArray, FloatArray, IndexArray

_HOLIDAY_WEEKDAYS = 10
"""Fewer weekdays than these in a row without a date are holidays, not gaps."""


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

    def number_of(self, date: datetime.date) -> int:
        """Number of the period of the calendar that a date is in; neighbours differ by one.

        Months and quarters are those of the calendar, weeks those of ISO 8601: they begin on Monday.
        """
        if self is Frequency.DAILY:
            return date.toordinal()
        if self is Frequency.WEEKLY:
            # Day 1 of the ordinal calendar is a Monday.
            return (date.toordinal() - 1) // 7
        return (12 * date.year + date.month - 1) // (12 // self.periods_per_year)

    def places(self, dates: Sequence[datetime.date]) -> IndexArray:
        """Places of increasing dates on the calendar, shape (periods,): neighbours differ by one.

        A larger step leaves out the periods between. Days are counted by their dates, because exchanges
        close: only ten or more weekdays in a row are left out.
        """
        if self is not Frequency.DAILY:
            return np.array([self.number_of(date) for date in dates], dtype=np.intp)
        days = np.array(dates, dtype="datetime64[D]")
        left_out = np.busday_count(days[:-1] + 1, days[1:])
        steps = np.where(left_out >= _HOLIDAY_WEEKDAYS, left_out + 1, 1)
        return np.concatenate([[0], np.cumsum(steps)])[: len(days)].astype(np.intp)


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
