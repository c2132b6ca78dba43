"""One round of a scheduler that then ends, for a cluster's clock or an operator."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from counterpoise.model import ErrorReason, RunRebalanceJobRequest
from optimizer.rebalance.clocks import check_clock
from optimizer.rebalance.desk import Desk, refusing
from optimizer.rebalance.jobs import job_message
from optimizer.rebalance.names import Caller
from optimizer.rebalance.runs import start_run
from optimizer.rebalance.scheduling.due import NextSlots, decide_due
from optimizer.rebalance.scheduling.scheduler import watch_all
from optimizer.store import (
    JobState,
    RunRow,
    active_jobs,
    get_job,
    get_run,
    reading,
    unfinished_runs,
)
from optimizer.store.states import UNFINISHED_RUNS
from optimizer.usecases.errors import Refused

_POLL_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Started:
    """A run that a round has started, or found under way."""

    tenant: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Round:
    """What one round came to."""

    started: list[Started]
    """The runs that are then to be worked on."""
    skipped_count: int = 0
    faults: dict[str, str] = field(default_factory=dict)
    """Why slots could not be decided, or triggers not be judged, by the job's name."""


def start_due(desk: Desk, job_name: str | None) -> Round:
    """Decide the slots that are due and judge triggers, of one job or of all.

    Raises StoreError; ClockIsWrong where nothing was decided for that; and Refused where the one job does not
    exist, is not ACTIVE, or has neither a schedule nor triggers.
    """
    check_clock(desk)
    if job_name is not None:
        _refuse_idle(desk, job_name)
    known = NextSlots()
    decided = decide_due(desk, known, job_name)
    unwatched = watch_all(desk, job_name)
    with reading(desk.engine) as connection:
        found = [
            Started(tenant=job.tenant, name=name)
            for job in active_jobs(connection, job_name)
            for name in unfinished_runs(connection, job.name)
        ]
    skipped_count = sum(item.skipped_count for item in decided)
    return Round(started=found, skipped_count=skipped_count, faults=unwatched | known.faults)


def _refuse_idle(desk: Desk, job_name: str) -> None:
    """An operator who names a job that starts no runs is told why."""
    with refusing(), reading(desk.engine) as connection:
        row = get_job(connection, job_name.split("/")[1], job_name)
    if row.state is JobState.DELETED:
        raise Refused(ErrorReason.JOB_NOT_ACTIVE, f"{job_name}: was deleted; it has no runs any more")
    if row.state is not JobState.ACTIVE:
        reason = f" ({row.state_reason})" if row.state_reason else ""
        raise Refused(ErrorReason.JOB_NOT_ACTIVE, f"{job_name}: is {row.state}{reason}; resume it first")
    job = job_message(row)
    if job.schedule is None and not job.triggers:
        message = f"{job_name}: has no schedule and no triggers; give it some, or start a run of it by hand"
        raise Refused(ErrorReason.JOB_NOT_ACTIVE, message)


def start_slot(desk: Desk, job_name: str, slot: datetime, operator: Caller) -> Started:
    """Start the run of a slot that has passed.

    Raises Refused and RequestInvalid as RunRebalanceJob, StoreError, and ClockIsWrong.
    """
    check_clock(desk)
    request = RunRebalanceJobRequest(name=job_name, slot_time=slot, request_id=str(uuid.uuid4()))
    name = start_run(desk, request, operator)
    return Started(tenant=operator.tenant, name=name)


def ended(desk: Desk, started: Iterable[Started], seconds: float) -> Iterator[RunRow]:
    """Each run once it has ended, or as it stands when the time is over. Raises Refused."""
    limit = time.monotonic() + seconds
    for item in started:
        while True:
            with refusing(), reading(desk.engine) as connection:
                row = get_run(connection, item.tenant, item.name)
            if row.state not in UNFINISHED_RUNS or time.monotonic() > limit:
                break
            time.sleep(_POLL_SECONDS)
        yield row
