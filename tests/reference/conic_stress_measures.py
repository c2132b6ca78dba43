"""Measures of stress as cvxpy expressions in positions and postings; vectors have one entry per state."""

from __future__ import annotations

import cvxpy as cp
import numpy as np

from counterpoise.model import (
    FloatArray,
    LeverageDefinition,
    LineKind,
    RiskMeasure,
    RiskStatistic,
)
from tests.reference.conic_stress_margin import State, Unknowns, initial_margin, variation_margin
from tests.reference.conic_structure import factor_of
from tests.reference.numbers import reference
from tests.reference.scopes import residual_correlation, residual_groups, scope_rows
from tests.reference.stress_book import add_on, gate, pool_of, uses_capital
from tests.reference.stress_liquidity import available, outflow
from tests.reference.stress_risk import reference_volatility, value_at_risk_multiple


def sources(unknowns: Unknowns, state: State, day: int) -> tuple[FloatArray, float]:
    """What a unit of each line brings by a day, and what credit that is not drawn at all brings."""
    per_unit, constant = np.zeros(len(unknowns.lines)), 0.0
    returns = unknowns.returns(state, day)
    for row, line in enumerate(unknowns.lines):
        let_go = (1 - gate(state, line)) * available(line, day)
        if uses_capital(line):
            per_unit[row] = (1 - add_on(state, line)) * let_go * (1 + returns[row])
        elif line.credit_line is not None:
            per_unit[row] = -let_go
            constant += let_go * line.credit_line.committed_amount / unknowns.problem.portfolio.nav_amount
    return per_unit, constant


def coverage(
    unknowns: Unknowns, states: list[State], days: tuple[int, ...], multiple: float
) -> cp.Expression:
    """Sources less the need, for each state and day."""
    pairs = [(state, day) for state in states for day in days]
    found = [sources(unknowns, state, day) for state, day in pairs]
    money = np.array([per_unit for per_unit, _ in found]) @ unknowns.h + np.array([more for _, more in found])
    need = variation_margin(unknowns, np.array([unknowns.returns(state, day) for state, day in pairs]))
    need += np.array([outflow(unknowns.book, day) for _, day in pairs])
    for pool in unknowns.pools:
        need += initial_margin(unknowns, pool, [state for state, _ in pairs])
    return money - multiple * need


def same_day(unknowns: Unknowns, states: list[State], multiple: float) -> cp.Expression:
    """Cash less what it has posted, less a multiple of the first day's variation margin, for each state."""
    returns = np.array([unknowns.returns(state, 1) for state in states])
    cash = {
        line.line_id: 1.0
        for line in unknowns.lines
        if line.reserve_tier is not None and line.reserve_tier.variation_margin_eligible
    }
    pays = np.array([cash.get(line.line_id, 0.0) for line in unknowns.lines])
    free = ((1 + returns) * pays) @ unknowns.h - unknowns.posted(cash)
    return free - multiple * variation_margin(unknowns, returns)


def leverage(unknowns: Unknowns, definition: LeverageDefinition, states: list[State]) -> cp.Expression:
    """What a definition counts in each state, before it is divided by NAV."""
    worth = np.maximum(1 + unknowns.after(states), 0.0)
    if definition == LeverageDefinition.NET:
        counts = [
            line.kind in (LineKind.FUNDED_BETA, LineKind.OVERLAY, LineKind.ALPHA_SLEEVE)
            for line in unknowns.lines
        ]
        return (worth * np.array(counts, dtype=float)) @ unknowns.h
    if definition == LeverageDefinition.OVERLAY:
        return (worth * np.array([float(bool(pool_of(line))) for line in unknowns.lines])) @ cp.abs(
            unknowns.h
        )
    alone, shared = np.zeros(len(unknowns.lines)), {}
    for row, line in enumerate(unknowns.lines):
        if line.alpha_sleeve is not None:
            through = line.alpha_sleeve.look_through_leverage
            alone[row] = 1.0 if through is None else through
        elif line.reserve_tier is not None:
            alone[row] = 0.0 if line.reserve_tier.cash_equivalent else 1.0
        elif line.kind in (LineKind.FUNDED_BETA, LineKind.OVERLAY):
            if definition == LeverageDefinition.COMMITMENT and line.underlying_id:
                shared.setdefault(line.underlying_id, []).append(row)
            else:
                weight = None if line.overlay is None else line.overlay.leverage_weight
                gross = definition == LeverageDefinition.GROSS_NOTIONAL and weight is not None
                alone[row] = weight if gross else 1.0
    total = (worth * alone) @ cp.abs(unknowns.h)
    for rows in shared.values():
        total += cp.abs(worth[:, rows] @ unknowns.h[rows])
    return total


def illiquid(unknowns: Unknowns, states: list[State], day: int) -> cp.Expression:
    """What is not money by a day, in each state."""
    stuck = np.array(
        [
            [
                1 - (1 - gate(state, line)) * available(line, day) if uses_capital(line) else 0.0
                for line in unknowns.lines
            ]
            for state in states
        ]
    )
    return (stuck * (1 + unknowns.after(states))) @ unknowns.h


def risk(unknowns: Unknowns, measure: RiskMeasure) -> cp.Expression:
    """A volatility in its regime, or a value-at-risk that is a multiple of one."""
    problem, book = unknowns.problem, unknowns.book
    matrix, places, outside = book.axes(measure.regime)
    rows = scope_rows(problem, measure.lines)
    through = np.zeros((len(matrix), len(unknowns.lines)))
    for row in rows:
        for place, loading in places[row].items():
            through[place, row] = loading
    offset = np.zeros(len(matrix))
    if measure.statistic == RiskStatistic.ACTIVE_VOLATILITY:
        offset[: len(problem.market.drivers)] = reference(problem)
    factor = factor_of(matrix)
    components = [(factor.T @ through) @ unknowns.h - factor.T @ offset]
    groups = residual_groups(problem, [row for row in rows if row in outside])
    if groups:
        own = np.zeros((len(groups), len(unknowns.lines)))
        for place, group in enumerate(groups):
            for row in group:
                own[place, row] = unknowns.lines[row].annual_residual_volatility
        components.append((factor_of(residual_correlation(problem, groups)).T @ own) @ unknowns.h)
    volatility = cp.norm(cp.hstack(components))
    if measure.statistic == RiskStatistic.RELATIVE_VALUE_AT_RISK:
        return volatility / reference_volatility(book, measure.regime)
    if measure.statistic == RiskStatistic.GAUSSIAN_VALUE_AT_RISK:
        return value_at_risk_multiple(measure) * volatility
    return volatility
