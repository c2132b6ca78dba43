"""The numbers of a problem as arrays, read from the comments of the protos alone.

Nothing here is shared with the server: it is the second opinion's own reading of a request.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from counterpoise.model import AllocationProblem, FloatArray, Line


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
    """Annual covariance of the drivers, in their order."""
    model = problem.market.risk_model
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


def premia(problem: AllocationProblem) -> FloatArray:
    """Expected return of the drivers over cash."""
    cash = problem.market.annual_risk_free_rate
    result: list[float] = []
    for driver in problem.market.drivers:
        declared = driver.expected_return
        if declared.annual_excess is not None:
            result.append(declared.annual_excess)
        elif declared.annual_total is not None:
            result.append(declared.annual_total - cash)
    return np.array(result)


def reference(problem: AllocationProblem) -> FloatArray:
    """Exposures of the reference portfolio, zero where it names none."""
    named = {item.driver_id: item.value for item in problem.mandate.reference_exposures}
    return np.array([named.get(driver.driver_id, 0.0) for driver in problem.market.drivers])


def gated_alpha(problem: AllocationProblem, line: Line, beta: float) -> float:
    """Alpha of a line that counts: over cash, over its beta return, after the evidence rule."""
    sleeve = line.alpha_sleeve
    if sleeve is None or sleeve.expected_alpha.net_of_fees is None:
        return 0.0
    declared = sleeve.expected_alpha.net_of_fees
    if declared.annual_over_beta is not None:
        alpha = declared.annual_over_beta
    elif declared.annual_over_cash is not None:
        alpha = declared.annual_over_cash - beta
    elif declared.annual_total is not None:
        alpha = declared.annual_total - problem.market.annual_risk_free_rate - beta
    else:
        raise ValueError("alpha without basis")
    rule = problem.mandate.evidence_rule
    threshold = 0.80 if rule is None or rule.reclassify_r_squared is None else rule.reclassify_r_squared
    return min(alpha, 0.0) if sleeve.evidence.r_squared > threshold else alpha


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


def cost_per_unit(line: Line) -> float:
    """What one unit of a line costs a year; short overlays receive their financing spread."""
    if line.funded_beta is not None:
        return line.funded_beta.annual_fee
    if line.overlay is not None:
        return line.overlay.annual_financing_spread
    if line.reserve_tier is not None:
        return line.reserve_tier.annual_cash_drag
    return line.credit_line.annual_borrowing_spread if line.credit_line is not None else 0.0


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """Vectors and matrices of a problem, lines and drivers in their order.

    `unit_return` is what one unit earns over cash but for roll; `roll` is charged on the absolute
    position.
    """

    loadings: FloatArray
    covariance: FloatArray
    premia: FloatArray
    reference: FloatArray
    alpha: FloatArray
    unit_return: FloatArray
    roll: FloatArray


def read_numbers(problem: AllocationProblem) -> Numbers:
    """Everything numeric that is not a limit."""
    exposure, premium = loadings(problem), premia(problem)
    beta = exposure @ premium
    lines = problem.portfolio.lines
    alpha = np.array([gated_alpha(problem, line, float(beta[row])) for row, line in enumerate(lines)])
    return Numbers(
        loadings=exposure,
        covariance=covariance(problem),
        premia=premium,
        reference=reference(problem),
        alpha=alpha,
        unit_return=beta + alpha - np.array([cost_per_unit(line) for line in lines]),
        roll=np.array([line.overlay.annual_roll_cost if line.overlay is not None else 0.0 for line in lines]),
    )
