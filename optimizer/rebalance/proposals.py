"""Calls about proposals: reading them and deciding on them."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from counterpoise.model import (
    ApproveRebalanceProposalRequest,
    ApproveRebalanceProposalResponse,
    Decision,
    ErrorReason,
    GetRebalanceProposalRequest,
    GetRebalanceProposalResponse,
    ListRebalanceProposalsRequest,
    ListRebalanceProposalsResponse,
    RebalanceProposal,
    RebalanceProposalState,
    RejectRebalanceProposalRequest,
    RejectRebalanceProposalResponse,
    Release,
    ReleaseState,
    TradePlan,
)
from optimizer import store
from optimizer.rebalance import policies, texts
from optimizer.rebalance.checked import (
    Checked,
    check_proposal,
    refuse_breaches,
    refuse_outstanding,
)
from optimizer.rebalance.desk import Desk, once, position_of, refuse_halted, refusing
from optimizer.rebalance.jobs import DEFAULT_PAGE_SIZE
from optimizer.rebalance.names import Caller, actor_of, check_tenant, job_of
from optimizer.rebalance.runs import after_row, listed_job, place_of
from optimizer.store import (
    Act,
    ProposalRow,
    ProposalState,
    append_audit,
    decide,
    get_proposal,
    latest_marks,
    list_proposals,
    reading,
    writing,
)
from optimizer.usecases.errors import Refused


def get_rebalance_proposal(
    desk: Desk, request: GetRebalanceProposalRequest, caller: Caller
) -> GetRebalanceProposalResponse:
    """A proposal with the portfolios before and after."""
    check_tenant(request.name, caller)
    return GetRebalanceProposalResponse(rebalance_proposal=_read(desk, request.name, caller))


def list_rebalance_proposals(
    desk: Desk, request: ListRebalanceProposalsRequest, caller: Caller
) -> ListRebalanceProposalsResponse:
    """Proposals of a job or of all, newest first."""
    check_tenant(request.parent, caller)
    question = (request.parent, request.states)
    before = position_of(question, request.page_token, place_of)
    size = request.page_size or DEFAULT_PAGE_SIZE
    with refusing(), reading(desk.engine) as connection:
        rows = list_proposals(
            connection,
            caller.tenant,
            job_name=listed_job(connection, request.parent, caller),
            states=frozenset(ProposalState[state.name] for state in request.states),
            before=before,
            limit=size + 1,
        )
    shown = rows[:size]
    last = shown[-1] if len(rows) > size else None
    return ListRebalanceProposalsResponse(
        rebalance_proposals=tuple(proposal_message(row, desk.now()) for row in shown),
        next_page_token="" if last is None else after_row(question, last.create_instant, last.name),
    )


def approve_rebalance_proposal(
    desk: Desk, request: ApproveRebalanceProposalRequest, caller: Caller
) -> ApproveRebalanceProposalResponse:
    """OPEN to APPROVED by somebody else, if the trades keep every hard limit on the latest marks."""
    check_tenant(request.name, caller)

    with _refusals_on_record(desk, request, caller):
        checked = _checked(desk, request.name, caller)
    state = store.ReleaseState.DRY_RUN
    if checked is not None and policies.releases(checked.run_policy):
        state = store.ReleaseState.WAITING

    def effect(act: Act) -> str:
        # Refuses what is not open, other content, and who made it; what is refused after it undoes it.
        decide(
            act,
            request.name,
            ProposalState.APPROVED,
            request.content_sha256,
            request.comment,
            release_state=state,
        )
        job = job_of(request.name)
        refuse_halted(act.connection, job)
        run = get_proposal(act.connection, caller.tenant, request.name).run_name
        refuse_outstanding(act.connection, caller.tenant, job, run, but=request.name)
        latest = latest_marks(act.connection, caller.tenant, job)
        if checked is None or checked.latest_marks != (latest.name if latest is not None else ""):
            raise Refused(
                ErrorReason.RESOURCE_CHANGED, "new marks came in while the trades were checked; try again"
            )
        refuse_breaches(checked, act.instant)
        return request.name

    name = _decided(desk, request, caller, effect)
    desk.wake()
    return ApproveRebalanceProposalResponse(rebalance_proposal=_read(desk, name, caller))


def reject_rebalance_proposal(
    desk: Desk, request: RejectRebalanceProposalRequest, caller: Caller
) -> RejectRebalanceProposalResponse:
    """OPEN to REJECTED, by anybody who may decide."""
    check_tenant(request.name, caller)

    def effect(act: Act) -> str:
        decide(act, request.name, ProposalState.REJECTED, request.content_sha256, request.comment)
        return request.name

    name = _decided(desk, request, caller, effect)
    return RejectRebalanceProposalResponse(rebalance_proposal=_read(desk, name, caller))


def proposal_message(row: ProposalRow, now: datetime.datetime) -> RebalanceProposal:
    """A proposal as the contract has it; without portfolios where the row has none, as in lists.

    One whose time is over is expired, whether its row says so already or not.
    """
    state = RebalanceProposalState[row.state.name]
    if state is RebalanceProposalState.OPEN and row.expire_instant <= now:
        state = RebalanceProposalState.EXPIRED
    before, after = texts.read_measures(row.measures_json)
    decision = release = None
    if row.decision is not None:
        decision = Decision(
            principal=row.decision.principal,
            decide_time=row.decision.decide_instant,
            comment=row.decision.comment,
            content_sha256=row.decision.content_sha256,
            authenticated=row.decision.authenticated,
        )
    if row.release_state is not None:
        release = Release(
            state=ReleaseState[row.release_state.name],
            change_time=row.release_instant,
            detail=row.release_detail,
        )
    return RebalanceProposal(
        name=row.name,
        state=state,
        run=row.run_name,
        plan=texts.read_text(row.plan_json, TradePlan),
        content_sha256=row.content_sha256,
        barred_approvers=row.barred_approvers,
        expire_time=row.expire_instant,
        decision=decision,
        superseding_proposal=row.superseding_proposal,
        create_time=row.create_instant,
        before=before,
        after=after,
        release=release,
    )


def _checked(desk: Desk, name: str, caller: Caller) -> Checked | None:
    """The trades of an open proposal on the latest marks; None for one that is not open."""
    with refusing(), reading(desk.engine) as connection:
        row = get_proposal(connection, caller.tenant, name)
        return check_proposal(connection, row) if row.state is ProposalState.OPEN else None


def _decided(
    desk: Desk,
    request: ApproveRebalanceProposalRequest | RejectRebalanceProposalRequest,
    caller: Caller,
    effect: Callable[[Act], str],
) -> str:
    with _refusals_on_record(desk, request, caller):
        return once(desk, caller, request, effect, state_changed=ErrorReason.PROPOSAL_NOT_OPEN)


@contextmanager
def _refusals_on_record(
    desk: Desk,
    request: ApproveRebalanceProposalRequest | RejectRebalanceProposalRequest,
    caller: Caller,
) -> Iterator[None]:
    """One audit row for a decision that is refused: who tries to approve what he made is on record."""
    try:
        yield
    except Refused as refusal:
        if refusal.reason is not ErrorReason.STORE_UNAVAILABLE:
            details = {"reason": refusal.reason.name, "content_sha256": request.content_sha256}
            with refusing(), writing(desk.engine) as connection:
                act = Act(connection=connection, actor=actor_of(caller), instant=desk.now())
                append_audit(act, "decision.refuse", request.name, details)
        raise


def _read(desk: Desk, name: str, caller: Caller) -> RebalanceProposal:
    with refusing(), reading(desk.engine) as connection:
        return proposal_message(get_proposal(connection, caller.tenant, name), desk.now())
