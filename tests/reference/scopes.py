"""Which lines and drivers a scope names, whom lines face, and which lines share a residual."""

from __future__ import annotations

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    DriverScope,
    DriverUnit,
    FloatArray,
    Limit,
    Line,
    LineScope,
    ReserveMeasure,
)

UNITS_PER_BASIS_POINT = 10_000.0
"""By which violations of limits on exposures per basis point are multiplied."""


def faced_by(problem: AllocationProblem, line: Line) -> str:
    """The counterparty of a line, its own or that of its margin pool; empty without one."""
    if line.counterparty_id:
        return line.counterparty_id
    pool_id = ""
    if line.overlay is not None:
        pool_id = line.overlay.margin_pool_id
    elif line.alpha_sleeve is not None and line.alpha_sleeve.unfunded_account is not None:
        pool_id = line.alpha_sleeve.unfunded_account.margin_pool_id
    for pool in problem.portfolio.margin_pools:
        if pool_id and pool.margin_pool_id == pool_id:
            return pool.counterparty_id
    return ""


def scope_rows(problem: AllocationProblem, scope: LineScope | None) -> list[int]:
    """Rows of the lines in a scope; every line without one."""
    if scope is None:
        return list(range(len(problem.portfolio.lines)))
    groups = {group.line_group_id: set(group.line_ids) for group in problem.portfolio.line_groups}
    named = set(scope.line_ids).union(*(groups[group_id] for group_id in scope.line_group_ids))
    return [
        row
        for row, line in enumerate(problem.portfolio.lines)
        if (
            scope.all_lines
            or line.kind in scope.kinds
            or line.line_id in named
            or (scope.counterparty_ids and faced_by(problem, line) in scope.counterparty_ids)
        )
        and line.line_id not in scope.excluded_line_ids
    ]


def scope_columns(problem: AllocationProblem, scope: DriverScope | None) -> list[int]:
    """Columns of the drivers in a scope; every driver without one."""
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


def residual_correlation(problem: AllocationProblem, groups: list[list[int]]) -> FloatArray:
    """Correlation of the residuals of some groups; a group without a named sleeve stands alone."""
    lines = problem.portfolio.lines
    result = np.eye(len(groups))
    declared = problem.market.risk_model.sleeve_residual_correlation
    if declared is None:
        return result
    place: dict[str, int] = {}
    for number, axis_id in enumerate(declared.axis_ids):
        axis_line = next(line for line in lines if line.line_id == axis_id)
        place[f"line {axis_id}"] = number
        if axis_line.underlying_id:
            place[f"underlying {axis_line.underlying_id}"] = number
    places: list[int | None] = []
    for group in groups:
        names = [f"line {lines[row].line_id}" for row in group]
        names += [f"underlying {lines[row].underlying_id}" for row in group]
        places.append(next((place[name] for name in names if name in place), None))
    for i, one in enumerate(places):
        for j, other in enumerate(places):
            if i != j and one is not None and other is not None:
                high, low = max(one, other), min(one, other)
                result[i, j] = declared.lower_triangle[high * (high + 1) // 2 + low]
    return result


def violation_units(problem: AllocationProblem, limit: Limit) -> float:
    """What a violation of a limit is multiplied by before it is weighed against others."""
    measure = limit.exposure or limit.factor_neutrality
    if measure is None:
        return 1.0
    drivers = [problem.market.drivers[column] for column in scope_columns(problem, measure.drivers)]
    in_basis_points = all(driver.unit == DriverUnit.BASIS_POINT for driver in drivers)
    return UNITS_PER_BASIS_POINT if in_basis_points else 1.0


def reserve_rate(measure: ReserveMeasure, line: Line) -> float:
    """What the reserve rule asks for one unit of a margined line."""
    for item in measure.rates:
        if item.line_id == line.line_id:
            return item.value
    return measure.default_rate
