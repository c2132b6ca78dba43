"""Random markets: drivers in units of their own, both return bases, definite and singular risk models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from counterpoise.model import (
    Driver,
    DriverGroup,
    DriverValue,
    ExpectedReturn,
    FloatArray,
    MarketModel,
    RiskModel,
    SymmetricMatrix,
    VolatilityCorrelation,
)
from tests.problems.draw import Draw


@dataclass(frozen=True, kw_only=True)
class RandomMarket:
    """A market; loadings are multiplied by a driver's unit, premia and volatilities divided by it."""

    model: MarketModel
    units: tuple[float, ...]


def random_market(draw: Draw, driver_count: int) -> RandomMarket:
    """A market of some drivers; one in five has a singular covariance."""
    cash = draw.one((0.0, 0.04, draw.between(-0.01, 0.06)))
    same_units = draw.chance(0.6)
    units = tuple(1.0 if same_units else draw.magnitude(0.1, 20.0) for _ in range(driver_count))
    ids = tuple(f"driver-{index}" for index in range(driver_count))
    drivers = tuple(
        _driver(draw, driver_id, draw.normal(0.02, 0.02) / unit, cash)
        for driver_id, unit in zip(ids, units, strict=True)
    )
    volatilities = np.array([draw.magnitude(0.02, 0.25) / unit for unit in units])
    if driver_count > 2 and draw.chance(0.05):
        volatilities[draw.count(0, driver_count - 1)] = 0.0
    groups = tuple(
        DriverGroup(driver_group_id=f"family.{index}", driver_ids=draw.some(ids))
        for index in range(draw.count(0, 2))
    )
    correlation = random_correlation(draw, driver_count, singular=driver_count > 1 and draw.chance(0.2))
    model = MarketModel(
        annual_risk_free_rate=cash,
        drivers=drivers,
        risk_model=random_risk_model(draw, ids, volatilities, correlation),
        driver_groups=groups,
    )
    return RandomMarket(model=model, units=units)


def _driver(draw: Draw, driver_id: str, premium: float, cash: float) -> Driver:
    if draw.chance(0.5):
        return Driver(driver_id=driver_id, expected_return=ExpectedReturn(annual_excess=premium))
    return Driver(driver_id=driver_id, expected_return=ExpectedReturn(annual_total=premium + cash))


def random_correlation(draw: Draw, size: int, *, singular: bool = False) -> FloatArray:
    """A correlation of a few common factors; a singular one has no noise of its own."""
    rank = draw.count(1, size - 1) if singular else min(3, size)
    factors = draw.generator.normal(size=(size, rank))
    matrix = factors @ factors.T
    if not singular:
        matrix += np.diag(draw.generator.uniform(0.3, 2.0, size))
    deviation = np.sqrt(np.diag(matrix))
    correlation = np.clip(matrix / np.outer(deviation, deviation), -1.0, 1.0)
    np.fill_diagonal(correlation, 1.0)
    return np.asarray((correlation + correlation.T) / 2)


def random_risk_model(
    draw: Draw, ids: tuple[str, ...], volatilities: FloatArray, correlation: FloatArray
) -> RiskModel:
    """Either form; its axis need not have the order of the drivers."""
    order = draw.shuffled(range(len(ids))) if draw.chance(0.3) else list(range(len(ids)))
    axis = tuple(ids[index] for index in order)
    matrix = correlation[np.ix_(order, order)]
    if draw.chance(0.5):
        values = tuple(
            DriverValue(driver_id=ids[index], value=float(volatilities[index]))
            for index in draw.shuffled(order)
        )
        form = VolatilityCorrelation(
            annual_volatilities=values, correlation=SymmetricMatrix.from_square(axis, matrix)
        )
        return RiskModel(volatility_correlation=form)
    scale = volatilities[order]
    return RiskModel(
        annual_covariance=SymmetricMatrix.from_square(axis, np.asarray(matrix * np.outer(scale, scale)))
    )
