"""Local times as instants, where clocks are put forward and back."""

from __future__ import annotations

import datetime
import zoneinfo
from functools import cache

_NOT_ZONES = {"Factory", "localtime", "posixrules"}
"""Files beside the zones: what they say differs between machines."""
_SECOND = datetime.timedelta(seconds=1)


def is_time_zone(name: str) -> bool:
    """Whether the IANA database, as it is installed, has a zone of this name."""
    return name in _time_zones()


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones() - _NOT_ZONES)


def instant_of(day: datetime.date, time: datetime.time, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    """The first instant, in UTC, at which clocks of a zone show a time of a day or are past it.

    A time that the clock skips is the end of the gap; of one that comes twice it is the first.
    """
    wall = datetime.datetime.combine(day, time.replace(fold=0, tzinfo=None))
    # By the offset before a gap the instant lies after it, by the offset after a gap before it.
    after = wall.replace(tzinfo=zone).astimezone(datetime.UTC)
    if _shown(after, zone) == wall:
        return after
    before = wall.replace(tzinfo=zone, fold=1).astimezone(datetime.UTC)
    # In a gap: the second at which clocks jump is between the two.
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if _shown(middle, zone) < wall:
            before = middle
        else:
            after = middle
    return after


def _shown(instant: datetime.datetime, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    """What clocks of a zone show."""
    return instant.astimezone(zone).replace(tzinfo=None)
