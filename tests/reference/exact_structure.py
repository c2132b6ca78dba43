"""Violations of the rules that nobody needs to state, in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

from counterpoise.model import AllocationProblem, LimitKey, Line, LineKind, Side, StructuralRule
from tests.reference.exact_box import DEFAULT_CAP, exact
from tests.reference.exact_terms import Total
from tests.reference.numbers import capital_per_unit, is_margined, margin_terms

ONE = Fraction(1)


def gross_notional(problem: AllocationProblem) -> Total:
    """sum p + sum leverage_weight |u| + sum look-through a + tiers that are not cash equivalents."""
    total = Total()
    for line in problem.portfolio.lines:
        if line.kind == LineKind.FUNDED_BETA:
            total.slope[line.line_id] += ONE
        elif line.overlay is not None:
            weight = line.overlay.leverage_weight
            total.kink[line.line_id] += ONE if weight is None else exact(weight)
        else:
            total.slope[line.line_id] += fund_leverage(line)
    return total


def fund_leverage(line: Line) -> Fraction:
    """What a sleeve or a tier adds to gross and commitment leverage per unit."""
    if line.alpha_sleeve is not None:
        look_through = line.alpha_sleeve.look_through_leverage
        return ONE if look_through is None else exact(look_through)
    return ONE if line.reserve_tier is not None and not line.reserve_tier.cash_equivalent else Fraction(0)


def structural_violation(problem: AllocationProblem, key: LimitKey, side: Side) -> Total:
    """What is above zero where a structural rule is missed."""
    rule = key.structural_rule
    if rule == StructuralRule.CAPITAL_BUDGET:
        return _capital(problem, side)
    if rule == StructuralRule.DEFAULT_LEVERAGE_CAP:
        total = gross_notional(problem)
        total.constant -= DEFAULT_CAP
        return total
    if rule in (StructuralRule.COLLATERAL_COVER, StructuralRule.COLLATERAL_SHARE):
        return _cover(problem, key) if rule == StructuralRule.COLLATERAL_COVER else _share(problem, key)
    line = next(line for line in problem.portfolio.lines if line.line_id == key.line_id)
    if rule == StructuralRule.COLLATERAL_SUPPLY:
        return _supply(line)
    return _own_bound(problem, line, rule, side)


def _capital(problem: AllocationProblem, side: Side) -> Total:
    sign = ONE if side == Side.UPPER else -ONE
    total = Total(constant=-sign)
    for line in problem.portfolio.lines:
        total.slope[line.line_id] += sign * exact(capital_per_unit(line))
    return total


def _own_bound(problem: AllocationProblem, line: Line, rule: StructuralRule | None, side: Side) -> Total:
    total = Total()
    nav = exact(problem.portfolio.nav_amount)
    if rule == StructuralRule.LINE_BOX and side == Side.LOWER:
        total.slope[line.line_id] -= ONE
        total.constant += exact(line.minimum_fraction or 0.0)
        return total
    total.slope[line.line_id] += ONE
    if rule == StructuralRule.LINE_BOX and line.maximum_fraction is not None:
        total.constant -= exact(line.maximum_fraction)
    elif rule == StructuralRule.SLEEVE_CAPACITY and line.alpha_sleeve is not None:
        total.constant -= exact(line.alpha_sleeve.capacity_amount or 0.0) / nav
    elif rule == StructuralRule.CREDIT_COMMITMENT and line.credit_line is not None:
        total.constant -= exact(line.credit_line.committed_amount) / nav
    else:
        raise ValueError(f"{line.line_id} has no bound of its own for {rule}")
    return total


def _posted_value(problem: AllocationProblem, pool_id: str) -> dict[tuple[str, str], Fraction]:
    return {
        (line.line_id, pool_id): ONE - exact(terms.haircut)
        for line in problem.portfolio.lines
        if line.reserve_tier is not None
        for terms in line.reserve_tier.collateral_terms
        if terms.margin_pool_id == pool_id
    }


def _cover(problem: AllocationProblem, key: LimitKey) -> Total:
    total = Total()
    for line in problem.portfolio.lines:
        if is_margined(line) and margin_terms(line)[0] == key.margin_pool_id:
            total.kink[line.line_id] += exact(margin_terms(line)[1])
    for posting, value in _posted_value(problem, key.margin_pool_id).items():
        total.posting_slope[posting] -= value
    return total


def _share(problem: AllocationProblem, key: LimitKey) -> Total:
    values = _posted_value(problem, key.margin_pool_id)
    line = next(line for line in problem.portfolio.lines if line.line_id == key.line_id)
    share = ONE
    for terms in line.reserve_tier.collateral_terms if line.reserve_tier is not None else ():
        if terms.margin_pool_id == key.margin_pool_id and terms.maximum_margin_share is not None:
            share = exact(terms.maximum_margin_share)
    total = Total()
    for posting, value in values.items():
        total.posting_slope[posting] -= share * value
    own = (key.line_id, key.margin_pool_id)
    total.posting_slope[own] += values[own]
    return total


def _supply(line: Line) -> Total:
    total = Total()
    total.slope[line.line_id] -= ONE
    for terms in line.reserve_tier.collateral_terms if line.reserve_tier is not None else ():
        total.posting_slope[line.line_id, terms.margin_pool_id] += ONE
    return total
