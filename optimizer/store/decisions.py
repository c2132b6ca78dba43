"""One decision for each proposal, by somebody who may, on the content that is there."""

from __future__ import annotations

import json

from sqlalchemy import insert, select

from optimizer.store.audit import Act
from optimizer.store.changes import change_state
from optimizer.store.errors import (
    ApproverBarred,
    ContentMismatch,
    NotFound,
    ProposalNotOpen,
    StateChanged,
)
from optimizer.store.states import ProposalState, ReleaseState
from optimizer.store.tables import decisions, proposals


def decide(
    act: Act,
    name: str,
    verdict: ProposalState,
    content_sha256: str,
    comment: str,
    *,
    release_state: ReleaseState | None = None,
) -> None:
    """OPEN to APPROVED or REJECTED, for one of those who try.

    What is approved gets `release_state`, DRY_RUN or WAITING; unset it is DRY_RUN, and nothing leaves.

    Raises:
        NotFound: The tenant has no such proposal.
        ProposalNotOpen: It was decided, superseded or expired, or its time is over (`current` EXPIRED).
        ContentMismatch: The decision quotes other content.
        ApproverBarred: The author of the revision or the initiator of the run approves.
    """
    if verdict not in {ProposalState.APPROVED, ProposalState.REJECTED}:
        raise ValueError(f"a decision is APPROVED or REJECTED, not {verdict}")
    release = _release(verdict, release_state)
    mine = (proposals.c.name == name) & (proposals.c.tenant == act.actor.tenant)
    row = act.connection.execute(select(proposals).where(mine)).one_or_none()
    if row is None:
        raise NotFound(name)
    if row.state != ProposalState.OPEN:
        raise ProposalNotOpen(name, ProposalState.OPEN, row.state)
    if row.expire_instant <= act.instant:
        raise ProposalNotOpen(name, ProposalState.OPEN, ProposalState.EXPIRED)
    if row.content_sha256 != content_sha256:
        raise ContentMismatch(
            f"{name}: its content_sha256 is {row.content_sha256}; read it before you decide"
        )
    if verdict is ProposalState.APPROVED and act.actor.principal in json.loads(row.barred_approvers_json):
        raise ApproverBarred(
            f"{name}: {act.actor.principal} wrote or started it; somebody else must approve it"
        )
    try:
        change_state(
            act,
            name,
            ProposalState.OPEN,
            verdict,
            values={"release_state": release, "release_instant": act.instant} if release else {},
            details={"content_sha256": content_sha256, "comment": comment, "release": release},
        )
    except StateChanged as error:
        raise ProposalNotOpen(name, ProposalState.OPEN, error.current) from None
    act.connection.execute(
        insert(decisions).values(
            proposal_name=name,
            verdict=verdict.value,
            principal=act.actor.principal,
            decide_instant=act.instant,
            comment=comment,
            content_sha256=content_sha256,
            authenticated=int(act.actor.authenticated),
        )
    )


def _release(verdict: ProposalState, release_state: ReleaseState | None) -> str | None:
    if verdict is ProposalState.REJECTED:
        if release_state is not None:
            raise ValueError("what is rejected is not released")
        return None
    state = release_state or ReleaseState.DRY_RUN
    if state not in {ReleaseState.DRY_RUN, ReleaseState.WAITING}:
        raise ValueError(f"what is approved starts as DRY_RUN or WAITING, not {state}")
    return state.value
