"""What drivers and lines do in a scenario until a trading day, point by point."""

from __future__ import annotations

import math

import numpy as np

from counterpoise.model import AllocationProblem, FloatArray, MissingShockRule, Scenario
from tests.reference.numbers import capital_per_unit

Points = list[tuple[int | None, float]]
NO_VARIANCE = 1e-14
"""Directions whose variance is below this part of the largest have none."""


def move_until(points: Points, day: int) -> float:
    """A move by a day: an instant one at any, else along straight lines from zero, flat after the last."""
    for horizon, move in points:
        if horizon is None:
            return move
    start, so_far = 0, 0.0
    for horizon, move in sorted((horizon or 0, move) for horizon, move in points):
        if day <= horizon:
            return so_far + (move - so_far) * (day - start) / (horizon - start)
        start, so_far = horizon, move
    return so_far


def last_day(scenario: Scenario) -> int:
    """The last horizon that any shock names, 1 where all are instant."""
    named = [shock.horizon_trading_days for shock in (*scenario.driver_shocks, *scenario.line_shocks)]
    return max([1, *(day for day in named if day is not None)])


def stated_moves(scenario: Scenario, day: int) -> dict[str, float]:
    """Driver -> its own shock by a day."""
    points: dict[str, Points] = {}
    for shock in scenario.driver_shocks:
        points.setdefault(shock.driver_id, []).append((shock.horizon_trading_days, shock.shock))
    return {driver_id: move_until(own, day) for driver_id, own in points.items()}


def line_moves(scenario: Scenario, day: int) -> dict[str, float]:
    """Line -> its own shock by a day."""
    points: dict[str, Points] = {}
    for shock in scenario.line_shocks:
        points.setdefault(shock.line_id, []).append((shock.horizon_trading_days, shock.shock))
    return {line_id: move_until(own, day) for line_id, own in points.items()}


def regressed(
    problem: AllocationProblem, covariance: FloatArray, scenario: Scenario, day: int
) -> dict[str, float]:
    """Driver -> the move that its covariance with the shocked ones says, for every driver without a shock."""
    if scenario.missing_shock_rule != MissingShockRule.REGRESS:
        return {}
    stated = stated_moves(scenario, day)
    ids = [driver.driver_id for driver in problem.market.drivers]
    shocked = [column for column, driver_id in enumerate(ids) if driver_id in stated]
    # In units of each driver's own volatility: basis points beside decimals would cost digits.
    unit = [math.sqrt(float(covariance[column, column])) or 1.0 for column in shocked]
    moves = np.array([stated[ids[column]] for column in shocked]) / unit
    values, vectors = np.linalg.eigh(covariance[np.ix_(shocked, shocked)] / np.outer(unit, unit))
    weights = np.zeros(len(shocked))
    for value, vector in zip(values, vectors.T, strict=True):
        if value > NO_VARIANCE * max(float(values[-1]), 1e-300):
            weights += vector * float(vector @ moves) / value
    weights /= unit
    return {
        driver_id: sum(
            float(covariance[column, other]) * w for other, w in zip(shocked, weights, strict=True)
        )
        for column, driver_id in enumerate(ids)
        if driver_id not in stated
    }


def returns_of_lines(
    problem: AllocationProblem,
    exposure: FloatArray,
    covariance: FloatArray,
    scenario: Scenario | None,
    day: int,
) -> list[float]:
    """Return of every line by a day, none in the base state; what uses capital loses all of it at most."""
    lines = problem.portfolio.lines
    if scenario is None:
        return [0.0] * len(lines)
    moves = stated_moves(scenario, day) | regressed(problem, covariance, scenario, day)
    own = line_moves(scenario, day)
    found: list[float] = []
    for row, line in enumerate(lines):
        total = own.get(line.line_id, 0.0)
        for column, driver in enumerate(problem.market.drivers):
            total += float(exposure[row, column]) * moves.get(driver.driver_id, 0.0)
        found.append(max(total, -1.0) if capital_per_unit(line) == 1.0 else total)
    return found
