"""Violations of limits in exact arithmetic; norms and sums of absolute sums by their multipliers.

A norm is at least its product with any vector of length one at most, and a sum of absolute values at
least its product with any numbers between -1 and 1: a component multiplier may not be longer than the
weight of its constraint.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from counterpoise.model import (
    Aggregation,
    AllocationProblem,
    ExposureMeasure,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    LineKind,
    PositionMeasure,
    ProofWeight,
    ReferenceBetaMeasure,
    ReserveMeasure,
    RiskMeasure,
    RiskStatistic,
    Side,
    covariance_factor,
)
from tests.reference.exact_box import exact
from tests.reference.exact_structure import ONE, fund_leverage, gross_notional
from tests.reference.exact_terms import Total
from tests.reference.numbers import Numbers, is_margined
from tests.reference.scopes import reserve_rate, residual_groups, scope_columns, scope_rows

ROUNDING = Fraction(1, 10**9)
"""How far a multiplier may stick out of its ball by rounding; checked as a relative length."""


def weighted_violation(problem: AllocationProblem, numbers: Numbers, item: ProofWeight) -> Total:
    """weight times what is above zero where a bound of the mandate is missed."""
    limit = next(limit for limit in problem.mandate.limits if limit.limit_id == item.key.limit_id)
    weight = exact(item.weight)
    bound = limit.lower if item.side == Side.LOWER else limit.upper
    if bound is None:
        raise ValueError(f"{item.key} has no bound on that side")
    sign = -ONE if item.side == Side.LOWER else ONE
    total = Total()
    total.add(_measure(problem, numbers, limit, item), sign)
    total.constant -= sign * weight * exact(bound)
    return total


def _measure(problem: AllocationProblem, numbers: Numbers, limit: Limit, item: ProofWeight) -> Total:
    """weight times the measure, or a linear lower bound of that by the component multipliers."""
    measure = limit.measure
    weighted = Total()
    if isinstance(measure, PositionMeasure):
        plain = _position(problem, measure, item)
    elif isinstance(measure, ExposureMeasure):
        if measure.aggregation == Aggregation.ABSOLUTE_SUM:
            return _absolute_exposure(problem, numbers, measure, item)
        plain = _exposure(problem, numbers, measure, item)
    elif isinstance(measure, RiskMeasure):
        return _norm(problem, numbers, measure, item)
    elif isinstance(measure, LeverageMeasure):
        if measure.definition == LeverageDefinition.COMMITMENT:
            return _commitment(problem, item)
        plain = _leverage(problem, measure.definition)
    elif isinstance(measure, ReserveMeasure):
        plain = _reserve(problem, measure)
    else:
        assert isinstance(measure, ReferenceBetaMeasure)
        plain = _reference_beta(problem, numbers)
    weighted.add(plain, exact(item.weight))
    return weighted


def _ids(problem: AllocationProblem, measure: PositionMeasure | ExposureMeasure) -> list[str]:
    return [problem.portfolio.lines[row].line_id for row in scope_rows(problem, measure.lines)]


def _position(problem: AllocationProblem, measure: PositionMeasure, item: ProofWeight) -> Total:
    total = Total()
    for line_id in _ids(problem, measure):
        if measure.aggregation == Aggregation.ABSOLUTE_SUM:
            total.kink[line_id] += ONE
        elif measure.aggregation == Aggregation.SUM or line_id == item.key.line_id:
            total.slope[line_id] += ONE
    return total


def _driver_exposure(
    problem: AllocationProblem, numbers: Numbers, measure: ExposureMeasure, driver: int
) -> Total:
    total = Total()
    for row in scope_rows(problem, measure.lines):
        total.slope[problem.portfolio.lines[row].line_id] += exact(numbers.loadings[row, driver])
    if measure.relative_to_reference:
        total.constant -= exact(numbers.reference[driver])
    return total


def _exposure(
    problem: AllocationProblem, numbers: Numbers, measure: ExposureMeasure, item: ProofWeight
) -> Total:
    total = Total()
    for driver in scope_columns(problem, measure.drivers):
        member = problem.market.driver_ids[driver] == item.key.driver_id
        if measure.aggregation == Aggregation.SUM or member:
            total.add(_driver_exposure(problem, numbers, measure, driver), ONE)
    return total


def _absolute_exposure(
    problem: AllocationProblem, numbers: Numbers, measure: ExposureMeasure, item: ProofWeight
) -> Total:
    sums = [
        _driver_exposure(problem, numbers, measure, driver)
        for driver in scope_columns(problem, measure.drivers)
    ]
    return _absolute_sum(sums, item)


def _absolute_sum(sums: list[Total], item: ProofWeight) -> Total:
    """weight times a sum of absolute sums.

    Every sum has a multiplier, or those alone that are about several lines: a sum about one line is
    separable and may stay a kink.
    """
    kinks = [not each.constant and sum(1 for slope in each.slope.values() if slope) <= 1 for each in sums]
    if len(item.components) == len(sums):
        kinks = [False] * len(sums)
    multipliers = [exact(value) for value in item.components]
    expected = kinks.count(False)
    assert len(multipliers) == expected, f"{item.key}: {len(multipliers)} components of {expected}"
    largest = max((abs(value) for value in multipliers), default=Fraction(0))
    assert largest <= exact(item.weight) * (1 + ROUNDING), f"{item.key}: a component exceeds the weight"
    total = Total()
    following = iter(multipliers)
    for each, kink in zip(sums, kinks, strict=True):
        if not kink:
            total.add(each, next(following))
            continue
        for line_id, slope in each.slope.items():
            total.kink[line_id] += exact(item.weight) * abs(slope)
    return total


def _leverage(problem: AllocationProblem, definition: LeverageDefinition) -> Total:
    if definition == LeverageDefinition.GROSS_NOTIONAL:
        return gross_notional(problem)
    total = Total()
    for line in problem.portfolio.lines:
        if definition == LeverageDefinition.OVERLAY:
            total.kink[line.line_id] += ONE if is_margined(line) else Fraction(0)
        elif line.kind in (LineKind.FUNDED_BETA, LineKind.OVERLAY, LineKind.ALPHA_SLEEVE):
            total.slope[line.line_id] += ONE
    return total


def _commitment(problem: AllocationProblem, item: ProofWeight) -> Total:
    """Underlyings in the order of their first line."""
    underlyings: dict[str, Total] = {}
    funds = Total()
    for line in problem.portfolio.lines:
        if line.kind in (LineKind.FUNDED_BETA, LineKind.OVERLAY):
            key = f"={line.underlying_id}" if line.underlying_id else f"-{line.line_id}"
            underlyings.setdefault(key, Total()).slope[line.line_id] += ONE
        else:
            funds.slope[line.line_id] += fund_leverage(line)
    total = _absolute_sum(list(underlyings.values()), item)
    total.add(funds, exact(item.weight))
    return total


def _reserve(problem: AllocationProblem, measure: ReserveMeasure) -> Total:
    total = Total()
    for line in problem.portfolio.lines:
        if line.reserve_tier is not None:
            total.slope[line.line_id] += ONE
            for terms in line.reserve_tier.collateral_terms if not measure.posted_margin_counts else ():
                total.posting_slope[line.line_id, terms.margin_pool_id] -= ONE
        elif is_margined(line):
            total.kink[line.line_id] -= exact(reserve_rate(measure, line))
    return total


def _reference_beta(problem: AllocationProblem, numbers: Numbers) -> Total:
    covariances = numbers.covariance @ numbers.reference
    beta = numbers.loadings @ covariances / float(numbers.reference @ covariances)
    total = Total()
    for line, value in zip(problem.portfolio.lines, beta, strict=True):
        total.slope[line.line_id] += exact(value)
    return total


def _norm(problem: AllocationProblem, numbers: Numbers, measure: RiskMeasure, item: ProofWeight) -> Total:
    """w'(F h - g): components of the covariance factor first, then residuals by their first line."""
    rows, drivers = scope_rows(problem, measure.lines), scope_columns(problem, measure.drivers)
    factor = covariance_factor(numbers.covariance)
    w = np.array(item.components)
    length = float(np.linalg.norm(w))
    assert length <= item.weight * (1 + float(ROUNDING)), f"{item.key}: {length} exceeds {item.weight}"
    # Every residual of the portfolio has its place; what is out of scope adds nothing.
    groups = residual_groups(problem, list(range(len(problem.portfolio.lines))))
    assert len(w) == factor.shape[1] + len(groups), f"{item.key}: {len(w)} components"
    total = Total()
    active = measure.statistic == RiskStatistic.ACTIVE_VOLATILITY
    for driver in drivers:
        # Exact: the sum over components of L times w is one rational number per driver.
        product = sum(
            (exact(factor[driver, place]) * exact(w[place]) for place in range(factor.shape[1])), Fraction(0)
        )
        for row in rows:
            total.slope[problem.portfolio.lines[row].line_id] += product * exact(
                numbers.loadings[row, driver]
            )
        total.constant -= product * exact(numbers.reference[driver]) if active else 0
    for group, multiplier in zip(groups, w[factor.shape[1] :], strict=True):
        for row in group if measure.drivers is None else ():
            if row not in rows:
                continue
            line = problem.portfolio.lines[row]
            total.slope[line.line_id] += exact(multiplier) * exact(line.annual_residual_volatility)
    return total
