"""Proposals: one open for a job, until it is decided on, replaced or out of time."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select

from optimizer.store.audit import Act, act_in_tenant
from optimizer.store.changes import change_state, record
from optimizer.store.columns import canonical_text, is_in
from optimizer.store.states import ProposalState
from optimizer.store.tables import proposals


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a run proposes; `content_sha256` binds plan, run, revision and marks, but not the measures."""

    name: str
    job_name: str
    run_name: str
    plan_json: str
    measures_json: str
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
            plan_json=proposal.plan_json,
            measures_json=proposal.measures_json,
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


def expire_due(act: Act) -> list[str]:
    """OPEN to EXPIRED for every proposal, of any tenant, whose time is over; returns their names.

    The act is the server's, recorded in the tenant of each.
    """
    query = select(proposals.c.tenant, proposals.c.name).where(
        is_in(proposals.c.state, [ProposalState.OPEN]), proposals.c.expire_instant <= act.instant
    )
    due = act.connection.execute(query.order_by(proposals.c.expire_instant, proposals.c.name)).all()
    for tenant, name in due:
        change_state(act_in_tenant(act, tenant), name, ProposalState.OPEN, ProposalState.EXPIRED)
    return [name for _, name in due]
