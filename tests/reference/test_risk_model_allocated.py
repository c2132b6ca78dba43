"""What EstimateRiskModel gives drops into an allocation problem, and means there what it says."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import (
    CorrelationRegime,
    Driver,
    ExpectedReturn,
    ExponentialCovariance,
    FactorCovariance,
    LedoitWolfCovariance,
    Line,
    MaximizeNetReturn,
    MissingReturns,
    Objective,
    RiskStatistic,
    StressPeriods,
    StressRegime,
    StressWindow,
    TurbulentPeriods,
    UniformStress,
    VolatilityFloor,
    joint_stress,
)
from counterpoise.validate import problem_violations
from tests.golden_problems import funded, problem_of, tier
from tests.unit.optimizer.evidence.questions import period_ends
from tests.unit.optimizer.evidence.risk_questions import ask_risk, estimate, named

DATES = period_ends(120)
FORMS = {
    "sample": {},
    "pairwise": {"missing_returns": MissingReturns.PAIRWISE},
    "exponential": {"exponential": ExponentialCovariance(half_life_periods=36)},
    "ledoit_wolf": {"ledoit_wolf": LedoitWolfCovariance()},
    "factor": {"factor": FactorCovariance(factor_count=2)},
}
REGIMES = {
    "none": None,
    "turbulent": StressRegime(turbulent=TurbulentPeriods(share=0.2)),
    "windows": StressRegime(
        periods=StressPeriods(
            windows=(StressWindow(window_id="bad", first_date=DATES[40], last_date=DATES[70]),)
        )
    ),
    "uniform": StressRegime(uniform=UniformStress(correlation=0.7, growth_driver_ids=("d0", "d3"))),
}
FUNDED, SLEEVES = 0.3, (0.25, 0.15, 0.1)


def question(form, regime, *, pairs=False):
    """Four drivers, three sleeves that share a part of their residuals, a floor on the last of them."""
    rng = np.random.default_rng(17)
    drivers = 0.03 * rng.normal(size=(120, 4)) @ rng.normal(0, 0.7, (4, 4))
    noise = 0.01 * (rng.normal(size=(120, 3)) + rng.normal(size=(120, 1)))
    sleeves = drivers @ rng.normal(0, 0.3, (4, 3)) + noise
    if pairs:
        drivers = drivers.copy()
        drivers[:20, 0] = np.nan
        drivers[90:, 1] = np.nan
    floors = (VolatilityFloor(volatility_floor_id="style", column_ids=("s2", "d1"), annual_volatility=0.3),)
    return ask_risk(
        named(drivers),
        named(sleeves, "s"),
        dates=DATES,
        stress_regime=REGIMES[regime],
        volatility_floors=floors,
        **FORMS[form],
    )


def problem(response, *, pinned=True):
    """A fund on the first driver, the sleeves, and cash."""
    lines = [funded("fund", "d0", minimum=FUNDED, maximum=FUNDED)]
    for line, fraction in zip(response.lines, SLEEVES, strict=True):
        lines.append(
            Line(
                line_id=line.line_id,
                loadings=line.loadings,
                annual_residual_volatility=line.annual_residual_volatility,
                minimum_fraction=fraction if pinned else 0.0,
                maximum_fraction=fraction if pinned else 0.4,
                alpha_sleeve=line.evidence.alpha_sleeve,
            )
        )
    return problem_of(
        "estimated",
        response.market,
        (*lines, tier("cash", posts=True)),
        (),
        objective=Objective(maximize_net_return=MaximizeNetReturn()),
    )


def volatility(allocation, regime):
    (figure,) = [
        item
        for item in allocation.risk.figures
        if item.statistic is RiskStatistic.TOTAL_VOLATILITY and item.regime is regime
    ]
    return figure.annual_volatility


def expected_variance(response, covariance):
    """x'(B S B' + diag(s) C diag(s)) x, worked out from the answer by hand."""
    positions = np.array(SLEEVES)
    loadings = np.array([[item.value for item in line.loadings] for line in response.lines])
    exposures = positions @ loadings
    exposures[0] += FUNDED
    residuals = positions * [line.annual_residual_volatility for line in response.lines]
    shared = response.market.risk_model.sleeve_residual_correlation.to_square()
    return exposures @ covariance @ exposures + residuals @ shared @ residuals


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("form", FORMS)
def test_an_estimated_market_is_a_sound_one(form, regime):
    response = estimate(question(form, regime, pairs=form == "pairwise"))
    assert problem_violations(problem(response)) == ()


@pytest.mark.parametrize("form", FORMS)
def test_a_portfolio_has_the_risk_that_drivers_and_residuals_make(form, allocate):
    response = estimate(question(form, "turbulent", pairs=form == "pairwise"))
    allocation = allocate(problem(response))
    ids = response.market.driver_ids
    normal = response.market.risk_model.covariance(ids)
    assert volatility(allocation, CorrelationRegime.NORMAL) == pytest.approx(
        np.sqrt(expected_variance(response, normal)), rel=1e-8
    )
    sizes = np.sqrt(normal.diagonal())
    stressed = np.outer(sizes, sizes) * response.covariance.regimes[2].correlation.to_square()
    assert volatility(allocation, CorrelationRegime.STRESSED) == pytest.approx(
        np.sqrt(expected_variance(response, stressed)), rel=1e-8
    )


def test_a_uniform_stress_correlates_whole_sleeves(allocate):
    response = estimate(question("ledoit_wolf", "uniform"))
    allocation = allocate(problem(response))
    ids = response.market.driver_ids
    loadings = np.array([[item.value for item in line.loadings] for line in response.lines])
    joint, _ = joint_stress(
        response.market.risk_model.covariance(ids),
        loadings,
        np.array([line.annual_residual_volatility for line in response.lines]),
        0.7,
        np.isin(ids, ("d0", "d3")),
    )
    held = np.array([FUNDED, 0, 0, 0, *SLEEVES])
    assert volatility(allocation, CorrelationRegime.STRESSED) == pytest.approx(
        np.sqrt(held @ joint @ held), rel=1e-8
    )
    # Of the joint covariance, the diagonal of a sleeve is the volatility that its line says.
    told = [line.annual_volatility for line in response.lines]
    assert np.sqrt(joint.diagonal()[4:]) == pytest.approx(told)


@pytest.mark.parametrize("form", ["sample", "factor"])
def test_a_sleeve_held_alone_has_the_volatility_of_its_line(form, allocate):
    response = estimate(question(form, "none"))
    line = response.lines[2]
    assert line.annual_volatility == pytest.approx(0.3, rel=1e-12)
    whole = replace(
        problem(response),
        portfolio=replace(
            problem(response).portfolio,
            lines=(
                Line(
                    line_id=line.line_id,
                    loadings=line.loadings,
                    annual_residual_volatility=line.annual_residual_volatility,
                    minimum_fraction=1.0,
                    maximum_fraction=1.0,
                    alpha_sleeve=line.evidence.alpha_sleeve,
                ),
                tier("cash", posts=True),
            ),
        ),
        market=replace(
            response.market,
            risk_model=replace(response.market.risk_model, sleeve_residual_correlation=None),
        ),
    )
    assert volatility(allocate(whole), CorrelationRegime.NORMAL) == pytest.approx(0.3, rel=1e-8)


def test_premia_are_those_of_the_question_and_alphas_those_of_the_evidence(allocate):
    response = estimate(question("sample", "none"))
    assert response.market.drivers[0] == Driver(
        driver_id="d0", expected_return=ExpectedReturn(annual_excess=0.03)
    )
    allocation = allocate(problem(response, pinned=False))
    classes = {item.line_id: item.sleeve_class for item in allocation.sleeve_verdicts}
    assert classes == {line.line_id: line.evidence.sleeve_class for line in response.lines}
