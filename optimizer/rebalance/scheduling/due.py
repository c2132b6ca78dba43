"""Slots that are due: one decision for each, recorded with its run in one transaction.

Of very many, as after a pause of years, all but the latest are skipped in transactions before that.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import structlog

from counterpoise.model import RebalanceJob
from optimizer.rebalance.desk import Desk, is_halted
from optimizer.rebalance.jobs import job_message
from optimizer.rebalance.names import SERVER, new_name
from optimizer.rebalance.scheduling.calendars import CalendarEnds
from optimizer.rebalance.scheduling.missed import Cancelled, Decision, decide
from optimizer.rebalance.scheduling.skipped import MOST_SLOTS, skip_slots
from optimizer.rebalance.scheduling.slots import Found, first_slots_of, slots_until
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
    reading,
    slots_on_record,
    unfinished_runs,
    writing,
)

T = TypeVar("T")

_TICK = datetime.datetime.resolution
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What became of slots of a job in a transaction: the run recorded, if any, and how many were skipped."""

    job_name: str
    run_name: str | None = None
    run_slot: datetime.datetime | None = None
    skipped_count: int = 0


class NextSlots:
    """The first undecided slot of each job, remembered so that calendars are asked once for each.

    What is wrong with one job is in the log, once, and harms no other. It is not remembered: what passes
    costs a job no slot but those that pass meanwhile.
    """

    def __init__(self) -> None:
        self.faults: dict[str, str] = {}
        """Why slots cannot be decided, or why there are none, in the last round; by the job's name."""
        self._known: dict[ActiveJob, Found] = {}
        self._told: dict[str, str] = {}

    def due(self, desk: Desk, jobs: Sequence[ActiveJob], now: datetime.datetime) -> list[ActiveJob]:
        """Those of the jobs that have slots to decide."""
        self.faults, known = {}, {}
        for job in jobs:
            found = self._known.get(job) or self.alone(_first, desk, job)
            if found is None:
                continue
            known[job] = found
            if found.calendar_end is not None and not found.slots:
                self._note(job, found.calendar_end)
        self._known = known
        return [job for job, found in known.items() if found.slots and found.slots[0].instant <= now]

    def alone(self, work: Callable[[Desk, ActiveJob], T], desk: Desk, job: ActiveJob) -> T | None:
        """What comes of work on a job; None, with a fault noted, where it raises. Raises StoreError."""
        try:
            return work(desk, job)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - a zone that is no longer installed, or whatever it is
            self._note(job, error)
            return None

    def round_ended(self) -> None:
        """What was wrong in an earlier round and no longer is will be told again if it comes back."""
        self._told = dict(self.faults)

    def _note(self, job: ActiveJob, error: Exception) -> None:
        text = str(error) or type(error).__name__
        self.faults[job.name] = text
        if self._told.get(job.name) != text:
            self._told[job.name] = text
            trace = None if isinstance(error, CalendarEnds) else error
            _log.error("slots cannot be decided", job=job.name, tenant=job.tenant, error=text, exc_info=trace)


def decide_due(desk: Desk, known: NextSlots, job_name: str | None = None) -> list[Decided]:
    """Decide every slot that has passed, of one job or of all; what another scheduler decided is left out.

    Raises StoreError.
    """
    with reading(desk.engine) as connection:
        jobs = active_jobs(connection, job_name)
    found = [known.alone(_decide, desk, job) for job in known.due(desk, jobs, desk.now())]
    known.round_ended()
    desk.metrics.set_jobs_without_slots(len(known.faults))
    decided = [item for items in found for item in items or ()]
    for item in decided:
        if item.run_name is not None:
            desk.metrics.slot_decided("run")
        for _ in range(item.skipped_count):
            desk.metrics.slot_decided("skipped")
    if any(item.run_name for item in decided):
        desk.wake()
    return decided


def _first(desk: Desk, job: ActiveJob) -> Found:
    with reading(desk.engine) as connection:
        message = _message(connection, job)
    return first_slots_of(message, job.decided_slot_instant, 1)


def _message(connection: Connection, job: ActiveJob) -> RebalanceJob:
    return job_message(get_job(connection, job.tenant, job.name))


def _decide(desk: Desk, job: ActiveJob) -> list[Decided]:
    """One item for each transaction, oldest slots first; the last one alone can have a run."""
    now = desk.now()
    with reading(desk.engine) as connection:
        message = _message(connection, job)
    # Where the calendar has ended meanwhile, the next round says so.
    found = slots_until(message, job.decided_slot_instant + _TICK, now + _TICK)
    passed = [slot.instant for slot in found.slots]
    decided = []
    for first in range(0, len(passed), MOST_SLOTS):
        part = passed[first : first + MOST_SLOTS]
        item = _record(desk, job, message, part, now, is_last=part[-1] == passed[-1])
        if item is None:
            break
        decided.append(item)
        job = replace(job, decided_slot_instant=part[-1])
    return decided


def _record(
    desk: Desk,
    job: ActiveJob,
    message: RebalanceJob,
    passed: Sequence[datetime.datetime],
    now: datetime.datetime,
    *,
    is_last: bool,
) -> Decided | None:
    """What becomes of slots, in one transaction; None where another was first."""
    with writing(desk.engine) as connection:
        act = act_in_tenant(Act(connection=connection, actor=SERVER, instant=now), job.tenant)
        # Before anything else: whoever comes second leaves everything as it is.
        if not decide_slots(act, job, passed[-1]):
            return None
        slots = sorted(set(passed) - slots_on_record(connection, job.name, job.decided_slot_instant))
        unfinished = unfinished_runs(connection, job.name)
        decision = Decision(skip=tuple(slots))
        if is_last:
            last_slot, policy = job.decided_slot_instant, message.run_policy
            decision = decide(slots, now, last_slot, policy, running=bool(unfinished))
        # Where the latest has a run, by hand, nothing earlier is caught up.
        late = decision.run is not None and decision.run != passed[-1]
        if decision.run is not None and (late or is_halted(connection, job.name)):
            decision = Decision(skip=(*decision.skip, decision.run))
        return _carry_out(act, job, decision, unfinished)


def _carry_out(act: Act, job: ActiveJob, decision: Decision, unfinished: Mapping[str, RunState]) -> Decided:
    for name, state in unfinished.items():
        waits = state is RunState.PENDING and decision.cancel is not Cancelled.NONE
        if waits or decision.cancel is Cancelled.ALL:
            cancel_run(act, name)
    skip_slots(act, job.name, decision.skip)
    run_name = None
    if decision.run is not None:
        run_name = new_name(job.name, "runs")
        create_run(act, run_name, job.name, slot_instant=decision.run)
    return Decided(
        job_name=job.name, run_name=run_name, run_slot=decision.run, skipped_count=len(decision.skip)
    )
