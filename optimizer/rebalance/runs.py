"""Calls about runs: starting, reading, watching and cancelling them."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

from counterpoise.model import (
    Allocation,
    CancelRebalanceRunRequest,
    CancelRebalanceRunResponse,
    ErrorReason,
    GetRebalanceRunRequest,
    GetRebalanceRunResponse,
    ListRebalanceRunsRequest,
    ListRebalanceRunsResponse,
    RebalanceJob,
    RebalanceRun,
    RebalanceRunOutcome,
    RebalanceRunState,
    RunFailure,
    RunRebalanceJobRequest,
    RunRebalanceJobResponse,
    Violation,
    WatchRebalanceRunsResponse,
)
from optimizer.rebalance import texts
from optimizer.rebalance.desk import Desk, once, page_token, position_of, refuse_halted, refusing
from optimizer.rebalance.jobs import DEFAULT_PAGE_SIZE, job_message
from optimizer.rebalance.names import Caller, check_tenant, is_any_job, new_name
from optimizer.rebalance.scheduling.slots import slot_at
from optimizer.store import (
    Act,
    Connection,
    Message,
    RunRow,
    RunState,
    cancel_run,
    create_run,
    get_job,
    get_run,
    last_message_id,
    list_runs,
    reading,
    sent_after,
)
from optimizer.usecases.errors import RequestInvalid

_MESSAGES_AT_A_TIME = 200
_MOST_MESSAGES = 1 << 62
_STATES = {
    "run.create": RebalanceRunState.PENDING,
    "run.running": RebalanceRunState.RUNNING,
    "run.succeeded": RebalanceRunState.SUCCEEDED,
    "run.failed": RebalanceRunState.FAILED,
    "run.cancelled": RebalanceRunState.CANCELLED,
}
"""Messages that tell of a change of state."""


def run_rebalance_job(desk: Desk, request: RunRebalanceJobRequest, caller: Caller) -> RunRebalanceJobResponse:
    """A PENDING run, which somebody else then works on."""
    name = start_run(desk, request, caller)
    return RunRebalanceJobResponse(rebalance_run=_read(desk, name, caller))


def start_run(desk: Desk, request: RunRebalanceJobRequest, caller: Caller) -> str:
    """Record a PENDING run; its name. Raises Refused and RequestInvalid."""
    check_tenant(request.name, caller)

    def effect(act: Act) -> str:
        row = get_job(act.connection, caller.tenant, request.name)
        refuse_halted(act.connection, request.name)
        if request.slot_time is not None:
            _refuse_no_slot(job_message(row), request.slot_time, act.instant)
        name = new_name(request.name, "runs")
        create_run(act, name, request.name, slot_instant=request.slot_time, one_at_a_time=True)
        return name

    name = once(desk, caller, request, effect)
    desk.wake()
    return name


def _refuse_no_slot(job: RebalanceJob, slot_time: datetime.datetime, now: datetime.datetime) -> None:
    """A run for a slot is for one that the schedule has had."""
    if slot_time > now:
        message = f"{slot_time.isoformat()} is yet to come; name a slot that was missed"
    elif job.create_time is not None and slot_time < job.create_time:
        message = f"{slot_time.isoformat()} is before the job was created; start a run for no slot"
    elif slot_at(job, slot_time) is None:
        message = f"{slot_time.isoformat()} is no slot of the job; start a run for no slot"
    else:
        return
    reason = ErrorReason.NUMBER_OUT_OF_RANGE
    raise RequestInvalid((Violation(field="slot_time", reason=reason, message=message),))


def get_rebalance_run(desk: Desk, request: GetRebalanceRunRequest, caller: Caller) -> GetRebalanceRunResponse:
    """A run with its whole allocation."""
    check_tenant(request.name, caller)
    return GetRebalanceRunResponse(rebalance_run=_read(desk, request.name, caller))


def list_rebalance_runs(
    desk: Desk, request: ListRebalanceRunsRequest, caller: Caller
) -> ListRebalanceRunsResponse:
    """Runs of a job or of all, newest first, without their allocations."""
    check_tenant(request.parent, caller)
    question = (request.parent, request.states)
    before = position_of(question, request.page_token, place_of)
    size = request.page_size or DEFAULT_PAGE_SIZE
    with refusing(), reading(desk.engine) as connection:
        parent = listed_job(connection, request.parent, caller)
        rows = list_runs(
            connection,
            caller.tenant,
            job_name=parent,
            states=frozenset(RunState[state.name] for state in request.states),
            before=before,
            limit=size + 1,
        )
    shown = rows[:size]
    return ListRebalanceRunsResponse(
        rebalance_runs=tuple(map(run_message, shown)),
        next_page_token=after_row(question, shown[-1].create_instant, shown[-1].name)
        if len(rows) > size
        else "",
    )


def cancel_rebalance_run(
    desk: Desk, request: CancelRebalanceRunRequest, caller: Caller
) -> CancelRebalanceRunResponse:
    """PENDING or RUNNING to CANCELLED; whoever works on it finds out and drops it."""
    check_tenant(request.name, caller)

    def effect(act: Act) -> str:
        cancel_run(act, request.name)
        return request.name

    name = once(desk, caller, request, effect, state_changed=ErrorReason.RUN_NOT_ACTIVE)
    return CancelRebalanceRunResponse(rebalance_run=_read(desk, name, caller))


def changes_of_runs(
    desk: Desk, parent: str, resume_token: str, caller: Caller
) -> tuple[tuple[WatchRebalanceRunsResponse, ...], str]:
    """Changes of state since a token, and the token to go on from; without one, from now on."""
    check_tenant(parent, caller)
    question = ("watch", parent)
    position = position_of(question, resume_token, _message_of)
    with refusing(), reading(desk.engine) as connection:
        job = listed_job(connection, parent, caller)
        if position is None:
            return (), page_token(question, [last_message_id(connection, caller.tenant)])
        messages = sent_after(connection, caller.tenant, position, _MESSAGES_AT_A_TIME)
        found = [
            WatchRebalanceRunsResponse(
                rebalance_run=_at(message, get_run(connection, caller.tenant, message.resource_name)),
                resume_token=page_token(question, [message.id]),
            )
            for message in messages
            if _is_change(message, job)
        ]
    last = messages[-1].id if messages else position
    return tuple(found), page_token(question, [last])


def _is_change(message: Message, job: str | None) -> bool:
    of_run = message.event in _STATES and "/runs/" in message.resource_name
    return of_run and (job is None or message.resource_name.startswith(f"{job}/"))


def _at(message: Message, row: RunRow) -> RebalanceRun:
    """The run in the state that a message tells of, without what came later."""
    run, state = _brief(row), _STATES[message.event]
    # A run that is skipped is so from the beginning.
    if run.state in {state, RebalanceRunState.SKIPPED}:
        return run
    return replace(
        run, state=state, outcome=None, marks="", refusals=(), proposal="", failure=None, end_time=None
    )


def run_message(row: RunRow) -> RebalanceRun:
    """A run as the contract has it; without an allocation where the row has none, as in lists."""
    allocation = texts.read_text(row.allocation_json, Allocation) if row.allocation_json else None
    failure = texts.read_text(row.failure_json, RunFailure) if row.failure_json else None
    return RebalanceRun(
        name=row.name,
        trigger_id=row.trigger_id,
        state=RebalanceRunState[row.state.name],
        outcome=None if row.outcome is None else RebalanceRunOutcome[row.outcome.name],
        initiator=row.initiator,
        slot_time=row.slot_instant,
        job_revision=row.job_revision,
        marks=row.marks_name,
        allocation=allocation,
        refusals=texts.read_refusals(row.refusals_json),
        proposal=row.proposal_name,
        failure=failure,
        create_time=row.create_instant,
        start_time=row.start_instant,
        end_time=row.end_instant,
    )


def place_of(position: list[Any]) -> tuple[datetime.datetime, str]:
    """Where a list that is newest first goes on."""
    instant, name = position
    found = datetime.datetime.fromisoformat(instant)
    if found.tzinfo is None or not isinstance(name, str):
        raise ValueError("an instant with its zone, and a name")
    return found, name


def _message_of(position: list[Any]) -> int:
    (number,) = position
    if type(number) is not int or not 0 <= number < _MOST_MESSAGES:
        raise ValueError("the number of a message")
    return number


def after_row(question: object, instant: datetime.datetime, name: str) -> str:
    """The token of the page after a row."""
    return page_token(question, [instant.isoformat(), name])


def listed_job(connection: Connection, parent: str, caller: Caller) -> str | None:
    """The job that a list is of, which has to be there; None for all jobs."""
    if is_any_job(parent):
        return None
    return get_job(connection, caller.tenant, parent).name


def _brief(row: RunRow) -> RebalanceRun:
    return run_message(replace(row, allocation_json=None))


def _read(desk: Desk, name: str, caller: Caller) -> RebalanceRun:
    with refusing(), reading(desk.engine) as connection:
        return run_message(get_run(connection, caller.tenant, name))
