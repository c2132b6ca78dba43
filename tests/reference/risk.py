"""Volatilities and standard errors at given positions, summed in loops."""

from __future__ import annotations

import math

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    AlphaUncertainty,
    FloatArray,
    PremiumUncertainty,
    RiskMeasure,
    RiskStatistic,
)
from tests.reference.numbers import Numbers
from tests.reference.scopes import residual_correlation, residual_groups, scope_columns, scope_rows


def volatility(problem: AllocationProblem, numbers: Numbers, h: FloatArray, measure: RiskMeasure) -> float:
    """Square root of x'Sx plus z'Rz, z the residuals of the lines that count."""
    rows, columns = scope_rows(problem, measure.lines), scope_columns(problem, measure.drivers)
    x = numbers.loadings[rows].T @ h[rows]
    if measure.statistic == RiskStatistic.ACTIVE_VOLATILITY:
        x = x - numbers.reference
    kept = np.zeros_like(x)
    kept[columns] = x[columns]
    variance = float(kept @ numbers.covariance @ kept)
    if measure.drivers is None:
        variance += residual_variance(problem, h, rows)
    return math.sqrt(max(variance, 0.0))


def residual_variance(problem: AllocationProblem, h: FloatArray, rows: list[int]) -> float:
    """z'Rz over some lines."""
    lines = problem.portfolio.lines
    groups = residual_groups(problem, rows)
    z = [sum(lines[row].annual_residual_volatility * float(h[row]) for row in group) for group in groups]
    correlation = residual_correlation(problem, groups)
    return sum(float(correlation[i, j]) * one * other for i, one in enumerate(z) for j, other in enumerate(z))


def line_covariance(problem: AllocationProblem, numbers: Numbers, rows: list[int]) -> FloatArray:
    """Annual covariance of some lines per unit of position: BSB' and the residuals."""
    lines = problem.portfolio.lines
    loadings = numbers.loadings[rows]
    result = loadings @ numbers.covariance @ loadings.T
    groups = residual_groups(problem, rows)
    correlation = residual_correlation(problem, groups)
    group_of = {row: number for number, group in enumerate(groups) for row in group}
    for i, row in enumerate(rows):
        for j, other in enumerate(rows):
            product = lines[row].annual_residual_volatility * lines[other].annual_residual_volatility
            result[i, j] += float(correlation[group_of[row], group_of[other]]) * product
    return np.asarray(result)


def alpha_error(problem: AllocationProblem, h: FloatArray, uncertainty: AlphaUncertainty) -> float:
    """sqrt(e'Re), e the position times the error of each sleeve's alpha."""
    errors = {
        line.line_id: float(h[row]) * (line.alpha_sleeve.annual_alpha_error or 0.0)
        for row, line in enumerate(problem.portfolio.lines)
        if line.alpha_sleeve is not None
    }
    variance = sum(error**2 for error in errors.values())
    matrix = uncertainty.error_correlation
    if matrix is not None:
        entries = iter(matrix.lower_triangle)
        for row, one in enumerate(matrix.axis_ids):
            for column, other in enumerate(matrix.axis_ids[: row + 1]):
                entry = float(next(entries))
                variance += 2 * entry * errors[one] * errors[other] if column < row else 0.0
    return math.sqrt(max(variance, 0.0))


def premium_error(
    problem: AllocationProblem, numbers: Numbers, h: FloatArray, uncertainty: PremiumUncertainty
) -> float:
    """sqrt(sum (error_d x_d)^2) over the exposures of all lines."""
    exposures = dict(zip(problem.market.driver_ids, numbers.loadings.T @ h, strict=True))
    return math.sqrt(
        sum((item.value * float(exposures[item.driver_id])) ** 2 for item in uncertainty.annual_errors)
    )
