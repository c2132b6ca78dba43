"""Requests and responses of RebalanceService."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from counterpoise.model.rebalance import (
    KillSwitch,
    RebalanceJob,
    RebalanceJobState,
    RebalanceProposal,
    RebalanceProposalState,
    RebalanceRun,
    RebalanceRunState,
)


@dataclass(frozen=True, kw_only=True)
class CreateRebalanceJobRequest:
    """Request of CreateRebalanceJob."""

    parent: str
    rebalance_job_id: str
    rebalance_job: RebalanceJob
    request_id: str


@dataclass(frozen=True, kw_only=True)
class CreateRebalanceJobResponse:
    """Response of CreateRebalanceJob."""

    rebalance_job: RebalanceJob | None = None


@dataclass(frozen=True, kw_only=True)
class GetRebalanceJobRequest:
    """Request of GetRebalanceJob."""

    name: str
    revision: int | None = None


@dataclass(frozen=True, kw_only=True)
class GetRebalanceJobResponse:
    """Response of GetRebalanceJob."""

    rebalance_job: RebalanceJob | None = None


@dataclass(frozen=True, kw_only=True)
class ListRebalanceJobsRequest:
    """Request of ListRebalanceJobs."""

    parent: str
    page_size: int | None = None
    page_token: str = ""
    states: tuple[RebalanceJobState, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ListRebalanceJobsResponse:
    """Response of ListRebalanceJobs."""

    rebalance_jobs: tuple[RebalanceJob, ...] = ()
    next_page_token: str = ""


@dataclass(frozen=True, kw_only=True)
class UpdateRebalanceJobRequest:
    """Request of UpdateRebalanceJob."""

    rebalance_job: RebalanceJob
    update_mask: tuple[str, ...]
    request_id: str


@dataclass(frozen=True, kw_only=True)
class UpdateRebalanceJobResponse:
    """Response of UpdateRebalanceJob."""

    rebalance_job: RebalanceJob | None = None


@dataclass(frozen=True, kw_only=True)
class DeleteRebalanceJobRequest:
    """Request of DeleteRebalanceJob."""

    name: str
    etag: str = ""
    request_id: str


@dataclass(frozen=True, kw_only=True)
class DeleteRebalanceJobResponse:
    """Response of DeleteRebalanceJob."""

    rebalance_job: RebalanceJob | None = None


@dataclass(frozen=True, kw_only=True)
class PauseRebalanceJobRequest:
    """Request of PauseRebalanceJob."""

    name: str
    comment: str
    request_id: str


@dataclass(frozen=True, kw_only=True)
class PauseRebalanceJobResponse:
    """Response of PauseRebalanceJob."""

    rebalance_job: RebalanceJob | None = None


@dataclass(frozen=True, kw_only=True)
class ResumeRebalanceJobRequest:
    """Request of ResumeRebalanceJob."""

    name: str
    request_id: str


@dataclass(frozen=True, kw_only=True)
class ResumeRebalanceJobResponse:
    """Response of ResumeRebalanceJob."""

    rebalance_job: RebalanceJob | None = None


@dataclass(frozen=True, kw_only=True)
class RunRebalanceJobRequest:
    """Request of RunRebalanceJob."""

    name: str
    request_id: str
    slot_time: datetime.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class RunRebalanceJobResponse:
    """Response of RunRebalanceJob."""

    rebalance_run: RebalanceRun | None = None


@dataclass(frozen=True, kw_only=True)
class GetRebalanceRunRequest:
    """Request of GetRebalanceRun."""

    name: str


@dataclass(frozen=True, kw_only=True)
class GetRebalanceRunResponse:
    """Response of GetRebalanceRun."""

    rebalance_run: RebalanceRun | None = None


@dataclass(frozen=True, kw_only=True)
class ListRebalanceRunsRequest:
    """Request of ListRebalanceRuns."""

    parent: str
    page_size: int | None = None
    page_token: str = ""
    states: tuple[RebalanceRunState, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ListRebalanceRunsResponse:
    """Response of ListRebalanceRuns."""

    rebalance_runs: tuple[RebalanceRun, ...] = ()
    next_page_token: str = ""


@dataclass(frozen=True, kw_only=True)
class CancelRebalanceRunRequest:
    """Request of CancelRebalanceRun."""

    name: str
    request_id: str


@dataclass(frozen=True, kw_only=True)
class CancelRebalanceRunResponse:
    """Response of CancelRebalanceRun."""

    rebalance_run: RebalanceRun | None = None


@dataclass(frozen=True, kw_only=True)
class WatchRebalanceRunsRequest:
    """Request of WatchRebalanceRuns."""

    parent: str
    resume_token: str = ""


@dataclass(frozen=True, kw_only=True)
class WatchRebalanceRunsResponse:
    """Response of WatchRebalanceRuns."""

    rebalance_run: RebalanceRun | None = None
    resume_token: str = ""


@dataclass(frozen=True, kw_only=True)
class GetRebalanceProposalRequest:
    """Request of GetRebalanceProposal."""

    name: str


@dataclass(frozen=True, kw_only=True)
class GetRebalanceProposalResponse:
    """Response of GetRebalanceProposal."""

    rebalance_proposal: RebalanceProposal | None = None


@dataclass(frozen=True, kw_only=True)
class ListRebalanceProposalsRequest:
    """Request of ListRebalanceProposals."""

    parent: str
    page_size: int | None = None
    page_token: str = ""
    states: tuple[RebalanceProposalState, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ListRebalanceProposalsResponse:
    """Response of ListRebalanceProposals."""

    rebalance_proposals: tuple[RebalanceProposal, ...] = ()
    next_page_token: str = ""


@dataclass(frozen=True, kw_only=True)
class ApproveRebalanceProposalRequest:
    """Request of ApproveRebalanceProposal."""

    name: str
    content_sha256: str
    comment: str = ""
    request_id: str


@dataclass(frozen=True, kw_only=True)
class ApproveRebalanceProposalResponse:
    """Response of ApproveRebalanceProposal."""

    rebalance_proposal: RebalanceProposal | None = None


@dataclass(frozen=True, kw_only=True)
class RejectRebalanceProposalRequest:
    """Request of RejectRebalanceProposal."""

    name: str
    content_sha256: str
    comment: str
    request_id: str


@dataclass(frozen=True, kw_only=True)
class RejectRebalanceProposalResponse:
    """Response of RejectRebalanceProposal."""

    rebalance_proposal: RebalanceProposal | None = None


@dataclass(frozen=True, kw_only=True)
class EngageKillSwitchRequest:
    """Request of EngageKillSwitch."""

    scope: str
    comment: str
    request_id: str


@dataclass(frozen=True, kw_only=True)
class EngageKillSwitchResponse:
    """Response of EngageKillSwitch."""

    kill_switch: KillSwitch | None = None


@dataclass(frozen=True, kw_only=True)
class ReleaseKillSwitchRequest:
    """Request of ReleaseKillSwitch."""

    scope: str
    comment: str
    request_id: str


@dataclass(frozen=True, kw_only=True)
class ReleaseKillSwitchResponse:
    """Response of ReleaseKillSwitch."""

    kill_switches: tuple[KillSwitch, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ListKillSwitchesRequest:
    """Request of ListKillSwitches."""

    parent: str


@dataclass(frozen=True, kw_only=True)
class ListKillSwitchesResponse:
    """Response of ListKillSwitches."""

    kill_switches: tuple[KillSwitch, ...] = ()
