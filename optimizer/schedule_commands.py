"""Commands that run jobs by their schedules: a scheduler that stays, and one round of it."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from optimizer.starting import started_pool
from optimizer.store_commands import SettingsFile, settings_of

if TYPE_CHECKING:
    from optimizer.store import RunRow

_USAGE_ERROR = 2


def schedule(settings_file: SettingsFile = None) -> None:
    """Start the runs of slots and triggers, and work on them, until SIGTERM or SIGINT."""
    settings = settings_of(settings_file)
    with started_pool(settings) as pool:
        from optimizer.composition import schedule_all
        from optimizer.telemetry.exposition import ExpositionError

        try:
            schedule_all(settings, pool)
        except ExpositionError as error:
            _fail(str(error))


def run_slot(
    job: Annotated[
        str | None, typer.Argument(help="tenants/TENANT/rebalanceJobs/JOB; without it all jobs.")
    ] = None,
    slot: Annotated[
        str | None,
        typer.Option(
            "--slot", help="A slot of the job that has passed, as 2026-11-30T21:30:00Z: run it now."
        ),
    ] = None,
    operator: Annotated[
        str, typer.Option("--operator", help="Who asks for the slot: may not approve what comes of it.")
    ] = "",
    settings_file: SettingsFile = None,
) -> None:
    """Start what is due by the clock and by triggers, work on it until it has ended, and end.

    Exit code 1 where a run failed or has not ended, where slots of a job could not be decided or its triggers
    not be judged, and where JOB does not exist or starts no runs by itself. What a guard refused is 0.
    """
    instant = _instant(slot)
    if slot is not None and not (job and operator):
        _fail("--slot wants the job, and --operator for the record", _USAGE_ERROR)
    if job is not None and not _is_job(job):
        _fail(f"{job} is no job: write tenants/TENANT/rebalanceJobs/JOB", _USAGE_ERROR)
    settings = settings_of(settings_file)
    with started_pool(settings) as pool:
        from optimizer.composition import run_round
        from optimizer.rebalance.clocks import ClockIsWrong
        from optimizer.store import RunState, StoreError
        from optimizer.usecases.errors import Refused, RequestInvalid

        try:
            runs, done = run_round(settings, pool, job, instant, operator)
        except (ClockIsWrong, StoreError) as error:
            _fail(str(error))
        except Refused as refused:
            _fail(refused.message)
        except RequestInvalid as invalid:
            _fail("; ".join(violation.message for violation in invalid.violations))
    for run in runs:
        typer.echo(_line(run))
    if done.skipped_count:
        typer.echo(f"{done.skipped_count} slots were skipped")
    for name, fault in done.faults.items():
        typer.echo(f"counterpoise-server: {name}: {fault}", err=True)
    if not (runs or done.skipped_count or done.faults):
        typer.echo("nothing is due")
    ended_well = {RunState.SUCCEEDED, RunState.CANCELLED}
    raise typer.Exit(1 if done.faults or any(run.state not in ended_well for run in runs) else 0)


def _line(run: RunRow) -> str:
    outcome = f" {run.outcome}" if run.outcome is not None else ""
    slot = f" for {run.slot_instant.isoformat()}" if run.slot_instant is not None else ""
    return f"{run.name}{slot}: {run.state}{outcome}"


def _instant(text: str | None) -> datetime.datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        _fail(f"--slot {text} is no instant with its zone, as 2026-11-30T21:30:00Z", _USAGE_ERROR)
    return instant


def _is_job(name: str) -> bool:
    parts = name.split("/")
    return len(parts) == 4 and all(parts) and (parts[0], parts[2]) == ("tenants", "rebalanceJobs")


def _fail(message: str, code: int = 1) -> NoReturn:
    typer.echo(f"counterpoise-server: {message}", err=True)
    raise typer.Exit(code)
