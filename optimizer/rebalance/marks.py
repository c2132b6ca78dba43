"""Calls about marks of a job's portfolio."""

from __future__ import annotations

from dataclasses import replace

from counterpoise.canonical import canonical_json
from counterpoise.model import (
    AllocationProblem,
    ListMarksRequest,
    ListMarksResponse,
    Marks,
    RecordMarksRequest,
    RecordMarksResponse,
)
from optimizer.monitor.marks import marks_violations
from optimizer.rebalance import texts
from optimizer.rebalance.desk import Desk, once, page_token, position_of, refusing
from optimizer.rebalance.marked import marks_since
from optimizer.rebalance.names import Caller, check_tenant, job_of, new_name
from optimizer.store import (
    Act,
    Connection,
    MarksRow,
    get_job,
    list_marks,
    reading,
    record_marks,
)
from optimizer.usecases.errors import RequestInvalid

_DEFAULT_PAGE_SIZE = 10
_PAGE = 200


def record_marks_of_job(desk: Desk, request: RecordMarksRequest, caller: Caller) -> RecordMarksResponse:
    """Marks that count from now on. Raises RequestInvalid for lines and dates that cannot be."""
    check_tenant(request.parent, caller)

    def effect(act: Act) -> str:
        job = get_job(act.connection, caller.tenant, request.parent)
        problem = texts.read_text(job.problem_json, AllocationProblem)
        before = marks_since(problem, all_marks(act.connection, caller.tenant, request.parent))
        violations = marks_violations(request.marks, problem, act.instant.date(), before)
        if violations:
            raise RequestInvalid(violations)
        name = new_name(request.parent, "marks")
        content = replace(request.marks, name="", recorder="", record_time=None)
        record_marks(act, name, request.parent, request.marks.as_of_date.isoformat(), canonical_json(content))
        return name

    name = once(desk, caller, request, effect)
    with refusing(), reading(desk.engine) as connection:
        return RecordMarksResponse(marks=_read(connection, caller.tenant, name))


def list_marks_of_job(desk: Desk, request: ListMarksRequest, caller: Caller) -> ListMarksResponse:
    """Marks of a job, newest first."""
    check_tenant(request.parent, caller)
    question = ("marks", request.parent)
    position = position_of(question, request.page_token)
    size = request.page_size or _DEFAULT_PAGE_SIZE
    with refusing(), reading(desk.engine) as connection:
        get_job(connection, caller.tenant, request.parent)
        before = str(position[0]) if position else ""
        rows = list_marks(connection, caller.tenant, request.parent, before=before, limit=size + 1)
    shown = rows[:size]
    last = shown[-1] if len(rows) > size else None
    return ListMarksResponse(
        marks=tuple(map(_message, shown)),
        next_page_token="" if last is None else page_token(question, [last.name]),
    )


def all_marks(connection: Connection, tenant: str, job: str) -> list[Marks]:
    """Every marks of a job, oldest first: what is not marked anew is as it was."""
    found: list[MarksRow] = []
    while rows := list_marks(connection, tenant, job, before=found[-1].name if found else "", limit=_PAGE):
        found += rows
    return [_message(row) for row in reversed(found)]


def _read(connection: Connection, tenant: str, name: str) -> Marks:
    return next(
        marks for marks in reversed(all_marks(connection, tenant, job_of(name))) if marks.name == name
    )


def _message(row: MarksRow) -> Marks:
    return replace(
        texts.read_text(row.content_json, Marks),
        name=row.name,
        recorder=row.recorder,
        record_time=row.record_instant,
    )
