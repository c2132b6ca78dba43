"""Runs of a job, and the allocations that they found."""

from __future__ import annotations

import datetime

from sqlalchemy import insert, select

from optimizer.store.audit import Act
from optimizer.store.changes import record
from optimizer.store.columns import is_in, text_sha256
from optimizer.store.errors import AlreadyExists, NotFound, RunInProgress, StateChanged
from optimizer.store.states import UNFINISHED_RUNS, JobState, RunState
from optimizer.store.tables import allocations, jobs, runs


def create_run(
    act: Act,
    name: str,
    job_name: str,
    *,
    slot_instant: datetime.datetime | None = None,
    trigger_id: str = "",
    state: RunState = RunState.PENDING,
    one_at_a_time: bool = False,
) -> int:
    """Record a PENDING or SKIPPED run of the job's current revision, whose number it returns.

    A slot that is skipped can be run later; `slots_on_record` knows both.

    Raises:
        NotFound: The tenant has no such job.
        StateChanged: The job is deleted.
        AlreadyExists: The slot has its run or, to be skipped, was skipped before.
        RunInProgress: `one_at_a_time`, and another run of the job is PENDING or RUNNING.
    """
    if state not in {RunState.PENDING, RunState.SKIPPED}:
        raise ValueError(f"a run begins PENDING or SKIPPED, not {state}")
    mine = (jobs.c.name == job_name) & (jobs.c.tenant == act.actor.tenant)
    job = act.connection.execute(select(jobs.c.state, jobs.c.revision).where(mine)).one_or_none()
    if job is None:
        raise NotFound(job_name)
    if job.state == JobState.DELETED:
        raise StateChanged(job_name, f"{JobState.ACTIVE} or {JobState.PAUSED}", job.state)
    skipped = state is RunState.SKIPPED
    slot_column = runs.c.skipped_slot_instant if skipped else runs.c.slot_instant
    same_slot = (runs.c.job_name == job_name) & (slot_column == slot_instant)
    if slot_instant is not None and act.connection.execute(select(runs.c.name).where(same_slot)).first():
        raise AlreadyExists(f"{job_name}: the slot {slot_instant.isoformat()} has its run")
    if one_at_a_time:
        in_progress = (runs.c.job_name == job_name) & is_in(runs.c.state, UNFINISHED_RUNS)
        other = act.connection.execute(select(runs.c.name).where(in_progress).limit(1)).scalar_one_or_none()
        if other is not None:
            raise RunInProgress(job_name, other)
    act.connection.execute(
        insert(runs).values(
            name=name,
            tenant=act.actor.tenant,
            job_name=job_name,
            job_revision=job.revision,
            state=state.value,
            slot_instant=None if skipped else slot_instant,
            skipped_slot_instant=slot_instant if skipped else None,
            trigger_id=trigger_id or None,
            initiator=act.actor.principal,
            create_instant=act.instant,
            end_instant=act.instant if skipped else None,
        )
    )
    slot = None if slot_instant is None else slot_instant.astimezone(datetime.UTC).isoformat()
    details = {"job_revision": job.revision, "slot": slot, "to": state}
    if trigger_id:
        details["trigger_id"] = trigger_id
    record(act, "run.create", name, details)
    return int(job.revision)


def keep_allocation(act: Act, content_json: str) -> str:
    """Keep an answer's canonical JSON under its SHA-256, which it returns; the same answer is kept once."""
    sha256 = text_sha256(content_json)
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
