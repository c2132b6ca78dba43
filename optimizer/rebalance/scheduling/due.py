"""Slots that are due: one decision for each, recorded with its run in one transaction."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import structlog

from counterpoise.model import RebalanceJob
from optimizer.rebalance.desk import Desk, refuse_halted
from optimizer.rebalance.jobs import job_message
from optimizer.rebalance.names import SERVER, new_name
from optimizer.rebalance.scheduling.calendars import CalendarEnds
from optimizer.rebalance.scheduling.missed import Cancelled, Decision, decide
from optimizer.rebalance.scheduling.slots import next_slots_of, slots_of
from optimizer.store import (
    Act,
    ActiveJob,
    Connection,
    RunState,
    StoreError,
    act_in_tenant,
    active_jobs,
    cancel_run,
    create_run,
    decide_slots,
    get_job,
    get_run,
    reading,
    slots_on_record,
    unfinished_runs,
    writing,
)
from optimizer.usecases.errors import Refused

T = TypeVar("T")

_TICK = datetime.datetime.resolution
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What became of the slots of a job: the run that was recorded, if any, and how many were skipped."""

    job_name: str
    run_name: str | None = None
    run_slot: datetime.datetime | None = None
    skipped_count: int = 0


class NextSlots:
    """The first undecided slot of each job, remembered so that calendars are asked once for each."""

    def __init__(self) -> None:
        self._known: dict[ActiveJob, datetime.datetime | None] = {}

    def due(self, desk: Desk, jobs: Sequence[ActiveJob], now: datetime.datetime) -> list[ActiveJob]:
        """Those of the jobs that have slots to decide."""
        self._known = {
            job: self._known[job] if job in self._known else _alone(_first, desk, job) for job in jobs
        }
        return [job for job, slot in self._known.items() if slot is not None and slot <= now]


def decide_due(desk: Desk, known: NextSlots, job_name: str | None = None) -> list[Decided]:
    """Decide every slot that has passed, of one job or of all; what another scheduler decided is left out.

    Raises StoreError.
    """
    with reading(desk.engine) as connection:
        jobs = [job for job in active_jobs(connection) if job_name in {None, job.name}]
    found = [_alone(_decide, desk, job) for job in known.due(desk, jobs, desk.now())]
    decided = [item for item in found if item is not None]
    for item in decided:
        if item.run_name is not None:
            desk.metrics.slot_decided("run")
        for _ in range(item.skipped_count):
            desk.metrics.slot_decided("skipped")
    if any(item.run_name for item in decided):
        desk.wake()
    return decided


def _alone(work: Callable[[Desk, ActiveJob], T | None], desk: Desk, job: ActiveJob) -> T | None:
    """What is wrong with one job is in the log, and harms no other."""
    try:
        return work(desk, job)
    except StoreError:
        raise
    except Exception:  # noqa: BLE001 - a zone that is no longer installed, or whatever it is
        _log.exception("slots cannot be decided", job=job.name, tenant=job.tenant)
        return None


def _first(desk: Desk, job: ActiveJob) -> datetime.datetime | None:
    with reading(desk.engine) as connection:
        message = _message(connection, job)
    slots = next_slots_of(message, job.decided_slot_instant, 1)
    if message.schedule is not None and not slots:
        code = message.schedule.exchange_code
        _log.error("no slots: the exchange's calendar has ended", job=job.name, exchange_code=code)
    return slots[0].instant if slots else None


def _message(connection: Connection, job: ActiveJob) -> RebalanceJob:
    return job_message(get_job(connection, job.tenant, job.name))


def _decide(desk: Desk, job: ActiveJob) -> Decided | None:
    now = desk.now()
    with reading(desk.engine) as connection:
        message = _message(connection, job)
    try:
        passed = [slot.instant for slot in slots_of(message, job.decided_slot_instant + _TICK, now + _TICK)]
    except CalendarEnds as error:
        _log.error("slots cannot be computed", job=job.name, tenant=job.tenant, error=str(error))
        return None
    if not passed:
        return None
    with writing(desk.engine) as connection:
        act = act_in_tenant(Act(connection=connection, actor=SERVER, instant=now), job.tenant)
        # Before anything else: whoever comes second leaves everything as it is.
        if not decide_slots(act, job, passed[-1]):
            return None
        slots = sorted(set(passed) - slots_on_record(connection, job.name, job.decided_slot_instant))
        unfinished = unfinished_runs(connection, job.name)
        decision = decide(slots, now, job.decided_slot_instant, message.run_policy, running=bool(unfinished))
        # Where the latest has a run, by hand, nothing earlier is caught up.
        late = decision.run is not None and decision.run != passed[-1]
        if decision.run is not None and (late or _is_halted(connection, job.name)):
            decision = Decision(skip=(*decision.skip, decision.run))
        return _carry_out(act, job, decision, unfinished)


def _carry_out(act: Act, job: ActiveJob, decision: Decision, unfinished: Sequence[str]) -> Decided:
    for name in unfinished:
        state = get_run(act.connection, job.tenant, name).state
        waits = state is RunState.PENDING and decision.cancel is not Cancelled.NONE
        if waits or decision.cancel is Cancelled.ALL:
            cancel_run(act, name)
    for slot in decision.skip:
        name = new_name(job.name, "runs")
        create_run(act, name, job.name, slot_instant=slot, state=RunState.SKIPPED)
    run_name = None
    if decision.run is not None:
        run_name = new_name(job.name, "runs")
        create_run(act, run_name, job.name, slot_instant=decision.run)
    return Decided(
        job_name=job.name, run_name=run_name, run_slot=decision.run, skipped_count=len(decision.skip)
    )


def _is_halted(connection: Connection, job_name: str) -> bool:
    try:
        refuse_halted(connection, job_name)
    except Refused:
        return True
    return False
