"""Random markets for problems with scenarios: asset classes and key rates, both regimes, repairs, samples."""

from __future__ import annotations

import dataclasses

import numpy as np

from counterpoise.model import (
    CorrelationRepair,
    Driver,
    DriverUnit,
    DriverValue,
    ExpectedReturn,
    FactorForm,
    FloatArray,
    MarketModel,
    RectangularMatrix,
    ReturnSample,
    RiskModel,
    StressedCorrelation,
    SymmetricMatrix,
    UniformStress,
    VolatilityCorrelation,
)
from tests.problems.draw import Draw
from tests.problems.markets import random_correlation

ASSETS = {"equity": 0.16, "credit": 0.09, "commodity": 0.2, "value": 0.07}
RATES = ("rate-10y", "rate-2y")
QUARTER = 63 / 252


def stressed_market(draw: Draw) -> MarketModel:
    """Two to four asset classes, and key rates in basis points in half of the markets."""
    names = [*list(ASSETS)[: draw.count(2, 4)], *RATES[: draw.one((0, 0, 1, 2))]]
    drivers = tuple(_driver(draw, name) for name in names)
    volatilities = np.array(
        [
            ASSETS[name] * draw.between(0.7, 1.3) if name in ASSETS else draw.between(60.0, 130.0)
            for name in names
        ]
    )
    return MarketModel(
        annual_risk_free_rate=draw.one((0.0, 0.03, 0.045)),
        drivers=drivers,
        risk_model=_risk_model(draw, tuple(names), volatilities),
    )


def _driver(draw: Draw, name: str) -> Driver:
    if name in RATES:
        expected = ExpectedReturn(annual_basis_points=draw.normal(0.0, 10.0))
        return Driver(driver_id=name, unit=DriverUnit.BASIS_POINT, expected_return=expected)
    premium = draw.between(0.1, 0.4) * ASSETS[name]
    return Driver(driver_id=name, expected_return=ExpectedReturn(annual_excess=premium))


def _risk_model(draw: Draw, names: tuple[str, ...], volatilities: FloatArray) -> RiskModel:
    """Any of the three forms; what is indefinite asks for its repair."""
    repaired = len(names) > 2 and draw.chance(0.25)
    model = _form(draw, names, volatilities, indefinite=repaired)
    stressed = _stressed(draw, names, indefinite=repaired)
    repair = CorrelationRepair.CLIP_EIGENVALUES if repaired or draw.chance(0.1) else None
    return dataclasses.replace(model, stressed_correlation=stressed, repair=repair)


def _form(draw: Draw, names: tuple[str, ...], volatilities: FloatArray, *, indefinite: bool) -> RiskModel:
    if not indefinite and draw.chance(0.2):
        loadings = draw.generator.normal(size=(len(names), 2))
        loadings *= (0.8 * volatilities / np.linalg.norm(loadings, axis=1))[:, None]
        form = FactorForm(
            loadings=RectangularMatrix(row_ids=names, column_ids=("one", "two"), values=loadings.ravel()),
            specific_volatilities=_values(names, 0.6 * volatilities),
        )
        return RiskModel(factor_form=form)
    correlation = _correlation(draw, len(names), indefinite=indefinite)
    order = draw.shuffled(range(len(names)))
    axis = tuple(names[place] for place in order)
    matrix = correlation[np.ix_(order, order)]
    if draw.chance(0.5):
        scaled = matrix * np.outer(volatilities[order], volatilities[order])
        return RiskModel(annual_covariance=SymmetricMatrix.from_square(axis, np.asarray(scaled)))
    return RiskModel(
        volatility_correlation=VolatilityCorrelation(
            annual_volatilities=_values(names, volatilities),
            correlation=SymmetricMatrix.from_square(axis, matrix),
        )
    )


def _stressed(draw: Draw, names: tuple[str, ...], *, indefinite: bool) -> StressedCorrelation | None:
    """None, a correlation of its own, or one number between sleeves and growth."""
    way = draw.count(0, 3)
    if way == 0:
        return None
    if way == 1:
        matrix = _correlation(draw, len(names), indefinite=indefinite and draw.chance(0.7))
        return StressedCorrelation(correlation=SymmetricMatrix.from_square(names, matrix))
    growth = draw.some([name for name in names if name in ASSETS]) if draw.chance(0.8) else ()
    return StressedCorrelation(
        uniform=UniformStress(
            correlation=draw.one((0.0, 0.8, draw.between(0.3, 0.95))), growth_driver_ids=growth
        )
    )


def _correlation(draw: Draw, size: int, *, indefinite: bool) -> FloatArray:
    matrix = random_correlation(draw, size)
    while indefinite and float(np.linalg.eigvalsh(matrix)[0]) > -0.02:
        # Entries that were estimated one at a time need not fit together.
        upper = np.triu(draw.generator.normal(scale=0.4, size=(size, size)), 1)
        matrix = np.clip(random_correlation(draw, size) + upper + upper.T, -0.98, 0.98)
        np.fill_diagonal(matrix, 1.0)
    return np.asarray(matrix)


def _values(names: tuple[str, ...], numbers: FloatArray) -> tuple[DriverValue, ...]:
    return tuple(
        DriverValue(driver_id=name, value=float(number)) for name, number in zip(names, numbers, strict=True)
    )


def return_sample(draw: Draw, market: MarketModel, covariance: FloatArray) -> ReturnSample:
    """50 to 200 quarters with fat tails; columns in any order."""
    values, vectors = np.linalg.eigh(covariance)
    factor = vectors * np.sqrt(np.clip(values, 0.0, None) * QUARTER)
    count = draw.count(50, 200)
    raw = draw.generator.standard_t(4, size=(count, len(covariance))) @ factor.T
    floor = np.array([-np.inf if driver.in_basis_points else -1.0 for driver in market.drivers])
    order = draw.shuffled(range(len(covariance)))
    return ReturnSample(
        return_sample_id="quarters",
        outcomes=RectangularMatrix(
            row_ids=tuple(f"quarter-{number}" for number in range(count)),
            column_ids=tuple(market.driver_ids[column] for column in order),
            values=np.maximum(raw, floor)[:, order].ravel(),
        ),
    )
