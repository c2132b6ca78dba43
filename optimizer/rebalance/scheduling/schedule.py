"""Slots of a schedule: the instants at which a job runs by itself. Pure: no clock, and no state but caches.

Days come from the cadence and the business days of an exchange, instants from the time of day in a time zone.
"""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from counterpoise.model import ErrorReason, MonthlyCadence, Schedule, Violation, WeeklyCadence
from optimizer.rebalance.scheduling.calendars import (
    CalendarEnds,
    CalendarFails,
    business_days,
    business_days_between,
    is_exchange,
)
from optimizer.rebalance.scheduling.local_time import instant_of, is_time_zone

_DAY = datetime.timedelta(days=1)
_WEEK = datetime.timedelta(days=7)
LONGEST_CLOSURE = datetime.timedelta(days=60)
"""Longer than any exchange was closed: a day can be the next business day of one that long before."""


def due_slots(
    schedule: Schedule, start: datetime.datetime, end: datetime.datetime
) -> tuple[datetime.datetime, ...]:
    """Slots in [start, end), instants in UTC, earliest first, each once. The bounds are instants of any zone.

    Raises:
        CalendarEnds: The interval reaches beyond the exchange's calendar.
    """
    if end <= start:
        return ()
    last = end.astimezone(zone_of(schedule)).date()
    return tuple(slot for slot in _slots(schedule, start, last) if slot < end)


def next_slots(schedule: Schedule, now: datetime.datetime, count: int = 5) -> tuple[datetime.datetime, ...]:
    """The first `count` slots after an instant; fewer, or none, where the exchange's calendar ends before.

    Raises:
        CalendarFails: The calendar cannot be computed, which says nothing of its end.
    """
    found: list[datetime.datetime] = []
    after = now + datetime.datetime.resolution
    with suppress(CalendarEnds):
        found.extend(islice(_slots(schedule, after, datetime.date.max), count))
    return tuple(found)


def schedule_violations(
    schedule: Schedule, now: datetime.datetime, field: str = "rebalance_job.schedule"
) -> tuple[Violation, ...]:
    """What only a server knows to be wrong with a schedule that is of its form otherwise.

    Time zones and exchanges that its data does not have, and calendars that have no slot after `now`.
    """
    found = []
    if not is_time_zone(schedule.time_zone):
        message = f"{schedule.time_zone} is no time zone; write one of the IANA database, as Europe/London"
        found.append(_unknown(f"{field}.time_zone", message))
    if not is_exchange(schedule.exchange_code):
        message = f"no calendar of {schedule.exchange_code}; write the ISO 10383 code of an exchange, as XNYS"
        found.append(_unknown(f"{field}.exchange_code", message))
    if not found:
        try:
            next(_slots(schedule, now, datetime.date.max))
        except (CalendarEnds, CalendarFails) as error:
            found.append(_unknown(f"{field}.exchange_code", str(error)))
    return tuple(found)


def slot_on(schedule: Schedule, day: datetime.date, last: datetime.date) -> datetime.datetime | None:
    """The slot of a day, or of the next business day if the exchange is closed; None if that is after `last`.

    Raises:
        CalendarEnds: The days are beyond the exchange's calendar.
    """
    open_day = next(business_days_between(schedule.exchange_code, day, last), None)
    return None if open_day is None else instant_of(open_day, schedule.time_of_day, zone_of(schedule))


def calendar_end(schedule: Schedule, now: datetime.datetime) -> datetime.datetime:
    """The last instant of the years that the exchange's calendar has, one after the other from this one on.

    Before `now` where it does not have this year. For calendars that end, as `next_slots` finds out.
    """
    zone = zone_of(schedule)
    year = now.astimezone(zone).year
    with suppress(CalendarEnds):
        while business_days(schedule.exchange_code, year):
            year += 1
    return datetime.datetime(year, 1, 1, tzinfo=zone) - datetime.datetime.resolution


def zone_of(schedule: Schedule) -> zoneinfo.ZoneInfo:
    """The zone in which the time of day is meant."""
    return zoneinfo.ZoneInfo(schedule.time_zone)


def _unknown(field: str, message: str) -> Violation:
    return Violation(field=field, reason=ErrorReason.ID_UNKNOWN, message=message)


def _slots(schedule: Schedule, start: datetime.datetime, last: datetime.date) -> Iterator[datetime.datetime]:
    """Slots from `start` on, each once, those of days up to `last` and perhaps some after it."""
    zone = zone_of(schedule)
    # A slot can be on the day after its own where the clock skipped the rest of that.
    first = start.astimezone(zone).date() - _DAY
    before = None
    for day in _days(schedule, first, last):
        slot = instant_of(day, schedule.time_of_day, zone)
        if slot >= start and slot != before:
            before = slot
            yield slot


def _days(schedule: Schedule, first: datetime.date, last: datetime.date) -> Iterator[datetime.date]:
    """Days that the cadence names from `first` to `last`, in order; some may be before, some after."""
    code = schedule.exchange_code
    if schedule.weekly is not None:
        return _weekly(code, schedule.weekly, first, last)
    if schedule.monthly is not None:
        return _monthly(code, schedule.monthly, first, last)
    return business_days_between(code, first, last)


def _weekly(
    code: str, cadence: WeeklyCadence, first: datetime.date, last: datetime.date
) -> Iterator[datetime.date]:
    day = first - LONGEST_CLOSURE
    day += (cadence.day_of_week - day.isoweekday()) % 7 * _DAY
    for open_day in business_days_between(code, day, last):
        if open_day >= day:
            yield open_day
            day += ((open_day - day) // _WEEK + 1) * _WEEK


def _monthly(
    code: str, cadence: MonthlyCadence, first: datetime.date, last: datetime.date
) -> Iterator[datetime.date]:
    months = sorted(cadence.months) or range(1, 13)
    for year in range(first.year, last.year + 1):
        for month in months:
            days = [day for day in business_days(code, year) if day.month == month]
            if days:  # not closed for all of it
                yield _counted(days, cadence.business_day)


def _counted(days: list[datetime.date], number: int) -> datetime.date:
    """Of a month's days the one with a number; where there are fewer, the last that the count reaches."""
    return days[min(number, len(days)) - 1] if number > 0 else days[max(len(days) + number, 0)]
