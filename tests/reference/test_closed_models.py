"""Risk models against equal statements of the same model."""

import math
from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import (
    Aggregation,
    Driver,
    DriverScope,
    DriverUnit,
    DriverValue,
    ExpectedReturn,
    ExposureMeasure,
    FactorForm,
    Limit,
    LineScope,
    MarketModel,
    MaximizeUtility,
    MinimizeRisk,
    Objective,
    RectangularMatrix,
    RiskMeasure,
    RiskModel,
    RiskStatistic,
    SymmetricMatrix,
    Unit,
)
from tests.answers import (
    assert_optimal,
    limit_report,
    objective,
    optimality,
    positions,
    volatility,
)
from tests.golden_problems import funded, gross_limit, market, overlay, problem_of, tier
from tests.problems import SIZES, generate, random_problem
from tests.reference.closed_problems import DRIVERS, MARKET, in_sleeves, sleeve


@pytest.mark.parametrize("correlation", [0.0, 0.6, -0.3])
def test_residuals_of_sleeves_move_together_as_they_are_said_to(allocate, correlation):
    ids = ("a", "b")
    matrix = SymmetricMatrix.from_square(ids, np.array([[1.0, correlation], [correlation, 1.0]]))
    model = replace(MARKET.risk_model, sleeve_residual_correlation=matrix)
    lines = (sleeve("a", 0.02, residual=0.04), sleeve("b", 0.02, residual=0.08), tier("cash", posts=False))
    goal = Objective(minimize_risk=MinimizeRisk())
    problem = problem_of("rho", replace(MARKET, risk_model=model), lines, (in_sleeves(0.5),), objective=goal)
    allocation = allocate(problem)
    assert_optimal(allocation)
    covariance = np.array([[0.04**2, correlation * 0.0032], [correlation * 0.0032, 0.08**2]])
    grid = np.linspace(0.0, 0.5, 200_001)
    mixes = np.stack([grid, 0.5 - grid])
    least = math.sqrt(np.einsum("ik,ij,jk->k", mixes, covariance, mixes).min())
    assert volatility(allocation, RiskStatistic.TOTAL_VOLATILITY) == pytest.approx(least, abs=1e-7)
    shares = [share.share for share in allocation.risk.shares if share.split.name == "LINE"]
    assert sum(shares) == pytest.approx(1.0, abs=1e-9)


def as_factor_form(problem):
    """The same covariance, stated through its own factor and specific volatilities of zero."""
    ids = problem.market.driver_ids
    factor = np.linalg.cholesky(problem.market.risk_model.covariance(ids) + 1e-14 * np.eye(len(ids)))
    loadings = RectangularMatrix(
        row_ids=ids, column_ids=tuple(f"factor-{k}" for k in range(len(ids))), values=factor.ravel()
    )
    none = tuple(DriverValue(driver_id=driver_id, value=0.0) for driver_id in ids)
    form = FactorForm(loadings=loadings, specific_volatilities=none)
    model = RiskModel(factor_form=form)
    return replace(problem, market=replace(problem.market, risk_model=model))


@pytest.mark.parametrize("seed", range(8))
def test_a_covariance_and_its_factor_form_have_one_answer(allocate, seed):
    problem = random_problem(seed)
    one, other = allocate(problem), allocate(as_factor_form(problem))
    assert objective(other) == pytest.approx(objective(one), abs=2e-6)


def test_specific_volatility_is_variance_of_the_driver_alone():
    ids = ("one", "two")
    loadings = RectangularMatrix(row_ids=ids, column_ids=("f",), values=np.array([0.1, -0.05]))
    specific = (DriverValue(driver_id="one", value=0.02), DriverValue(driver_id="two", value=0.0))
    model = RiskModel(factor_form=FactorForm(loadings=loadings, specific_volatilities=specific))
    wanted = np.array([[0.01 + 0.0004, -0.005], [-0.005, 0.0025]])
    np.testing.assert_allclose(model.covariance(ids), wanted, atol=1e-15)
    factor = model.factor(ids)
    np.testing.assert_allclose(factor @ factor.T, wanted, atol=1e-15)


def test_five_thousand_lines_by_fifty_factors_are_certified(allocate):
    size = replace(SIZES[503], funded=2500, overlays=500, sleeves=1997, drivers=50)
    allocation = allocate(generate(size, seed=3))
    assert_optimal(allocation)
    assert optimality(allocation).relative_gap <= 1e-5
    assert len(allocation.positions) == 5000


