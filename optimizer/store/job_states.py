"""Pausing, resuming and deleting jobs."""

from __future__ import annotations

from sqlalchemy import select, update

from optimizer.store.audit import Act
from optimizer.store.changes import change_state
from optimizer.store.errors import StateChanged, VersionChanged
from optimizer.store.job_rows import get_job
from optimizer.store.proposals import supersede_open
from optimizer.store.run_ends import cancel_run
from optimizer.store.run_rows import unfinished_runs
from optimizer.store.states import JobState
from optimizer.store.tables import jobs


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
    change_state(act, name, JobState.PAUSED, JobState.ACTIVE, values={"state_reason": "", "failure_count": 0})


def count_failure(act: Act, name: str, most: int) -> None:
    """One more run in a row that came to nothing; an ACTIVE job that has `most` of them is paused."""
    mine = (jobs.c.name == name) & (jobs.c.tenant == act.actor.tenant)
    act.connection.execute(update(jobs).where(mine).values(failure_count=jobs.c.failure_count + 1))
    row = act.connection.execute(select(jobs.c.state, jobs.c.failure_count).where(mine)).one()
    if row.state == JobState.ACTIVE and row.failure_count >= most:
        runs_in_words = "a run" if row.failure_count == 1 else f"{row.failure_count} runs in a row"
        pause_job(act, name, f"{runs_in_words} failed or were refused; see them and resume")


def count_success(act: Act, name: str) -> None:
    """A run came to something: failures are counted anew."""
    mine = (jobs.c.name == name) & (jobs.c.tenant == act.actor.tenant)
    act.connection.execute(update(jobs).where(mine, jobs.c.failure_count != 0).values(failure_count=0))


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
    for run_name in unfinished_runs(act.connection, name):
        cancel_run(act, run_name)
    supersede_open(act, name, None)
    change_state(act, name, job.state, JobState.DELETED, values={"state_reason": ""})
