"""What the calls of RebalanceService do, as its servicer sees it."""

from __future__ import annotations

from typing import Protocol

from counterpoise.model import (
    ApproveRebalanceProposalRequest,
    ApproveRebalanceProposalResponse,
    CancelRebalanceRunRequest,
    CancelRebalanceRunResponse,
    CreateRebalanceJobRequest,
    CreateRebalanceJobResponse,
    DeleteRebalanceJobRequest,
    DeleteRebalanceJobResponse,
    EngageKillSwitchRequest,
    EngageKillSwitchResponse,
    GetRebalanceJobRequest,
    GetRebalanceJobResponse,
    GetRebalanceProposalRequest,
    GetRebalanceProposalResponse,
    GetRebalanceRunRequest,
    GetRebalanceRunResponse,
    ListKillSwitchesRequest,
    ListKillSwitchesResponse,
    ListRebalanceJobsRequest,
    ListRebalanceJobsResponse,
    ListRebalanceProposalsRequest,
    ListRebalanceProposalsResponse,
    ListRebalanceRunsRequest,
    ListRebalanceRunsResponse,
    PauseRebalanceJobRequest,
    PauseRebalanceJobResponse,
    RejectRebalanceProposalRequest,
    RejectRebalanceProposalResponse,
    ReleaseKillSwitchRequest,
    ReleaseKillSwitchResponse,
    ResumeRebalanceJobRequest,
    ResumeRebalanceJobResponse,
    RunRebalanceJobRequest,
    RunRebalanceJobResponse,
    UpdateRebalanceJobRequest,
    UpdateRebalanceJobResponse,
    WatchRebalanceRunsResponse,
)
from optimizer.service.identity import Principal


class RebalanceCalls(Protocol):
    """One method for every call. Requests keep the contract; everything else is refused by `Refused`."""

    def create_rebalance_job(
        self, request: CreateRebalanceJobRequest, principal: Principal
    ) -> CreateRebalanceJobResponse:
        """A new job."""

    def get_rebalance_job(
        self, request: GetRebalanceJobRequest, principal: Principal
    ) -> GetRebalanceJobResponse:
        """One job."""

    def list_rebalance_jobs(
        self, request: ListRebalanceJobsRequest, principal: Principal
    ) -> ListRebalanceJobsResponse:
        """Jobs by name."""

    def update_rebalance_job(
        self, request: UpdateRebalanceJobRequest, principal: Principal
    ) -> UpdateRebalanceJobResponse:
        """Change a job."""

    def delete_rebalance_job(
        self, request: DeleteRebalanceJobRequest, principal: Principal
    ) -> DeleteRebalanceJobResponse:
        """Delete a job, which stays readable."""

    def pause_rebalance_job(
        self, request: PauseRebalanceJobRequest, principal: Principal
    ) -> PauseRebalanceJobResponse:
        """Pause a job."""

    def resume_rebalance_job(
        self, request: ResumeRebalanceJobRequest, principal: Principal
    ) -> ResumeRebalanceJobResponse:
        """Resume a job."""

    def run_rebalance_job(
        self, request: RunRebalanceJobRequest, principal: Principal
    ) -> RunRebalanceJobResponse:
        """Start a run and return without waiting for it."""

    def get_rebalance_run(
        self, request: GetRebalanceRunRequest, principal: Principal
    ) -> GetRebalanceRunResponse:
        """One run."""

    def list_rebalance_runs(
        self, request: ListRebalanceRunsRequest, principal: Principal
    ) -> ListRebalanceRunsResponse:
        """Runs, newest first."""

    def cancel_rebalance_run(
        self, request: CancelRebalanceRunRequest, principal: Principal
    ) -> CancelRebalanceRunResponse:
        """Cancel a run."""

    def get_rebalance_proposal(
        self, request: GetRebalanceProposalRequest, principal: Principal
    ) -> GetRebalanceProposalResponse:
        """One proposal."""

    def list_rebalance_proposals(
        self, request: ListRebalanceProposalsRequest, principal: Principal
    ) -> ListRebalanceProposalsResponse:
        """Proposals, newest first."""

    def approve_rebalance_proposal(
        self, request: ApproveRebalanceProposalRequest, principal: Principal
    ) -> ApproveRebalanceProposalResponse:
        """Approve a proposal."""

    def reject_rebalance_proposal(
        self, request: RejectRebalanceProposalRequest, principal: Principal
    ) -> RejectRebalanceProposalResponse:
        """Reject a proposal."""

    def engage_kill_switch(
        self, request: EngageKillSwitchRequest, principal: Principal
    ) -> EngageKillSwitchResponse:
        """Stop runs, approvals and releases."""

    def release_kill_switch(
        self, request: ReleaseKillSwitchRequest, principal: Principal
    ) -> ReleaseKillSwitchResponse:
        """Let them go on."""

    def list_kill_switches(
        self, request: ListKillSwitchesRequest, principal: Principal
    ) -> ListKillSwitchesResponse:
        """Switches that are engaged."""

    def changes_of_runs(
        self, parent: str, resume_token: str, principal: Principal
    ) -> tuple[tuple[WatchRebalanceRunsResponse, ...], str]:
        """What happened to runs since a token, and the token to go on from; since now where it is empty."""
