"""Volatilities of both regimes, value-at-risk under a normal distribution, and the tail of a sample."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from counterpoise.model import (
    ConditionalValueAtRiskMeasure,
    CorrelationRegime,
    FloatArray,
    RiskMeasure,
    RiskStatistic,
)
from tests.reference.numbers import reference
from tests.reference.risk import residual_variance
from tests.reference.scopes import scope_columns, scope_rows
from tests.reference.stress_book import StressBook


def risk(book: StressBook, measure: RiskMeasure) -> float:
    """A statistic in its own unit."""
    active = measure.statistic == RiskStatistic.ACTIVE_VOLATILITY
    volatility = math.sqrt(max(variance(book, measure, active=active), 0.0))
    if measure.statistic == RiskStatistic.RELATIVE_VALUE_AT_RISK:
        return volatility / reference_volatility(book, measure.regime)
    if measure.statistic == RiskStatistic.GAUSSIAN_VALUE_AT_RISK:
        return volatility * value_at_risk_multiple(measure)
    return volatility


def value_at_risk_multiple(measure: RiskMeasure) -> float:
    """Normal quantile times the root of the horizon in years of 252 trading days."""
    quantile = NormalDist().inv_cdf(measure.confidence or 0.5)
    return quantile * math.sqrt((measure.horizon_trading_days or 0) / 252)


def variance(book: StressBook, measure: RiskMeasure, *, active: bool) -> float:
    """Annual variance of the lines in scope, less the reference where it is active."""
    problem, rows = book.problem, scope_rows(book.problem, measure.lines)
    matrix, places, outside = book.axes(measure.regime)
    positions = np.zeros(len(matrix))
    for row in rows:
        for place, loading in places[row].items():
            positions[place] += loading * book.h[row]
    if active:
        for column, exposure in enumerate(reference(problem)):
            positions[column] -= exposure
    if measure.drivers is not None:
        columns = scope_columns(problem, measure.drivers)
        positions = np.array([x if place in columns else 0.0 for place, x in enumerate(positions)])
        return quadratic(matrix, positions)
    apart = [row for row in rows if row in outside]
    return quadratic(matrix, positions) + (residual_variance(problem, book.plain.h, apart) if apart else 0.0)


def quadratic(matrix: FloatArray, x: FloatArray) -> float:
    """x'Mx, entry by entry."""
    return sum(
        float(one * matrix[i, j] * other)
        for i, one in enumerate(x)
        for j, other in enumerate(x)
        if one and other
    )


def reference_volatility(book: StressBook, regime: CorrelationRegime | None) -> float:
    """Volatility of the reference portfolio in a regime; it has no residuals."""
    matrix, _, _ = book.axes(regime)
    x = np.zeros(len(matrix))
    x[: len(book.problem.market.drivers)] = reference(book.problem)
    return math.sqrt(max(quadratic(matrix, x), 0.0))


def tail_loss(book: StressBook, measure: ConditionalValueAtRiskMeasure) -> float:
    """Mean loss of the worst outcomes that make up 1 - confidence of them, the last one in part."""
    exposure = book.numbers.loadings.T @ book.plain.h
    losses = sorted((-float(row @ exposure) for row in book.outcomes(measure.return_sample_id)), reverse=True)
    left = wanted = (1.0 - measure.confidence) * len(losses)
    total = 0.0
    for loss in losses:
        part = min(1.0, left)
        if part <= 0:
            break
        total += part * loss
        left -= part
    return total / wanted
