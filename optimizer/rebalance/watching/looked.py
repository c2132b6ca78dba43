"""Where the last run left a portfolio: what drift is measured from."""

from __future__ import annotations

from collections.abc import Mapping

from counterpoise.model import AllocationProblem
from optimizer.rebalance import texts
from optimizer.rebalance.marked import marked_problem
from optimizer.rebalance.marks import marks_message
from optimizer.store import Connection, JobRow, LookRow, MarksRow, RecordedMarks, marks_from


def is_traded(look: LookRow, latest: RecordedMarks | None) -> bool:
    """Whether the latest marks are from after the approval of the run's trades, and should have them."""
    approved = look.approve_instant
    return approved is not None and latest is not None and latest.record_instant > approved


def left_by(connection: Connection, job: JobRow, look: LookRow, *, traded: bool) -> Mapping[str, float]:
    """NAV fraction of each line that has a position.

    After the run's trades, if they are approved and the marks are from after that; else as the run found the
    portfolio, and left it. Measured from the answer itself, what tolerance, bands and whole contracts leave
    would be drift for ever.
    """
    if traded:
        _, after = texts.read_measures(look.measures_json)
        if after is not None:
            return {position.line_id: position.fraction for position in after.positions}
    problem = texts.read_problem(job.problem_json)
    first = problem.portfolio.as_of_date.isoformat()
    rows = marks_from(connection, job.tenant, job.name, first)
    return _positions(marked_problem(problem, [marks_message(row) for row in _seen(rows, look)]))


def _seen(rows: list[MarksRow], look: LookRow) -> list[MarksRow]:
    """Marks that the run had; those of one instant by the order in which they were recorded."""
    last = max((row.audit_sequence for row in rows if row.name == look.marks_name), default=0)
    return [row for row in rows if row.audit_sequence <= last or row.record_instant < look.start_instant]


def _positions(problem: AllocationProblem) -> Mapping[str, float]:
    return {
        line.line_id: line.current_fraction
        for line in problem.portfolio.lines
        if line.current_fraction is not None
    }
