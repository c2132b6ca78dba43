"""When a job runs, from a file and from options, put into a job."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from counterpoise.command.arguments import STANDARD_INPUT
from counterpoise.command.schedule_arguments import Weekdays, parsed_time

if TYPE_CHECKING:
    from counterpoise.files import JobTerms
    from counterpoise.model import RebalanceJob, Schedule


@dataclass(frozen=True, kw_only=True)
class CalendarOptions:
    """The options of a schedule; what is not given stays as the job has it."""

    daily: bool
    weekly: Weekdays | None
    monthly: int | None
    at: str | None
    time_zone: str | None
    exchange: str | None

    def __post_init__(self) -> None:
        if len(self._cadences) > 1:
            raise typer.BadParameter(f"{' and '.join(self._cadences)} exclude each other; name one.")

    @property
    def given(self) -> bool:
        """Whether any of them is."""
        return bool(self._cadences) or any((self.at, self.time_zone, self.exchange))

    def applied_to(self, schedule: Schedule | None) -> Schedule | None:
        """A schedule with what was given, or a new one; raises BadParameter for half of one."""
        from counterpoise.model import DailyCadence, MonthlyCadence, Schedule, Weekday, WeeklyCadence

        if not self.given:
            return schedule
        at = parsed_time(self.at)
        if schedule is None:
            if self._missing or at is None:
                raise typer.BadParameter(f"a new schedule needs {', '.join(self._missing)}, too.")
            schedule = Schedule(
                time_zone=self.time_zone or "", exchange_code=self.exchange or "", time_of_day=at
            )
        changed = replace(
            schedule,
            time_zone=self.time_zone or schedule.time_zone,
            exchange_code=self.exchange or schedule.exchange_code,
            time_of_day=at or schedule.time_of_day,
        )
        if not self._cadences:
            return changed
        weekly, monthly = self.weekly, self.monthly
        return replace(
            changed,
            daily=DailyCadence() if self.daily else None,
            weekly=None if weekly is None else WeeklyCadence(day_of_week=Weekday[weekly.name]),
            monthly=None if monthly is None else MonthlyCadence(business_day=monthly),
        )

    @property
    def _cadences(self) -> list[str]:
        given = {"--daily": self.daily, "--weekly": self.weekly, "--monthly": self.monthly}
        return [name for name, value in given.items() if value]

    @property
    def _missing(self) -> list[str]:
        wanted = {"--at": self.at, "--time-zone": self.time_zone, "--exchange": self.exchange}
        found = [name for name, value in wanted.items() if not value]
        return found if self._cadences else ["--daily, --weekly or --monthly", *found]


def read_terms(file: Path | None, problem: Path | None) -> JobTerms:
    """What the file says of a job, nothing without one; `problem` is another file that is read.

    Raises InvalidProblem, and BadParameter where both are standard input.
    """
    from counterpoise import files

    if file is None:
        return files.JobTerms()
    if file == STANDARD_INPUT:
        if problem == STANDARD_INPUT:
            raise typer.BadParameter("standard input cannot be the problem and the schedule; name a file.")
        return files.read_terms_from(sys.stdin.buffer)
    return files.read_terms(file)


def with_terms(job: RebalanceJob, terms: JobTerms, calendar: CalendarOptions) -> RebalanceJob:
    """The job with what the file says, and what options say of its schedule.

    Raises BadParameter where both do, and where a schedule has half of what it needs.
    """
    if calendar.given and "schedule" in terms.fields:
        raise typer.BadParameter(
            "the file of --schedule has a schedule; leave out the options that name one."
        )
    named = terms.applied_to(job)
    return replace(named, schedule=calendar.applied_to(named.schedule))


def changed_fields(
    terms: JobTerms, calendar: CalendarOptions, policies: tuple[str, ...], *, no_schedule: bool
) -> tuple[str, ...]:
    """Fields of the job that are changed, each once.

    Raises BadParameter where a schedule is given and taken away.
    """
    gives = calendar.given or "schedule" in terms.fields
    if gives and no_schedule:
        raise typer.BadParameter("--no-schedule takes away what other options give; leave out one of them.")
    scheduled = ("schedule",) if gives or no_schedule else ()
    return tuple(dict.fromkeys((*scheduled, *terms.fields, *policies)))
