"""A return history by itself: dates in order, columns as long as they are, and missing periods."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from itertools import pairwise
from statistics import median_low

from counterpoise.model import ErrorReason, Frequency, ReturnColumn, ReturnHistory
from counterpoise.validate.namespace import Namespace, collect
from counterpoise.validate.periods import PERIODS, SPACING
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.series import check_series
from counterpoise.validate.text import shown

_FIRST_YEAR, _LAST_YEAR = 1800, 2199
"""Years that dates can be of: histories begin in 1800, and what is later is a mistake."""


def check_history(history: ReturnHistory, place: Place, report: Report) -> Namespace[ReturnColumn]:
    """The columns by id; reports what is wrong with dates, with columns and with their numbers."""
    columns = collect(history.columns, "column_id", (*place, "columns"), report, whole="history")
    frequency = history.frequency if usable(history.frequency) else None
    dates = history.dates if usable(history.dates) and all(map(usable, history.dates)) else None
    if dates is not None:
        _check_dates(dates, frequency, (*place, "dates"), report)
    for index, column in enumerate(history.columns):
        if usable(column):
            at = (*place, "columns", index)
            if _has_shape(column, history, at, report):
                check_series(column, frequency, at, report)
    return columns


def _check_dates(
    dates: Sequence[datetime.date], frequency: Frequency | None, place: Place, report: Report
) -> None:
    """Of years that have histories, strictly increasing, each in a period of its own, spaced as declared."""
    strange = [index for index, date in enumerate(dates) if not _FIRST_YEAR <= date.year <= _LAST_YEAR]
    if strange:
        index = strange[0]
        message = (
            f"{dates[index]} is outside {_FIRST_YEAR} to {_LAST_YEAR}{_more(strange)}; "
            "write the last day of the period, year first"
        )
        report.add((*place, index), ErrorReason.NUMBER_OUT_OF_RANGE, message)
        return
    late = [index for index, (before, date) in enumerate(pairwise(dates), start=1) if date <= before]
    if late:
        index = late[0]
        date, before = dates[index], dates[index - 1]
        what = "comes twice" if date == before else f"is not after {before}, the date before it"
        message = f"{date} {what}{_more(late)}; sort the periods, and keep each once"
        report.add((*place, index), ErrorReason.DATES_UNORDERED, message)
        return
    if frequency is None or len(dates) < 2:
        return
    numbers = [frequency.number_of(date) for date in dates]
    shared = [index for index, (before, number) in enumerate(pairwise(numbers), start=1) if number == before]
    spacing = median_low((date - before).days for before, date in pairwise(dates))
    least, most = SPACING[frequency]
    if not least <= spacing <= most:
        message = (
            f"half of the dates are {spacing} days apart or less, and half as far or farther, "
            f"but a {PERIODS[frequency]} has {least} to {most} days between: {_meant(spacing)}"
        )
        report.add(place, ErrorReason.DATES_UNORDERED, message)
    elif shared:
        index = shared[0]
        message = (
            f"{dates[index]} is in the same {PERIODS[frequency]} as {dates[index - 1]}{_more(shared)}; "
            f"write one return for each {PERIODS[frequency]}, or the frequency that the returns have"
        )
        report.add((*place, index), ErrorReason.DATES_UNORDERED, message)


def _more(indexes: Sequence[int]) -> str:
    return f" (and {len(indexes) - 1:,} more do so)" if len(indexes) > 1 else ""


def _meant(spacing: int) -> str:
    """What to write for dates that are so far apart."""
    other = next(
        (frequency for frequency, (least, most) in SPACING.items() if least <= spacing <= most), None
    )
    if other is None:
        return f"write returns of one frequency, one of {', '.join(known.name for known in Frequency)}"
    return f"write frequency {other.name}, or the missing periods"


def _has_shape(column: ReturnColumn, history: ReturnHistory, place: Place, report: Report) -> bool:
    """Whether a column has a return of every period and names missing ones in order; reports it if not."""
    if not usable(column.returns) or not usable(history.dates):
        return False
    count = len(history.dates)
    if len(column.returns) != count:
        message = (
            f"{len(column.returns):,} returns for {count:,} dates; write one for each, "
            "0 where none is known, and name its index in missing_periods"
        )
        report.add((*place, "returns"), ErrorReason.MATRIX_SHAPE, message)
        return False
    last = -1
    for index, period in enumerate(column.missing_periods):
        at = (*place, "missing_periods", index)
        if not usable(period) or not report.sound(at):
            continue
        if period >= count:
            message = f"{shown(period)} is no index of the {count:,} periods; write one in [0, {count - 1}]"
            report.add(at, ErrorReason.NUMBER_OUT_OF_RANGE, message)
        elif period <= last:
            message = f"{shown(period)} is not after {shown(last)}, the one before it; write indexes in order"
            report.add(at, ErrorReason.NUMBER_OUT_OF_RANGE, message)
        else:
            last = period
    return usable(column.missing_periods) and report.sound((*place, "missing_periods"))
