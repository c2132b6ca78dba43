"""Covariances of both regimes, entry by entry, and the repair of what is not positive semidefinite."""

from __future__ import annotations

import math

import numpy as np

from counterpoise.model import AllocationProblem, CorrelationRepair, FloatArray, SymmetricMatrix
from tests.reference.numbers import covariance, loadings

ROUNDING = 1e-12
"""Eigenvalues of a correlation above minus this, times its size, are zero up to rounding."""


def repair(matrix: FloatArray) -> FloatArray:
    """The covariance with the negative eigenvalues of its correlation set to zero and its diagonal kept."""
    size = len(matrix)
    deviation = [math.sqrt(max(float(matrix[i, i]), 0.0)) or 1.0 for i in range(size)]
    correlation = np.array(
        [[matrix[i, j] / deviation[i] / deviation[j] for j in range(size)] for i in range(size)]
    )
    values, vectors = np.linalg.eigh(correlation)
    if float(values[0]) >= -ROUNDING * size:
        return matrix
    clipped = np.zeros((size, size))
    for value, vector in zip(values, vectors.T, strict=True):
        if value > 0:
            clipped += value * np.outer(vector, vector)
    result = np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            norm = math.sqrt(clipped[i, i] * clipped[j, j])
            one = 1.0 if i == j and matrix[i, i] > 0 else (clipped[i, j] / norm if norm > 0 else 0.0)
            result[i, j] = one * deviation[i] * deviation[j] if matrix[i, i] > 0 and matrix[j, j] > 0 else 0.0
    return result


def clips(problem: AllocationProblem) -> bool:
    """Whether the caller asks for covariances and correlations of drivers to be repaired."""
    return problem.market.risk_model.repair == CorrelationRepair.CLIP_EIGENVALUES


def normal_covariance(problem: AllocationProblem) -> FloatArray:
    """Annual covariance S of the drivers in the normal regime, repaired where that is asked for."""
    stated = covariance(problem)
    if clips(problem) and problem.market.risk_model.factor_form is None:
        return repair(stated)
    return stated


def correlated_covariance(problem: AllocationProblem, correlation: SymmetricMatrix) -> FloatArray:
    """S of the drivers with the volatilities of the normal regime and another correlation."""
    stated = _correlated(problem, correlation)
    return repair(stated) if clips(problem) else stated


def is_repaired(problem: AllocationProblem) -> bool:
    """Whether anything that is used is not as it was stated."""
    if clips(problem) and problem.market.risk_model.factor_form is None:
        stated = covariance(problem)
        if repair(stated) is not stated:
            return True
    stressed = problem.market.risk_model.stressed_correlation
    if stressed is not None and stressed.correlation is not None and clips(problem):
        stated = _correlated(problem, stressed.correlation)
        return repair(stated) is not stated
    if stressed is not None and stressed.uniform is not None:
        stated, _ = _joint(problem, stressed.uniform.correlation, stressed.uniform.growth_driver_ids)
        return repair(stated) is not stated
    return False


def _correlated(problem: AllocationProblem, correlation: SymmetricMatrix) -> FloatArray:
    normal = normal_covariance(problem)
    ids = [driver.driver_id for driver in problem.market.drivers]
    entries: dict[tuple[str, str], float] = {}
    numbers = iter(correlation.lower_triangle)
    for row, one in enumerate(correlation.axis_ids):
        for other in correlation.axis_ids[: row + 1]:
            entries[one, other] = entries[other, one] = float(next(numbers))
    return np.array(
        [
            [entries[one, other] * math.sqrt(normal[i, i] * normal[j, j]) for j, other in enumerate(ids)]
            for i, one in enumerate(ids)
        ]
    )


def joint_covariance(
    problem: AllocationProblem, correlation: float, growth: tuple[str, ...]
) -> tuple[FloatArray, list[int]]:
    """Covariance over the drivers and then the total returns of sleeves, and the rows of these sleeves.

    A sleeve's whole variance is b'Sb plus that of its residual. Sleeves have `correlation` with each other
    and with the `growth` drivers; with any other driver d their covariance is (S b)_d as ever.
    """
    stated, sleeves = _joint(problem, correlation, growth)
    return repair(stated), sleeves


def _joint(
    problem: AllocationProblem, correlation: float, growth: tuple[str, ...]
) -> tuple[FloatArray, list[int]]:
    normal, exposure = normal_covariance(problem), loadings(problem)
    drivers = [driver.driver_id for driver in problem.market.drivers]
    sleeves = [row for row, line in enumerate(problem.portfolio.lines) if line.alpha_sleeve is not None]
    count = len(drivers)
    joint = np.zeros((count + len(sleeves), count + len(sleeves)))
    joint[:count, :count] = normal
    whole: list[float] = []
    for row in sleeves:
        line = problem.portfolio.lines[row]
        through = float(exposure[row] @ normal @ exposure[row])
        whole.append(math.sqrt(max(through, 0.0) + line.annual_residual_volatility**2))
    for j, row in enumerate(sleeves):
        for d, name in enumerate(drivers):
            usual = sum(float(normal[d, k] * exposure[row, k]) for k in range(count))
            together = correlation * whole[j] * math.sqrt(max(float(normal[d, d]), 0.0))
            joint[count + j, d] = joint[d, count + j] = together if name in growth else usual
        for other in range(len(sleeves)):
            same = 1.0 if other == j else correlation
            joint[count + j, count + other] = same * whole[j] * whole[other]
    return joint, sleeves
