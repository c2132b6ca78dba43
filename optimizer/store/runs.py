"""Runs of a job, and the allocations that they found."""

from __future__ import annotations

import datetime
import hashlib

from sqlalchemy import insert, select

from optimizer.store.audit import Act
from optimizer.store.changes import change_state, record
from optimizer.store.errors import AlreadyExists, NotFound, StateChanged
from optimizer.store.states import JobState, RunOutcome, RunState
from optimizer.store.tables import allocations, jobs, runs


def create_run(
    act: Act,
    name: str,
    job_name: str,
    *,
    slot_instant: datetime.datetime | None = None,
    state: RunState = RunState.PENDING,
) -> int:
    """Record a PENDING or SKIPPED run of the job's current revision, whose number it returns.

    Raises AlreadyExists where the slot has its run, StateChanged where the job is deleted or, for a
    slot, paused, NotFound where the tenant has no such job.
    """
    if state not in {RunState.PENDING, RunState.SKIPPED}:
        raise ValueError(f"a run begins PENDING or SKIPPED, not {state}")
    mine = (jobs.c.name == job_name) & (jobs.c.tenant == act.actor.tenant)
    job = act.connection.execute(select(jobs.c.state, jobs.c.revision).where(mine)).one_or_none()
    if job is None:
        raise NotFound(job_name)
    if job.state == JobState.DELETED or (slot_instant is not None and job.state != JobState.ACTIVE):
        raise StateChanged(job_name, JobState.ACTIVE, job.state)
    same_slot = (runs.c.job_name == job_name) & (runs.c.slot_instant == slot_instant)
    if slot_instant is not None and act.connection.execute(select(runs.c.name).where(same_slot)).first():
        raise AlreadyExists(f"{job_name}: the slot {slot_instant.isoformat()} has its run")
    act.connection.execute(
        insert(runs).values(
            name=name,
            tenant=act.actor.tenant,
            job_name=job_name,
            job_revision=job.revision,
            state=state.value,
            slot_instant=slot_instant,
            initiator=act.actor.principal,
            create_instant=act.instant,
            end_instant=act.instant if state is RunState.SKIPPED else None,
        )
    )
    slot = None if slot_instant is None else slot_instant.astimezone(datetime.UTC).isoformat()
    details = {"job_revision": job.revision, "slot": slot, "to": state}
    record(act, "run.create", name, details)
    return int(job.revision)


def finish_run(
    act: Act,
    name: str,
    outcome: RunOutcome,
    allocation_sha256: str | None,
) -> None:
    """RUNNING to SUCCEEDED with what it came to. Raises as `change_state`."""
    change_state(
        act,
        name,
        RunState.RUNNING,
        RunState.SUCCEEDED,
        values={
            "outcome": outcome.value,
            "allocation_sha256": allocation_sha256,
            "end_instant": act.instant,
        },
        details={"outcome": outcome, "allocation_sha256": allocation_sha256},
    )


def keep_allocation(act: Act, content_json: str) -> str:
    """Keep an answer's canonical JSON under its SHA-256, which it returns; the same answer is kept once."""
    sha256 = hashlib.sha256(content_json.encode()).hexdigest()
    mine = (allocations.c.tenant == act.actor.tenant) & (allocations.c.sha256 == sha256)
    if act.connection.execute(select(allocations.c.sha256).where(mine)).one_or_none() is None:
        act.connection.execute(
            insert(allocations).values(
                tenant=act.actor.tenant,
                sha256=sha256,
                content_json=content_json,
                create_instant=act.instant,
            )
        )
    return sha256
