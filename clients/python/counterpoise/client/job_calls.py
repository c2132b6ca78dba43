"""What the methods ask that concern rebalance jobs, and how they read the answers."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from counterpoise.client.answers import present, typed
from counterpoise.client.calls import Call
from counterpoise.client.questions import Page, ask, identified, page
from counterpoise.client.rpcs import (
    CREATE_REBALANCE_JOB,
    DELETE_REBALANCE_JOB,
    GET_REBALANCE_JOB,
    LIST_REBALANCE_JOBS,
    PAUSE_REBALANCE_JOB,
    RESUME_REBALANCE_JOB,
    RUN_REBALANCE_JOB,
    UPDATE_REBALANCE_JOB,
)
from counterpoise.model import (
    CreateRebalanceJobRequest,
    CreateRebalanceJobResponse,
    DeleteRebalanceJobRequest,
    DeleteRebalanceJobResponse,
    GetRebalanceJobRequest,
    GetRebalanceJobResponse,
    ListRebalanceJobsRequest,
    ListRebalanceJobsResponse,
    PauseRebalanceJobRequest,
    PauseRebalanceJobResponse,
    RebalanceJob,
    RebalanceJobState,
    RebalanceRun,
    ResumeRebalanceJobRequest,
    ResumeRebalanceJobResponse,
    RunRebalanceJobRequest,
    RunRebalanceJobResponse,
    UpdateRebalanceJobRequest,
    UpdateRebalanceJobResponse,
)

_JOB = "job"


def create_job(parent: str, job_id: str, job: RebalanceJob, request_id: str) -> Call[RebalanceJob]:
    """CreateRebalanceJob."""
    request = CreateRebalanceJobRequest(
        parent=parent, rebalance_job_id=job_id, rebalance_job=job, request_id=identified(request_id)
    )
    return ask(
        CREATE_REBALANCE_JOB,
        request,
        lambda response: present(typed(response, CreateRebalanceJobResponse).rebalance_job, _JOB),
    )


def get_job(name: str, revision: int | None) -> Call[RebalanceJob]:
    """GetRebalanceJob."""
    return ask(
        GET_REBALANCE_JOB,
        GetRebalanceJobRequest(name=name, revision=revision),
        lambda response: present(typed(response, GetRebalanceJobResponse).rebalance_job, _JOB),
    )


def list_jobs(
    parent: str, states: Iterable[RebalanceJobState], page_size: int | None
) -> Call[Page[RebalanceJob]]:
    """ListRebalanceJobs, its first page."""
    wanted = tuple(states)

    def question(page_token: str) -> Call[tuple[tuple[RebalanceJob, ...], str]]:
        request = ListRebalanceJobsRequest(
            parent=parent, page_size=page_size, page_token=page_token, states=wanted
        )
        return ask(LIST_REBALANCE_JOBS, request, _jobs)

    return page(question)


def _jobs(response: object) -> tuple[tuple[RebalanceJob, ...], str]:
    answer = typed(response, ListRebalanceJobsResponse)
    return answer.rebalance_jobs, answer.next_page_token


def update_job(job: RebalanceJob, fields: Iterable[str], request_id: str) -> Call[RebalanceJob]:
    """UpdateRebalanceJob."""
    request = UpdateRebalanceJobRequest(
        rebalance_job=job,
        update_mask=(fields,) if isinstance(fields, str) else tuple(fields),
        request_id=identified(request_id),
    )
    return ask(
        UPDATE_REBALANCE_JOB,
        request,
        lambda response: present(typed(response, UpdateRebalanceJobResponse).rebalance_job, _JOB),
    )


def delete_job(name: str, etag: str, request_id: str) -> Call[RebalanceJob]:
    """DeleteRebalanceJob."""
    return ask(
        DELETE_REBALANCE_JOB,
        DeleteRebalanceJobRequest(name=name, etag=etag, request_id=identified(request_id)),
        lambda response: present(typed(response, DeleteRebalanceJobResponse).rebalance_job, _JOB),
    )


def pause_job(name: str, comment: str, request_id: str) -> Call[RebalanceJob]:
    """PauseRebalanceJob."""
    return ask(
        PAUSE_REBALANCE_JOB,
        PauseRebalanceJobRequest(name=name, comment=comment, request_id=identified(request_id)),
        lambda response: present(typed(response, PauseRebalanceJobResponse).rebalance_job, _JOB),
    )


def resume_job(name: str, request_id: str) -> Call[RebalanceJob]:
    """ResumeRebalanceJob."""
    return ask(
        RESUME_REBALANCE_JOB,
        ResumeRebalanceJobRequest(name=name, request_id=identified(request_id)),
        lambda response: present(typed(response, ResumeRebalanceJobResponse).rebalance_job, _JOB),
    )


def run_job(name: str, request_id: str, slot_time: datetime.datetime | None) -> Call[RebalanceRun]:
    """RunRebalanceJob."""
    return ask(
        RUN_REBALANCE_JOB,
        RunRebalanceJobRequest(name=name, request_id=identified(request_id), slot_time=slot_time),
        lambda response: present(typed(response, RunRebalanceJobResponse).rebalance_run, "run"),
    )
