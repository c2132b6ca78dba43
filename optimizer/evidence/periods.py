"""Periods on the calendar: which are neighbours, and which the dates leave out."""

from __future__ import annotations

import datetime

import numpy as np

from counterpoise.model import Frequency, IndexArray

_HOLIDAY_WEEKDAYS = 10
"""Fewer weekdays than these in a row without a date are holidays, not gaps."""


def number_periods(dates: tuple[datetime.date, ...], frequency: Frequency) -> IndexArray:
    """Places of periods on the calendar of their frequency, shape (periods,).

    Neighbours differ by one; a larger step leaves out the periods between. Months and quarters are those of
    the calendar, weeks those of ISO 8601. Days are counted by their dates, because exchanges close: only
    ten or more weekdays in a row are left out.
    """
    if frequency is Frequency.DAILY:
        return _number_days(dates)
    if frequency is Frequency.WEEKLY:
        # Day 1 of the ordinal calendar is a Monday.
        return np.array([(date.toordinal() - 1) // 7 for date in dates], dtype=np.intp)
    months = 12 // frequency.periods_per_year
    return np.array([(12 * date.year + date.month - 1) // months for date in dates], dtype=np.intp)


def _number_days(dates: tuple[datetime.date, ...]) -> IndexArray:
    days = np.array(dates, dtype="datetime64[D]")
    left_out = np.busday_count(days[:-1] + 1, days[1:])
    steps = np.where(left_out >= _HOLIDAY_WEEKDAYS, left_out + 1, 1)
    return np.concatenate([[0], np.cumsum(steps)]).astype(np.intp)
