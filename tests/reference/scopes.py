"""Which lines and drivers a scope names, and which lines share a residual."""

from __future__ import annotations

from counterpoise.model import (
    AllocationProblem,
    ExposureMeasure,
    Line,
    LineScope,
    ReserveMeasure,
    RiskMeasure,
)


def scope_rows(problem: AllocationProblem, scope: LineScope | None) -> list[int]:
    """Rows of the lines in a scope; every line without one."""
    if scope is None:
        return list(range(len(problem.portfolio.lines)))
    groups = {group.line_group_id: set(group.line_ids) for group in problem.portfolio.line_groups}
    named = set(scope.line_ids).union(*(groups[group_id] for group_id in scope.line_group_ids))
    return [
        row
        for row, line in enumerate(problem.portfolio.lines)
        if (scope.all_lines or line.kind in scope.kinds or line.line_id in named)
        and line.line_id not in scope.excluded_line_ids
    ]


def scope_columns(problem: AllocationProblem, measure: ExposureMeasure | RiskMeasure) -> list[int]:
    """Columns of the drivers in a scope; every driver without one."""
    scope = measure.drivers
    if scope is None:
        return list(range(len(problem.market.drivers)))
    groups = {group.driver_group_id: set(group.driver_ids) for group in problem.market.driver_groups}
    named = set(scope.driver_ids).union(*(groups[group_id] for group_id in scope.driver_group_ids))
    return [
        column
        for column, driver in enumerate(problem.market.drivers)
        if scope.all_drivers or driver.driver_id in named
    ]


def residual_groups(problem: AllocationProblem, rows: list[int]) -> list[list[int]]:
    """Rows that share one residual, in the order of their first row; others on their own."""
    groups: dict[str, list[int]] = {}
    for row in rows:
        line = problem.portfolio.lines[row]
        groups.setdefault(f"={line.underlying_id}" if line.underlying_id else f"-{row}", []).append(row)
    return list(groups.values())


def reserve_rate(measure: ReserveMeasure, line: Line) -> float:
    """What the reserve rule asks for one unit of a margined line."""
    for item in measure.rates:
        if item.line_id == line.line_id:
            return item.value
    return measure.default_rate
