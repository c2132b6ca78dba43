"""Limits as constraints on cvxpy expressions, members of one limit in one vector."""

from __future__ import annotations

import cvxpy as cp
import numpy as np

from counterpoise.model import Aggregation, ExposureMeasure, Limit, PositionMeasure, ReserveMeasure
from tests.reference.conic_stress_margin import State, Unknowns, nav
from tests.reference.conic_stress_measures import coverage, illiquid, leverage, risk, same_day
from tests.reference.scopes import reserve_rate, scope_columns, scope_rows
from tests.reference.stress_book import pool_of
from tests.reference.stress_members import in_scope


def limit_constraints(
    unknowns: Unknowns, missed: str = "", miss: cp.Expression | float = 0.0
) -> list[cp.Constraint]:
    """Every hard limit of the mandate; every member of one of them may be missed by `miss`."""
    found: list[cp.Constraint] = []
    for limit in unknowns.problem.mandate.limits:
        room = miss if limit.limit_id == missed else 0.0
        found += [excess <= room for excess in excesses(unknowns, limit)] if limit.soft is None else []
    return found


def excesses(unknowns: Unknowns, limit: Limit) -> list[cp.Expression]:
    """How far the members of a limit are beyond each side, ratios to stressed NAV times that NAV."""
    found: list[cp.Expression] = []
    for value, scale in _expressions(unknowns, limit):
        found += [] if limit.lower is None else [limit.lower * scale - value]
        found += [] if limit.upper is None else [value - limit.upper * scale]
    return found


def _expressions(unknowns: Unknowns, limit: Limit) -> list[tuple[cp.Expression, cp.Expression | float]]:
    """Value, and what its bounds are multiplied by: stressed NAV for ratios to it."""
    measure, book = limit.measure, unknowns.book
    if limit.leverage is not None:
        states: list[State] = in_scope(book, limit.leverage.scenarios)
        return [(leverage(unknowns, limit.leverage.definition, states), nav(unknowns, states))]
    if limit.illiquid_share is not None:
        states = in_scope(book, limit.illiquid_share.scenarios)
        days = limit.illiquid_share.horizon_trading_days
        return [(illiquid(unknowns, states, days), nav(unknowns, states))]
    if limit.scenario_loss is not None:
        return [(1 - nav(unknowns, in_scope(book, limit.scenario_loss.scenarios)), 1.0)]
    if limit.risk is not None:
        return [(risk(unknowns, limit.risk), 1.0)]
    if limit.conditional_value_at_risk is not None:
        tail = limit.conditional_value_at_risk
        losses = -(book.outcomes(tail.return_sample_id) @ book.numbers.loadings.T) @ unknowns.h
        return [(cp.cvar(losses, tail.confidence), 1.0)]
    if limit.liquidity_coverage is not None:
        wanted = limit.liquidity_coverage
        states = in_scope(book, wanted.scenarios)
        multiple = 1.0 if wanted.need_multiple is None else wanted.need_multiple
        days_named = wanted.horizon_trading_days
        found: list[tuple[cp.Expression, cp.Expression | float]] = [
            (coverage(unknowns, states, days_named, multiple), 1.0)
        ]
        return [*found, (same_day(unknowns, states, multiple), 1.0)] if 1 in days_named else found
    if isinstance(measure, ReserveMeasure):
        return [(_reserve(unknowns, measure), 1.0)]
    if isinstance(measure, ExposureMeasure):
        return [(_exposure(unknowns, measure), 1.0)]
    if isinstance(measure, PositionMeasure) and measure.aggregation == Aggregation.SUM:
        return [(cp.sum(unknowns.h[scope_rows(unknowns.problem, measure.lines)]), 1.0)]
    raise ValueError(f"{limit.limit_id}: the cvxpy form does not know this measure")


def _exposure(unknowns: Unknowns, measure: ExposureMeasure) -> cp.Expression:
    """Each driver's exposure, or their sum."""
    rows, columns = (
        scope_rows(unknowns.problem, measure.lines),
        scope_columns(unknowns.problem, measure.drivers),
    )
    numbers = unknowns.book.numbers
    exposures = numbers.loadings[np.ix_(rows, columns)].T @ unknowns.h[rows]
    if measure.relative_to_reference:
        exposures = exposures - numbers.reference[columns]
    if measure.aggregation == Aggregation.ABSOLUTE_SUM:
        return cp.norm1(exposures)
    return exposures if measure.aggregation == Aggregation.EACH else cp.sum(exposures)


def _reserve(unknowns: Unknowns, measure: ReserveMeasure) -> cp.Expression:
    """Reserve tiers less what the rule asks for, and less postings where they do not count."""
    tiers = np.array([float(line.reserve_tier is not None) for line in unknowns.lines])
    rates = np.array([reserve_rate(measure, line) if pool_of(line) else 0.0 for line in unknowns.lines])
    excess = tiers @ unknowns.h - rates @ cp.abs(unknowns.h)
    if measure.posted_margin_counts:
        return excess
    return excess - unknowns.posted({line.line_id: 1.0 for line in unknowns.lines})
