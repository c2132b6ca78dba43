"""Which run answers a firing: one that has looked at the latest marks, or will, or else a new one."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from counterpoise.model import RunGuard, Trigger
from optimizer.rebalance import policies, texts
from optimizer.rebalance.desk import is_halted
from optimizer.rebalance.names import new_name
from optimizer.rebalance.watching.triggers import starts_runs
from optimizer.store import (
    Act,
    Connection,
    JobRow,
    RunRow,
    RunState,
    create_run,
    last_by_day,
    latest_marks,
    list_runs,
    outstanding_releases,
)

_RUNS_LOOKED_AT = 20
_LOOKS = {RunState.PENDING, RunState.RUNNING, RunState.SUCCEEDED}
_FROM_OUTSIDE = {RunGuard.HALTED, RunGuard.JOB_CHANGED, RunGuard.TRADES_OUTSTANDING}
"""What stops a run whatever it saw."""


@dataclass(frozen=True, kw_only=True)
class _Counting:
    """The marks that count for a job."""

    marks_name: str
    """The last of them by day, which a run names; empty without any."""
    record_instant: datetime.datetime | None
    """When those were recorded."""
    correct_instant: datetime.datetime | None
    """When marks of another day were recorded after those; None where none were."""


def came_to_nothing(run: RunRow, job: JobRow) -> bool:
    """Whether a run tells nothing of the job: it was of another revision, or stopped from outside."""
    if run.state in {RunState.FAILED, RunState.CANCELLED} or run.job_revision != job.revision:
        return True
    return any(refusal.guard in _FROM_OUTSIDE for refusal in texts.read_refusals(run.refusals_json))


def run_for(act: Act, job: JobRow, trigger: Trigger, as_of_date: datetime.date) -> str | None:
    """Name of the run that answers a firing, empty where none is wanted; None while it has to wait.

    A firing waits while a run would be refused, whatever it found: for old marks, for a kill switch, for
    trades that are not in the marks.
    """
    if not starts_runs(trigger):
        return ""
    run_policy, _ = texts.read_policies(job.policies_json)
    if policies.mark_age(as_of_date, act.instant) > policies.maximum_mark_age(run_policy):
        return None
    if is_halted(act.connection, job.name):
        return None
    counting = _counting(act.connection, job)
    found = _looking(act.connection, job, counting)
    if found is not None:
        return _answer(found, counting)
    if outstanding_releases(act.connection, job.tenant, job.name, since=counting.record_instant):
        return None
    name = new_name(job.name, "runs")
    create_run(act, name, job.name, trigger_id=trigger.trigger_id)
    return name


def looking_run(connection: Connection, job: JobRow) -> str | None:
    """Name of a run that has looked at the latest marks, or will; None without one."""
    counting = _counting(connection, job)
    found = _looking(connection, job, counting)
    return None if found is None else _answer(found, counting)


def _answer(found: RunRow, counting: _Counting) -> str | None:
    """Name of a run that was found looking; None for one under work that began before the latest marks."""
    waits = found.state is RunState.PENDING
    return found.name if waits or _has_seen(found, counting) else None


def _looking(connection: Connection, job: JobRow, counting: _Counting) -> RunRow | None:
    """The newest run that has seen the marks or waits, or one that is under work, whatever it has seen."""
    # SKIPPED runs are left out: however many there are, they hide none that looked.
    runs = list_runs(connection, job.tenant, job_name=job.name, states=_LOOKS, limit=_RUNS_LOOKED_AT)
    for run in runs:
        void = came_to_nothing(run, job)
        if run.state is RunState.RUNNING or (
            not void and (run.state is RunState.PENDING or _has_seen(run, counting))
        ):
            return run
    return None


def _counting(connection: Connection, job: JobRow) -> _Counting:
    first_day = texts.read_problem_date(job.problem_json)
    last = last_by_day(connection, job.tenant, job.name, first_day.isoformat())
    latest = latest_marks(connection, job.tenant, job.name)
    name = "" if last is None else last.name
    return _Counting(
        marks_name=name,
        record_instant=None if last is None else last.record_instant,
        correct_instant=None if latest is None or latest.name == name else latest.record_instant,
    )


def _has_seen(run: RunRow, counting: _Counting) -> bool:
    """Whether a run that has begun looked at all that count: a run names the last by day alone."""
    if run.marks_name != counting.marks_name:
        return False
    corrected, started = counting.correct_instant, run.start_instant
    return corrected is None or (started is not None and started > corrected)
