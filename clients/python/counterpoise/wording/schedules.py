"""Schedules in words, and slots as clocks show them: `every Friday at 16:30 London time`."""

from __future__ import annotations

import datetime
import zoneinfo

from counterpoise.model import AllocationProblem, OverlapPolicy, RunPolicy, Schedule, Weekday
from counterpoise.wording.resources import span
from counterpoise.wording.words import say

WEEKDAYS = {day: day.name.capitalize() for day in Weekday}

OVERLAPS = {
    OverlapPolicy.SKIP: "is skipped",
    OverlapPolicy.QUEUE_LATEST: "waits for its end, in place of one that waited before",
    OverlapPolicy.CANCEL_RUNNING: "starts, and that run is cancelled",
}
"""What becomes of a slot while another run is under way."""

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}


def schedule_in_words(schedule: Schedule, problem: AllocationProblem | None = None) -> str:
    """When a job runs: `every business day of XNYS at 16:30 New York time; rolls too`.

    Rolls are told where the problem has contracts that roll.
    """
    rolls = "; rolls too" if problem is not None and _rolls(problem) else ""
    clock = f"{clock_time(schedule.time_of_day)} {zone_in_words(schedule.time_zone)}"
    return f"{_days(schedule)} at {clock}{rolls}"


def zone_in_words(time_zone: str) -> str:
    """A time zone by its city: `New York time`; by its name where it has none."""
    area, _, city = time_zone.rpartition("/")
    if not area or area.startswith("Etc"):
        return time_zone
    return f"{city.replace('_', ' ')} time"


def clock_time(time: datetime.time) -> str:
    """A time of day, with seconds if it has some."""
    return time.isoformat("seconds" if time.second else "minutes")


def slot_in_words(slot: datetime.datetime) -> str:
    """A slot in UTC with its weekday: `Friday 2025-11-28 21:30 UTC`."""
    return f"{local_slot(slot, datetime.UTC)} UTC"


def local_slot(slot: datetime.datetime, zone: datetime.tzinfo) -> str:
    """A slot as clocks of a zone show it: `Friday 2025-11-28 16:30`."""
    local = slot.astimezone(zone)
    return f"{WEEKDAYS[Weekday(local.isoweekday())]} {local.date()} {clock_time(local.time())}"


def typed_slot(slot: datetime.datetime) -> str:
    """A slot as commands take it: `2025-11-28T21:30Z`."""
    local = slot.astimezone(datetime.UTC)
    return f"{local.date()}T{clock_time(local.time())}Z"


def zone_of(schedule: Schedule | None) -> zoneinfo.ZoneInfo | None:
    """The schedule's time zone; None without a schedule, and where this machine does not know the zone."""
    try:
        return None if schedule is None else zoneinfo.ZoneInfo(schedule.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None


def catch_up_in_words(policy: RunPolicy) -> str:
    """What becomes of missed slots."""
    if policy.catch_up_window is None:
        return "are skipped"
    return f"are skipped but the latest, which is run up to {span(policy.catch_up_window)} late"


def _days(schedule: Schedule) -> str:
    exchange = schedule.exchange_code
    if schedule.weekly is not None:
        day = say(schedule.weekly.day_of_week, WEEKDAYS)
        return f"every {day}, or the next business day of {exchange},"
    if schedule.monthly is not None:
        day = _counted(schedule.monthly.business_day)
        months = [_MONTHS[month - 1] for month in sorted(schedule.monthly.months)]
        return f"the {day} business day of {exchange} in {_listed(months) if months else 'every month'}"
    return f"every business day of {exchange}"


def _counted(number: int) -> str:
    """`1st`, `last`, `2nd last`."""
    if number == -1:
        return "last"
    size = abs(number)
    return f"{_ORDINALS.get(size, f'{size}th')}{' last' if number < 0 else ''}"


def _listed(words: list[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _rolls(problem: AllocationProblem) -> bool:
    contracts = [line.overlay.contract for line in problem.portfolio.lines if line.overlay is not None]
    return any(contract is not None and contract.roll is not None for contract in contracts)
