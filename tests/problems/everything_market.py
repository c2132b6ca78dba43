"""Random markets with currencies, key rates in basis points, and all three forms of a risk model."""

from __future__ import annotations

import dataclasses

import numpy as np

from counterpoise.model import (
    Driver,
    DriverGroup,
    DriverUnit,
    DriverValue,
    ExpectedReturn,
    FactorForm,
    FloatArray,
    Line,
    LineKind,
    MarketModel,
    RectangularMatrix,
    RiskModel,
    SymmetricMatrix,
)
from tests.problems.draw import Draw
from tests.problems.markets import RandomMarket, random_correlation, random_risk_model

CURRENCIES = ("fx-eur", "fx-jpy", "fx-gbp")
KEY_RATES = ("rate-2y", "rate-10y", "rate-30y")


def everything_market(draw: Draw) -> RandomMarket:
    """Two to six asset classes, up to three currencies and up to three key rates."""
    cash = draw.one((0.0, 0.04, draw.between(-0.01, 0.06)))
    drivers: list[Driver] = []
    units: list[float] = []
    volatilities: list[float] = []
    for number in range(draw.count(2, 6)):
        unit = 1.0 if draw.chance(0.7) else draw.magnitude(0.1, 20.0)
        drivers.append(_asset_class(draw, f"asset.{number}", draw.normal(0.02, 0.02) / unit, cash))
        units.append(unit)
        volatilities.append(draw.magnitude(0.02, 0.25) / unit)
    for name in CURRENCIES[: draw.count(0, 3)]:
        drivers.append(
            Driver(driver_id=name, expected_return=ExpectedReturn(annual_excess=draw.normal(0, 0.01)))
        )
        units.append(1.0)
        volatilities.append(draw.between(0.05, 0.12))
    for name in KEY_RATES[: draw.one((0, 0, 1, 2, 3))]:
        # Loadings are durations in returns per basis point, volatilities tens of basis points.
        basis_points = draw.normal(0.0, 15.0)
        drivers.append(
            Driver(
                driver_id=name,
                unit=DriverUnit.BASIS_POINT,
                expected_return=ExpectedReturn(annual_basis_points=basis_points),
            )
        )
        units.append(draw.magnitude(0.0002, 0.002))
        volatilities.append(draw.between(40.0, 150.0))
    ids = tuple(driver.driver_id for driver in drivers)
    model = MarketModel(
        annual_risk_free_rate=cash,
        drivers=tuple(drivers),
        risk_model=_risk_model(draw, ids, np.array(volatilities)),
        driver_groups=_groups(ids),
    )
    return RandomMarket(model=model, units=tuple(units))


def with_residual_correlation(draw: Draw, market: MarketModel, lines: tuple[Line, ...]) -> MarketModel:
    """The market with residuals of some sleeves correlated."""
    sleeves = [line.line_id for line in lines if line.kind == LineKind.ALPHA_SLEEVE]
    if len(sleeves) < 2 or not draw.chance(0.6):
        return market
    axis = tuple(draw.shuffled(draw.some(sleeves, low=2)))
    correlation = random_correlation(draw, len(axis), singular=draw.chance(0.1))
    declared = SymmetricMatrix.from_square(axis, correlation)
    model = dataclasses.replace(market.risk_model, sleeve_residual_correlation=declared)
    return dataclasses.replace(market, risk_model=model)


def _asset_class(draw: Draw, driver_id: str, premium: float, cash: float) -> Driver:
    if draw.chance(0.5):
        return Driver(driver_id=driver_id, expected_return=ExpectedReturn(annual_excess=premium))
    return Driver(
        driver_id=driver_id,
        unit=DriverUnit.RETURN,
        expected_return=ExpectedReturn(annual_total=premium + cash),
    )


def _groups(ids: tuple[str, ...]) -> tuple[DriverGroup, ...]:
    """Families of one unit each."""
    families = {"assets": "asset.", "currencies": "fx-", "key_rates": "rate-"}
    groups = []
    for name, prefix in families.items():
        members = tuple(driver_id for driver_id in ids if driver_id.startswith(prefix))
        if members:
            groups.append(DriverGroup(driver_group_id=name, driver_ids=members))
    return tuple(groups)


def _risk_model(draw: Draw, ids: tuple[str, ...], volatilities: FloatArray) -> RiskModel:
    if draw.chance(0.4):
        return _factor_form(draw, ids, volatilities)
    correlation = random_correlation(draw, len(ids), singular=draw.chance(0.15))
    return random_risk_model(draw, ids, volatilities, correlation)


def _factor_form(draw: Draw, ids: tuple[str, ...], volatilities: FloatArray) -> RiskModel:
    """One to three factors; some drivers have nothing specific, and rows come in any order."""
    count = draw.count(1, 3)
    directions = draw.generator.normal(size=(len(ids), count))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    explained = np.array([draw.one((1.0, draw.between(0.1, 0.95))) for _ in ids])
    order = draw.shuffled(range(len(ids)))
    loadings = directions * (volatilities * np.sqrt(explained))[:, None]
    return RiskModel(
        factor_form=FactorForm(
            loadings=RectangularMatrix(
                row_ids=tuple(ids[place] for place in order),
                column_ids=tuple(f"factor-{number}" for number in range(count)),
                values=loadings[order].ravel(),
            ),
            specific_volatilities=tuple(
                DriverValue(
                    driver_id=ids[place], value=float(volatilities[place] * np.sqrt(1 - explained[place]))
                )
                for place in draw.shuffled(order)
            ),
        )
    )
