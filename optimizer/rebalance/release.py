"""Approved trades leave through the outbox, once they have passed the limits on the latest marks again."""

from __future__ import annotations

from dataclasses import replace

import structlog

from counterpoise.model import ErrorReason
from optimizer.rebalance.checked import check_proposal, refuse_breaches, refuse_outstanding
from optimizer.rebalance.desk import Desk, refuse_halted
from optimizer.rebalance.names import SERVER
from optimizer.store import (
    Act,
    Connection,
    JobState,
    ProposalRow,
    ReleaseState,
    StoreError,
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
_log = structlog.get_logger(__name__)


def release_waiting(desk: Desk) -> None:
    """Each approved proposal that waits: RELEASED, WITHHELD, or left alone while something holds it."""
    with reading(desk.engine) as connection:
        rows = waiting_releases(connection, _AT_A_TIME)
    for row in rows:
        try:
            _release(desk, row)
        except StoreError:
            raise
        except Exception:  # noqa: BLE001 - what is wrong with one keeps no other waiting
            _log.exception("internal error of a release", proposal=row.name)


def _release(desk: Desk, row: ProposalRow) -> None:
    with reading(desk.engine) as connection:
        over = row.expire_instant <= desk.now()
        held = _held(desk, connection, row)
        if held is not None and not over:
            return  # looked at again in the next round
        checked = None if over else check_proposal(connection, row)
    with writing(desk.engine) as connection:
        now = desk.now()
        latest = latest_marks(connection, row.tenant, row.job_name)
        if checked is None:
            reason = held or "the server did not get to it"
            _set(desk, connection, row, ReleaseState.WITHHELD, f"its time ran out before it left: {reason}")
        elif checked.latest_marks == ("" if latest is None else latest.name):
            try:
                _refuse_moved_on(connection, row)
                refuse_halted(connection, row.job_name)
                refuse_outstanding(connection, row.tenant, row.job_name, row.run_name, but=row.name)
                refuse_breaches(checked, now)
            except Refused as refused:
                if refused.reason is not ErrorReason.REBALANCING_HALTED:
                    _set(desk, connection, row, ReleaseState.WITHHELD, refused.message)
            else:
                day = checked.problem.portfolio.as_of_date
                _set(desk, connection, row, ReleaseState.RELEASED, f"on the marks of {day}")
        # Else newer marks came in: they are looked at in the next round.


def _held(desk: Desk, connection: Connection, row: ProposalRow) -> str | None:
    """What holds approved trades back for now: nowhere to go, or a kill switch."""
    if not desk.delivers:
        return "the server has no webhook to send them to"
    try:
        refuse_halted(connection, row.job_name)
    except Refused as refused:
        return refused.message
    return None


def _refuse_moved_on(connection: Connection, row: ProposalRow) -> None:
    """Raises Refused where the job no longer stands behind its approved trades."""
    job = get_job(connection, row.tenant, row.job_name)
    if job.state is JobState.DELETED:
        raise Refused(ErrorReason.JOB_NOT_ACTIVE, "the job was deleted")
    if job.revision != get_run(connection, row.tenant, row.run_name).job_revision:
        raise Refused(ErrorReason.JOB_NOT_ACTIVE, f"the job was changed; it is at revision {job.revision}")


def _set(desk: Desk, connection: Connection, row: ProposalRow, state: ReleaseState, detail: str) -> None:
    act = Act(connection=connection, actor=replace(SERVER, tenant=row.tenant), instant=desk.now())
    try:
        set_release(act, row.name, ReleaseState.WAITING, state, detail)
    except StateChanged:
        return  # another server was faster
