"""Slots that are skipped, on record as runs of their own."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import structlog

from counterpoise.model import RebalanceJob
from optimizer.rebalance.names import SERVER, new_name
from optimizer.rebalance.scheduling.slots import slots_until
from optimizer.store import (
    Act,
    RunState,
    act_in_tenant,
    create_run,
    decided_slot_instant,
    slots_on_record,
)

MOST_SLOTS = 200
"""How many slots one transaction of a scheduler records: others wait for it no longer than about a second."""
_TICK = datetime.datetime.resolution
_log = structlog.get_logger(__name__)


def skip_slots(act: Act, job_name: str, slots: Iterable[datetime.datetime]) -> None:
    """Record slots of a job as SKIPPED. Raises AlreadyExists for one that was skipped before."""
    for slot in slots:
        create_run(act, new_name(job_name, "runs"), job_name, slot_instant=slot, state=RunState.SKIPPED)


def skip_undecided(act: Act, job: RebalanceJob) -> int:
    """Skip the slots that have passed undecided, for nobody finds them once the schedule is another.

    How many they were. Where they cannot be known, as without the time zone, that is in the log and keeps
    nobody from another schedule. Raises NotFound, and StateChanged for a job that is deleted.
    """
    if job.schedule is None:
        return 0
    since = decided_slot_instant(act.connection, act.actor.tenant, job.name)
    try:
        found = slots_until(job, since + _TICK, act.instant + _TICK)
    except Exception as error:  # noqa: BLE001 - what is wrong with the schedule may be why it is changed
        _log.exception("slots before a new schedule are not known", job=job.name, error=str(error))
        return 0
    slots = {slot.instant for slot in found.slots} - slots_on_record(act.connection, job.name, since)
    server = Act(connection=act.connection, actor=SERVER, instant=act.instant)
    skip_slots(act_in_tenant(server, act.actor.tenant), job.name, sorted(slots))
    return len(slots)
