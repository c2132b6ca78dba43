"""Last days of periods, from whatever labels the rows."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Final

import pandas as pd

from counterpoise.histories.errors import UnreadableHistory
from counterpoise.model import Frequency

_DAY: Final = re.compile(
    r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII
).fullmatch
_MONTH: Final = re.compile(r"([0-9]{4})-?([0-9]{2})", re.ASCII).fullmatch
_QUARTER: Final = re.compile(r"([0-9]{4})-?[Qq]([1-4])", re.ASCII).fullmatch
_LENGTHS: Final = {Frequency.MONTHLY: 1, Frequency.QUARTERLY: 3}
"""Months of a period."""


def last_days(labels: Iterable[object], frequency: Frequency) -> tuple[datetime.date, ...]:
    """The last day of every period, in the order of the labels.

    A label that names a period (a pandas Period, `2020-01`, `202001`, `2020Q1`) becomes its last day. One
    that is a day stays as it is. Raises UnreadableHistory for other labels, and where all are first days of
    their months or quarters: their periods may be those that begin, or those that ended.
    """
    dates = tuple(_last_day(label, row, frequency) for row, label in enumerate(labels, start=1))
    if frequency in _LENGTHS and len(dates) > 1 and all(_begins(date, frequency) for date in dates):
        raise UnreadableHistory(
            f"all dates are first days, as {dates[0]}, but a period is dated by its last; write periods, "
            f"such as {_period(dates[0], frequency)}, or set frame.index = frame.index.to_period()"
        )
    return dates


def _last_day(label: object, row: int, frequency: Frequency) -> datetime.date:
    if isinstance(label, pd.Period):
        return label.end_time.date()
    if isinstance(label, datetime.datetime) and not pd.isna(label):
        return label.date()
    if isinstance(label, datetime.date) and not pd.isna(label):
        return label
    try:
        date = _named(str(label).strip(), frequency)
    except ValueError:
        date = None
    if date is None:
        example = {Frequency.MONTHLY: " or 2025-11", Frequency.QUARTERLY: " or 2025Q4"}.get(frequency, "")
        raise UnreadableHistory(
            f"row {row}: {str(label)!r} is no date; write a day such as 2025-11-28{example}"
        )
    return date


def _named(text: str, frequency: Frequency) -> datetime.date | None:
    """The day that a text names, or the last one of its month or quarter; raises ValueError."""
    day, month, quarter = _DAY(text), _MONTH(text), _QUARTER(text)
    if day is not None:
        return datetime.date(int(day[1]), int(day[3]), int(day[4]))
    if month is not None and frequency is Frequency.MONTHLY:
        return _end(int(month[1]), int(month[2]))
    if quarter is not None and frequency is Frequency.QUARTERLY:
        return _end(int(quarter[1]), 3 * int(quarter[2]))
    return None


def _end(year: int, month: int) -> datetime.date:
    first = datetime.date(year, month, 1)
    return (first + datetime.timedelta(days=31)).replace(day=1) - datetime.timedelta(days=1)


def _begins(date: datetime.date, frequency: Frequency) -> bool:
    return date.day == 1 and (date.month - 1) % _LENGTHS[frequency] == 0


def _period(date: datetime.date, frequency: Frequency) -> str:
    if frequency is Frequency.MONTHLY:
        return f"{date:%Y-%m}"
    return f"{date.year}Q{(date.month + 2) // 3}"
