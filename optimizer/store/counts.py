"""How much of what the store holds: for those who watch over it, of all tenants together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, exists, func, select

from optimizer.store.columns import is_in
from optimizer.store.states import JobState, ProposalState, RunOutcome, RunState
from optimizer.store.tables import audit_head, jobs, marks, outbox, proposals, runs

_LONGEST_STATEMENT_MILLISECONDS = 10_000


@dataclass(frozen=True, kw_only=True)
class MarkedJob:
    """An active job that has marks; `as_of_date` is the last day marked, in ISO 8601."""

    tenant: str
    name: str
    as_of_date: str


@dataclass(frozen=True, kw_only=True)
class StoreCounts:
    """The store at one moment."""

    runs: Mapping[tuple[RunState, RunOutcome | None], int]
    """Every state, with every outcome that it can have, those without runs too."""
    open_proposal_count: int
    pending_message_count: int
    audit_head_sequence: int
    marked_jobs: tuple[MarkedJob, ...]
    """By name, as many as were asked for."""


def count_store(connection: Connection, *, job_limit: int) -> StoreCounts:
    """Counts in a transaction of `reading`, with at most `job_limit` jobs.

    Raises StoreUnavailable, within it, where PostgreSQL takes more than 10 s for one of them.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {_LONGEST_STATEMENT_MILLISECONDS}")
    open_proposals = select(func.count()).where(is_in(proposals.c.state, [ProposalState.OPEN]))
    undelivered = select(func.count()).where(outbox.c.delivered_instant.is_(None))
    return StoreCounts(
        runs=_runs(connection),
        open_proposal_count=connection.execute(open_proposals).scalar_one(),
        pending_message_count=connection.execute(undelivered).scalar_one(),
        audit_head_sequence=connection.execute(select(audit_head.c.sequence)).scalar_one_or_none() or 0,
        marked_jobs=_marked_jobs(connection, job_limit),
    )


def _runs(connection: Connection) -> dict[tuple[RunState, RunOutcome | None], int]:
    counts: dict[tuple[RunState, RunOutcome | None], int] = {
        (state, None): 0 for state in RunState if state is not RunState.SUCCEEDED
    }
    counts |= {(RunState.SUCCEEDED, outcome): 0 for outcome in RunOutcome}
    query = select(runs.c.state, runs.c.outcome, func.count()).group_by(runs.c.state, runs.c.outcome)
    for state, outcome, count in connection.execute(query):
        counts[RunState(state), None if outcome is None else RunOutcome(outcome)] = count
    return counts


def _marked_jobs(connection: Connection, limit: int) -> tuple[MarkedJob, ...]:
    # The job's name says whose marks they are. Its last day is the end of an index, however many there are.
    days = select(func.max(marks.c.as_of_date)).where(marks.c.job_name == jobs.c.name)
    query = (
        select(jobs.c.tenant, jobs.c.name, days.scalar_subquery().label("as_of_date"))
        .where(jobs.c.state == JobState.ACTIVE.value, exists().where(marks.c.job_name == jobs.c.name))
        .order_by(jobs.c.name)
        .limit(limit)
    )
    return tuple(MarkedJob(**row._asdict()) for row in connection.execute(query))
