"""What was optimized, term by term."""

from __future__ import annotations

from counterpoise.command.layout import Section
from counterpoise.model import Allocation, AllocationProblem, Unit
from counterpoise.wording.figures import basis_points, in_unit
from counterpoise.wording.words import OBJECTIVE_TERMS, say


def objective(allocation: Allocation, problem: AllocationProblem) -> Section | None:
    """What was optimized, where that is more than one number of the report."""
    report = allocation.objective
    if report is None or len(report.terms) < 2:
        return None

    in_points = report.unit == Unit.ANNUAL_RATE

    def words(value: float) -> str:
        return f"{basis_points(value)} bp" if in_points else in_unit(value, report.unit)

    terms = ", ".join(
        f"{say(term.kind, OBJECTIVE_TERMS).lower()} {words(term.value)}" for term in report.terms
    )
    return Section(
        title=f"What was {'maximized' if problem.objective.maximizes else 'minimized'}",
        sentences=(f"{terms[:1].upper()}{terms[1:]}: together {words(report.value)}.",),
    )
