"""The numbers of a problem as arrays, read from the comments of the protos alone.

Nothing here is shared with the server: it is the second opinion's own reading of a request.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from counterpoise.model import AllocationProblem, FactorForm, FloatArray, Line
from tests.reference.costs import absolute_cost, signed_cost
from tests.reference.sleeves import SleeveNumbers, sleeve_numbers


def loadings(problem: AllocationProblem) -> FloatArray:
    """Exposure per unit of position, shape (lines, drivers)."""
    drivers = {driver.driver_id: column for column, driver in enumerate(problem.market.drivers)}
    lines = {line.line_id: row for row, line in enumerate(problem.portfolio.lines)}
    result = np.zeros((len(lines), len(drivers)))
    matrix = problem.portfolio.loading_matrix
    if matrix is not None:
        values = np.asarray(matrix.values, dtype=float).reshape(len(matrix.row_ids), len(matrix.column_ids))
        for row_id, numbers in zip(matrix.row_ids, values, strict=True):
            for column_id, value in zip(matrix.column_ids, numbers, strict=True):
                result[lines[row_id], drivers[column_id]] = value
    for row, line in enumerate(problem.portfolio.lines):
        for loading in line.loadings:
            result[row, drivers[loading.driver_id]] = loading.value
    return result


def covariance(problem: AllocationProblem) -> FloatArray:
    """Annual covariance of the drivers, in their order and units."""
    model = problem.market.risk_model
    if model.factor_form is not None:
        return _factor_covariance(problem, model.factor_form)
    if model.annual_covariance is not None:
        matrix, scale = model.annual_covariance, dict.fromkeys(model.annual_covariance.axis_ids, 1.0)
    elif model.volatility_correlation is not None:
        matrix = model.volatility_correlation.correlation
        scale = {item.driver_id: item.value for item in model.volatility_correlation.annual_volatilities}
    else:
        raise ValueError("no risk model")
    entries: dict[tuple[str, str], float] = {}
    numbers = iter(matrix.lower_triangle)
    for row, row_id in enumerate(matrix.axis_ids):
        for column_id in matrix.axis_ids[: row + 1]:
            entry = float(next(numbers)) * scale[row_id] * scale[column_id]
            entries[row_id, column_id] = entries[column_id, row_id] = entry
    ids = [driver.driver_id for driver in problem.market.drivers]
    return np.array([[entries[row_id, column_id] for column_id in ids] for row_id in ids])


def _factor_covariance(problem: AllocationProblem, form: FactorForm) -> FloatArray:
    """F F' + diag(d d), summed entry by entry."""
    width = len(form.loadings.column_ids)
    flat = [float(value) for value in form.loadings.values]
    rows = {row_id: flat[i * width : (i + 1) * width] for i, row_id in enumerate(form.loadings.row_ids)}
    specific = {item.driver_id: item.value for item in form.specific_volatilities}
    ids = [driver.driver_id for driver in problem.market.drivers]
    result = np.zeros((len(ids), len(ids)))
    for i, row_id in enumerate(ids):
        for j, column_id in enumerate(ids):
            result[i, j] = math.fsum(a * b for a, b in zip(rows[row_id], rows[column_id], strict=True))
        result[i, i] += specific[row_id] ** 2
    return result


def premia(problem: AllocationProblem) -> FloatArray:
    """Expected return of the drivers over cash; expected moves of those in basis points."""
    cash = problem.market.annual_risk_free_rate
    result: list[float] = []
    for driver in problem.market.drivers:
        declared = driver.expected_return
        if declared.annual_excess is not None:
            result.append(declared.annual_excess)
        elif declared.annual_total is not None:
            result.append(declared.annual_total - cash)
        elif declared.annual_basis_points is not None:
            result.append(declared.annual_basis_points)
    return np.array(result)


def reference(problem: AllocationProblem) -> FloatArray:
    """Exposures of the reference portfolio, zero where it names none."""
    named = {item.driver_id: item.value for item in problem.mandate.reference_exposures}
    return np.array([named.get(driver.driver_id, 0.0) for driver in problem.market.drivers])


def is_margined(line: Line) -> bool:
    """Overlays and unfunded sleeves."""
    return line.overlay is not None or (
        line.alpha_sleeve is not None and line.alpha_sleeve.unfunded_account is not None
    )


def margin_terms(line: Line) -> tuple[str, float]:
    """Pool and initial margin rate of a margined line."""
    if line.overlay is not None:
        return line.overlay.margin_pool_id, line.overlay.initial_margin_rate or 0.0
    if line.alpha_sleeve is not None and line.alpha_sleeve.unfunded_account is not None:
        account = line.alpha_sleeve.unfunded_account
        return account.margin_pool_id, account.initial_margin_rate
    raise ValueError(f"{line.line_id} is not margined")


def capital_per_unit(line: Line) -> float:
    """1 for what is paid for, 0 for what is margined, -1 for what is borrowed."""
    if line.credit_line is not None:
        return -1.0
    return 0.0 if is_margined(line) else 1.0


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """Vectors and matrices of a problem, lines and drivers in their order.

    `unit_return` is what one unit earns over cash but for what is charged on the absolute position
    (`absolute_cost`), on trades and on postings; `alpha` is after the gate and after fees. `sleeves` has
    the numbers of every sleeve by its row.
    """

    loadings: FloatArray
    covariance: FloatArray
    premia: FloatArray
    reference: FloatArray
    sleeves: dict[int, SleeveNumbers]
    alpha: FloatArray
    unit_return: FloatArray
    absolute_cost: FloatArray


def read_numbers(problem: AllocationProblem) -> Numbers:
    """Everything numeric that is not a limit."""
    exposure, premium, matrix = loadings(problem), premia(problem), covariance(problem)
    beta = exposure @ premium
    lines = problem.portfolio.lines
    sleeves = {
        row: sleeve_numbers(
            problem,
            line.alpha_sleeve,
            beta_return=float(beta[row]),
            volatility=_own_volatility(line, exposure[row], matrix),
        )
        for row, line in enumerate(lines)
        if line.alpha_sleeve is not None
    }
    alpha = np.array([sleeves[row].alpha if row in sleeves else 0.0 for row in range(len(lines))])
    return Numbers(
        loadings=exposure,
        covariance=matrix,
        premia=premium,
        reference=reference(problem),
        sleeves=sleeves,
        alpha=alpha,
        unit_return=beta + alpha - np.array([signed_cost(line) for line in lines]),
        absolute_cost=np.array([absolute_cost(line) for line in lines]),
    )


def _own_volatility(line: Line, exposure: FloatArray, matrix: FloatArray) -> float:
    """Volatility of one unit of a line, drivers and residual together."""
    variance = float(exposure @ matrix @ exposure) + line.annual_residual_volatility**2
    return math.sqrt(max(variance, 0.0))
