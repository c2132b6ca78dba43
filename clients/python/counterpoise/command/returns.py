"""What the portfolio is expected to earn, term by term, and what the objective makes of it."""

from __future__ import annotations

from counterpoise.command.layout import Section, largest
from counterpoise.model import Allocation, AllocationProblem, ReturnTermKind, Unit
from counterpoise.wording.figures import Money, basis_points, in_unit
from counterpoise.wording.names import Names
from counterpoise.wording.prices import optimized
from counterpoise.wording.words import OBJECTIVE_TERMS, RETURN_TERMS, say

_SHOWN_OF_A_KIND = 10
_NOTHING = 1e-7
"""A thousandth of a basis point of NAV: below it a term is left by rounding."""


def breakdown(allocation: Allocation, names: Names, money: Money) -> Section | None:
    """Expected net return by kind and line; the rows sum to the net."""
    report = allocation.expected_return
    if report is None:
        return None

    def cells(text: str, value: float, *, total: bool) -> tuple[str, ...]:
        line, kind = ("", basis_points(value)) if total else (basis_points(value), "")
        return (text, line, kind, money.cell_of(value))

    gross = any(
        item.annual_management_fee or item.annual_performance_fee for item in allocation.sleeve_verdicts
    )
    rows: list[tuple[str, ...]] = []
    for kind in dict.fromkeys(term.kind for term in report.terms):
        terms = [term for term in report.terms if term.kind == kind]
        if all(abs(term.annual_return) < _NOTHING for term in terms):
            continue
        title = say(kind, RETURN_TERMS)
        if gross and kind == ReturnTermKind.ALPHA:
            title = "Alpha, gross or net of fees as declared"
        rows.append(cells(title, sum(term.annual_return for term in terms), total=True))
        by_line = [
            (term.annual_return, cells(f"  {names.line(term.line_id)}", term.annual_return, total=False))
            for term in terms
            if term.line_id and abs(term.annual_return) >= _NOTHING
        ]
        shown, hidden = largest(by_line, _SHOWN_OF_A_KIND)
        rows += shown
        rows += [(f"  and {hidden} smaller ones", "", "", "")] if hidden else []
    rows += [(), cells("Expected net return", report.annual_net_return, total=True)]
    return Section(
        title="Expected return of a year",
        columns=("", "bp by line", "bp of NAV", money.heading),
        rows=rows,
    )


def objective(allocation: Allocation, problem: AllocationProblem) -> Section | None:
    """What was optimized, where that is more than one number of the report."""
    report = allocation.objective
    if report is None or len(report.terms) < 2:
        return None

    def cell(value: float) -> str:
        return basis_points(value) if report.unit == Unit.ANNUAL_RATE else in_unit(value, report.unit)

    return Section(
        title=f"What was {'maximized' if problem.objective.maximizes else 'minimized'}",
        columns=("", "bp a year" if report.unit == Unit.ANNUAL_RATE else ""),
        rows=[
            *[(say(term.kind, OBJECTIVE_TERMS), cell(term.value)) for term in report.terms],
            (),
            (optimized(problem.objective).capitalize(), cell(report.value)),
        ],
    )
