"""Errors of loadings on desmoothed returns: what they are made of, and how often intervals hold the truth."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import signal, stats

from counterpoise.model import SmoothingTreatment
from optimizer.evidence.filter_errors import (
    FilterError,
    coefficient_errors,
    geltner_error,
    moving_average_error,
)
from optimizer.evidence.filters import undo_geltner, undo_moving_average
from optimizer.evidence.sample import take_sample
from optimizer.evidence.table import open_table
from tests.unit.optimizer.evidence.questions import ask, evidence

RNG = np.random.default_rng(21)
MARKET = RNG.normal(0.004, 0.04, 90)
FUND = np.convolve(RNG.normal(0.003, 0.02, 92), (0.6, 0.25, 0.15), mode="valid") + 0.3 * MARKET
FUND[[20, 50]] = np.nan
STEP = 1e-6


@pytest.fixture
def table():
    return open_table(ask({"fund": FUND}, {"market": MARKET}))


def test_treated_returns_answer_to_the_filter_as_differences_say(table):
    slope = (undo_geltner(table, FUND, 0.4 + STEP) - undo_geltner(table, FUND, 0.4 - STEP)) / (2 * STEP)
    assert geltner_error(table, FUND, 0.4).response[:, 0] == pytest.approx(np.nan_to_num(slope), abs=1e-7)

    def moving_average(first, second):
        polynomial = np.array([1.0, first, second])
        return undo_moving_average(table, FUND, tuple(polynomial / polynomial.sum()))

    error = moving_average_error(table, FUND, (1 / 1.7, 0.5 / 1.7, 0.2 / 1.7))
    by_first = (moving_average(0.5 + STEP, 0.2) - moving_average(0.5 - STEP, 0.2)) / (2 * STEP)
    by_second = (moving_average(0.5, 0.2 + STEP) - moving_average(0.5, 0.2 - STEP)) / (2 * STEP)
    assert error.response == pytest.approx(np.nan_to_num(np.column_stack([by_first, by_second])), abs=1e-7)


def test_the_filter_of_geltner_is_as_uncertain_as_a_regression_on_the_month_before(table):
    whole = FUND.copy()
    whole[[20, 50]] = 0.01, -0.02
    away = whole - whole.mean()
    fitted = sm.OLS(away[1:], away[:-1]).fit().get_robustcov_results("HC0")
    influence = geltner_error(table, whole, fitted.params[0]).influence
    assert np.sqrt(np.sum(influence**2)) == pytest.approx(fitted.bse[0], rel=1e-10)
    assert influence.sum() == pytest.approx(0.0, abs=1e-12)


def test_without_an_error_of_the_filter_errors_are_those_of_statsmodels(table):
    sample = take_sample(table, "fund", FUND, 0)
    none = FilterError(np.ones((90, 1)), np.zeros((90, 1)))
    model = sm.OLS(sample.outcome, sm.add_constant(sample.factors))
    direct = model.fit(cov_type="HAC", cov_kwds={"maxlags": 3, "use_correction": True})
    found = coefficient_errors(sample, direct.params, 3, none)
    assert found == pytest.approx(direct.bse, rel=1e-10)


def held(rng, asked):
    """Whether the 95 % interval of a loading of 1 holds it, by the error of the answer and the plain one."""
    market = rng.normal(0.004, 0.04, 290)
    true = market + rng.normal(0.002, 0.02, 290)
    reported = (
        signal.lfilter([0.6], [1.0, -0.4], true)
        if asked is SmoothingTreatment.GELTNER
        else np.convolve(true, (0.6, 0.25, 0.15))
    )[50:290]
    found = evidence({"fund": reported}, {"market": market[50:]}, smoothing=asked)
    (loading,) = found.regression.loadings
    table = open_table(ask({"fund": reported}, {"market": market[50:]}))
    treated = (
        undo_geltner(table, reported, found.smoothing.autocorrelation)
        if asked is SmoothingTreatment.GELTNER
        else undo_moving_average(table, reported, found.smoothing.weights)
    )
    sample = take_sample(table, "fund", treated, 0)
    zero = FilterError(np.zeros((240, 1)), np.zeros((240, 1)))
    coefficients = np.linalg.lstsq(
        np.column_stack([np.ones(sample.period_count), sample.factors]), sample.outcome
    )[0]
    plain = coefficient_errors(sample, coefficients, found.regression.error_lag_count, zero)[1]
    quantile = stats.t.ppf(0.975, sample.period_count - 2)
    return [abs(loading.loading - 1.0) <= quantile * error for error in (loading.error, plain)]


@pytest.mark.parametrize("asked", [SmoothingTreatment.GELTNER, SmoothingTreatment.GETMANSKY_LO_MAKAROV])
def test_intervals_of_loadings_hold_them_as_often_as_they_claim(asked):
    # Of 300, 95 % with a standard error of 1.3 %.
    rng = np.random.default_rng(22)
    counted, plain = np.mean([held(rng, asked) for _ in range(300)], axis=0)
    assert counted == pytest.approx(0.95, abs=0.03)
    assert plain < 0.88


def test_the_error_of_alpha_is_that_of_the_regression():
    rng = np.random.default_rng(23)
    market = rng.normal(0.004, 0.04, 240)
    reported = signal.lfilter([0.5], [1.0, -0.5], market + rng.normal(0.0, 0.02, 240))
    found = evidence({"fund": reported}, {"market": market}, smoothing=SmoothingTreatment.GELTNER)
    rho = found.smoothing.autocorrelation
    true = (reported[1:] - rho * reported[:-1]) / (1 - rho)
    lags = found.regression.error_lag_count
    direct = sm.OLS(true, sm.add_constant(market[1:])).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}
    )
    assert found.regression.annual_alpha_error == pytest.approx(12 * direct.bse[0], rel=1e-10)
    assert found.regression.loadings[0].error > 1.5 * direct.bse[1]
