"""Estimators of EstimateRiskModel against numpy, pandas, scikit-learn and statsmodels called directly."""

import datetime

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import multivariate_normal
from sklearn.covariance import LedoitWolf
from sklearn.decomposition import FactorAnalysis
from statsmodels.multivariate.factor import Factor

from counterpoise.model import (
    ExponentialCovariance,
    FactorCovariance,
    Frequency,
    LedoitWolfCovariance,
    MissingReturns,
    SmoothingTreatment,
)
from optimizer.evidence.factors import factor_loadings
from tests.unit.optimizer.evidence.questions import period_ends
from tests.unit.optimizer.evidence.risk_questions import ask_risk, correlation, covariance, estimate, named

PER_YEAR = {Frequency.DAILY: 252, Frequency.WEEKLY: 52, Frequency.MONTHLY: 12, Frequency.QUARTERLY: 4}


def draw(count=150, columns=6, seed=3):
    rng = np.random.default_rng(seed)
    common = rng.normal(0, 0.02, (count, 2)) @ rng.normal(0, 1, (2, columns))
    return 0.003 + common + rng.normal(0, 0.015, (count, columns))


def same(found, expected):
    return found == pytest.approx(expected, rel=1e-10, abs=1e-14)


@pytest.mark.parametrize("frequency", list(Frequency))
def test_the_sample_is_that_of_numpy(frequency):
    returns = draw()
    found = estimate(ask_risk(named(returns), frequency=frequency))
    assert same(covariance(found), PER_YEAR[frequency] * np.cov(returns, rowvar=False))
    assert same(correlation(found), np.corrcoef(returns, rowvar=False))
    assert same(found.covariance.eigenvalues, np.linalg.eigvalsh(np.corrcoef(returns.T))[::-1])
    assert same(found.covariance.condition_number, np.linalg.cond(np.corrcoef(returns.T)))


@pytest.mark.parametrize("half_life", [2.0, 24.0, 500.0])
def test_weights_that_halve_are_those_of_pandas(half_life):
    returns = draw()
    found = estimate(ask_risk(named(returns), exponential=ExponentialCovariance(half_life_periods=half_life)))
    last = pd.DataFrame(returns).ewm(halflife=half_life).cov(bias=False).loc[len(returns) - 1]
    assert same(covariance(found), 12 * last.to_numpy())


def test_weights_age_over_missing_months_as_those_of_pandas():
    returns, dates = draw(), period_ends(150)
    kept = np.r_[0:60, 75:110, 111:150]
    holed = returns[kept]
    holed[20, 2] = np.nan
    found = estimate(
        ask_risk(
            named(holed),
            dates=tuple(dates[index] for index in kept),
            exponential=ExponentialCovariance(half_life_periods=18),
        )
    )
    whole = np.full(returns.shape, np.nan)
    whole[kept] = holed
    whole[20] = np.nan
    last = pd.DataFrame(whole).ewm(halflife=18).cov(bias=False).loc[149]
    assert same(covariance(found), 12 * last.to_numpy())


def test_pairs_are_those_of_pandas():
    returns = draw()
    returns[:40, 0] = np.nan
    returns[100:, 3] = np.nan
    returns[::7, 5] = np.nan
    found = estimate(ask_risk(named(returns), missing_returns=MissingReturns.PAIRWISE))
    assert found.covariance.largest_correlation_change == 0.0
    assert same(covariance(found), 12 * pd.DataFrame(returns).cov().to_numpy())


@pytest.mark.parametrize(("count", "columns"), [(30, 6), (150, 6), (60, 40)])
def test_shrinkage_is_that_of_scikit_learn(count, columns):
    returns = draw(count, columns)
    found = estimate(ask_risk(named(returns), ledoit_wolf=LedoitWolfCovariance()))
    scale = returns.std(axis=0, ddof=1)
    fitted = LedoitWolf().fit((returns - returns.mean(axis=0)) / scale)
    assert same(found.covariance.shrinkage, fitted.shrinkage_)
    # Theirs has T in the denominator, so that its diagonal is (T - 1) / T.
    shrunk = fitted.covariance_ * count / (count - 1)
    assert same(covariance(found), 12 * np.outer(scale, scale) * shrunk)


# The search of statsmodels ends in a line search that rounding stops, which it tells on some machines.
@pytest.mark.filterwarnings("ignore:Fitting did not converge")
@pytest.mark.parametrize("factor_count", [1, 2])
def test_factors_are_those_of_statsmodels_and_of_scikit_learn(factor_count):
    # Each factor moves four drivers of its own, so that likelihood has one peak, wherever a search starts.
    rng = np.random.default_rng(5)
    moved = np.kron(np.eye(factor_count), [1.0, 0.9, 1.2, 0.8])
    returns = 0.02 * (rng.normal(size=(300, factor_count)) @ moved + rng.normal(size=(300, 4 * factor_count)))
    found = estimate(ask_risk(named(returns), factor=FactorCovariance(factor_count=factor_count)))
    assert same(covariance(found).diagonal(), 12 * returns.var(axis=0, ddof=1))
    theirs = Factor(returns, n_factor=factor_count, method="ml").fit()
    square = theirs.loadings @ theirs.loadings.T + np.diag(theirs.uniqueness)
    assert correlation(found) == pytest.approx(square, abs=1e-4)
    # Their searches stop earlier: expectation maximisation is slow.
    scaled = (returns - returns.mean(axis=0)) / returns.std(axis=0)
    fitted = FactorAnalysis(factor_count, tol=1e-6, max_iter=10_000, svd_method="lapack").fit(scaled)
    assert correlation(found) == pytest.approx(fitted.get_covariance(), abs=1e-3)
    loadings = found.market.risk_model.factor_form.loadings.to_array() / returns.std(axis=0)[:, None]
    assert (loadings.sum(axis=0) >= 0.0).all()


