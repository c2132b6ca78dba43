"""Histories of a known world: what is estimated is true up to what a sample of that length can tell."""

import numpy as np
import pytest
from scipy import stats

from counterpoise.model import (
    ExponentialCovariance,
    FactorCovariance,
    LedoitWolfCovariance,
    SmoothingTreatment,
    StressRegime,
    TurbulentPeriods,
)
from tests.unit.optimizer.evidence.risk_questions import ask_risk, correlation, covariance, estimate, named

MONTHS, DRAWS = 240, 200
VOLATILITIES = np.array([0.16, 0.06, 0.15])
CORRELATIONS = np.array([[1.0, -0.3, 0.4], [-0.3, 1.0, 0.1], [0.4, 0.1, 1.0]])
COVARIANCE = CORRELATIONS * np.outer(VOLATILITIES, VOLATILITIES)
LOADINGS = np.array([[0.5, 0.0, 0.1], [0.0, 0.8, -0.2]])
RESIDUALS = np.array([0.04, 0.07])
SHARED = 0.6
LOWER = np.tril_indices(3)


def simulate(rng, months=MONTHS):
    """Returns of three drivers and two sleeves whose residuals correlate by 0.6."""
    drivers = rng.multivariate_normal([0.004, 0.001, 0.002], COVARIANCE / 12, months)
    square = np.array([[1.0, SHARED], [SHARED, 1.0]]) * np.outer(RESIDUALS, RESIDUALS) / 12
    return drivers, 0.001 + drivers @ LOADINGS.T + rng.multivariate_normal([0, 0], square, months)


@pytest.fixture(scope="module")
def estimates():
    rng = np.random.default_rng(2024)
    plain = {"smoothing": SmoothingTreatment.NONE, "factor_lag_count": 0}
    return [
        estimate(ask_risk(named(drivers), named(sleeves, "s"), **plain))
        for drivers, sleeves in (simulate(rng) for _ in range(DRAWS))
    ]


def test_covariances_stray_from_the_truth_as_wishart_says(estimates):
    found = np.array([covariance(item)[LOWER] for item in estimates])
    row, column = LOWER
    # Var s_ij = (c_ii c_jj + c_ij^2) / (T - 1); joint over the entries, chi-squared with six degrees.
    joint = [
        [
            COVARIANCE[i, k] * COVARIANCE[j, m] + COVARIANCE[i, m] * COVARIANCE[j, k]
            for k, m in zip(row, column, strict=True)
        ]
        for i, j in zip(row, column, strict=True)
    ]
    spread = np.array(joint) / (MONTHS - 1)
    away = found - COVARIANCE[LOWER]
    mean = away.mean(axis=0)
    assert DRAWS * mean @ np.linalg.solve(spread, mean) < stats.chi2.ppf(0.999, 6)
    distances = np.einsum("di,ij,dj->d", away, np.linalg.inv(spread), away)
    # Fourth moments make the spread of the distances wider than chi-squared; their mean is six.
    assert distances.mean() == pytest.approx(6.0, rel=0.2)


def test_loadings_stray_from_the_truth_as_least_squares_says(estimates):
    for sleeve in range(2):
        found = np.array([[item.value for item in each.lines[sleeve].loadings] for each in estimates])
        spread = RESIDUALS[sleeve] ** 2 * np.linalg.inv(COVARIANCE) / (MONTHS - 3 - 2)
        mean = found.mean(axis=0) - LOADINGS[sleeve]
        assert DRAWS * mean @ np.linalg.solve(spread, mean) < stats.chi2.ppf(0.999, 3)
        assert np.var(found, axis=0) == pytest.approx(spread.diagonal(), rel=0.4)


def test_residual_risk_is_unbiased(estimates):
    for sleeve, truth in enumerate(RESIDUALS):
        found = np.array([each.lines[sleeve].annual_residual_volatility ** 2 for each in estimates])
        error = truth**2 * np.sqrt(2 / (MONTHS - 4) / DRAWS)
        assert abs(found.mean() - truth**2) < 3.5 * error


