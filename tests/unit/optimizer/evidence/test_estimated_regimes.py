"""Calm and stressed periods: which they are, how drivers move in them, and what a risk model takes."""

import datetime

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis

from counterpoise.model import (
    ExponentialCovariance,
    MissingReturns,
    RegimeKind,
    StressPeriods,
    StressRegime,
    StressWindow,
    TurbulentPeriods,
    UniformStress,
    VolatilityFloor,
    WarningCode,
)
from optimizer.evidence.regimes import turbulence
from tests.unit.optimizer.evidence.questions import period_ends
from tests.unit.optimizer.evidence.risk_questions import ask_risk, correlation, estimate, named


def two_worlds(calm=90, stressed=30):
    """Three drivers: unrelated in calm months, and one and the same, four times as wild, in bad ones."""
    rng = np.random.default_rng(8)
    quiet = rng.normal(0, 0.01, (calm, 3))
    wild = rng.normal(0, 0.04, (stressed, 1)) + rng.normal(0, 0.01, (stressed, 3))
    return np.concatenate([quiet[: calm // 2], wild, quiet[calm // 2 :]])


def windows(*spans):
    return StressRegime(
        periods=StressPeriods(
            windows=tuple(
                StressWindow(window_id=f"w{index}", first_date=first, last_date=last)
                for index, (first, last) in enumerate(spans)
            )
        )
    )


def turbulent(share):
    return StressRegime(turbulent=TurbulentPeriods(share=share))


def regimes(response):
    return {regime.kind: regime for regime in response.covariance.regimes}


def square(regime):
    return regime.correlation.to_square()


def test_without_a_regime_there_are_all_periods_alone():
    returns = two_worlds()
    found = estimate(ask_risk(named(returns)))
    (regime,) = found.covariance.regimes
    assert regime.kind is RegimeKind.ALL
    assert regime.period_count == 120
    assert square(regime) == pytest.approx(np.corrcoef(returns.T))
    assert found.market.risk_model.stressed_correlation is None


def test_stressed_periods_end_inside_a_window_both_days_included():
    returns, dates = two_worlds(), period_ends(120)
    found = estimate(
        ask_risk(named(returns), stress_regime=windows((dates[45], dates[59]), (dates[60], dates[74])))
    )
    stressed, calm = returns[45:75], np.delete(returns, slice(45, 75), axis=0)
    told = regimes(found)
    assert list(told) == [RegimeKind.ALL, RegimeKind.CALM, RegimeKind.STRESSED]
    for kind, part in ((RegimeKind.CALM, calm), (RegimeKind.STRESSED, stressed)):
        regime = told[kind]
        assert regime.period_count == len(part)
        assert square(regime) == pytest.approx(np.corrcoef(part.T), rel=1e-12)
        volatilities = [item.value for item in regime.annual_volatilities]
        assert volatilities == pytest.approx(np.sqrt(12) * part.std(axis=0, ddof=1), rel=1e-12)
        mean = np.corrcoef(part.T)[np.triu_indices(3, 1)].mean()
        assert regime.mean_correlation == pytest.approx(mean, rel=1e-12)
    assert told[RegimeKind.STRESSED].mean_correlation > 0.8
    assert abs(told[RegimeKind.CALM].mean_correlation) < 0.2
    model = found.market.risk_model
    assert model.stressed_correlation.correlation == told[RegimeKind.STRESSED].correlation
    assert correlation(found) == pytest.approx(np.corrcoef(returns.T))


def test_a_window_counts_periods_by_their_last_day():
    dates = period_ends(120)
    inside = windows((dates[20] + datetime.timedelta(days=1), dates[60] - datetime.timedelta(days=1)))
    told = regimes(estimate(ask_risk(named(two_worlds()), stress_regime=inside)))
    assert told[RegimeKind.STRESSED].period_count == 39


@pytest.mark.parametrize("seed", range(3))
def test_turbulence_is_the_distance_of_mahalanobis(seed):
    returns = np.random.default_rng(seed).multivariate_normal([0, 0], [[4e-4, 1e-4], [1e-4, 1e-4]], 60)
    inverse = np.linalg.inv(np.cov(returns.T))
    mean = returns.mean(axis=0)
    expected = [mahalanobis(row, mean, inverse) ** 2 for row in returns]
    assert turbulence(returns) == pytest.approx(expected, rel=1e-10)
    # Their mean is (T - 1) / T times the number of drivers, whatever the returns.
    assert turbulence(returns).mean() == pytest.approx(2 * 59 / 60)


def test_turbulence_counts_a_driver_that_others_make_up_once():
    returns = two_worlds()
    made_up = np.column_stack([returns, returns @ [1.0, -1.0, 0.5]])
    assert turbulence(made_up) == pytest.approx(turbulence(returns), rel=1e-8)


def test_turbulence_does_not_depend_on_units():
    returns = two_worlds()
    assert turbulence(returns * [1.0, 1e-4, 30.0]) == pytest.approx(turbulence(returns), rel=1e-8)


@pytest.mark.parametrize(("share", "count"), [(0.25, 30), (0.2501, 31), (0.15, 18), (0.5, 60)])
def test_the_most_turbulent_share_is_stressed_rounded_up(share, count):
    returns = two_worlds()
    found = estimate(ask_risk(named(returns), stress_regime=turbulent(share)))
    most = np.sort(np.argsort(turbulence(returns))[::-1][:count])
    told = regimes(found)
    assert told[RegimeKind.STRESSED].period_count == count
    assert told[RegimeKind.CALM].period_count == 120 - count
    assert square(told[RegimeKind.STRESSED]) == pytest.approx(np.corrcoef(returns[most].T))


def test_turbulent_periods_are_those_of_the_wild_world():
    found = regimes(estimate(ask_risk(named(two_worlds()), stress_regime=turbulent(0.15))))
    assert found[RegimeKind.STRESSED].mean_correlation > found[RegimeKind.CALM].mean_correlation + 0.3


def test_regimes_count_every_period_once_whatever_the_estimator():
    returns = named(two_worlds())
    plain = estimate(ask_risk(returns, stress_regime=turbulent(0.25)))
    weighted = estimate(
        ask_risk(
            returns, stress_regime=turbulent(0.25), exponential=ExponentialCovariance(half_life_periods=20)
        )
    )
    assert weighted.covariance.regimes == plain.covariance.regimes
    assert weighted.market.risk_model.stressed_correlation == plain.market.risk_model.stressed_correlation


def test_floors_leave_regimes_as_they_are():
    returns = named(two_worlds())
    floor = VolatilityFloor(volatility_floor_id="all", column_ids=tuple(returns), annual_volatility=0.9)
    plain, floored = (
        estimate(ask_risk(returns, stress_regime=turbulent(0.25), volatility_floors=floors))
        for floors in ((), (floor,))
    )
    assert floored.covariance.regimes == plain.covariance.regimes


def test_a_uniform_stress_is_handed_on():
    uniform = UniformStress(correlation=0.8, growth_driver_ids=("d0", "d2"))
    found = estimate(ask_risk(named(two_worlds()), stress_regime=StressRegime(uniform=uniform)))
    assert found.market.risk_model.stressed_correlation.uniform == uniform
    assert [regime.kind for regime in found.covariance.regimes] == [RegimeKind.ALL]


def test_regimes_of_pairs_are_told_apart_where_all_drivers_are_known():
    returns = two_worlds()
    returns[:20, 0] = np.nan
    found = estimate(
        ask_risk(named(returns), missing_returns=MissingReturns.PAIRWISE, stress_regime=turbulent(0.3))
    )
    told = regimes(found)
    assert told[RegimeKind.ALL].period_count == 120
    assert told[RegimeKind.STRESSED].period_count == 30
    common = returns[20:]
    most = np.argsort(turbulence(common))[::-1][:30]
    assert square(told[RegimeKind.STRESSED]) == pytest.approx(np.corrcoef(common[most].T))


def test_a_driver_that_stands_still_in_bad_times_is_told():
    returns, dates = two_worlds(), period_ends(120)
    returns[45:85, 1] = 0.0
    found = estimate(ask_risk(named(returns), stress_regime=windows((dates[45], dates[84]))))
    (warning,) = found.warnings
    assert warning.code is WarningCode.ESTIMATE_UNCERTAIN
    assert warning.subjects[0].column_id == "d1"
    assert "stands still in the stressed periods" in warning.message
    stressed = found.market.risk_model.stressed_correlation.correlation.to_square()
    assert stressed[1].tolist() == [0.0, 1.0, 0.0]


def test_few_stressed_periods_for_many_drivers_are_uncertain():
    returns = np.random.default_rng(0).normal(0, 0.02, (120, 10))
    found = estimate(ask_risk(named(returns), stress_regime=turbulent(0.2)))
    (warning,) = found.warnings
    assert warning.code is WarningCode.ESTIMATE_UNCERTAIN
    assert "24 stressed periods for 10 drivers, fewer than 30" in warning.message


def uncertain(returns, regime):
    found = estimate(ask_risk(named(returns), stress_regime=regime))
    return [item.message for item in found.warnings if item.code is WarningCode.ESTIMATE_UNCERTAIN]


@pytest.mark.parametrize(("count", "said"), [(12, "0.29"), (35, "0.17"), (36, None)])
def test_a_stressed_correlation_of_few_periods_is_uncertain(count, said):
    dates = period_ends(120)
    told = uncertain(two_worlds(), windows((dates[0], dates[count - 1])))
    if said is None:
        assert told == []
    else:
        (message,) = told
        assert f"stressed correlation: {count} stressed periods, fewer than 36" in message
        assert f"over n periods is about 1/sqrt(n) = {said}" in message


def test_a_calm_correlation_of_few_periods_is_uncertain():
    dates = period_ends(120)
    (message,) = uncertain(two_worlds(), windows((dates[0], dates[99])))
    assert "calm correlation: 20 calm periods, fewer than 36" in message
    assert "1/sqrt(n) = 0.22" in message


def test_a_driver_alone_has_no_correlation_to_doubt():
    dates = period_ends(120)
    assert uncertain(two_worlds()[:, :1], windows((dates[0], dates[11]))) == []
