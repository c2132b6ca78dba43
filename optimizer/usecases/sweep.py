"""The points of a sweep, and the problem at each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from counterpoise.model import (
    AllocationProblem,
    AlphaBasis,
    ExpectedAlpha,
    Limit,
    Line,
    MaximizeUtility,
    Side,
    SweepAxis,
)
from optimizer.measures.book import open_book


def point_count(axes: Sequence[SweepAxis]) -> int:
    """Points of the product of the axes."""
    return math.prod(len(axis.parameter_values) for axis in axes)


def coordinates_at(axes: Sequence[SweepAxis], point_index: int) -> tuple[float, ...]:
    """Value on each axis of a point, counted from 0 with the last axis fastest."""
    found: list[float] = []
    for axis in reversed(axes):
        point_index, place = divmod(point_index, len(axis.parameter_values))
        found.append(axis.parameter_values[place])
    return tuple(reversed(found))


def problem_at(
    problem: AllocationProblem, axes: Sequence[SweepAxis], coordinates: Sequence[float]
) -> AllocationProblem:
    """The problem with one number for each axis overwritten; the parts that hold none stay the same objects.

    Nothing is validated: a value may break a rule that the problem itself keeps.
    """
    for axis, value in zip(axes, coordinates, strict=True):
        problem = _with(problem, axis, value)
    return problem


def _with(problem: AllocationProblem, axis: SweepAxis, value: float) -> AllocationProblem:
    if axis.limit_bound is not None:
        side = axis.limit_bound.side
        return _with_limit(problem, axis.limit_bound.limit_id, lambda limit: _bounded(limit, side, value))
    if axis.reserve_rate is not None:
        return _with_limit(problem, axis.reserve_rate.limit_id, lambda limit: _at_rate(limit, value))
    if axis.risk_aversion is not None:
        goal = problem.objective.maximize_utility
        if goal is None:
            return problem
        changed = replace(problem.objective, maximize_utility=_with_aversion(goal, value))
        return replace(problem, objective=changed)
    return _with_alpha_scaled(problem, value)


def _with_limit(
    problem: AllocationProblem, limit_id: str, change: Callable[[Limit], Limit]
) -> AllocationProblem:
    limits = tuple(change(limit) if limit.limit_id == limit_id else limit for limit in problem.mandate.limits)
    return replace(problem, mandate=replace(problem.mandate, limits=limits))


def _bounded(limit: Limit, side: Side, value: float) -> Limit:
    return replace(limit, lower=value) if side is Side.LOWER else replace(limit, upper=value)


def _at_rate(limit: Limit, rate: float) -> Limit:
    return (
        limit if limit.reserve is None else replace(limit, reserve=replace(limit.reserve, default_rate=rate))
    )


def _with_aversion(goal: MaximizeUtility, value: float) -> MaximizeUtility:
    if goal.total_risk_aversion is not None:
        return replace(goal, total_risk_aversion=value)
    return replace(goal, active_risk_aversion=value)


def _with_alpha_scaled(problem: AllocationProblem, factor: float) -> AllocationProblem:
    """Every intercept times the factor, whatever the alpha is declared over; a factor of 1 changes no bit."""
    if factor == 1.0:
        return problem
    book, cash = open_book(problem), problem.market.annual_risk_free_rate
    beta_returns = (book.loadings @ book.premia).tolist()
    lines = tuple(
        _with_alpha(line, factor, cash, beta_return)
        for line, beta_return in zip(problem.portfolio.lines, beta_returns, strict=True)
    )
    return replace(problem, portfolio=replace(problem.portfolio, lines=lines))


def _with_alpha(line: Line, factor: float, cash: float, beta_return: float) -> Line:
    sleeve = line.alpha_sleeve
    if sleeve is None:
        return line
    declared = sleeve.expected_alpha
    basis = AlphaBasis(annual_over_beta=factor * declared.basis.over_beta(cash, beta_return))
    net = declared.net_of_fees is not None
    scaled = ExpectedAlpha(net_of_fees=basis) if net else ExpectedAlpha(gross_of_fees=basis)
    return replace(line, alpha_sleeve=replace(sleeve, expected_alpha=scaled))
