"""What the methods ask that concern proposals and kill switches, and how they read the answers."""

from __future__ import annotations

from collections.abc import Iterable

from counterpoise.client.answers import present, typed
from counterpoise.client.calls import Call
from counterpoise.client.questions import Page, ask, identified, page
from counterpoise.client.rpcs import (
    APPROVE_REBALANCE_PROPOSAL,
    ENGAGE_KILL_SWITCH,
    GET_REBALANCE_PROPOSAL,
    LIST_KILL_SWITCHES,
    LIST_REBALANCE_PROPOSALS,
    REJECT_REBALANCE_PROPOSAL,
    RELEASE_KILL_SWITCH,
)
from counterpoise.model import (
    ApproveRebalanceProposalRequest,
    ApproveRebalanceProposalResponse,
    EngageKillSwitchRequest,
    EngageKillSwitchResponse,
    GetRebalanceProposalRequest,
    GetRebalanceProposalResponse,
    KillSwitch,
    ListKillSwitchesRequest,
    ListKillSwitchesResponse,
    ListRebalanceProposalsRequest,
    ListRebalanceProposalsResponse,
    RebalanceProposal,
    RebalanceProposalState,
    RejectRebalanceProposalRequest,
    RejectRebalanceProposalResponse,
    ReleaseKillSwitchRequest,
    ReleaseKillSwitchResponse,
)

_PROPOSAL = "proposal"


def get_proposal(name: str) -> Call[RebalanceProposal]:
    """GetRebalanceProposal."""
    return ask(
        GET_REBALANCE_PROPOSAL,
        GetRebalanceProposalRequest(name=name),
        lambda response: present(typed(response, GetRebalanceProposalResponse).rebalance_proposal, _PROPOSAL),
    )


def list_proposals(
    parent: str, states: Iterable[RebalanceProposalState], page_size: int | None
) -> Call[Page[RebalanceProposal]]:
    """ListRebalanceProposals, its first page."""
    wanted = tuple(states)

    def question(page_token: str) -> Call[tuple[tuple[RebalanceProposal, ...], str]]:
        request = ListRebalanceProposalsRequest(
            parent=parent, page_size=page_size, page_token=page_token, states=wanted
        )
        return ask(LIST_REBALANCE_PROPOSALS, request, _proposals)

    return page(question)


def _proposals(response: object) -> tuple[tuple[RebalanceProposal, ...], str]:
    answer = typed(response, ListRebalanceProposalsResponse)
    return answer.rebalance_proposals, answer.next_page_token


def approve(name: str, content_sha256: str, comment: str, request_id: str) -> Call[RebalanceProposal]:
    """ApproveRebalanceProposal."""
    request = ApproveRebalanceProposalRequest(
        name=name, content_sha256=content_sha256, comment=comment, request_id=identified(request_id)
    )
    return ask(
        APPROVE_REBALANCE_PROPOSAL,
        request,
        lambda response: present(
            typed(response, ApproveRebalanceProposalResponse).rebalance_proposal, _PROPOSAL
        ),
    )


def reject(name: str, content_sha256: str, comment: str, request_id: str) -> Call[RebalanceProposal]:
    """RejectRebalanceProposal."""
    request = RejectRebalanceProposalRequest(
        name=name, content_sha256=content_sha256, comment=comment, request_id=identified(request_id)
    )
    return ask(
        REJECT_REBALANCE_PROPOSAL,
        request,
        lambda response: present(
            typed(response, RejectRebalanceProposalResponse).rebalance_proposal, _PROPOSAL
        ),
    )


def engage_kill_switch(scope: str, comment: str, request_id: str) -> Call[KillSwitch]:
    """EngageKillSwitch."""
    return ask(
        ENGAGE_KILL_SWITCH,
        EngageKillSwitchRequest(scope=scope, comment=comment, request_id=identified(request_id)),
        lambda response: present(typed(response, EngageKillSwitchResponse).kill_switch, "kill switch"),
    )


def release_kill_switch(scope: str, comment: str, request_id: str) -> Call[tuple[KillSwitch, ...]]:
    """ReleaseKillSwitch."""
    return ask(
        RELEASE_KILL_SWITCH,
        ReleaseKillSwitchRequest(scope=scope, comment=comment, request_id=identified(request_id)),
        lambda response: typed(response, ReleaseKillSwitchResponse).kill_switches,
    )


def list_kill_switches(parent: str) -> Call[tuple[KillSwitch, ...]]:
    """ListKillSwitches."""
    return ask(
        LIST_KILL_SWITCHES,
        ListKillSwitchesRequest(parent=parent),
        lambda response: typed(response, ListKillSwitchesResponse).kill_switches,
    )
