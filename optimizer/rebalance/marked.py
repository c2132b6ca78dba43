"""The problem of a job on the marks of its portfolio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from counterpoise.model import AllocationProblem, Line, Marks
from optimizer.monitor.marks import apply_marks


def marked_problem(problem: AllocationProblem, marks: Sequence[Marks]) -> AllocationProblem:
    """The problem with the state that marks say; what is held and not decided stays held as it drifts."""
    marked = apply_marks(problem, marks_since(problem, marks))
    lines = tuple(
        _held(line) if _is_held(original) else line
        for original, line in zip(problem.portfolio.lines, marked.portfolio.lines, strict=True)
    )
    return replace(marked, portfolio=replace(marked.portfolio, lines=lines))


def marks_since(problem: AllocationProblem, marks: Sequence[Marks]) -> list[Marks]:
    """Marks that count: of the problem's own day and later. A new revision brings its own state."""
    return [item for item in marks if item.as_of_date >= problem.portfolio.as_of_date]


def _is_held(line: Line) -> bool:
    """Whether a line's bounds are both where it is: it is not for sale."""
    current = line.current_fraction
    return current is not None and line.minimum_fraction == line.maximum_fraction == current


def _held(line: Line) -> Line:
    return replace(line, minimum_fraction=line.current_fraction, maximum_fraction=line.current_fraction)
