"""One round of a scheduler that then ends, for a cluster's clock or an operator."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from counterpoise.model import RunRebalanceJobRequest
from optimizer.rebalance.clocks import check_clock
from optimizer.rebalance.desk import Desk, refusing
from optimizer.rebalance.names import Caller
from optimizer.rebalance.runs import start_run
from optimizer.rebalance.scheduling.due import NextSlots, decide_due
from optimizer.rebalance.scheduling.scheduler import watch_all
from optimizer.store import RunRow, RunState, active_jobs, get_run, reading, unfinished_runs

_POLL_SECONDS = 0.2
_UNFINISHED = {RunState.PENDING, RunState.RUNNING}


@dataclass(frozen=True, kw_only=True)
class Started:
    """A run that a round has started, or found under way."""

    tenant: str
    name: str


def start_due(desk: Desk, job_name: str | None) -> tuple[list[Started], int]:
    """Decide the slots that are due and judge triggers, of one job or of all.

    The runs that are then to be worked on, and how many slots were skipped. Raises StoreError, and
    ClockIsWrong where nothing was decided for that.
    """
    check_clock(desk)
    decided = decide_due(desk, NextSlots(), job_name)
    watch_all(desk, job_name)
    with reading(desk.engine) as connection:
        jobs = [job for job in active_jobs(connection) if job_name in {None, job.name}]
        found = [
            Started(tenant=job.tenant, name=name)
            for job in jobs
            for name in unfinished_runs(connection, job.name)
        ]
    return found, sum(item.skipped_count for item in decided)


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
            if row.state not in _UNFINISHED or time.monotonic() > limit:
                break
            time.sleep(_POLL_SECONDS)
        yield row
