"""Changes of a problem that must not change its answer: order, units of money, split lines."""

from __future__ import annotations

import dataclasses

import numpy as np

from counterpoise.model import (
    Aggregation,
    AllocationProblem,
    Line,
    LineScope,
    LineValue,
    RectangularMatrix,
    TotalPortfolio,
)
from tests.reference.scopes import scope_rows


def permuted(problem: AllocationProblem, seed: int) -> AllocationProblem:
    """The lines in another order."""
    lines = problem.portfolio.lines
    order = np.random.default_rng(seed).permutation(len(lines))
    portfolio = dataclasses.replace(problem.portfolio, lines=tuple(lines[place] for place in order))
    return dataclasses.replace(problem, portfolio=portfolio)


def scaled(problem: AllocationProblem, factor: float) -> AllocationProblem:
    """NAV and every amount of money times a factor."""
    portfolio = dataclasses.replace(
        problem.portfolio,
        nav_amount=problem.portfolio.nav_amount * factor,
        lines=tuple(_scaled_line(line, factor) for line in problem.portfolio.lines),
    )
    return dataclasses.replace(problem, portfolio=portfolio)


def _scaled_line(line: Line, factor: float) -> Line:
    """Amounts of one line times a factor."""
    if line.credit_line is not None:
        amount = line.credit_line.committed_amount * factor
        return dataclasses.replace(
            line, credit_line=dataclasses.replace(line.credit_line, committed_amount=amount)
        )
    if line.alpha_sleeve is not None and line.alpha_sleeve.capacity_amount is not None:
        amount = line.alpha_sleeve.capacity_amount * factor
        return dataclasses.replace(
            line, alpha_sleeve=dataclasses.replace(line.alpha_sleeve, capacity_amount=amount)
        )
    return line


def splittable(problem: AllocationProblem) -> list[str]:
    """Lines without residual risk that no limit bounds one by one."""
    bounded: set[str] = set()
    for limit in problem.mandate.limits:
        if limit.position is not None and limit.position.aggregation == Aggregation.EACH:
            rows = scope_rows(problem, limit.position.lines)
            bounded.update(problem.portfolio.lines[row].line_id for row in rows)
    return [
        line.line_id
        for line in problem.portfolio.lines
        if line.annual_residual_volatility == 0 and line.line_id not in bounded
    ]


def split(problem: AllocationProblem, line_id: str, share: float) -> AllocationProblem:
    """A line as two, `<id>` and `<id>.b`, its own limits shared out; limits and groups name both."""
    second = f"{line_id}.b"
    lines: list[Line] = []
    for line in problem.portfolio.lines:
        if line.line_id == line_id:
            lines += [_part(line, line_id, share), _part(line, second, 1 - share)]
        else:
            lines.append(line)
    portfolio = dataclasses.replace(
        problem.portfolio,
        lines=tuple(lines),
        loading_matrix=_with_row(problem.portfolio, line_id, second),
        line_groups=tuple(
            dataclasses.replace(group, line_ids=_both(group.line_ids, line_id, second))
            for group in problem.portfolio.line_groups
        ),
    )
    limits = []
    for limit in problem.mandate.limits:
        changed = limit
        for name in ("position", "exposure", "risk"):
            measure = getattr(limit, name)
            if measure is not None and measure.lines is not None:
                scope = _scope(measure.lines, line_id, second)
                changed = dataclasses.replace(limit, **{name: dataclasses.replace(measure, lines=scope)})
        if limit.reserve is not None:
            extra = tuple(
                LineValue(line_id=second, value=item.value)
                for item in limit.reserve.rates
                if item.line_id == line_id
            )
            rule = dataclasses.replace(limit.reserve, rates=(*limit.reserve.rates, *extra))
            changed = dataclasses.replace(limit, reserve=rule)
        limits.append(changed)
    mandate = dataclasses.replace(problem.mandate, limits=tuple(limits))
    return dataclasses.replace(problem, portfolio=portfolio, mandate=mandate)


def _part(line: Line, line_id: str, share: float) -> Line:
    def of(value: float | None) -> float | None:
        return None if value is None else value * share

    tier = line.reserve_tier
    if tier is not None:
        terms = tuple(
            dataclasses.replace(item, maximum_margin_share=of(item.maximum_margin_share))
            for item in tier.collateral_terms
        )
        tier = dataclasses.replace(tier, collateral_terms=terms)
    return dataclasses.replace(
        _scaled_line(line, share),
        line_id=line_id,
        current_fraction=of(line.current_fraction),
        minimum_fraction=of(line.minimum_fraction),
        maximum_fraction=of(line.maximum_fraction),
        reserve_tier=tier,
    )


def _both(ids: tuple[str, ...], first: str, second: str) -> tuple[str, ...]:
    return (*ids, second) if first in ids else ids


def _scope(scope: LineScope, first: str, second: str) -> LineScope:
    return dataclasses.replace(
        scope,
        line_ids=_both(scope.line_ids, first, second),
        excluded_line_ids=_both(scope.excluded_line_ids, first, second),
    )


def _with_row(portfolio: TotalPortfolio, first: str, second: str) -> RectangularMatrix | None:
    matrix = portfolio.loading_matrix
    if matrix is None or first not in matrix.row_ids:
        return matrix
    rows = matrix.to_array()
    return RectangularMatrix(
        row_ids=(*matrix.row_ids, second),
        column_ids=matrix.column_ids,
        values=np.vstack([rows, rows[matrix.row_ids.index(first)]]).ravel(),
    )
