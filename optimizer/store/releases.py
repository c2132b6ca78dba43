"""The way out: trades of an approved proposal leave through the outbox, once, or are withheld."""

from __future__ import annotations

import datetime

from sqlalchemy import Connection, or_, select, update

from optimizer.store.audit import Act
from optimizer.store.changes import record
from optimizer.store.errors import StateChanged
from optimizer.store.proposal_rows import get_proposal
from optimizer.store.states import ReleaseState
from optimizer.store.tables import proposals

_ACTIONS = {ReleaseState.RELEASED: "proposal.release", ReleaseState.WITHHELD: "proposal.withhold"}


def set_release(
    act: Act,
    name: str,
    expected: ReleaseState,
    new: ReleaseState,
    detail: str,
) -> None:
    """WAITING to RELEASED or WITHHELD, for one of those who try; the tenant of the act is the proposal's.

    The message of a release carries `plan_json`, as it was hashed, with run, job, content hash and the time
    until which it holds.

    Raises:
        ValueError: The two states are not joined by a change.
        NotFound: The tenant has no such proposal.
        StateChanged: The release is in another state, or there is none yet.
    """
    if expected is not ReleaseState.WAITING or new not in _ACTIONS:
        raise ValueError(f"no change leads from {expected} to {new}")
    found = get_proposal(act.connection, act.actor.tenant, name)
    same = (proposals.c.name == name) & (proposals.c.release_state == expected.value)
    values = {"release_state": new.value, "release_instant": act.instant, "release_detail": detail}
    if act.connection.execute(update(proposals).where(same).values(values)).rowcount != 1:
        raise StateChanged(name, expected, found.release_state or found.state)
    details = {
        "from": expected,
        "to": new,
        "detail": detail,
        "run": found.run_name,
        "content_sha256": found.content_sha256,
    }
    leaving = {
        "job": found.job_name,
        "plan_json": found.plan_json,
        "expire_time": found.expire_instant.isoformat(),
    }
    record(act, _ACTIONS[new], name, details, message=leaving if new is ReleaseState.RELEASED else {})


def outstanding_releases(
    connection: Connection,
    tenant: str,
    job_name: str,
    *,
    since: datetime.datetime | None,
    but: str = "",
) -> list[str]:
    """Proposals of a job, without `but`, whose trades wait to leave or have left at `since` or later.

    What was held before them has changed, or will. Without `since` all that ever left count.
    """
    left = proposals.c.release_state == ReleaseState.RELEASED.value
    if since is not None:
        left = left & (proposals.c.release_instant >= since)
    waits = proposals.c.release_state == ReleaseState.WAITING.value
    mine = (proposals.c.tenant == tenant) & (proposals.c.job_name == job_name) & (proposals.c.name != but)
    query = select(proposals.c.name).where(mine, or_(waits, left)).order_by(proposals.c.name)
    return list(connection.execute(query).scalars())
