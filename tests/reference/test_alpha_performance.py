"""Performance statistics against empyrical-reloaded, which follows other conventions in four places.

It reports drawdowns below zero where these are above; its ratio of active returns (`excess_sharpe`) is per
period, not per year; its `alpha` compounds the per-period intercept to a year where Jensen's alpha here is
the periods of a year times it; and it knows no up or down beta with fewer than three periods.
"""

import empyrical
import numpy as np
import pytest

from counterpoise.model import Frequency, SmoothingTreatment
from tests.unit.optimizer.evidence.questions import evidence

CLOSE = {"rel": 1e-12, "abs": 1e-12}
PER_YEAR = {Frequency.DAILY: 252, Frequency.WEEKLY: 52, Frequency.MONTHLY: 12, Frequency.QUARTERLY: 4}


@pytest.mark.parametrize("frequency", list(Frequency))
@pytest.mark.parametrize("seed", range(5))
def test_performance_is_that_of_empyrical(frequency, seed):
    rng = np.random.default_rng(seed)
    market = rng.normal(0.003, 0.03, 200)
    returns = rng.normal(0.002, 0.02, 200) + rng.uniform(-0.5, 1.5) * market
    found = evidence(
        {"fund": returns}, {"market": market}, frequency=frequency, smoothing=SmoothingTreatment.NONE
    ).performance
    year = PER_YEAR[frequency]
    assert found.annual_excess_return == pytest.approx(year * returns.mean(), **CLOSE)
    assert found.annual_volatility == pytest.approx(
        empyrical.annual_volatility(returns, annualization=year), **CLOSE
    )
    assert found.sharpe_ratio == pytest.approx(empyrical.sharpe_ratio(returns, annualization=year), **CLOSE)
    assert found.sortino_ratio == pytest.approx(empyrical.sortino_ratio(returns, annualization=year), **CLOSE)
    assert found.information_ratio == pytest.approx(
        np.sqrt(year) * empyrical.excess_sharpe(returns, market), **CLOSE
    )
    assert found.beta == pytest.approx(empyrical.beta(returns, market), **CLOSE)
    assert found.up_beta == pytest.approx(empyrical.up_alpha_beta(returns, market)[1], **CLOSE)
    assert found.down_beta == pytest.approx(empyrical.down_alpha_beta(returns, market)[1], **CLOSE)
    compounded = empyrical.alpha(returns, market, annualization=year)
    assert (1 + found.annual_jensen_alpha / year) ** year - 1 == pytest.approx(compounded, **CLOSE)
    assert found.maximum_drawdown == pytest.approx(-empyrical.max_drawdown(returns), **CLOSE)


def test_drawdowns_are_of_the_returns_that_were_reported():
    rng = np.random.default_rng(1)
    cash = np.full(120, 0.003) + rng.normal(0, 1e-4, 120)
    fund, market = rng.normal(0.004, 0.03, 120), rng.normal(0.006, 0.04, 120)
    found = evidence({"fund": fund}, {"market": market}, cash=cash, smoothing=SmoothingTreatment.NONE)
    expected = -empyrical.max_drawdown(fund)
    assert found.performance.maximum_drawdown == pytest.approx(expected, **CLOSE)
    assert found.performance.sharpe_ratio == pytest.approx(
        empyrical.sharpe_ratio(fund - cash, annualization=12), **CLOSE
    )


def test_a_market_that_seldom_falls_has_no_down_beta():
    rng = np.random.default_rng(2)
    market = np.abs(rng.normal(0.01, 0.01, 60))
    market[[4, 9]] *= -1.0
    found = evidence({"fund": rng.normal(0, 0.01, 60)}, {"market": market}).performance
    assert found.down_beta is None
    assert found.up_beta is not None