def factor_book(driver_count, factor_count, line_count):
    """Funds on a thousand drivers that a few factors move, under a risk limit that binds."""
    random = np.random.default_rng(4)
    ids = tuple(f"driver-{index}" for index in range(driver_count))
    loadings = random.normal(0.0, 0.2, (driver_count, factor_count)) / np.sqrt(factor_count)
    specific = random.uniform(0.02, 0.1, driver_count)
    form = FactorForm(
        loadings=RectangularMatrix(
            row_ids=ids, column_ids=tuple(f"f{k}" for k in range(factor_count)), values=loadings.ravel()
        ),
        specific_volatilities=tuple(
            DriverValue(driver_id=name, value=float(value)) for name, value in zip(ids, specific, strict=True)
        ),
    )
    drivers = tuple(
        Driver(driver_id=name, expected_return=ExpectedReturn(annual_excess=float(premium)))
        for name, premium in zip(ids, random.normal(0.03, 0.02, driver_count), strict=True)
    )
    lines = tuple(
        funded(f"fund-{index}", ids[index % driver_count], maximum=0.01, residual=0.05)
        for index in range(line_count)
    )
    risk = Limit(limit_id="risk", upper=0.03, risk=RiskMeasure(statistic=RiskStatistic.TOTAL_VOLATILITY))
    model = MarketModel(annual_risk_free_rate=0.03, drivers=drivers, risk_model=RiskModel(factor_form=form))
    return problem_of("factors", model, lines, (risk,))


def test_a_thousand_drivers_in_factor_form_are_certified(allocate):
    problem = factor_book(1_000, 50, 5_000)
    allocation = allocate(problem)
    assert_optimal(allocation)
    held = np.array([position.fraction for position in allocation.positions])
    exposures = held.reshape(5, 1_000).sum(axis=0)
    factor = problem.market.risk_model.factor(problem.market.driver_ids)
    deviation = math.hypot(float(np.linalg.norm(factor.T @ exposures)), 0.05 * float(np.linalg.norm(held)))
    assert volatility(allocation, RiskStatistic.TOTAL_VOLATILITY) == pytest.approx(deviation, rel=1e-9)
    assert deviation == pytest.approx(0.03, abs=1e-6)


def rates(unit):
    """A fund and a bond future on a rate: in basis points, or in hundreds of per cent of yield."""
    scale = 1.0 if unit is DriverUnit.BASIS_POINT else 1e-4
    expected = (
        ExpectedReturn(annual_basis_points=-5.0)
        if unit is DriverUnit.BASIS_POINT
        else ExpectedReturn(annual_excess=-5e-4)
    )
    drivers = (Driver(driver_id="rate", expected_return=expected, unit=unit), DRIVERS[0])
    rate_market = market(drivers, np.array([90.0 * scale, 0.2]), np.array([[1.0, -0.2], [-0.2, 1.0]]))

    def on_rate(line, duration):
        loading = DriverValue(driver_id="rate", value=-duration * 1e-4 / scale)
        return replace(line, loadings=(loading,))

    lines = (
        on_rate(funded("notes", "rate"), 5.0),
        on_rate(
            overlay("future", "rate", margin_rate=0.02, annual_roll_cost=1e-3, minimum=-1.0, maximum=1.0), 8.0
        ),
        funded("equity", "one"),
        tier("cash", posts=True),
    )
    duration = ExposureMeasure(
        drivers=DriverScope(driver_ids=("rate",)),
        aggregation=Aggregation.EACH,
        lines=LineScope(all_lines=True),
    )
    bounds = (-2e-4 / scale, -1e-4 / scale)
    limits = (
        Limit(limit_id="duration", lower=bounds[0], upper=bounds[1], exposure=duration),
        gross_limit(1.3),
    )
    goal = Objective(maximize_utility=MaximizeUtility(total_risk_aversion=4.0))
    return problem_of("rates", rate_market, lines, limits, objective=goal)


def test_a_rate_in_basis_points_is_the_same_rate(allocate):
    in_points, in_yield = allocate(rates(DriverUnit.BASIS_POINT)), allocate(rates(DriverUnit.RETURN))
    assert objective(in_points) == pytest.approx(objective(in_yield), abs=1e-7)
    for line_id, held in positions(in_points).items():
        assert held == pytest.approx(positions(in_yield)[line_id], abs=1e-4), line_id
    point, whole = limit_report(in_points, "duration"), limit_report(in_yield, "duration")
    assert point.unit is Unit.NAV_FRACTION_PER_BASIS_POINT
    assert point.value == pytest.approx(1e-4 * whole.value, rel=1e-3)
    assert point.binding
    assert whole.binding
    assert point.upper_shadow_price == pytest.approx(1e4 * whole.upper_shadow_price, rel=1e-3)
    assert in_points.exposures[0].unit is Unit.NAV_FRACTION_PER_BASIS_POINT
    assert in_points.exposures[1].unit is Unit.NAV_FRACTION
