"""Marks of portfolios: recorded once, never changed."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from optimizer.store.audit import Act
from optimizer.store.changes import record
from optimizer.store.columns import text_sha256
from optimizer.store.errors import NotFound, StateChanged
from optimizer.store.job_rows import get_job
from optimizer.store.states import JobState
from optimizer.store.tables import marks


@dataclass(frozen=True, kw_only=True)
class MarksRow:
    """Marks of one day; `as_of_date` is in ISO 8601, `content_sha256` that of the text."""

    name: str
    tenant: str
    job_name: str
    as_of_date: str
    content_json: str
    content_sha256: str
    recorder: str
    record_instant: datetime.datetime
    audit_sequence: int
    """Counts up in the order of recording."""


_COLUMNS = tuple(marks.c[name] for name in MarksRow.__dataclass_fields__)


def record_marks(
    act: Act,
    name: str,
    job_name: str,
    as_of_date: str,
    content_json: str,
) -> str:
    """Keep marks of a job that is not deleted; returns the SHA-256 of their text.

    Raises NotFound where the tenant has no such job, StateChanged where it is deleted.
    """
    job = get_job(act.connection, act.actor.tenant, job_name)
    if job.state is JobState.DELETED:
        raise StateChanged(job_name, f"{JobState.ACTIVE} or {JobState.PAUSED}", job.state)
    sha256 = text_sha256(content_json)
    audit = record(act, "marks.record", name, {"as_of_date": as_of_date, "content_sha256": sha256})
    act.connection.execute(
        insert(marks).values(
            name=name,
            tenant=act.actor.tenant,
            job_name=job_name,
            as_of_date=as_of_date,
            content_json=content_json,
            content_sha256=sha256,
            recorder=act.actor.principal,
            record_instant=act.instant,
            audit_sequence=audit.sequence,
        )
    )
    return sha256


def get_marks(connection: Connection, tenant: str, name: str) -> MarksRow:
    """Marks by their name. Raises NotFound."""
    query = select(*_COLUMNS).where(marks.c.tenant == tenant, marks.c.name == name)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(name)
    return MarksRow(**row._asdict())


def marks_from(connection: Connection, tenant: str, job_name: str, first_day: str) -> list[MarksRow]:
    """Marks of a job of a day, in ISO 8601, and later ones: by day, and of one day as they were recorded."""
    mine = (marks.c.tenant == tenant) & (marks.c.job_name == job_name) & (marks.c.as_of_date >= first_day)
    query = select(*_COLUMNS).where(mine).order_by(marks.c.as_of_date, marks.c.audit_sequence)
    return [MarksRow(**row._asdict()) for row in connection.execute(query)]


@dataclass(frozen=True, kw_only=True)
class RecordedMarks:
    """Which marks, and when they were recorded."""

    name: str
    record_instant: datetime.datetime


def last_by_day(connection: Connection, tenant: str, job_name: str, first_day: str) -> RecordedMarks | None:
    """The last of what `marks_from` returns, without its content; None where that is nothing."""
    mine = (marks.c.tenant == tenant) & (marks.c.job_name == job_name) & (marks.c.as_of_date >= first_day)
    query = select(marks.c.name, marks.c.record_instant).where(mine)
    query = query.order_by(marks.c.as_of_date.desc(), marks.c.audit_sequence.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else RecordedMarks(**row._asdict())


def latest_marks(connection: Connection, tenant: str, job_name: str) -> RecordedMarks | None:
    """The marks recorded last, whatever clocks say; None before the first."""
    mine = (marks.c.tenant == tenant) & (marks.c.job_name == job_name)
    query = select(marks.c.name, marks.c.record_instant).where(mine)
    row = connection.execute(query.order_by(marks.c.audit_sequence.desc()).limit(1)).one_or_none()
    return None if row is None else RecordedMarks(**row._asdict())


def list_marks(
    connection: Connection,
    tenant: str,
    job_name: str,
    *,
    before: str = "",
    limit: int,
) -> list[MarksRow]:
    """Marks of a job, the last recorded first; `before` is the name of the page before's last ones."""
    mine = (marks.c.tenant == tenant) & (marks.c.job_name == job_name)
    query = select(*_COLUMNS).where(mine)
    if before:
        place = select(marks.c.audit_sequence).where(mine, marks.c.name == before).scalar_subquery()
        query = query.where(marks.c.audit_sequence < place)
    query = query.order_by(marks.c.audit_sequence.desc()).limit(limit)
    return [MarksRow(**row._asdict()) for row in connection.execute(query)]
