"""Calls about jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import structlog

from counterpoise.canonical import canonical_json
from counterpoise.model import (
    AllocationProblem,
    CreateRebalanceJobRequest,
    CreateRebalanceJobResponse,
    DeleteRebalanceJobRequest,
    DeleteRebalanceJobResponse,
    ErrorReason,
    GetRebalanceJobRequest,
    GetRebalanceJobResponse,
    ListRebalanceJobsRequest,
    ListRebalanceJobsResponse,
    PauseRebalanceJobRequest,
    PauseRebalanceJobResponse,
    RebalanceJob,
    RebalanceJobState,
    ResumeRebalanceJobRequest,
    ResumeRebalanceJobResponse,
    Schedule,
    UpdateRebalanceJobRequest,
    UpdateRebalanceJobResponse,
    Violation,
)
from optimizer.rebalance import policies, texts
from optimizer.rebalance.desk import Changing, Desk, name_of, once, page_token, position_of, refusing
from optimizer.rebalance.names import Caller, check_tenant, job_name
from optimizer.rebalance.scheduling.calendars import CalendarFails
from optimizer.rebalance.scheduling.schedule import schedule_violations
from optimizer.rebalance.scheduling.skipped import skip_undecided
from optimizer.rebalance.scheduling.slots import next_slots_of, rolls_of
from optimizer.rebalance.watching.statuses import statuses_of
from optimizer.rebalance.watching.triggers import trigger_violations
from optimizer.store import (
    Act,
    JobContent,
    JobRow,
    JobState,
    create_job,
    delete_job,
    get_job,
    get_revision,
    list_jobs,
    pause_job,
    reading,
    resume_job,
    revise_job,
)
from optimizer.usecases.errors import Refused, RequestInvalid

DEFAULT_PAGE_SIZE = 50
_LONGEST_NUMBER = 18
_log = structlog.get_logger(__name__)


def create_rebalance_job(
    desk: Desk, request: CreateRebalanceJobRequest, caller: Caller
) -> CreateRebalanceJobResponse:
    """An ACTIVE job with revision 1."""
    check_tenant(request.parent, caller)
    job = request.rebalance_job
    _refuse_future(job.problem, desk)
    _refuse_schedule(job.schedule, desk)
    _refuse_triggers(job)

    def effect(act: Act) -> str:
        name = job_name(request.parent, request.rebalance_job_id)
        create_job(act, name, job.display_name, content_of(job))
        return name

    return CreateRebalanceJobResponse(rebalance_job=_after(desk, request, caller, effect))


def get_rebalance_job(desk: Desk, request: GetRebalanceJobRequest, caller: Caller) -> GetRebalanceJobResponse:
    """A job, deleted ones too, with the current revision or an earlier one."""
    check_tenant(request.name, caller)
    if request.revision is None:
        return GetRebalanceJobResponse(rebalance_job=_read(desk, request.name, caller))
    with refusing(), reading(desk.engine) as connection:
        row = get_revision(connection, caller.tenant, request.name, request.revision)
    return GetRebalanceJobResponse(rebalance_job=job_message(row))


def list_rebalance_jobs(
    desk: Desk, request: ListRebalanceJobsRequest, caller: Caller
) -> ListRebalanceJobsResponse:
    """Jobs by name, without their problems."""
    check_tenant(request.parent, caller)
    question = (request.parent, request.states)
    after = position_of(question, request.page_token, name_of)
    size = request.page_size or DEFAULT_PAGE_SIZE
    states = frozenset(JobState[state.name] for state in request.states)
    with refusing(), reading(desk.engine) as connection:
        rows = list_jobs(
            connection,
            caller.tenant,
            states=states,
            after_name=after or "",
            limit=size + 1,
        )
    shown = rows[:size]
    return ListRebalanceJobsResponse(
        rebalance_jobs=tuple(job_message(row) for row in shown),
        next_page_token=page_token(question, [shown[-1].name]) if len(rows) > size else "",
    )


def update_rebalance_job(
    desk: Desk, request: UpdateRebalanceJobRequest, caller: Caller
) -> UpdateRebalanceJobResponse:
    """The masked fields replaced; a new revision where what is asked of runs changed.

    Where schedule or rolls change, slots of before that passed undecided are skipped.
    """
    wanted = request.rebalance_job
    check_tenant(wanted.name, caller)
    version = _version(wanted.etag)
    if "problem" in request.update_mask:
        _refuse_future(wanted.problem, desk)
    if "schedule" in request.update_mask:
        _refuse_schedule(wanted.schedule, desk)

    skipped_counts = []

    def effect(act: Act) -> str:
        row = get_job(act.connection, caller.tenant, wanted.name)
        masked = {name: getattr(wanted, name) for name in request.update_mask}
        before = job_message(row)
        job = replace(before, **masked)
        _refuse_triggers(job)
        slots_begin = job.schedule != before.schedule or rolls_of(job) != rolls_of(before)
        if slots_begin:
            skipped_counts.append(skip_undecided(act, before))
        revise_job(
            act,
            wanted.name,
            content_of(job),
            display_name=job.display_name,
            expected_version=version,
            slots_begin=slots_begin,
        )
        return wanted.name

    updated = _after(desk, request, caller, effect)
    for _ in range(sum(skipped_counts)):
        desk.metrics.slot_decided("skipped")
    return UpdateRebalanceJobResponse(rebalance_job=updated)


def delete_rebalance_job(
    desk: Desk, request: DeleteRebalanceJobRequest, caller: Caller
) -> DeleteRebalanceJobResponse:
    """DELETED, with its runs cancelled and its open proposal superseded, in one act."""
    check_tenant(request.name, caller)
    version = _version(request.etag)

    def effect(act: Act) -> str:
        delete_job(act, request.name, expected_version=version)
        return request.name

    return DeleteRebalanceJobResponse(rebalance_job=_after(desk, request, caller, effect))


def pause_rebalance_job(
    desk: Desk, request: PauseRebalanceJobRequest, caller: Caller
) -> PauseRebalanceJobResponse:
    """ACTIVE to PAUSED."""
    check_tenant(request.name, caller)

    def effect(act: Act) -> str:
        pause_job(act, request.name, request.comment)
        return request.name

    return PauseRebalanceJobResponse(rebalance_job=_after(desk, request, caller, effect))


def resume_rebalance_job(
    desk: Desk, request: ResumeRebalanceJobRequest, caller: Caller
) -> ResumeRebalanceJobResponse:
    """PAUSED to ACTIVE."""
    check_tenant(request.name, caller)

    def effect(act: Act) -> str:
        resume_job(act, request.name)
        return request.name

    return ResumeRebalanceJobResponse(rebalance_job=_after(desk, request, caller, effect))


def _refuse_future(problem: AllocationProblem, desk: Desk) -> None:
    """A portfolio of a day that is yet to come would let no marks count until then."""
    day, latest = problem.portfolio.as_of_date, policies.latest_day(desk.now())
    if day > latest:
        message = f"{day} is after today; write that day or an earlier one"
        field = "portfolio.as_of_date"
        reason = ErrorReason.NUMBER_OUT_OF_RANGE
        raise RequestInvalid((Violation(field=field, reason=reason, message=message),))


def _refuse_schedule(schedule: Schedule | None, desk: Desk) -> None:
    """A zone or an exchange that the server's data does not have would give no slots."""
    violations = () if schedule is None else schedule_violations(schedule, desk.now())
    if violations:
        raise RequestInvalid(violations)


