"""Options that say when a job runs, and slots as they are typed."""

from __future__ import annotations

import datetime
import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from counterpoise.command.arguments import checked_file
from counterpoise.command.choices import one_of
from counterpoise.command.rebalance_arguments import parsed_span
from counterpoise.wording.spans import time_of

if TYPE_CHECKING:
    from counterpoise.model import Schedule

_SLOT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(Z|[+-][0-9]{2}:[0-9]{2})?)?",
    re.ASCII,
).fullmatch
_SLOT_FORM = "write one as `jobs backfill --skipped` shows it, such as 2025-11-28T21:30Z, or its day there"
_MOST_DAYS = 20


class Weekdays(StrEnum):
    """Days of the week as they are typed."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class Overlaps(StrEnum):
    """Policies for slots that come while a run is under way, as they are typed."""

    SKIP = "skip"
    QUEUE_LATEST = "queue-latest"
    CANCEL_RUNNING = "cancel-running"


def parsed_time(value: str | None) -> datetime.time | None:
    """A time of day as it is written: `16:30`; raises BadParameter."""
    try:
        return None if value is None else time_of(value)
    except ValueError:
        message = f"{value!r} is no time of day; write one such as 09:30 or 16:30."
        raise typer.BadParameter(message) from None


def parsed_slot(value: str, schedule: Schedule | None) -> datetime.datetime:
    """The instant of a slot as it is typed; raises BadParameter.

    `2025-11-28T21:30Z` says all; without a zone it is the schedule's, and without a time the schedule's, too.
    """
    from counterpoise.wording.schedules import zone_of

    instant = _instant(value)
    if isinstance(instant, datetime.datetime) and instant.tzinfo is not None:
        return instant.astimezone(datetime.UTC)
    zone = zone_of(schedule)
    if schedule is None or zone is None:
        what = "the job has no schedule" if schedule is None else f"{schedule.time_zone} is not known here"
        raise typer.BadParameter(f"{value!r} has no zone, and {what}; write it in UTC, as 2025-11-28T21:30Z.")
    if not isinstance(instant, datetime.datetime):
        instant = datetime.datetime.combine(instant, schedule.time_of_day)
    local = instant.replace(tzinfo=zone)
    slot = local.astimezone(datetime.UTC)
    if slot.astimezone(zone).replace(tzinfo=None) != instant:
        raise typer.BadParameter(
            f"{value!r}: the clock skips {instant:%H:%M} that day; write the slot in UTC."
        )
    return slot


def _instant(value: str) -> datetime.datetime | datetime.date:
    match = _SLOT(value)
    try:
        if match is not None:
            parse = datetime.datetime if match[2] else datetime.date
            return parse.fromisoformat(value)
    except ValueError:
        pass
    raise typer.BadParameter(f"{value!r} is no slot; {_SLOT_FORM}.")


def _checked_time(value: str | None) -> str | None:
    parsed_time(value)
    return value


def _checked_monthly(value: int | None) -> int | None:
    if value is not None and not 1 <= abs(value) <= _MOST_DAYS:
        raise typer.BadParameter(
            f"{value} is no business day of a month; write 1 for the first, -1 for the last, and at most "
            f"{_MOST_DAYS} from either end."
        )
    return value


def _checked_span(value: str | None) -> str | None:
    parsed_span(value)
    return value


def _checked_slots(values: list[str] | None) -> list[str] | None:
    for value in values or ():
        _instant(value)
    return values


def _checked_terms(value: Path | None) -> Path | None:
    return None if value is None else checked_file(value)


TermsFile = Annotated[
    Path | None,
    typer.Option(
        "--schedule",
        metavar="FILE",
        callback=_checked_terms,
        help="Schedule, triggers and policies, YAML or JSON; - reads standard input. Options go before it.",
    ),
]
NoSchedule = Annotated[
    bool, typer.Option("--no-schedule", help="Take the schedule away: slots start no runs any more.")
]
Daily = Annotated[bool, typer.Option("--daily", help="Run every business day.")]
Weekly = Annotated[
    Weekdays | None,
    typer.Option(
        "--weekly",
        parser=one_of(Weekdays),
        metavar="DAY",
        help="Run every week on a day, such as friday, or the next business day.",
    ),
]
Monthly = Annotated[
    int | None,
    typer.Option(
        "--monthly",
        metavar="N",
        callback=_checked_monthly,
        help="Run on the Nth business day of every month; -1 is the last.",
    ),
]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="HH:MM", callback=_checked_time, help="Local time of slots, such as 16:30."),
]
TimeZone = Annotated[
    str | None,
    typer.Option("--time-zone", metavar="ZONE", help="Whose clock --at is of, such as America/New_York."),
]
Exchange = Annotated[
    str | None,
    typer.Option("--exchange", metavar="MIC", help="Whose business days count, such as XNYS."),
]
Overlap = Annotated[
    Overlaps | None,
    typer.Option(
        "--overlap",
        parser=one_of(Overlaps),
        metavar="POLICY",
        help="What becomes of a slot while another run is under way: skip, queue-latest or cancel-running. "
        "Default: skip.",
    ),
]
CatchUp = Annotated[
    str | None,
    typer.Option(
        "--catch-up",
        metavar="SPAN",
        callback=_checked_span,
        help="How late the latest missed slot is still run, such as 2d. Default: not at all.",
    ),
]
PauseAfter = Annotated[
    int | None,
    typer.Option(
        "--pause-after",
        metavar="N",
        min=1,
        max=1000,
        help="Failed or refused runs in a row that pause the job. Default: 3.",
    ),
]
Slots = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SLOT...",
        callback=_checked_slots,
        help="Slots to run now, such as 2025-11-28T21:30Z; in the schedule's zone without the Z, and at its "
        "time with a day alone.",
    ),
]
Skipped = Annotated[
    bool, typer.Option("--skipped", help="Run nothing: list the slots that were skipped and have no run.")
]
RunsAsJsonLines = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print each run as ProtoJSON on a line of its own; of skipped slots their slot_time alone.",
    ),
]
