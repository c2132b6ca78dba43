"""Calls about marks of a job's portfolio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from counterpoise.canonical import canonical_json
from counterpoise.model import (
    AllocationProblem,
    ErrorReason,
    ListMarksRequest,
    ListMarksResponse,
    Marks,
    RecordMarksRequest,
    RecordMarksResponse,
    Violation,
)
from optimizer.monitor.marks import marks_violations
from optimizer.rebalance import policies, texts
from optimizer.rebalance.desk import Desk, name_of, once, page_token, position_of, refusing
from optimizer.rebalance.names import Caller, check_tenant, new_name
from optimizer.rebalance.read_marks import RememberedMarks
from optimizer.store import (
    Act,
    Connection,
    MarksRow,
    get_job,
    get_marks,
    latest_marks,
    list_marks,
    marks_from,
    reading,
    record_marks,
)
from optimizer.usecases.errors import Refused, RequestInvalid

_DEFAULT_PAGE_SIZE = 10
_remembered = RememberedMarks()

Watch = Callable[[Desk, str, str], object]
"""Judges the triggers of a tenant's job."""


def record_marks_of_job(
    desk: Desk, request: RecordMarksRequest, caller: Caller, watch: Watch
) -> RecordMarksResponse:
    """Marks that count from now on, and which triggers are judged on.

    Raises RequestInvalid for lines and dates that cannot be.
    """
    check_tenant(request.parent, caller)
    violations, known = _look(desk, request, caller)

    def effect(act: Act) -> str:
        if violations:
            raise RequestInvalid(violations)
        if known != _known(act.connection, request.parent, caller):
            raise Refused(
                ErrorReason.RESOURCE_CHANGED, "other marks or a new revision came in meanwhile; try again"
            )
        name = new_name(request.parent, "marks")
        content = replace(request.marks, name="", recorder="", record_time=None)
        record_marks(act, name, request.parent, request.marks.as_of_date.isoformat(), canonical_json(content))
        return name

    name = once(desk, caller, request, effect)
    watch(desk, caller.tenant, request.parent)
    with refusing(), reading(desk.engine) as connection:
        return RecordMarksResponse(marks=marks_message(get_marks(connection, caller.tenant, name)))


def _look(
    desk: Desk, request: RecordMarksRequest, caller: Caller
) -> tuple[tuple[Violation, ...], tuple[int, str]]:
    """What is wrong with marks, and what they were looked at with; before the writer's lock is taken."""
    with refusing(), reading(desk.engine) as connection:
        job = get_job(connection, caller.tenant, request.parent)
        problem = texts.read_problem(job.problem_json)
        before = [
            item
            for item in marks_since(connection, caller.tenant, request.parent, problem)
            if item.as_of_date <= request.marks.as_of_date
        ]
        known = _known(connection, request.parent, caller)
    violations = marks_violations(request.marks, problem, policies.latest_day(desk.now()), before)
    first = problem.portfolio.as_of_date
    if request.marks.as_of_date < first:
        message = (
            f"{request.marks.as_of_date} is before {first}, the day of the job's problem, so that these marks"
            " would not count; write that day or a later one"
        )
        reason = ErrorReason.NUMBER_OUT_OF_RANGE
        violations += (Violation(field="marks.as_of_date", reason=reason, message=message),)
    return violations, known


def _known(connection: Connection, parent: str, caller: Caller) -> tuple[int, str]:
    """Revision of the job and name of its last marks."""
    latest = latest_marks(connection, caller.tenant, parent)
    revision = get_job(connection, caller.tenant, parent).revision
    return revision, "" if latest is None else latest.name


def list_marks_of_job(desk: Desk, request: ListMarksRequest, caller: Caller) -> ListMarksResponse:
    """Marks of a job, newest first."""
    check_tenant(request.parent, caller)
    question = ("marks", request.parent)
    before = position_of(question, request.page_token, name_of)
    size = request.page_size or _DEFAULT_PAGE_SIZE
    with refusing(), reading(desk.engine) as connection:
        get_job(connection, caller.tenant, request.parent)
        rows = list_marks(connection, caller.tenant, request.parent, before=before or "", limit=size + 1)
    shown = rows[:size]
    last = shown[-1] if len(rows) > size else None
    return ListMarksResponse(
        marks=tuple(map(marks_message, shown)),
        next_page_token="" if last is None else page_token(question, [last.name]),
    )


def marks_since(connection: Connection, tenant: str, job: str, problem: AllocationProblem) -> list[Marks]:
    """Marks that count for a problem: of its own day and later, by day, those of one day as they came.

    A revision brings its own state: marks of days before it do not count. What is not marked anew is as it
    was, so all of them matter, and not only the last.
    """
    rows = marks_from(connection, tenant, job, problem.portfolio.as_of_date.isoformat())
    return [marks_message(row) for row in rows]


def marks_message(row: MarksRow) -> Marks:
    """Marks as the contract has them."""
    content = _remembered.read(row.name, row.content_sha256, row.content_json)
    return replace(content, name=row.name, recorder=row.recorder, record_time=row.record_instant)
