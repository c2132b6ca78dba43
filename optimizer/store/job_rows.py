"""Jobs as they are kept, for those who read them."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from optimizer.store.errors import NotFound
from optimizer.store.states import JobState
from optimizer.store.tables import job_revisions, jobs


@dataclass(frozen=True, kw_only=True)
class JobRow:
    """A job with the content of one of its revisions.

    `version` counts every change, `revision` those of content, whose writer is `author`. `state_reason` says
    why the job is paused and is empty otherwise.
    """

    name: str
    tenant: str
    display_name: str
    state: JobState
    state_reason: str
    revision: int
    version: int
    problem_json: str
    policies_json: str
    author: str
    create_instant: datetime.datetime
    update_instant: datetime.datetime


_OF_JOB = (
    jobs.c.name,
    jobs.c.tenant,
    jobs.c.display_name,
    jobs.c.state,
    jobs.c.state_reason,
    jobs.c.version,
    jobs.c.create_instant,
    jobs.c.update_instant,
)
_OF_REVISION = (job_revisions.c.revision, job_revisions.c.policies_json, job_revisions.c.author)
_EVERY_REVISION = jobs.join(job_revisions, job_revisions.c.job_name == jobs.c.name)
_IS_CURRENT = job_revisions.c.revision == jobs.c.revision


def get_job(connection: Connection, tenant: str, name: str) -> JobRow:
    """The job with its current revision, deleted ones too. Raises NotFound."""
    return _get(connection, _whole(tenant, name).where(_IS_CURRENT), name)


def get_revision(
    connection: Connection,
    tenant: str,
    name: str,
    revision: int,
) -> JobRow:
    """The job as it is, but with number, content and author of the given revision. Raises NotFound."""
    query = _whole(tenant, name).where(job_revisions.c.revision == revision)
    return _get(connection, query, f"{name} revision {revision}")


def list_jobs(
    connection: Connection,
    tenant: str,
    *,
    states: Collection[JobState] = frozenset(),
    after_name: str = "",
    limit: int,
) -> list[JobRow]:
    """Jobs by name, `problem_json` left empty.

    Args:
        connection: A transaction of `reading`.
        tenant: Whose jobs.
        states: Only those in these; none for all.
        after_name: Name of the last job of the page before; empty for the first page.
        limit: Most jobs to return.
    """
    query = select(*_OF_JOB, *_OF_REVISION).select_from(_EVERY_REVISION).where(_IS_CURRENT)
    query = query.where(jobs.c.tenant == tenant, jobs.c.name > after_name)
    if states:
        query = query.where(jobs.c.state.in_(states))
    return [_job(row, "") for row in connection.execute(query.order_by(jobs.c.name).limit(limit))]


def _whole(tenant: str, name: str) -> Select[Any]:
    query = select(*_OF_JOB, *_OF_REVISION, job_revisions.c.problem_json).select_from(_EVERY_REVISION)
    return query.where(jobs.c.name == name, jobs.c.tenant == tenant)


def _get(connection: Connection, query: Select[Any], what: str) -> JobRow:
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(what)
    return _job(row, row.problem_json)


def _job(row: Row[*tuple[Any, ...]], problem_json: str) -> JobRow:
    return JobRow(**{**row._asdict(), "state": JobState(row.state), "problem_json": problem_json})
