"""Runs as they are kept, for those who read them."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, exists, select

from optimizer.store.columns import is_in
from optimizer.store.errors import NotFound
from optimizer.store.pages import Place, newest_first
from optimizer.store.states import UNFINISHED_RUNS, RunOutcome, RunState
from optimizer.store.tables import allocations, proposals, runs


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """A run; `marks_name` and `proposal_name` are empty where there are none."""

    name: str
    tenant: str
    job_name: str
    job_revision: int
    state: RunState
    outcome: RunOutcome | None
    slot_instant: datetime.datetime | None
    trigger_id: str
    initiator: str
    marks_name: str
    allocation_sha256: str | None
    allocation_json: str | None
    refusals_json: str
    failure_json: str | None
    proposal_name: str
    lease_holder: str | None
    lease_expire_instant: datetime.datetime | None
    create_instant: datetime.datetime
    start_instant: datetime.datetime | None
    end_instant: datetime.datetime | None


_WITH_PROPOSAL = runs.outerjoin(proposals, proposals.c.run_name == runs.c.name)
_WITH_ALLOCATION = _WITH_PROPOSAL.outerjoin(
    allocations,
    and_(allocations.c.tenant == runs.c.tenant, allocations.c.sha256 == runs.c.allocation_sha256),
)
_COLUMNS = (*runs.c, proposals.c.name.label("proposal_name"))


def get_run(connection: Connection, tenant: str, name: str) -> RunRow:
    """The run with its allocation. Raises NotFound."""
    query = select(*_COLUMNS, allocations.c.content_json).select_from(_WITH_ALLOCATION)
    row = connection.execute(query.where(runs.c.name == name, runs.c.tenant == tenant)).one_or_none()
    if row is None:
        raise NotFound(name)
    return _run(row, row.content_json)


def list_runs(
    connection: Connection,
    tenant: str,
    *,
    job_name: str | None,
    states: Collection[RunState] = frozenset(),
    before: Place | None = None,
    limit: int,
) -> list[RunRow]:
    """Runs, newest first, without their allocations.

    Args:
        connection: A transaction of `reading`.
        tenant: Whose runs.
        job_name: Of which job; None for all.
        states: Only those in these; none for all.
        before: Create instant and name of the last run of the page before; None for the first page.
        limit: Most runs to return.
    """
    query = newest_first(_listed().where(runs.c.tenant == tenant), runs, before, limit)
    if job_name is not None:
        query = query.where(runs.c.job_name == job_name)
    if states:
        query = query.where(runs.c.state.in_(states))
    return [_run(row, None) for row in connection.execute(query)]


def unfinished_runs(connection: Connection, job_name: str) -> dict[str, RunState]:
    """The job's runs that wait or are under work, by their names, oldest first."""
    query = select(runs.c.name, runs.c.state)
    query = query.where(runs.c.job_name == job_name, is_in(runs.c.state, UNFINISHED_RUNS))
    found = connection.execute(query.order_by(runs.c.create_instant, runs.c.name))
    return {row.name: RunState(row.state) for row in found}


def oldest_to_claim(connection: Connection, now: datetime.datetime) -> RunRow | None:
    """The oldest run, of any tenant, that is PENDING, or RUNNING without a lease that lasts.

    A job has one run under work at a time: while one is RUNNING, those that wait wait.
    """
    free = runs.c.lease_expire_instant.is_(None) | (runs.c.lease_expire_instant <= now)
    other = runs.alias()
    # Both are said: SQLite takes an index of both states only where a query names both.
    running = is_in(other.c.state, UNFINISHED_RUNS) & is_in(other.c.state, (RunState.RUNNING,))
    busy = exists().where(other.c.job_name == runs.c.job_name, running)
    waits = (runs.c.state == RunState.PENDING.value) & ~busy
    goes_on = (runs.c.state == RunState.RUNNING.value) & free
    query = _listed().where(is_in(runs.c.state, UNFINISHED_RUNS), waits | goes_on)
    row = connection.execute(query.order_by(runs.c.create_instant, runs.c.name).limit(1)).one_or_none()
    return None if row is None else _run(row, None)


def _listed() -> Select[Any]:
    return select(*_COLUMNS).select_from(_WITH_PROPOSAL)


def _run(row: Row[*tuple[Any, ...]], allocation_json: str | None) -> RunRow:
    values = row._asdict()
    values.pop("content_json", None)
    skipped = values.pop("skipped_slot_instant")
    return RunRow(
        **{
            **values,
            "state": RunState(row.state),
            "outcome": None if row.outcome is None else RunOutcome(row.outcome),
            "slot_instant": row.slot_instant or skipped,
            "trigger_id": row.trigger_id or "",
            "marks_name": row.marks_name or "",
            "proposal_name": row.proposal_name or "",
            "allocation_json": allocation_json,
        }
    )
