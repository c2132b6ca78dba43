"""`counterpoise marks`: what the portfolio of a job holds and what it is worth, day by day."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from counterpoise.command import rebalance_arguments as wanted
from counterpoise.command.access import DEFAULT_TENANT, Access, Principal, StoreTarget, Tenant, reached
from counterpoise.command.arguments import STANDARD_INPUT, AsJson, CaFile, TokenFile
from counterpoise.command.printing import printed
from counterpoise.command.resource_names import job_name
from counterpoise.command.running import told_in_words

if TYPE_CHECKING:
    from counterpoise.client import Client
    from counterpoise.model import AllocationProblem, Marks, TriggerStatus

_RUN_SECONDS = 300.0

marks = typer.Typer(no_args_is_help=True, help="Record what a job's portfolio holds and what it is worth.")


@marks.command("record")
def record_marks(
    job: wanted.Job,
    file: wanted.MarksFile = None,
    *,
    from_job: wanted.FromJob = False,
    as_of: wanted.AsOf = None,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """Record marks for good; runs and decisions on proposals use those of the latest day from then on."""
    from counterpoise.command.marks_page import fired, recorded

    if from_job == (file is not None):
        raise typer.BadParameter("name a file of marks, or --from-job with --as-of, and not both.")
    day = wanted.parsed_day(as_of)
    if from_job and day is None:
        raise typer.BadParameter("--from-job needs the day of the marks: --as-of DATE.")
    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    name = job_name(job, tenant)
    with told_in_words(as_json=as_json):
        given = _read(file, day) if file is not None else None
        with reached(access) as client:
            if given is None:
                given = _held(client.rebalance.get_job(name).problem, day)
            made = client.monitor.record_marks(name, given)
            statuses = _fired(client, name, made, wait=target is None)
        printed(made, lambda: [recorded(made), fired(statuses)], as_json=as_json)


@marks.command("list")
def list_marks(
    job: wanted.Job,
    *,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """List the marks of a job, newest first."""
    from counterpoise.command.marks_page import marks_page
    from counterpoise.model import ListMarksResponse

    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    name = job_name(job, tenant)
    with told_in_words(as_json=as_json):
        with reached(access) as client:
            found = tuple(client.monitor.list_marks(name))
        printed(ListMarksResponse(marks=found), lambda: marks_page(found), as_json=as_json)


def _fired(client: Client, name: str, made: Marks, *, wait: bool) -> tuple[TriggerStatus, ...]:
    """Triggers that these marks fired. A server that ends with this command works on their runs first."""
    since, known = made.record_time, client.rebalance.get_job(name).trigger_statuses
    statuses = tuple(
        status
        for status in known
        if status.fire_time is not None and since is not None and status.fire_time >= since
    )
    if wait:
        for run in dict.fromkeys(status.run for status in statuses if status.run):
            client.rebalance.wait_for_run(run, _RUN_SECONDS)
    return statuses


def _read(file: Path, day: datetime.date | None) -> Marks:
    from counterpoise import files

    if file == STANDARD_INPUT:
        return files.read_marks_from(sys.stdin.buffer, day)
    return files.read_marks(file, day)


def _held(problem: AllocationProblem, day: datetime.date | None) -> Marks:
    from counterpoise.errors import CounterpoiseError
    from counterpoise.marking import marks_of

    try:
        return marks_of(problem, day or problem.portfolio.as_of_date)
    except ValueError as error:
        raise CounterpoiseError(str(error)) from None
