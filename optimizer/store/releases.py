"""The way out: trades of an approved proposal leave through the outbox, once, or are withheld."""

from __future__ import annotations

from sqlalchemy import update

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

    The message of a release carries `plan_json`, as it was hashed, with run, job and content hash.

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
    leaving = {"job": found.job_name, "plan_json": found.plan_json}
    record(act, _ACTIONS[new], name, details, message=leaving if new is ReleaseState.RELEASED else {})
