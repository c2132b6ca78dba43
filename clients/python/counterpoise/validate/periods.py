"""Periods of the calendar: which one a date is in, and which follow each other."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from counterpoise.model import BoolArray, Frequency

SPACING: Final[dict[Frequency, tuple[int, int]]] = {
    Frequency.DAILY: (1, 4),
    Frequency.WEEKLY: (5, 9),
    Frequency.MONTHLY: (26, 35),
    Frequency.QUARTERLY: (80, 100),
}
"""Days between the ends of neighbouring periods, least and most."""

PERIODS: Final[dict[Frequency, str]] = {
    Frequency.DAILY: "day",
    Frequency.WEEKLY: "week",
    Frequency.MONTHLY: "month",
    Frequency.QUARTERLY: "quarter",
}
_HOLIDAYS: Final = 10
"""Weekdays in a row without a date that make a gap in trading days."""


def period_number(date: datetime.date, frequency: Frequency) -> int:
    """Number of the period that holds a date; neighbouring periods have neighbouring numbers.

    Weeks are those of ISO 8601: they begin on Monday.
    """
    if frequency is Frequency.DAILY:
        return date.toordinal()
    if frequency is Frequency.WEEKLY:
        return (date.toordinal() - 1) // 7
    if frequency is Frequency.MONTHLY:
        return 12 * date.year + date.month - 1
    return 4 * date.year + (date.month - 1) // 3


def follows(dates: Sequence[datetime.date], frequency: Frequency) -> BoolArray:
    """Whether each period is the one after that of the date before it, shape (periods,); the first is not."""
    after = [_is_next(before, date, frequency) for before, date in pairwise(dates)]
    return np.array([False, *after][: len(dates)], dtype=bool)


def _is_next(before: datetime.date, date: datetime.date, frequency: Frequency) -> bool:
    if frequency is Frequency.DAILY:
        skipped = int(np.busday_count(before + datetime.timedelta(days=1), date)) if before < date else 0
        return before < date and skipped < _HOLIDAYS
    return period_number(date, frequency) - period_number(before, frequency) == 1
