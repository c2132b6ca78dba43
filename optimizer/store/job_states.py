"""Pausing, resuming and deleting jobs."""

from __future__ import annotations

from sqlalchemy import select

from optimizer.store.audit import Act
from optimizer.store.changes import change_state
from optimizer.store.errors import StateChanged, VersionChanged
from optimizer.store.job_rows import get_job
from optimizer.store.proposals import supersede_open
from optimizer.store.run_ends import cancel_run
from optimizer.store.states import UNFINISHED_RUNS, JobState
from optimizer.store.tables import runs


def pause_job(act: Act, name: str, comment: str) -> None:
    """ACTIVE to PAUSED; the reason names who said so. Raises as `change_state`."""
    change_state(
        act,
        name,
        JobState.ACTIVE,
        JobState.PAUSED,
        values={"state_reason": f"{act.actor.principal}: {comment}"},
        details={"comment": comment},
    )


def resume_job(act: Act, name: str) -> None:
    """PAUSED to ACTIVE. Raises as `change_state`."""
    change_state(act, name, JobState.PAUSED, JobState.ACTIVE, values={"state_reason": ""})


def delete_job(
    act: Act,
    name: str,
    *,
    expected_version: int | None = None,
) -> None:
    """ACTIVE or PAUSED to DELETED, in one act with its runs in progress and its open proposal.

    Raises:
        NotFound: The tenant has no such job.
        StateChanged: The job is deleted already.
        VersionChanged: The job has another version than `expected_version`.
    """
    job = get_job(act.connection, act.actor.tenant, name)
    if job.state is JobState.DELETED:
        raise StateChanged(name, f"{JobState.ACTIVE} or {JobState.PAUSED}", job.state)
    if expected_version is not None and job.version != expected_version:
        raise VersionChanged(name, expected_version, job.version)
    in_progress = select(runs.c.name).where(runs.c.job_name == name, runs.c.state.in_(UNFINISHED_RUNS))
    for run_name in act.connection.execute(in_progress.order_by(runs.c.name)).scalars().all():
        cancel_run(act, run_name)
    supersede_open(act, name, None)
    change_state(act, name, job.state, JobState.DELETED, values={"state_reason": ""})
