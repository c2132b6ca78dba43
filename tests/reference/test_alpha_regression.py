"""Regressions and tests of VerifyAlpha against statsmodels called directly."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.stattools import acf

from counterpoise.model import EvidenceReason, Frequency, SmoothingTreatment
from tests.unit.optimizer.evidence.questions import evidence

PER_YEAR = {Frequency.DAILY: 252, Frequency.WEEKLY: 52, Frequency.MONTHLY: 12, Frequency.QUARTERLY: 4}


def draw(count, seed=3):
    """A sleeve, smoothed a little, on two factors of the same period and one of the period before."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(0.004, [0.04, 0.02], size=(count, 2))
    noise = rng.normal(0.002, 0.015, size=count)
    sleeve = factors @ [0.5, -0.3] + noise
    sleeve[1:] += 0.25 * factors[:-1, 0] + 0.3 * noise[:-1]
    return sleeve, {"equity": factors[:, 0], "credit": factors[:, 1]}


def direct(sleeve, columns, lags):
    model = sm.OLS(sleeve, sm.add_constant(np.column_stack(columns)))
    return model.fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True)


def same(found, expected):
    return found == pytest.approx(expected, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("frequency", list(Frequency))
@pytest.mark.parametrize("confidence", [None, 0.9])
def test_a_regression_is_that_of_statsmodels(frequency, confidence):
    sleeve, factors = draw(150)
    plain = SmoothingTreatment.NONE
    found = evidence(
        {"fund": sleeve},
        factors,
        frequency=frequency,
        smoothing=plain,
        factor_lag_count=0,
        confidence=confidence,
    ).regression
    expected, per_year = direct(sleeve, list(factors.values()), 4), PER_YEAR[frequency]
    assert found.error_lag_count == 4  # floor(4 * 1.5 ** (2 / 9))
    assert same(found.annual_alpha, per_year * expected.params[0])
    assert same(found.annual_alpha_error, per_year * expected.bse[0])
    assert same(found.alpha_t, expected.tvalues[0])
    interval = per_year * expected.conf_int(alpha=0.05 if confidence is None else 0.1)[0]
    assert same([found.annual_alpha_lower, found.annual_alpha_upper], list(interval))
    assert same(found.r_squared, expected.rsquared)
    assert same(found.adjusted_r_squared, expected.rsquared_adj)
    assert same(found.annual_residual_volatility, np.sqrt(per_year * expected.ssr / (150 - 3)))
    assert [(item.factor_id, item.lag) for item in found.loadings] == [("equity", 0), ("credit", 0)]
    assert same([item.loading for item in found.loadings], list(expected.params[1:]))
    assert same([item.error for item in found.loadings], list(expected.bse[1:]))
    assert same([item.t for item in found.loadings], list(expected.tvalues[1:]))
    assert same(found.appraisal_ratio, found.annual_alpha / found.annual_residual_volatility)


def f_test(sleeve, columns, kept):
    """Probability of as much explained by the other columns, from sums of squares."""

    def left(design):
        design = np.column_stack([np.ones(len(sleeve)), *design])
        return np.sum((sleeve - design @ np.linalg.lstsq(design, sleeve)[0]) ** 2)

    more, freedom = len(columns) - len(kept), len(sleeve) - len(columns) - 1
    rest = left(columns)
    statistic = (left([columns[index] for index in kept]) - rest) / more / (rest / freedom)
    return stats.f.sf(statistic, more, freedom)


def told_late(rng, months, factor_count):
    """Whether a sleeve that owes nothing to earlier returns is said to."""
    factors = {f"factor_{index}": rng.standard_t(5, months) * 0.01 for index in range(factor_count)}
    sleeve = 0.3 * sum(factors.values()) + rng.normal(0.0, 0.01, months)
    plain = SmoothingTreatment.NONE
    found = evidence({"fund": sleeve}, factors, smoothing=plain, factor_lag_count=0)
    return EvidenceReason.LAGGED_BETA in found.reasons


def test_many_factors_are_seldom_said_to_come_late():
    # Of 400 sleeves 5 % are 20, give or take 4.4. Newey-West Wald tests reject 60 and more.
    rng = np.random.default_rng(17)
    assert 7 <= sum(told_late(rng, 131, 6) for _ in range(400)) <= 33


def test_lags_are_not_tested_with_fewer_than_ten_periods_a_coefficient():
    rng = np.random.default_rng(18)
    market = rng.normal(0.0, 0.04, 32)
    sleeve = 0.5 * market[:-1] + rng.normal(0.0, 0.002, 31)
    settled = {"smoothing": SmoothingTreatment.NONE, "factor_lag_count": 0}
    enough = evidence({"fund": sleeve}, {"market": market[1:]}, **settled)  # 30 and a lag
    assert EvidenceReason.LAGGED_BETA in enough.reasons
    few = evidence({"fund": sleeve[1:]}, {"market": market[2:]}, **settled)
    assert EvidenceReason.LAGGED_BETA not in few.reasons


@pytest.mark.parametrize(
    ("months", "asked", "taken"), [(24, 60, 6), (24, 5, 5), (24, 0, 0), (90, 60, 22), (24, None, 2)]
)
def test_errors_take_at_most_a_quarter_of_the_periods_as_lags(months, asked, taken):
    sleeve, factors = draw(months)
    found = evidence({"fund": sleeve}, factors, smoothing=SmoothingTreatment.NONE, error_lag_count=asked)
    assert found.regression.error_lag_count == taken
    assert same(found.regression.alpha_t, direct(sleeve, list(factors.values()), taken).tvalues[0])


def test_lagged_factors_are_those_of_the_periods_before():
    sleeve, factors = draw(200)
    found = evidence(
        {"fund": sleeve}, factors, smoothing=SmoothingTreatment.NONE, factor_lag_count=2, error_lag_count=7
    )
    equity, credit = factors.values()
    columns = [series[2 - lag : 200 - lag] for series in (equity, credit) for lag in range(3)]
    expected = direct(sleeve[2:], columns, 7)
    regression = found.regression
    assert found.sample.period_count == 198
    names = [(item.factor_id, item.lag) for item in regression.loadings]
    assert names == [(name, lag) for name in ("equity", "credit") for lag in range(3)]
    assert same([item.loading for item in regression.loadings], list(expected.params[1:]))
    assert same(regression.annual_alpha_error, 12 * expected.bse[0])
    sums = {item.driver_id: item.value for item in found.loadings}
    assert same(sums["equity"], expected.params[1:4].sum())
    assert same(sums["credit"], expected.params[4:].sum())
    assert (EvidenceReason.LAGGED_BETA in found.reasons) == (f_test(sleeve[2:], columns, [0, 3]) < 0.05)


@pytest.mark.parametrize("seed", range(8))
def test_lagged_beta_is_told_by_a_regression_with_one_lag(seed):
    sleeve, factors = draw(90, seed)
    sleeve = sleeve - 0.2 * np.concatenate([[0.0], factors["equity"][:-1]])
    found = evidence({"fund": sleeve}, factors, smoothing=SmoothingTreatment.NONE, factor_lag_count=0)
    columns = [series[1 - lag : 90 - lag] for series in factors.values() for lag in range(2)]
    told = EvidenceReason.LAGGED_BETA in found.reasons
    assert told == (f_test(sleeve[1:], columns, [0, 2]) < 0.05)


def test_the_test_of_smoothing_and_geltners_filter_are_as_published():
    sleeve, factors = draw(180)
    found = evidence({"fund": sleeve}, factors, smoothing=SmoothingTreatment.GELTNER)
    rho = acf(sleeve, nlags=1)[1]
    assert same(found.smoothing.autocorrelation, rho)
    assert same(found.smoothing.p_value, acorr_ljungbox(sleeve, lags=[3])["lb_pvalue"].iloc[0])
    true = (sleeve[1:] - rho * sleeve[:-1]) / (1 - rho)
    expected = direct(true, [series[1:] for series in factors.values()], 4)
    assert same(found.regression.annual_alpha, 12 * expected.params[0])
    assert same(found.smoothing.annual_volatility, np.sqrt(12) * true.std(ddof=1))
    assert same(found.smoothing.annual_reported_volatility, np.sqrt(12) * sleeve[1:].std(ddof=1))


@pytest.mark.parametrize("weights", [(0.5, 0.3, 0.2), (0.8, 0.15, 0.05), (1.0, 0.0, 0.0)])
def test_weights_of_smoothing_are_as_likely_as_those_of_statsmodels(weights):
    rng = np.random.default_rng(11)
    true = rng.normal(0.005, 0.03, size=302)
    sleeve = np.convolve(true, weights, mode="valid")
    found = evidence(
        {"fund": sleeve},
        {"equity": rng.normal(size=300) * 0.04},
        smoothing=SmoothingTreatment.GETMANSKY_LO_MAKAROV,
    ).smoothing
    assert found.treatment is SmoothingTreatment.GETMANSKY_LO_MAKAROV
    assert sum(found.weights) == pytest.approx(1.0, abs=1e-12)
    # Of unit variance: the search of statsmodels stops early on returns, which are small.
    scaled = (sleeve - sleeve.mean()) / sleeve.std()
    fitted = ARIMA(scaled, order=(0, 0, 2), trend="n").fit()
    moving_average = np.array([1.0, *fitted.params[:2]])
    assert found.weights == pytest.approx(moving_average / moving_average.sum(), abs=2e-4)


def test_rolling_regressions_are_those_of_their_windows():
    sleeve, factors = draw(60)
    found = evidence(
        {"fund": sleeve},
        factors,
        smoothing=SmoothingTreatment.NONE,
        factor_lag_count=1,
        rolling_period_count=24,
    )
    assert len(found.rolling) == 59 - 24 + 1
    equity, credit = factors.values()
    for index in (0, 17, 35):
        window = slice(1 + index, 25 + index)
        before = slice(index, 24 + index)
        columns = [equity[window], equity[before], credit[window], credit[before]]
        expected, rolling = direct(sleeve[window], columns, 0), found.rolling[index]
        assert same(rolling.annual_alpha, 12 * expected.params[0])
        assert same(rolling.r_squared, expected.rsquared)
        assert same(rolling.loadings, (expected.params[1:3].sum(), expected.params[3:].sum()))
    assert found.rolling[-1].last_date == found.sample.last_date