@pytest.mark.parametrize("seed", range(12))
def test_no_search_of_scikit_learn_finds_more_likely_factors(seed):
    rng = np.random.default_rng(seed)
    drivers, count = int(rng.integers(5, 15)), int(rng.choice([60, 120, 400]))
    factor_count = int(rng.integers(1, drivers // 3 + 1))
    common = rng.normal(size=(count, factor_count)) @ rng.uniform(-1, 1, (factor_count, drivers))
    returns = common + rng.normal(size=(count, drivers)) * rng.uniform(0.5, 1.5, drivers)
    scaled = (returns - returns.mean(axis=0)) / returns.std(axis=0)
    loadings = factor_loadings(np.corrcoef(returns.T), factor_count)
    found = loadings @ loadings.T
    np.fill_diagonal(found, 1.0)
    fitted = FactorAnalysis(factor_count, tol=1e-4, max_iter=10_000, svd_method="lapack").fit(scaled)
    ours = multivariate_normal(cov=found).logpdf(scaled).sum()
    assert fitted.noise_variance_.min() > 0.005  # which is the least that is allowed here
    assert ours > fitted.score(scaled) * count - 1e-5


def test_a_driver_that_is_nearly_a_factor_keeps_something_of_its_own():
    rng = np.random.default_rng(2)
    market = rng.normal(0, 0.04, (120, 1))
    returns = market * [1.0, 0.5, 0.4, 0.6] + rng.normal(0, [1e-6, 0.02, 0.02, 0.02], (120, 4))
    found = estimate(ask_risk(named(returns), factor=FactorCovariance(factor_count=1)))
    specific = found.market.risk_model.factor_form.specific_volatilities[0].value
    assert specific**2 / covariance(found)[0, 0] == pytest.approx(0.005, rel=0.02)
    assert correlation(found) == pytest.approx(np.corrcoef(returns.T), abs=0.12)


@pytest.mark.parametrize("lags", [0, 1])
def test_lines_are_those_of_statsmodels(lags):
    drivers = draw(columns=2)
    sleeve = drivers @ [0.6, -0.3] + np.random.default_rng(1).normal(0.002, 0.01, 150)
    found = estimate(
        ask_risk(named(drivers), {"fund": sleeve}, smoothing=SmoothingTreatment.NONE, factor_lag_count=lags)
    )
    columns = [drivers[lags - lag : 150 - lag, index] for index in range(2) for lag in range(lags + 1)]
    expected = sm.OLS(sleeve[lags:], sm.add_constant(np.column_stack(columns))).fit()
    loadings = expected.params[1:].reshape(2, lags + 1).sum(axis=1)
    (line,) = found.lines
    assert same([item.value for item in line.loadings], loadings)
    assert same(line.annual_residual_volatility, np.sqrt(12 * expected.mse_resid))
    variance = loadings @ (12 * np.cov(drivers.T)) @ loadings + 12 * expected.mse_resid
    assert same(line.annual_volatility, np.sqrt(variance))


def test_residuals_correlate_as_those_of_statsmodels_shrunk_by_scikit_learn():
    drivers = draw(columns=2)
    rng = np.random.default_rng(1)
    sleeves = (
        drivers @ rng.normal(0, 0.5, (2, 4)) + rng.normal(0, 0.01, (150, 4)) + rng.normal(0, 0.007, (150, 1))
    )
    found = estimate(
        ask_risk(named(drivers), named(sleeves, "s"), smoothing=SmoothingTreatment.NONE, factor_lag_count=0)
    )
    design = sm.add_constant(drivers)
    residuals = np.column_stack([sm.OLS(sleeve, design).fit().resid for sleeve in sleeves.T])
    fitted = LedoitWolf().fit(residuals / residuals.std(axis=0))
    square = found.market.risk_model.sleeve_residual_correlation.to_square()
    assert 0.0 < fitted.shrinkage_ < 0.5
    assert same(square, fitted.covariance_)


@pytest.mark.shared_data
def test_factors_of_markets_have_the_covariance_that_pandas_gives(shared_data):
    table = pd.read_csv(shared_data / "beta_factors_monthly.csv", index_col="date", parse_dates=True)
    columns = ["eq_us_xs", "ust_10y_xs", "commod_xs"]
    table = table[columns].dropna()
    dates = tuple(datetime.date(date.year, date.month, date.day) for date in table.index)
    found = estimate(ask_risk({name: table[name].to_numpy() for name in columns}, dates=dates))
    assert same(covariance(found), 12 * table.cov().to_numpy())
    assert found.covariance.period_count == len(table)
