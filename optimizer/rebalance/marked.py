"""The problem of a job on the marks of its portfolio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from counterpoise.model import AllocationProblem, Line, Marks
from optimizer.monitor.marks import apply_marks
from optimizer.rebalance.trading.whole import in_whole_contracts


def marked_problem(problem: AllocationProblem, marks: Sequence[Marks]) -> AllocationProblem:
    """The problem with the state that marks say, oldest first.

    Contracts are held in whole numbers, and bounds leave room for one. What is held and not decided stays
    held as it drifts.
    """
    marked = apply_marks(problem, marks)
    nav = marked.portfolio.nav_amount
    lines = tuple(
        _held(line) if _is_held(original) else in_whole_contracts(line, nav)
        for original, line in zip(problem.portfolio.lines, marked.portfolio.lines, strict=True)
    )
    return replace(marked, portfolio=replace(marked.portfolio, lines=lines))


def _is_held(line: Line) -> bool:
    """Whether a line without contracts has both bounds where it is, and is there: it is not for sale."""
    current = line.current_fraction
    pinned = current is not None and line.minimum_fraction == line.maximum_fraction == current != 0.0
    return pinned and line.overlay is None


def _held(line: Line) -> Line:
    return replace(line, minimum_fraction=line.current_fraction, maximum_fraction=line.current_fraction)