def _refuse_triggers(job: RebalanceJob) -> None:
    """A trigger on what the problem does not have would never fire."""
    violations = trigger_violations(job)
    if violations:
        raise RequestInvalid(violations)


def content_of(job: RebalanceJob) -> JobContent:
    """What a revision of the job holds."""
    return JobContent(
        problem_json=canonical_json(job.problem),
        policies_json=texts.write_policies(job.run_policy, job.trade_policy, job.schedule, job.triggers),
    )


def job_message(row: JobRow) -> RebalanceJob:
    """A job as the contract has it; without a problem where the row has none, as in lists."""
    run_policy, trade_policy = texts.read_policies(row.policies_json)
    return RebalanceJob(
        name=row.name,
        display_name=row.display_name,
        # As in any message that was read from bytes, a part that is not there is None.
        problem=cast(
            "AllocationProblem",
            texts.read_text(row.problem_json, AllocationProblem) if row.problem_json else None,
        ),
        run_policy=run_policy,
        trade_policy=trade_policy,
        state=RebalanceJobState[row.state.name],
        state_reason=row.state_reason,
        revision=row.revision,
        etag=_etag(row.version),
        author=row.author,
        create_time=row.create_instant,
        update_time=row.update_instant,
        schedule=texts.read_schedule(row.policies_json),
        triggers=texts.read_triggers(row.policies_json),
    )


def _after(desk: Desk, request: Changing, caller: Caller, effect: Callable[[Act], str]) -> RebalanceJob:
    return _read(desk, once(desk, caller, request, effect), caller)


def _read(desk: Desk, name: str, caller: Caller) -> RebalanceJob:
    with refusing(), reading(desk.engine) as connection:
        row = get_job(connection, caller.tenant, name)
        job = replace(job_message(row), trigger_statuses=statuses_of(connection, row))
    if job.state is not RebalanceJobState.ACTIVE:
        return job
    try:
        slots = next_slots_of(job, desk.now())
    except CalendarFails as error:  # the job is to be seen, paused and mended all the same
        _log.error("next slots are not shown", job=name, tenant=caller.tenant, error=str(error))
        return job
    return replace(job, next_slot_times=tuple(slot.instant for slot in slots))


def _etag(version: int) -> str:
    return f"v{version}"


def _version(etag: str) -> int | None:
    if not etag:
        return None
    number = etag.removeprefix("v")
    if not (etag.startswith("v") and number.isdecimal() and len(number) <= _LONGEST_NUMBER):
        raise Refused(ErrorReason.RESOURCE_CHANGED, "the etag is not the job's; read it again")
    return int(number)
