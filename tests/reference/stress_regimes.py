"""The axes that a regime of correlation is stated over, and the outcomes of a sample."""

from __future__ import annotations

import numpy as np

from counterpoise.model import AllocationProblem, CorrelationRegime, FloatArray
from tests.reference.numbers import loadings
from tests.reference.stress_covariance import correlated_covariance, joint_covariance, normal_covariance

Axes = tuple[FloatArray, list[dict[int, float]], set[int]]


def regime_axes(problem: AllocationProblem, regime: CorrelationRegime | None) -> Axes:
    """Covariance of a regime, what each line adds to its axes, and rows whose residuals are not in it.

    The axes are the drivers; under a uniform stress sleeves follow, each on an axis of its own.
    """
    exposure = loadings(problem)
    count, everyone = exposure.shape[1], set(range(len(problem.portfolio.lines)))
    places = [{column: float(exposure[row, column]) for column in range(count)} for row in sorted(everyone)]
    if regime != CorrelationRegime.STRESSED:
        return normal_covariance(problem), places, everyone
    stressed = problem.market.risk_model.stressed_correlation
    if stressed is None:
        raise ValueError("the risk model has no stressed correlation")
    if stressed.correlation is not None:
        return correlated_covariance(problem, stressed.correlation), places, everyone
    if stressed.uniform is None:
        raise ValueError("a stressed correlation without a form")
    uniform = stressed.uniform
    matrix, sleeves = joint_covariance(problem, uniform.correlation, uniform.growth_driver_ids)
    for place, row in enumerate(sleeves):
        places[row] = {count + place: 1.0}
    return matrix, places, everyone - set(sleeves)


def outcomes(problem: AllocationProblem, sample_id: str) -> FloatArray:
    """The outcomes of a sample, columns in the order of the drivers."""
    sample = next(item for item in problem.return_samples if item.return_sample_id == sample_id)
    width = len(sample.outcomes.column_ids)
    flat = [float(value) for value in sample.outcomes.values]
    place = {driver_id: column for column, driver_id in enumerate(sample.outcomes.column_ids)}
    order = [place[driver.driver_id] for driver in problem.market.drivers]
    count = len(sample.outcomes.row_ids)
    return np.array([[flat[row * width + column] for column in order] for row in range(count)])
