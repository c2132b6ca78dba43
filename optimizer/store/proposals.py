"""Proposals: one open for a job, one decision for each."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select

from optimizer.store.audit import Act
from optimizer.store.changes import change_state, record
from optimizer.store.columns import canonical_text
from optimizer.store.errors import (
    ApproverBarred,
    ContentMismatch,
    NotFound,
    ProposalNotOpen,
    StateChanged,
)
from optimizer.store.states import ProposalState
from optimizer.store.tables import decisions, proposals


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a run proposes; `content_sha256` binds trades, run and revision."""

    name: str
    job_name: str
    run_name: str
    trades_json: str
    content_sha256: str
    barred_approvers: Sequence[str]
    expire_instant: datetime.datetime


def create_proposal(act: Act, proposal: Proposal) -> None:
    """Record an OPEN proposal; an open one of the same job becomes SUPERSEDED by it."""
    supersede_open(act, proposal.job_name, proposal.name)
    act.connection.execute(
        insert(proposals).values(
            name=proposal.name,
            tenant=act.actor.tenant,
            job_name=proposal.job_name,
            run_name=proposal.run_name,
            state=ProposalState.OPEN.value,
            trades_json=proposal.trades_json,
            content_sha256=proposal.content_sha256,
            barred_approvers_json=canonical_text(sorted(proposal.barred_approvers)),
            expire_instant=proposal.expire_instant,
            create_instant=act.instant,
        )
    )
    details = {"run": proposal.run_name, "content_sha256": proposal.content_sha256}
    record(act, "proposal.create", proposal.name, details)


def supersede_open(
    act: Act,
    job_name: str,
    superseding_proposal: str | None,
) -> None:
    """OPEN to SUPERSEDED for the job's open proposal, if any: by a newer one, a revision or a deletion."""
    query = select(proposals.c.name).where(
        proposals.c.job_name == job_name,
        proposals.c.tenant == act.actor.tenant,
        proposals.c.state == ProposalState.OPEN.value,
    )
    for name in act.connection.execute(query).scalars().all():
        change_state(
            act,
            name,
            ProposalState.OPEN,
            ProposalState.SUPERSEDED,
            values={"superseding_proposal": superseding_proposal},
            details={"superseding_proposal": superseding_proposal},
        )


def decide(
    act: Act,
    name: str,
    verdict: ProposalState,
    content_sha256: str,
    comment: str,
) -> None:
    """OPEN to APPROVED or REJECTED, for one of those who try.

    Raises:
        NotFound: The tenant has no such proposal.
        ProposalNotOpen: It was decided, superseded or expired, or its time is over (`current` EXPIRED).
        ContentMismatch: The decision quotes other content.
        ApproverBarred: The author of the revision or the initiator of the run approves.
    """
    if verdict not in {ProposalState.APPROVED, ProposalState.REJECTED}:
        raise ValueError(f"a decision is APPROVED or REJECTED, not {verdict}")
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
            details={"content_sha256": content_sha256, "comment": comment},
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
        )
    )
