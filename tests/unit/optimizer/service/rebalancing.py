"""A stand-in for what the calls of rebalancing and marks do, and valid requests for all of them."""

from __future__ import annotations

import datetime
import threading
from dataclasses import replace

from counterpoise import model
from counterpoise.model import (
    KillSwitch,
    LineMark,
    Marks,
    RebalanceJob,
    RebalanceProposal,
    RebalanceRun,
    RebalanceRunState,
    WatchRebalanceRunsResponse,
)
from counterpoise.v1 import monitor_service_pb2, rebalance_service_pb2
from tests.golden_problems import sixty_forty_with_overlay

JOB = "tenants/default/rebalanceJobs/monthly"
RUN = f"{JOB}/runs/1"
PROPOSAL = f"{JOB}/proposals/1"
REQUEST_ID = "123e4567-e89b-42d3-a456-426614174000"
SHA256 = "0f" * 32
SERVICES = (
    rebalance_service_pb2.DESCRIPTOR.services_by_name["RebalanceService"],
    monitor_service_pb2.DESCRIPTOR.services_by_name["MonitorService"],
)


def problem():
    """A problem that a job takes: every line has a position."""
    question = sixty_forty_with_overlay()
    lines = tuple(replace(line, current_fraction=0.0) for line in question.portfolio.lines)
    lines = tuple(
        line
        if line.reserve_tier is None
        else replace(line, reserve_tier=replace(line.reserve_tier, variation_margin_eligible=True))
        for line in lines
    )
    return replace(question, portfolio=replace(question.portfolio, lines=lines))


def job():
    return RebalanceJob(name=JOB, problem=problem())


def marks():
    return Marks(
        as_of_date=datetime.date(2025, 11, 28),
        nav_amount=1e8,
        line_marks=(LineMark(line_id="a", price=100.0),),
    )


def requests():
    """One valid request for every call."""
    decided = {"name": PROPOSAL, "content_sha256": SHA256, "comment": "fine", "request_id": REQUEST_ID}
    switch = {"scope": JOB, "comment": "stop", "request_id": REQUEST_ID}
    return (
        model.CreateRebalanceJobRequest(
            parent="tenants/default", rebalance_job_id="monthly", rebalance_job=job(), request_id=REQUEST_ID
        ),
        model.GetRebalanceJobRequest(name=JOB),
        model.ListRebalanceJobsRequest(parent="tenants/default"),
        model.UpdateRebalanceJobRequest(
            rebalance_job=job(), update_mask=("problem", "display_name"), request_id=REQUEST_ID
        ),
        model.DeleteRebalanceJobRequest(name=JOB, request_id=REQUEST_ID),
        model.PauseRebalanceJobRequest(name=JOB, comment="holidays", request_id=REQUEST_ID),
        model.ResumeRebalanceJobRequest(name=JOB, request_id=REQUEST_ID),
        model.RunRebalanceJobRequest(name=JOB, request_id=REQUEST_ID),
        model.GetRebalanceRunRequest(name=RUN),
        model.ListRebalanceRunsRequest(parent=JOB),
        model.CancelRebalanceRunRequest(name=RUN, request_id=REQUEST_ID),
        model.WatchRebalanceRunsRequest(parent=JOB),
        model.GetRebalanceProposalRequest(name=PROPOSAL),
        model.ListRebalanceProposalsRequest(parent="tenants/default/rebalanceJobs/-"),
        model.ApproveRebalanceProposalRequest(**decided),
        model.RejectRebalanceProposalRequest(**decided),
        model.EngageKillSwitchRequest(**switch),
        model.ReleaseKillSwitchRequest(**switch),
        model.ListKillSwitchesRequest(parent="tenants/default"),
        model.RecordMarksRequest(parent=JOB, marks=marks(), request_id=REQUEST_ID),
        model.ListMarksRequest(parent=JOB),
    )


class StandIn:
    """Answers every call with a resource named after it, or as the test says; counts what watches ask."""

    def __init__(self):
        self.error = None
        self.asked = []
        self.polls = 0
        self.changes = []
        self.lock = threading.Lock()

    def _answer(self, request, principal, response):
        if self.error is not None:
            raise self.error
        self.asked.append((request, principal))
        return response

    def happen(self, number):
        """Something happens to a run."""
        with self.lock:
            self.changes.append(number)

    def changes_of_runs(self, parent, resume_token, principal):
        """What happened since; the token is how much had happened."""
        with self.lock:
            self.polls += 1
            if self.error is not None:
                raise self.error
            start = int(resume_token) if resume_token else len(self.changes)
            news = tuple(
                WatchRebalanceRunsResponse(
                    rebalance_run=RebalanceRun(
                        name=f"{parent}/runs/{number}", state=RebalanceRunState.RUNNING
                    ),
                    resume_token=str(index + 1),
                )
                for index, number in enumerate(self.changes[start:], start)
            )
            return news, str(len(self.changes))


RESOURCES = {
    "rebalance_job": job(),
    "rebalance_run": RebalanceRun(name=RUN),
    "rebalance_proposal": RebalanceProposal(name=PROPOSAL),
    "kill_switch": KillSwitch(scope=JOB),
    "kill_switches": (KillSwitch(scope=JOB),),
    "rebalance_jobs": (job(),),
    "rebalance_runs": (RebalanceRun(name=RUN),),
    "rebalance_proposals": (RebalanceProposal(name=PROPOSAL),),
}


def _response(name):
    kind = getattr(model, f"{name}Response")
    fields = {field: RESOURCES[field] for field in kind.__dataclass_fields__ if field in RESOURCES}
    if "marks" in kind.__dataclass_fields__:
        fields["marks"] = marks() if name == "RecordMarks" else (marks(),)
    return kind(**fields)


def response_to(request):
    """What the stand-in answers to a request."""
    return _response(type(request).__name__.removesuffix("Request"))


def _snake_case(name):
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("_")


for _service in SERVICES:
    for _method in _service.methods:
        if not _method.server_streaming:
            setattr(
                StandIn,
                _snake_case(_method.name),
                lambda self, request, principal, name=_method.name: self._answer(
                    request, principal, _response(name)
                ),
            )
