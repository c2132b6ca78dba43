"""Slots of a job: those of its schedule, and the roll dates of its overlays."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TypeAlias

from counterpoise.model import RebalanceJob, RollTerms, Schedule
from optimizer.rebalance.scheduling.calendars import CalendarEnds
from optimizer.rebalance.scheduling.schedule import (
    LONGEST_CLOSURE,
    calendar_end,
    due_slots,
    next_slots,
    slot_on,
    zone_of,
)
from optimizer.rebalance.trading.rolls import roll_dates

Rolls: TypeAlias = tuple[tuple[str, RollTerms], ...]
"""Lines that roll, and how, in line order."""


@dataclass(frozen=True, kw_only=True)
class Slot:
    """An instant at which a job runs by itself, and what it is: of the cadence, a roll date, or both."""

    instant: datetime.datetime
    scheduled: bool
    """Whether the cadence names its day."""
    rolling_line_ids: tuple[str, ...] = ()
    """Lines whose roll begins on its day, or began since the business day before; in line order."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """The slots that were asked for, earliest first, as far as the exchange's calendar has days."""

    slots: tuple[Slot, ...] = ()
    calendar_end: CalendarEnds | None = None
    """Why there are no more of them, where the calendar ends before."""


def slots_of(job: RebalanceJob, start: datetime.datetime, end: datetime.datetime) -> tuple[Slot, ...]:
    """Slots in [start, end), earliest first, each once; none without a schedule.

    A roll is at the schedule's time of day, on its date or on the next business day.

    Raises:
        CalendarEnds: The interval reaches beyond the exchange's calendar.
    """
    if job.schedule is None or end <= start:
        return ()
    scheduled = set(due_slots(job.schedule, start, end))
    rolls = _rolls(job.schedule, rolls_of(job), start, end)
    return tuple(
        Slot(
            instant=instant,
            scheduled=instant in scheduled,
            rolling_line_ids=tuple(rolls.get(instant, ())),
        )
        for instant in sorted(scheduled | set(rolls))
    )


def slots_until(job: RebalanceJob, start: datetime.datetime, end: datetime.datetime) -> Found:
    """Slots in [start, end) until the exchange's calendar ends; those before its end are as good as any."""
    try:
        return Found(slots=slots_of(job, start, end))
    except CalendarEnds as error:
        last = end if job.schedule is None else calendar_end(job.schedule, start)
        return Found(slots=slots_of(job, start, min(last, end)), calendar_end=error)


def first_slots_of(job: RebalanceJob, now: datetime.datetime, count: int) -> Found:
    """The first `count` slots after an instant: fewer, and why, where the exchange's calendar ends before."""
    if job.schedule is None:
        return Found()
    tick = datetime.datetime.resolution
    scheduled = next_slots(job.schedule, now, count)
    if len(scheduled) == count:
        end = scheduled[-1] + tick
    else:  # rolls are slots until the calendar ends; the day after that says why it does
        end = max(now, calendar_end(job.schedule, now)) + 2 * tick
    found = slots_until(job, now + tick, end)
    return replace(found, slots=found.slots[:count])


def next_slots_of(job: RebalanceJob, now: datetime.datetime, count: int = 5) -> tuple[Slot, ...]:
    """The first `count` slots after an instant; fewer where the exchange's calendar ends before."""
    return first_slots_of(job, now, count).slots


def rolls_of(job: RebalanceJob) -> Rolls:
    """What gives a job slots beside its schedule: lines that roll, and how."""
    overlays = ((line.line_id, line.overlay) for line in job.problem.portfolio.lines)
    return tuple(
        (line_id, overlay.contract.roll)
        for line_id, overlay in overlays
        if overlay is not None and overlay.contract is not None and overlay.contract.roll is not None
    )


def slot_at(job: RebalanceJob, instant: datetime.datetime) -> Slot | None:
    """The slot at an instant; None if there is none."""
    try:
        found = slots_until(job, instant, instant + datetime.datetime.resolution).slots
    except OverflowError:
        return None
    return found[0] if found else None


def _rolls(
    schedule: Schedule, rolls: Rolls, start: datetime.datetime, end: datetime.datetime
) -> dict[datetime.datetime, list[str]]:
    """Lines by the slot of their roll."""
    zone = zone_of(schedule)
    # As for days of the cadence: what an exchange was closed for comes later.
    first = start.astimezone(zone).date() - LONGEST_CLOSURE
    last = end.astimezone(zone).date()
    slots: dict[datetime.date, datetime.datetime | None] = {}
    found: dict[datetime.datetime, list[str]] = defaultdict(list)
    for line_id, roll in rolls:
        for date in roll_dates(roll, first, last):
            if date not in slots:
                slots[date] = slot_on(schedule, date, last)
            slot = slots[date]
            if slot is not None and start <= slot < end:
                found[slot].append(line_id)
    return found
