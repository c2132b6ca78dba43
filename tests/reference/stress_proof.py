"""An infeasibility proof under scenarios, summed up in exact arithmetic from the request's own numbers.

Every named bound is missed by at least a sum that is linear in positions and postings but for absolute
positions: maxima and norms are at least what the proof's multipliers make of them. Where the least of the
weighted sum over all boxes is above zero, no portfolio meets all of them.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from counterpoise.model import (
    InfeasibilityProof,
    LeverageDefinition,
    Limit,
    LiquidityCoverageMeasure,
    ProofWeight,
    Scenario,
    Side,
    StructuralRule,
)
from tests.reference.exact_box import exact
from tests.reference.exact_limits import weighted_violation
from tests.reference.exact_structure import structural_violation
from tests.reference.exact_terms import Total
from tests.reference.stress_book import StressBook, add_on, gate, uses_capital
from tests.reference.stress_boxes import wide_boxes
from tests.reference.stress_leverage import counted
from tests.reference.stress_liquidity import available, illiquid, outflow
from tests.reference.stress_margin import multiplier, rate, rows_of
from tests.reference.stress_pieces import ONE, Summed, add_initial, add_variation, scenario_of


def least_violation(book: StressBook, proof: InfeasibilityProof) -> Fraction:
    """The least of the weighted sum over boxes that hold every allowed portfolio."""
    summed = Summed()
    for item in proof.weights:
        assert item.weight > 0, item
        _add(book, item, summed)
    add_initial(book, proof, summed)
    add_variation(book, proof, summed)
    return summed.total.least(wide_boxes(book.problem))


def _add(book: StressBook, item: ProofWeight, summed: Summed) -> None:
    problem, key = book.problem, item.key
    if key.structural_rule == StructuralRule.COLLATERAL_COVER:
        _add_cover(book, item, summed)
        return
    if key.structural_rule is not None:
        summed.total.add(structural_violation(problem, key, item.side), exact(item.weight))
        return
    limit = next(limit for limit in problem.mandate.limits if limit.limit_id == key.limit_id)
    scenario = scenario_of(book, key.scenario_id)
    if limit.liquidity_coverage is not None:
        summed.total.constant += exact(item.weight) * exact(limit.lower or 0.0)
        if key.horizon_trading_days == 0:
            _add_same_day(book, item, limit.liquidity_coverage, summed)
        else:
            _add_coverage(book, item, limit.liquidity_coverage, summed)
    elif limit.scenario_loss is not None:
        _add_loss(book, item, limit, summed.total)
    elif limit.leverage is not None or limit.illiquid_share is not None:
        _add_ratio(book, item, limit, scenario, summed.total)
    else:
        summed.total.add(weighted_violation(problem, book.numbers, item), ONE)


def _add_cover(book: StressBook, item: ProofWeight, summed: Summed) -> None:
    """weight times (initial margin - what is posted after haircuts), the margin left for its piece."""
    pool_id = item.key.margin_pool_id
    summed.initial[pool_id] += exact(item.weight)
    for line in book.lines:
        for held in () if line.reserve_tier is None else line.reserve_tier.collateral_terms:
            if held.margin_pool_id == pool_id:
                value = exact(item.weight) * (ONE - exact(held.haircut))
                summed.total.posting_slope[line.line_id, pool_id] -= value


def _add_loss(book: StressBook, item: ProofWeight, limit: Limit, total: Total) -> None:
    """weight times (loss - upper), or (lower - loss)."""
    sign = -ONE if item.side == Side.LOWER else ONE
    bound = limit.lower if item.side == Side.LOWER else limit.upper
    total.constant -= sign * exact(item.weight) * exact(bound or 0.0)
    returns = book.after(scenario_of(book, item.key.scenario_id))
    for line, r in zip(book.lines, returns, strict=True):
        total.slope[line.line_id] -= sign * exact(item.weight) * exact(r)


def _add_ratio(
    book: StressBook, item: ProofWeight, limit: Limit, scenario: Scenario | None, total: Total
) -> None:
    """weight times (what counts - upper times NAV), every line's part from a book of that line alone."""
    weight, upper = exact(item.weight), exact(limit.upper or 0.0)
    total.constant -= weight * upper
    for row, (line, r) in enumerate(zip(book.lines, book.after(scenario), strict=True)):
        alone = np.zeros(len(book.lines))
        alone[row] = 1.0
        single = StressBook(book.problem, alone, {}, like=book)
        total.slope[line.line_id] -= weight * upper * exact(r)
        if limit.illiquid_share is not None:
            counts = illiquid(single, scenario, limit.illiquid_share.horizon_trading_days)
            total.slope[line.line_id] += weight * exact(counts)
        elif limit.leverage is not None:
            signed = limit.leverage.definition == LeverageDefinition.NET
            part = total.slope if signed else total.kink
            part[line.line_id] += weight * exact(counted(single, limit.leverage.definition, scenario))


def _add_same_day(
    book: StressBook, item: ProofWeight, measure: LiquidityCoverageMeasure, summed: Summed
) -> None:
    """weight times (multiple times variation margin - cash), the margin left for its piece."""
    weight, scenario = exact(item.weight), scenario_of(book, item.key.scenario_id)
    multiple = exact(1.0 if measure.need_multiple is None else measure.need_multiple)
    for line, r in zip(book.lines, book.returns(scenario, 1), strict=True):
        if line.reserve_tier is None or not line.reserve_tier.variation_margin_eligible:
            continue
        summed.total.slope[line.line_id] -= weight * (ONE + exact(r))
        for held in line.reserve_tier.collateral_terms:
            summed.total.posting_slope[line.line_id, held.margin_pool_id] += weight
    for pool in book.problem.portfolio.margin_pools:
        summed.variation[pool.margin_pool_id, item.key.scenario_id, 1] += weight * multiple


def _add_coverage(
    book: StressBook, item: ProofWeight, measure: LiquidityCoverageMeasure, summed: Summed
) -> None:
    """weight times (multiple times need - sources), margins but for rates left for their pieces."""
    weight, day = exact(item.weight), item.key.horizon_trading_days or 0
    scenario = scenario_of(book, item.key.scenario_id)
    multiple = exact(1.0 if measure.need_multiple is None else measure.need_multiple)
    summed.total.constant += weight * multiple * exact(outflow(book, day))
    for line, r in zip(book.lines, book.returns(scenario, day), strict=True):
        let_go = (ONE - exact(gate(scenario, line))) * exact(available(line, day))
        if uses_capital(line):
            kept = (ONE - exact(add_on(scenario, line))) * let_go * (ONE + exact(r))
            summed.total.slope[line.line_id] -= weight * kept
        elif line.credit_line is not None:
            committed = exact(line.credit_line.committed_amount) / exact(book.problem.portfolio.nav_amount)
            summed.total.slope[line.line_id] += weight * let_go
            summed.total.constant -= weight * let_go * committed
    for pool in book.problem.portfolio.margin_pools:
        summed.variation[pool.margin_pool_id, item.key.scenario_id, day] += weight * multiple
        if pool.outright is None:
            summed.initial[pool.margin_pool_id] += weight * multiple * exact(multiplier(scenario, pool))
            continue
        for row in rows_of(book, pool):
            line = book.lines[row]
            margin = exact(multiplier(scenario, pool, line)) * exact(rate(line))
            summed.total.kink[line.line_id] += weight * multiple * margin