def test_residuals_correlate_as_they_were_made_to(estimates):
    matrices = [each.market.risk_model.sleeve_residual_correlation for each in estimates]
    found = np.array([matrix.to_square()[0, 1] for matrix in matrices])
    error = (1 - SHARED**2) / np.sqrt(MONTHS - 4)
    assert found.std() == pytest.approx(error, rel=0.3)
    # Of two standardised series Ledoit and Wolf take E|xx' - R|^2 / (T |R - I|^2), of normal ones
    # (4 + tr R^2) / (T |R - I|^2), with tr R^2 = 2 + 2 r^2 and |R - I|^2 = 2 r^2.
    shrinkage = (6 + 2 * SHARED**2) / (2 * SHARED**2 * MONTHS)
    assert found.mean() == pytest.approx(SHARED * (1 - shrinkage), abs=3.5 * error / np.sqrt(DRAWS))


def test_volatilities_of_sleeves_are_those_of_the_world(estimates):
    truth = np.sqrt(np.einsum("ji,ik,jk->j", LOADINGS, COVARIANCE, LOADINGS) + RESIDUALS**2)
    found = np.array([[line.annual_volatility for line in each.lines] for each in estimates])
    assert found.mean(axis=0) == pytest.approx(truth, rel=0.01)


def test_shrunk_correlations_of_many_drivers_are_nearer_to_the_truth():
    rng = np.random.default_rng(7)
    loadings = rng.uniform(0.2, 0.7, (40, 1))
    truth = loadings @ loadings.T
    np.fill_diagonal(truth, 1.0)
    distances = []
    for _ in range(20):
        returns = named(0.03 * rng.multivariate_normal(np.zeros(40), truth, 60))
        forms = (
            {},
            {"ledoit_wolf": LedoitWolfCovariance()},
            {"factor": FactorCovariance(factor_count=1)},
        )
        found = [correlation(estimate(ask_risk(returns, **form))) for form in forms]
        distances.append([np.linalg.norm(square - truth) for square in found])
    plain, shrunk, factor = np.mean(distances, axis=0)
    # The world has one factor: who knows that is nearest of all.
    assert factor < 0.9 * shrunk
    assert shrunk < 0.9 * plain


def test_recent_weights_follow_a_change_of_volatility():
    rng = np.random.default_rng(9)
    returns = np.concatenate([rng.normal(0, 0.02, (120, 2)), rng.normal(0, 0.06, (120, 2))])
    halved = estimate(ask_risk(named(returns), exponential=ExponentialCovariance(half_life_periods=24)))
    volatilities = np.sqrt(covariance(halved).diagonal() / 12)
    # Weights after 120 months: 1 / 32 of the variance is old.
    expected = np.sqrt(0.06**2 * 31 / 32 + 0.02**2 / 32)
    error = 1 / np.sqrt(2 * halved.covariance.effective_period_count)
    assert volatilities == pytest.approx(expected, rel=3 * error)
    assert np.sqrt(covariance(estimate(ask_risk(named(returns)))).diagonal() / 12) == pytest.approx(
        np.sqrt((0.06**2 + 0.02**2) / 2), rel=3 / np.sqrt(2 * 240)
    )


def test_turbulent_months_are_those_of_the_bad_world():
    rng = np.random.default_rng(12)
    calm = rng.multivariate_normal(np.zeros(3), np.eye(3) * 0.01**2, 190)
    bad = rng.multivariate_normal(np.zeros(3), (0.2 * np.eye(3) + 0.8) * 0.15**2, 50)
    returns = rng.permutation(np.concatenate([calm, bad]))
    found = estimate(
        ask_risk(named(returns), stress_regime=StressRegime(turbulent=TurbulentPeriods(share=0.2)))
    )
    _, quiet, stressed = found.covariance.regimes
    assert stressed.mean_correlation == pytest.approx(0.8, abs=0.12)
    assert abs(quiet.mean_correlation) < 0.25
    worst = [item.value for item in stressed.annual_volatilities]
    assert min(worst) > 3 * max(item.value for item in quiet.annual_volatilities)


def test_desmoothed_residuals_have_their_volatility_back():
    rng = np.random.default_rng(3)
    found = []
    for _ in range(30):
        drivers, sleeves = simulate(rng)
        reported = 0.6 * sleeves[1:] + 0.4 * sleeves[:-1]
        found.append(
            [
                line.annual_volatility
                for line in estimate(
                    ask_risk(
                        named(drivers[1:]),
                        named(reported, "s"),
                        smoothing=SmoothingTreatment.GETMANSKY_LO_MAKAROV,
                    )
                ).lines
            ]
        )
    truth = np.sqrt(np.einsum("ji,ik,jk->j", LOADINGS, COVARIANCE, LOADINGS) + RESIDUALS**2)
    assert np.mean(found, axis=0) == pytest.approx(truth, rel=0.05)
