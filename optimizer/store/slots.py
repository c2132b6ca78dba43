"""Slots of jobs: up to which they are decided, and which runs they have."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from optimizer.store.audit import Act
from optimizer.store.errors import NotFound
from optimizer.store.states import JobState
from optimizer.store.tables import jobs, runs


@dataclass(frozen=True, kw_only=True)
class ActiveJob:
    """An ACTIVE job: its revision, and the instant up to which its slots were run or skipped."""

    name: str
    tenant: str
    revision: int
    decided_slot_instant: datetime.datetime


def active_jobs(connection: Connection, job_name: str | None = None) -> list[ActiveJob]:
    """The ACTIVE jobs of all tenants, by name; of one name, where it is given."""
    columns = (jobs.c.name, jobs.c.tenant, jobs.c.revision, jobs.c.decided_slot_instant)
    query = select(*columns).where(jobs.c.state == JobState.ACTIVE.value)
    if job_name is not None:
        query = query.where(jobs.c.name == job_name)
    return [ActiveJob(**row._asdict()) for row in connection.execute(query.order_by(jobs.c.name))]


def decided_slot_instant(connection: Connection, tenant: str, job_name: str) -> datetime.datetime:
    """The instant up to which slots of a job, in whatever state, were run or skipped. Raises NotFound."""
    mine = (jobs.c.name == job_name) & (jobs.c.tenant == tenant)
    query = select(jobs.c.decided_slot_instant).where(mine)
    found: datetime.datetime | None = connection.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(job_name)
    return found


def decide_slots(act: Act, job: ActiveJob, until: datetime.datetime) -> bool:
    """Take it on oneself to run or skip the job's slots up to an instant.

    False where another has decided meanwhile, or the job is no longer ACTIVE or at that revision: of several
    schedulers one decides.
    """
    same = (
        (jobs.c.name == job.name)
        & (jobs.c.tenant == job.tenant)
        & (jobs.c.state == JobState.ACTIVE.value)
        & (jobs.c.revision == job.revision)
        & (jobs.c.decided_slot_instant == job.decided_slot_instant)
    )
    change = update(jobs).where(same).values(decided_slot_instant=until)
    return act.connection.execute(change).rowcount == 1


def slots_on_record(
    connection: Connection, job_name: str, start: datetime.datetime
) -> set[datetime.datetime]:
    """Slots after an instant that have a run, or were skipped."""
    found: set[datetime.datetime] = set()
    for column in (runs.c.slot_instant, runs.c.skipped_slot_instant):
        found.update(
            connection.execute(select(column).where(runs.c.job_name == job_name, column > start)).scalars()
        )
    return found
