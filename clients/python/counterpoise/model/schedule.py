"""When a job runs by itself."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import IntEnum


class Weekday(IntEnum):
    """Days of the week, by their numbers in ISO 8601."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When to run, as a calendar: a local time on business days of an exchange, as the cadence says."""

    time_zone: str
    exchange_code: str
    time_of_day: datetime.time
    daily: DailyCadence | None = None
    weekly: WeeklyCadence | None = None
    monthly: MonthlyCadence | None = None


@dataclass(frozen=True, kw_only=True)
class DailyCadence:
    """Every business day."""


@dataclass(frozen=True, kw_only=True)
class WeeklyCadence:
    """One day of each week, or the next business day if the exchange is closed."""

    day_of_week: Weekday


@dataclass(frozen=True, kw_only=True)
class MonthlyCadence:
    """A business day of a month: 1 is the first, -1 the last."""

    business_day: int
    months: tuple[int, ...] = ()
