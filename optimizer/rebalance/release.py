"""Approved trades leave through the outbox, once they have passed the limits on the latest marks again."""

from __future__ import annotations

from dataclasses import replace

from optimizer.rebalance.checked import check_proposal, refuse_breaches
from optimizer.rebalance.desk import Desk, refuse_halted
from optimizer.rebalance.names import SERVER
from optimizer.store import (
    Act,
    Connection,
    JobState,
    ProposalRow,
    ReleaseState,
    get_job,
    get_run,
    latest_marks,
    reading,
    set_release,
    waiting_releases,
    writing,
)
from optimizer.store.errors import StateChanged
from optimizer.usecases.errors import Refused

_AT_A_TIME = 1_000


def release_waiting(desk: Desk) -> None:
    """Each approved proposal that waits: RELEASED, WITHHELD, or left alone while a kill switch holds it."""
    with reading(desk.engine) as connection:
        rows = waiting_releases(connection, _AT_A_TIME)
    for row in rows:
        _release(desk, row)


def _release(desk: Desk, row: ProposalRow) -> None:
    with reading(desk.engine) as connection:
        checked = check_proposal(connection, row)
    with writing(desk.engine) as connection:
        now = desk.now()
        latest = latest_marks(connection, row.tenant, row.job_name)
        if checked.marks_name != (latest.name if latest is not None else ""):
            return  # newer marks came in: they are looked at in the next round
        stopped = _stopped(connection, row)
        if (moved := _moved_on(connection, row)) is not None:
            _set(desk, connection, row, ReleaseState.WITHHELD, moved)
        elif stopped is None and row.expire_instant > now:
            try:
                refuse_breaches(checked, now)
            except Refused as refused:
                _set(desk, connection, row, ReleaseState.WITHHELD, refused.message)
            else:
                _set(desk, connection, row, ReleaseState.RELEASED, f"on the marks of {checked.as_of_date}")
        elif row.expire_instant <= now:
            reason = stopped or "the server did not get to it"
            _set(desk, connection, row, ReleaseState.WITHHELD, f"its time ran out before it left: {reason}")


def _stopped(connection: Connection, row: ProposalRow) -> str | None:
    """What a kill switch says, if one holds the job."""
    try:
        refuse_halted(connection, row.job_name)
    except Refused as refused:
        return refused.message
    return None


def _moved_on(connection: Connection, row: ProposalRow) -> str | None:
    """Why a job no longer stands behind its approved trades."""
    job = get_job(connection, row.tenant, row.job_name)
    if job.state is JobState.DELETED:
        return "the job was deleted"
    if job.revision != get_run(connection, row.tenant, row.run_name).job_revision:
        return f"the job was changed; it is at revision {job.revision}"
    return None


def _set(desk: Desk, connection: Connection, row: ProposalRow, state: ReleaseState, detail: str) -> None:
    act = Act(connection=connection, actor=replace(SERVER, tenant=row.tenant), instant=desk.now())
    try:
        set_release(act, row.name, ReleaseState.WAITING, state, detail)
    except StateChanged:
        return  # another server was faster
