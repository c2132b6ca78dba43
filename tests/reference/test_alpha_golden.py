"""Worked numbers on alpha, smoothing and patience."""

import sys

import numpy as np
import pytest
from scipy import optimize, signal
from statsmodels.tsa.stattools import acf

from counterpoise.model import EvidenceReason, Frequency, SmoothingTreatment
from tests.unit.optimizer.evidence.questions import evidence, unrelated

RNG = np.random.default_rng(5)


@pytest.fixture(autouse=True)
def numbers_of_its_own(monkeypatch):
    """Whatever ran before, a test draws the same numbers."""
    monkeypatch.setattr(sys.modules[__name__], "RNG", np.random.default_rng(6))


MONTHS = 120


def with_mean(mean_pct, noise):
    """Monthly returns of this annual mean, in percent."""
    return noise - noise.mean() + mean_pct / 1200


@pytest.mark.parametrize(
    ("portfolio", "risk_free", "market", "beta", "alpha"), [(15, 3, 10, 1.2, 3.6), (20, 1.5, 10, 1.6, 4.9)]
)
def test_jensens_alpha_is_what_beta_does_not_pay(portfolio, risk_free, market, beta, alpha):
    cash = with_mean(risk_free, RNG.normal(0, 0.0005, MONTHS))
    whole_market = with_mean(market, RNG.normal(0, 0.04, MONTHS))
    over = whole_market - cash
    noise = unrelated(RNG.normal(0, 0.01, MONTHS), over)
    fund = cash + alpha / 1200 + beta * over + noise
    assert 1200 * fund.mean() == pytest.approx(portfolio)
    found = evidence({"fund": fund}, {"market": whole_market}, cash=cash, smoothing=SmoothingTreatment.NONE)
    assert found.performance.annual_jensen_alpha == pytest.approx(alpha / 100, abs=1e-12)
    assert found.regression.annual_alpha == pytest.approx(alpha / 100, abs=1e-12)
    assert found.performance.beta == pytest.approx(beta, abs=1e-12)
    assert found.performance.annual_excess_return == pytest.approx((portfolio - risk_free) / 100)


@pytest.mark.parametrize(("rho", "multiple"), [(0.2, 1.2247448714), (0.5, 1.7320508076)])
def test_desmoothing_multiplies_volatility_as_autocorrelation_says(rho, multiple):
    noise = RNG.normal(0.0, 0.01, 20_000)

    def too_much(persistence):
        return acf(signal.lfilter([1.0], [1.0, -persistence], noise), nlags=1, fft=False)[1] - rho

    # Its autocorrelation is rho in the sample, too.
    sleeve = signal.lfilter([1.0], [1.0, -optimize.brentq(too_much, 0.0, 0.9, xtol=1e-14)], noise)
    factors = {"market": RNG.normal(0.0, 0.01, 20_000)}
    asked = SmoothingTreatment.GELTNER
    found = evidence({"fund": sleeve}, factors, frequency=Frequency.DAILY, smoothing=asked).smoothing
    assert found.treatment is SmoothingTreatment.GELTNER
    assert found.autocorrelation == pytest.approx(rho)
    assert found.annual_volatility / found.annual_reported_volatility == pytest.approx(multiple, rel=2e-4)
    assert sum(found.weights) == pytest.approx(1.0)
    assert found.weights[:2] == pytest.approx([1 - rho, rho * (1 - rho)])


@pytest.mark.parametrize(("appraisal", "years"), [(0.3, 44.44), (0.5, 16.0), (1.0, 4.0)])
def test_years_until_significance_are_those_of_the_appraisal_ratio(appraisal, years):
    market = RNG.normal(0.005, 0.04, MONTHS)
    noise = unrelated(RNG.normal(0.0, 0.02, MONTHS), market)
    volatility = np.sqrt(12 * np.sum(noise**2) / (MONTHS - 2))
    sleeve = 0.4 * market + noise + appraisal * volatility / 12
    found = evidence({"fund": sleeve}, {"market": market}, smoothing=SmoothingTreatment.NONE).regression
    assert found.annual_residual_volatility == pytest.approx(volatility)
    assert found.appraisal_ratio == pytest.approx(appraisal)
    assert found.years_for_significance == pytest.approx(years, abs=0.005)


def test_an_alpha_below_zero_is_never_significant_for_waiting():
    market = RNG.normal(0.005, 0.04, MONTHS)
    found = evidence(
        {"fund": 0.4 * market + unrelated(RNG.normal(0, 0.02, MONTHS), market) - 0.001}, {"market": market}
    )
    assert found.regression.years_for_significance is None
    assert EvidenceReason.ALPHA_NOT_POSITIVE in found.reasons
