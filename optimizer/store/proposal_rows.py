"""Proposals as they are kept, for those who read them."""

from __future__ import annotations

import datetime
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from optimizer.store.columns import is_in
from optimizer.store.errors import NotFound
from optimizer.store.pages import Place, newest_first
from optimizer.store.states import ProposalState, ReleaseState
from optimizer.store.tables import decisions, proposals


@dataclass(frozen=True, kw_only=True)
class DecisionRow:
    """What somebody decided; `authenticated` is false where the name was taken on trust."""

    verdict: ProposalState
    principal: str
    decide_instant: datetime.datetime
    comment: str
    content_sha256: str
    authenticated: bool


@dataclass(frozen=True, kw_only=True)
class ProposalRow:
    """A proposal; `superseding_proposal` is empty where none replaced it.

    `state` is what is stored: one whose time is over stays OPEN until `expire_due` has seen it. `decision` is
    None while nobody decided, `release_state` and `release_instant` until it is approved.
    """

    name: str
    tenant: str
    job_name: str
    run_name: str
    state: ProposalState
    plan_json: str
    measures_json: str
    content_sha256: str
    barred_approvers: tuple[str, ...]
    expire_instant: datetime.datetime
    superseding_proposal: str
    create_instant: datetime.datetime
    decision: DecisionRow | None
    release_state: ReleaseState | None
    release_instant: datetime.datetime | None
    release_detail: str


_LISTED = tuple(column for column in proposals.c if column is not proposals.c.measures_json)
_OF_DECISION = (
    decisions.c.verdict,
    decisions.c.principal,
    decisions.c.decide_instant,
    decisions.c.comment,
    decisions.c.content_sha256.label("decided_sha256"),
    decisions.c.authenticated,
)
_WITH_DECISION = proposals.outerjoin(decisions, decisions.c.proposal_name == proposals.c.name)


def get_proposal(connection: Connection, tenant: str, name: str) -> ProposalRow:
    """The proposal with its measures. Raises NotFound."""
    query = _listed().add_columns(proposals.c.measures_json)
    mine = (proposals.c.name == name) & (proposals.c.tenant == tenant)
    row = connection.execute(query.where(mine)).one_or_none()
    if row is None:
        raise NotFound(name)
    return _proposal(row, row.measures_json)


def list_proposals(
    connection: Connection,
    tenant: str,
    *,
    job_name: str | None,
    states: Collection[ProposalState] = frozenset(),
    before: Place | None = None,
    limit: int,
) -> list[ProposalRow]:
    """Proposals, newest first, `measures_json` left empty.

    Args:
        connection: A transaction of `reading`.
        tenant: Whose proposals.
        job_name: Of which job; None for all.
        states: Only those in these, as stored; none for all.
        before: Create instant and name of the last proposal of the page before; None for the first page.
        limit: Most proposals to return.
    """
    query = newest_first(_listed().where(proposals.c.tenant == tenant), proposals, before, limit)
    if job_name is not None:
        query = query.where(proposals.c.job_name == job_name)
    if states:
        query = query.where(proposals.c.state.in_(states))
    return [_proposal(row, "") for row in connection.execute(query)]


def waiting_releases(connection: Connection, limit: int) -> list[ProposalRow]:
    """Proposals of all tenants whose release is WAITING, oldest first, `measures_json` left empty."""
    query = _listed().where(is_in(proposals.c.release_state, [ReleaseState.WAITING]))
    query = query.order_by(proposals.c.release_instant, proposals.c.name).limit(limit)
    return [_proposal(row, "") for row in connection.execute(query)]


def _listed() -> Select[Any]:
    return select(*_LISTED, *_OF_DECISION).select_from(_WITH_DECISION)


def _proposal(row: Row[Any], measures_json: str) -> ProposalRow:
    return ProposalRow(
        name=row.name,
        tenant=row.tenant,
        job_name=row.job_name,
        run_name=row.run_name,
        state=ProposalState(row.state),
        plan_json=row.plan_json,
        measures_json=measures_json,
        content_sha256=row.content_sha256,
        barred_approvers=tuple(json.loads(row.barred_approvers_json)),
        expire_instant=row.expire_instant,
        superseding_proposal=row.superseding_proposal or "",
        create_instant=row.create_instant,
        decision=None if row.verdict is None else _decision(row),
        release_state=None if row.release_state is None else ReleaseState(row.release_state),
        release_instant=row.release_instant,
        release_detail=row.release_detail,
    )


def _decision(row: Row[Any]) -> DecisionRow:
    return DecisionRow(
        verdict=ProposalState(row.verdict),
        principal=row.principal,
        decide_instant=row.decide_instant,
        comment=row.comment,
        content_sha256=row.decided_sha256,
        authenticated=bool(row.authenticated),
    )
