"""A valid request for every call of RebalanceService and MonitorService."""

from __future__ import annotations

import datetime
from dataclasses import replace

from counterpoise import model
from counterpoise.model import LineMark, Marks, MonthlyCadence, RebalanceJob, Schedule
from tests.golden_problems import sixty_forty_with_overlay

JOB = "tenants/default/rebalanceJobs/monthly"
RUN = f"{JOB}/runs/1"
PROPOSAL = f"{JOB}/proposals/1"
REQUEST_ID = "123e4567-e89b-42d3-a456-426614174000"
SHA256 = "0f" * 32


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


def schedule():
    """The last business day of each quarter."""
    return Schedule(
        time_zone="America/New_York",
        exchange_code="XNYS",
        time_of_day=datetime.time(16, 30),
        monthly=MonthlyCadence(business_day=-1, months=(3, 6, 9, 12)),
    )


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
            parent="tenants/default",
            rebalance_job_id="monthly",
            rebalance_job=replace(job(), schedule=schedule()),
            request_id=REQUEST_ID,
        ),
        model.GetRebalanceJobRequest(name=JOB),
        model.ListRebalanceJobsRequest(parent="tenants/default"),
        model.UpdateRebalanceJobRequest(
            rebalance_job=job(), update_mask=("problem", "display_name"), request_id=REQUEST_ID
        ),
        model.DeleteRebalanceJobRequest(name=JOB, request_id=REQUEST_ID),
        model.PauseRebalanceJobRequest(name=JOB, comment="holidays", request_id=REQUEST_ID),
        model.ResumeRebalanceJobRequest(name=JOB, request_id=REQUEST_ID),
        model.RunRebalanceJobRequest(
            name=JOB,
            request_id=REQUEST_ID,
            slot_time=datetime.datetime(2025, 9, 30, 20, 30, tzinfo=datetime.UTC),
        ),
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
