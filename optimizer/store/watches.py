"""What is watched between runs: figures of jobs, where their triggers stand, and which run answers them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, insert, select

from optimizer.store.audit import Act
from optimizer.store.changes import record
from optimizer.store.columns import is_in
from optimizer.store.states import ProposalState, RunOutcome, TriggerState
from optimizer.store.tables import decisions, jobs, proposals, runs, triggers, watches


@dataclass(frozen=True, kw_only=True)
class WatchRow:
    """Figures of a job as JSON, and what they were measured on."""

    job_name: str
    tenant: str
    basis: str
    figures_json: str
    measure_instant: datetime.datetime


@dataclass(frozen=True, kw_only=True)
class TriggerRow:
    """Where a trigger of a job stands; `value` is None where it could not be measured."""

    trigger_id: str
    trigger_json: str
    """What it watches, canonical."""
    state: TriggerState
    value: float | None
    judge_instant: datetime.datetime
    fire_instant: datetime.datetime | None = None
    run_name: str | None = None


def get_watch(connection: Connection, job_name: str) -> WatchRow | None:
    """The job's figures as they were measured last."""
    row = connection.execute(select(watches).where(watches.c.job_name == job_name)).one_or_none()
    return None if row is None else WatchRow(**row._asdict())


def watches_of_active_jobs(connection: Connection) -> list[WatchRow]:
    """The figures of all ACTIVE jobs, of all tenants, by name."""
    query = select(watches).join(jobs, jobs.c.name == watches.c.job_name).where(jobs.c.state == "ACTIVE")
    return [WatchRow(**row._asdict()) for row in connection.execute(query.order_by(watches.c.job_name))]


def keep_watch(act: Act, watch: WatchRow) -> None:
    """Keep figures in place of those before."""
    act.connection.execute(delete(watches).where(watches.c.job_name == watch.job_name))
    act.connection.execute(insert(watches).values(**asdict(watch)))


def triggers_of(connection: Connection, job_name: str) -> dict[str, TriggerRow]:
    """Where the job's triggers stand, by their ids; those that were never judged are not there."""
    columns = tuple(triggers.c[name] for name in TriggerRow.__dataclass_fields__)
    found = connection.execute(select(*columns).where(triggers.c.job_name == job_name))
    rows = [TriggerRow(**{**row._asdict(), "state": TriggerState(row.state)}) for row in found]
    return {row.trigger_id: row for row in rows}


def keep_triggers(act: Act, job_name: str, rows: Iterable[TriggerRow]) -> None:
    """Keep where the triggers of a job stand; of others that it had nothing stays."""
    act.connection.execute(delete(triggers).where(triggers.c.job_name == job_name))
    for row in rows:
        values = {**asdict(row), "state": row.state.value}
        act.connection.execute(insert(triggers).values(job_name=job_name, **values))


def fire_trigger(act: Act, job_name: str, row: TriggerRow) -> None:
    """Record that a trigger fired, for the audit log and for who listens."""
    details = {"trigger_id": row.trigger_id, "value": row.value, "run": row.run_name}
    record(act, "trigger.fire", job_name, details)


@dataclass(frozen=True, kw_only=True)
class LookRow:
    """A run that came to proposed trades, or found nothing to trade."""

    run_name: str
    marks_name: str
    """The last marks by day that it used; empty without any."""
    start_instant: datetime.datetime
    measures_json: str
    """Of its proposal; empty without one."""
    approve_instant: datetime.datetime | None
    """When that was approved."""


def last_look(connection: Connection, job_name: str, revision: int) -> LookRow | None:
    """The job's last run by a revision that came to an answer."""
    sound = is_in(runs.c.outcome, (RunOutcome.PROPOSED, RunOutcome.WITHIN_TOLERANCE))
    query = (
        select(
            runs, proposals.c.measures_json, proposals.c.state.label("decided"), decisions.c.decide_instant
        )
        .select_from(
            runs.outerjoin(proposals, proposals.c.run_name == runs.c.name).outerjoin(
                decisions, decisions.c.proposal_name == proposals.c.name
            )
        )
        .where(runs.c.job_name == job_name, runs.c.job_revision == revision, sound)
        .order_by(runs.c.end_instant.desc(), runs.c.name)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return LookRow(
        run_name=row.name,
        marks_name=row.marks_name or "",
        start_instant=row.start_instant,
        measures_json=row.measures_json or "",
        approve_instant=row.decide_instant if row.decided == ProposalState.APPROVED else None,
    )
