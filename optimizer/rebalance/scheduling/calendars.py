"""Business days of exchanges, year by year, from the calendars that are installed.

Source: the package exchange-calendars. It is imported when the first day is asked for, since that takes long.
"""

from __future__ import annotations

import datetime
import threading
import warnings
from collections.abc import Iterator
from functools import lru_cache

_YEARS_KEPT = 1_000
_LONGEST_SHOWN = 200
_NOT_CODES = {"CBOT", "HKEX", "NYSE", "TASE"}
"""Names that look like ISO 10383 codes and are none."""
_lock = threading.Lock()


class CalendarEnds(Exception):
    """The calendar of an exchange does not have the days of a year; the message says which and why."""


class CalendarFails(Exception):
    """The days of a year cannot be computed, for now or with these packages; the message says why."""


def is_exchange(code: str) -> bool:
    """Whether there is a calendar under this ISO 10383 code."""
    import exchange_calendars  # noqa: PLC0415 - takes most of a second, and few processes need it

    return code not in _NOT_CODES and code in exchange_calendars.get_calendar_names(include_aliases=True)


def business_days(code: str, year: int) -> tuple[datetime.date, ...]:
    """Days of a year on which an exchange trades, early closes among them, earliest first.

    Raises:
        CalendarEnds: The calendar has no such year.
        CalendarFails: The calendar cannot be computed.
    """
    with _lock:
        return _business_days(code, year)


def business_days_between(code: str, first: datetime.date, last: datetime.date) -> Iterator[datetime.date]:
    """Business days in [first, last], earliest first.

    Raises:
        CalendarEnds: Once a day is asked for in a year that the calendar does not have.
    """
    for year in range(first.year, last.year + 1):
        for day in business_days(code, year):
            if first <= day <= last:
                yield day


# Within the lock, since the calendars' own caches and the filter of warnings are of the whole process.
@lru_cache(maxsize=_YEARS_KEPT)
def _business_days(code: str, year: int) -> tuple[datetime.date, ...]:
    import exchange_calendars  # noqa: PLC0415 - as above
    from exchange_calendars.errors import NoSessionsError  # noqa: PLC0415 - as above

    with warnings.catch_warnings():
        # About what pandas will change: nothing that a caller can do anything about.
        warnings.simplefilter("ignore")
        try:
            sessions = exchange_calendars.get_calendar(
                code, start=f"{year:04}-01-01", end=f"{year:04}-12-31"
            ).sessions
        # That the year is out of bounds, of the calendar or of pandas.
        except (ValueError, NoSessionsError) as error:
            raise CalendarEnds(
                f"the calendar of {code} has no business days of {year}: {_shown(str(error))}; install"
                " a newer exchange-calendars, or name another exchange"
            ) from error
        # Of this machine at this moment, or of this version of pandas.
        except Exception as error:
            raise CalendarFails(
                f"the calendar of {code} cannot be computed for {year}: {_shown(repr(error))}; it is"
                " tried again: if it stays so, install a newer exchange-calendars, or name another exchange"
            ) from error
    return tuple(session.date() for session in sessions)


def _shown(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_SHOWN]
