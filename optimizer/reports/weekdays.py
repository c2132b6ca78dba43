"""Days counted as Mondays to Fridays: holidays of exchanges are not known."""

from __future__ import annotations

import datetime
from functools import lru_cache

import numpy as np

_FIRST_DATE = np.datetime64(datetime.date.min)
_LAST_DATE = np.datetime64(datetime.date.max)


@lru_cache(maxsize=1024)
def weekday_after(date: datetime.date, trading_days: int) -> datetime.date | None:
    """The weekday that is so many trading days after a date, or before it where they are below zero.

    A Saturday or Sunday counts as the Friday before it. None beyond the calendar.
    """
    found = np.busday_offset(np.datetime64(date), trading_days, roll="backward")
    return datetime.date.fromisoformat(str(found)) if _FIRST_DATE <= found <= _LAST_DATE else None
