"""What must hold of requests about rebalance jobs, beyond each field by itself."""

from __future__ import annotations

from typing import Final

from counterpoise.model import (
    AllocationProblem,
    ApproveRebalanceProposalRequest,
    CancelRebalanceRunRequest,
    CreateRebalanceJobRequest,
    DeleteRebalanceJobRequest,
    EngageKillSwitchRequest,
    ErrorReason,
    GetRebalanceJobRequest,
    GetRebalanceProposalRequest,
    GetRebalanceRunRequest,
    ListKillSwitchesRequest,
    ListRebalanceJobsRequest,
    ListRebalanceProposalsRequest,
    ListRebalanceRunsRequest,
    PauseRebalanceJobRequest,
    RebalanceJob,
    RejectRebalanceProposalRequest,
    ReleaseKillSwitchRequest,
    ResumeRebalanceJobRequest,
    RunRebalanceJobRequest,
    UpdateRebalanceJobRequest,
    WatchRebalanceRunsRequest,
)
from counterpoise.validate.report import Report, usable
from counterpoise.validate.schedule import check_schedule
from counterpoise.validate.triggers import check_triggers
from counterpoise.validate.values import UPDATABLE

JobRequest = CreateRebalanceJobRequest | UpdateRebalanceJobRequest
"""Requests that bring a job, and with it a problem."""
RebalanceRequest = (
    JobRequest
    | GetRebalanceJobRequest
    | ListRebalanceJobsRequest
    | DeleteRebalanceJobRequest
    | PauseRebalanceJobRequest
    | ResumeRebalanceJobRequest
    | RunRebalanceJobRequest
    | GetRebalanceRunRequest
    | ListRebalanceRunsRequest
    | CancelRebalanceRunRequest
    | WatchRebalanceRunsRequest
    | GetRebalanceProposalRequest
    | ListRebalanceProposalsRequest
    | ApproveRebalanceProposalRequest
    | RejectRebalanceProposalRequest
    | EngageKillSwitchRequest
    | ReleaseKillSwitchRequest
    | ListKillSwitchesRequest
)
"""Requests of RebalanceService."""

PROBLEM: Final = "rebalance_job.problem"
"""Where the problem of a job is. It is looked at by itself, so that its paths are those of a problem."""


def unread_paths(request: object) -> frozenset[str]:
    """Paths of a request's fields that are not looked at with it: the problem, and what an update leaves."""
    if isinstance(request, CreateRebalanceJobRequest):
        return frozenset({PROBLEM, "rebalance_job.name"})
    if isinstance(request, UpdateRebalanceJobRequest):
        kept = set(UPDATABLE) - set(_named(request))
        return frozenset({PROBLEM, *(f"rebalance_job.{name}" for name in kept)})
    return frozenset()


def brings_problem(request: JobRequest) -> bool:
    """Whether the problem of the request's job is to be looked at."""
    if not isinstance(vars(request).get("rebalance_job"), RebalanceJob):
        return False
    return isinstance(request, CreateRebalanceJobRequest) or "problem" in _named(request)


def _named(request: UpdateRebalanceJobRequest) -> tuple[str, ...]:
    """Fields of the job that the update names; none where the mask is not one."""
    mask = vars(request).get("update_mask")
    named = {item for item in mask if isinstance(item, str)} if isinstance(mask, (tuple, list)) else ()
    return tuple(name for name in UPDATABLE if name in named)


def check_job(request: object, report: Report) -> None:
    """A schedule and triggers that mean something; an update says which job, a new job is named elsewhere."""
    if not isinstance(request, CreateRebalanceJobRequest | UpdateRebalanceJobRequest):
        return
    if not usable(request.rebalance_job):
        return
    schedule = request.rebalance_job.schedule
    if "rebalance_job.schedule" not in unread_paths(request) and usable(schedule):
        check_schedule(schedule, ("rebalance_job", "schedule"), report)
    triggers = request.rebalance_job.triggers
    if "rebalance_job.triggers" not in unread_paths(request) and usable(triggers):
        check_triggers(triggers, ("rebalance_job", "triggers"), report)
    if isinstance(request, UpdateRebalanceJobRequest) and request.rebalance_job.name == "":
        message = "required and unset; write the name of the job that is changed"
        report.add(("rebalance_job", "name"), ErrorReason.FIELD_MISSING, message)


def check_balancing_cash(problem: AllocationProblem, report: Report) -> None:
    """A reserve tier that trades are paid from and into: one that may pay variation margin."""
    lines = problem.portfolio.lines
    if not usable(lines) or any(_may_be_cash(line) for line in lines):
        return
    message = (
        "no reserve tier may pay variation margin, so that nothing balances trades; add one, or declare "
        "variation_margin_eligible of a tier that may"
    )
    report.add(("portfolio", "lines"), ErrorReason.FIELD_MISSING, message)


def _may_be_cash(line: object) -> bool:
    # Where a line or its tier was refused, nothing says that it is not.
    tier = getattr(line, "reserve_tier", None)
    return tier is not None and (not usable(tier) or tier.variation_margin_eligible is not False)
