"""What a sleeve counts as, what speaks against it, and what is left of its alpha."""

import sys

import numpy as np
import pytest

from counterpoise.model import (
    AlphaPrior,
    EvidenceReason,
    EvidenceRule,
    FactorRegression,
    SleeveClass,
    SmoothingTreatment,
    StressWindow,
)
from optimizer.evidence.belief import shrink
from optimizer.evidence.performance import falls_with_the_market
from optimizer.evidence.sample import take_sample
from optimizer.evidence.table import open_table
from tests.unit.optimizer.evidence.questions import ask, evidence, period_ends, unrelated

PLAIN = {"smoothing": SmoothingTreatment.NONE, "factor_lag_count": 0}
MONTHS = 120
RNG = np.random.default_rng(8)
MARKET = RNG.normal(0.005, 0.04, MONTHS)


@pytest.fixture(autouse=True)
def numbers_of_its_own(monkeypatch):
    """Whatever ran before, a test draws the same numbers."""
    monkeypatch.setattr(sys.modules[__name__], "RNG", np.random.default_rng(9))


def explained(adjusted, alpha=0.0):
    """A sleeve of which the market explains exactly this share of variance, adjusted for one term."""
    share = 1 - (1 - adjusted) * (MONTHS - 2) / (MONTHS - 1)
    noise = unrelated(RNG.normal(0, 0.02, MONTHS), MARKET)
    centred = MARKET - MARKET.mean()
    scale = np.sqrt(share / (1 - share) * (noise @ noise) / (centred @ centred))
    return scale * MARKET + noise + alpha / 12


@pytest.mark.parametrize(
    ("share", "rule", "expected"),
    [
        (0.299, None, SleeveClass.ALPHA),
        (0.301, None, SleeveClass.ALPHA_AND_BETA),
        (0.799, None, SleeveClass.ALPHA_AND_BETA),
        (0.801, None, SleeveClass.BETA),
        (0.301, EvidenceRule(charge_r_squared=0.5), SleeveClass.ALPHA),
        (0.301, EvidenceRule(charge_r_squared=0.1, reclassify_r_squared=0.3), SleeveClass.BETA),
    ],
)
def test_adjusted_r_squared_decides_what_a_sleeve_counts_as(share, rule, expected):
    found = evidence({"fund": explained(share)}, {"market": MARKET}, evidence_rule=rule, **PLAIN)
    assert found.regression.adjusted_r_squared == pytest.approx(share)
    assert found.sleeve_class is expected
    because = {
        SleeveClass.ALPHA: EvidenceReason.FACTORS_EXPLAIN_LITTLE,
        SleeveClass.ALPHA_AND_BETA: EvidenceReason.FACTORS_EXPLAIN_MUCH,
        SleeveClass.BETA: EvidenceReason.FACTORS_EXPLAIN_MOST,
    }
    assert found.reasons[0] is because[expected]


def test_a_program_of_treasury_futures_and_high_yield_is_beta():
    equity = RNG.normal(0.005, 0.04, MONTHS)
    treasuries = RNG.normal(0.002, 0.018, MONTHS) - 0.05 * equity
    high_yield = 0.4 * equity + 0.2 * treasuries + RNG.normal(0.001, 0.012, MONTHS)
    program = 1.2 * treasuries + 0.5 * high_yield + RNG.normal(0.0005, 0.004, MONTHS)
    factors = {"equity": equity, "treasuries": treasuries, "credit": high_yield}
    found = evidence({"absolute_return": program}, factors, **PLAIN)
    assert found.sleeve_class is SleeveClass.BETA
    assert found.reasons[0] is EvidenceReason.FACTORS_EXPLAIN_MOST
    assert {item.driver_id: round(item.value, 1) for item in found.loadings} == pytest.approx(
        {"equity": 0.0, "treasuries": 1.2, "credit": 0.5}, abs=0.11
    )
    # Against equity alone, as it was sold, most of it looks like alpha.
    sold = evidence({"absolute_return": program}, {"equity": equity}, **PLAIN)
    assert sold.sleeve_class is SleeveClass.ALPHA


def test_factors_without_meaning_explain_nothing_of_a_short_history():
    rng = np.random.default_rng(12)
    factors = {f"factor_{index}": rng.normal(0.0, 0.04, 36) for index in range(6)}
    found = [evidence({"fund": rng.normal(0.004, 0.02, 36)}, factors, **PLAIN) for _ in range(100)]
    assert np.mean([item.regression.r_squared for item in found]) == pytest.approx(6 / 35, abs=0.03)
    assert np.mean([item.regression.adjusted_r_squared for item in found]) == pytest.approx(0.0, abs=0.04)
    assert min(item.alpha_sleeve.evidence.r_squared for item in found) == 0.0
    assert sum(item.sleeve_class is not SleeveClass.ALPHA for item in found) <= 5


def test_a_short_or_weak_record_says_so():
    found = evidence({"fund": explained(0.2, alpha=0.01)}, {"market": MARKET}, **PLAIN)
    assert EvidenceReason.ALPHA_NOT_SIGNIFICANT in found.reasons
    assert EvidenceReason.ALPHA_NOT_POSITIVE not in found.reasons
    assert EvidenceReason.HISTORY_SHORT not in found.reasons
    strict = EvidenceRule(minimum_observation_count=121)
    short = evidence({"fund": explained(0.2)}, {"market": MARKET}, evidence_rule=strict, **PLAIN)
    assert EvidenceReason.HISTORY_SHORT in short.reasons
    strong = evidence({"fund": explained(0.2, alpha=0.2)}, {"market": MARKET}, **PLAIN)
    assert EvidenceReason.ALPHA_NOT_SIGNIFICANT not in strong.reasons


def test_smoothed_returns_left_as_they_are_are_regressed_on_the_month_before():
    true = 0.6 * MARKET + RNG.normal(0, 0.01, MONTHS)
    fund = np.concatenate([true[:1], 0.5 * true[1:] + 0.5 * true[:-1]])
    found = evidence({"fund": fund}, {"market": MARKET}, smoothing=SmoothingTreatment.NONE)
    assert EvidenceReason.SMOOTHED in found.reasons
    assert EvidenceReason.LAGGED_BETA in found.reasons
    assert [item.lag for item in found.regression.loadings] == [0, 1]
    assert found.loadings[0].value == pytest.approx(0.6, abs=0.08)
    assert found.smoothing.weights == ()
    treated = evidence({"fund": fund}, {"market": MARKET})
    assert treated.smoothing.treatment is SmoothingTreatment.GETMANSKY_LO_MAKAROV
    assert [item.lag for item in treated.regression.loadings] == [0]


@pytest.mark.parametrize("asked", [SmoothingTreatment.GELTNER, SmoothingTreatment.GETMANSKY_LO_MAKAROV])
def test_returns_that_turn_back_are_not_smoothed_and_keep_their_volatility(asked):
    noise = RNG.normal(0, 0.02, MONTHS + 1)
    found = evidence({"fund": noise[1:] - noise[:-1]}, {"market": MARKET}, smoothing=asked).smoothing
    assert found.treatment is SmoothingTreatment.NONE
    assert found.annual_volatility == found.annual_reported_volatility


@pytest.mark.parametrize("asked", [SmoothingTreatment.GETMANSKY_LO_MAKAROV, None])
def test_a_moving_average_that_cannot_be_undone_is_treated_as_first_order(asked):
    noise = RNG.normal(0, 0.02, MONTHS + 1)
    found = evidence({"fund": noise[1:] + noise[:-1]}, {"market": MARKET}, smoothing=asked)
    assert EvidenceReason.SMOOTHED in found.reasons
    assert found.smoothing.treatment is SmoothingTreatment.GELTNER
    assert sum(found.smoothing.weights) == pytest.approx(1.0)


def test_who_sells_insurance_and_nothing_else_falls_with_the_market():
    sold = evidence({"fund": np.minimum(MARKET, 0.0)}, {"market": MARKET}, **PLAIN)
    assert EvidenceReason.DOWN_BETA in sold.reasons
    bought = evidence({"fund": np.maximum(MARKET, 0.0)}, {"market": MARKET}, **PLAIN)
    assert EvidenceReason.DOWN_BETA not in bought.reasons


def test_who_sells_insurance_falls_with_the_market():
    fund = 0.1 * MARKET - 0.8 * np.maximum(-MARKET, 0.0) + RNG.normal(0, 0.004, MONTHS)
    found = evidence({"fund": fund}, {"market": MARKET}, **PLAIN)
    assert found.performance.down_beta - found.performance.up_beta == pytest.approx(0.8, abs=0.1)
    assert EvidenceReason.DOWN_BETA in found.reasons
    bought = evidence({"fund": -fund}, {"market": MARKET}, **PLAIN)
    assert EvidenceReason.DOWN_BETA not in bought.reasons


@pytest.mark.parametrize(("months", "skewed"), [(60, False), (120, False), (120, True)])
def test_who_rises_and_falls_alike_is_seldom_said_to_fall_more(months, skewed):
    # Of 400 sleeves 5 % are 20, give or take 4.4: within three standard errors.
    rng = np.random.default_rng(31)
    told = 0
    for _ in range(400):
        market = rng.standard_t(4, months) * 0.03 if skewed else rng.normal(0.005, 0.04, months)
        fund = 0.5 * market + rng.normal(0.0, 0.02, months)
        table = open_table(ask({"fund": fund}, {"market": market}))
        told += falls_with_the_market(table, take_sample(table, "fund", fund, 0))
    assert 7 <= told <= 33


def test_stress_windows_are_measured_by_themselves():
    dates = period_ends(MONTHS)
    fund = RNG.normal(0.002, 0.01, MONTHS)
    fund[50:56] = 0.9 * MARKET[50:56]
    windows = (
        StressWindow(window_id="crash", first_date=dates[50], last_date=dates[55]),
        StressWindow(window_id="two_months", first_date=dates[9], last_date=dates[10]),
        # The fund is younger than this one.
        StressWindow(window_id="before", first_date=dates[0], last_date=dates[4]),
    )
    fund[:5] = np.nan
    found = evidence({"fund": fund}, {"market": MARKET}, stress_windows=windows, **PLAIN)
    crash, two_months = found.stress_correlations
    assert (crash.window_id, crash.period_count) == ("crash", 6)
    assert crash.correlation == pytest.approx(1.0)
    assert crash.compounded_return == pytest.approx(np.prod(1 + fund[50:56]) - 1)
    assert (two_months.window_id, two_months.period_count, two_months.correlation) == ("two_months", 2, None)
    assert EvidenceReason.MOVES_WITH_STRESS in found.reasons


def test_belief_weighs_history_by_its_precision():
    prior = AlphaPrior(annual_mean=0.01, annual_error=0.02)
    regression = FactorRegression(annual_alpha=0.05, annual_alpha_error=0.03)
    precisions = 1 / 0.02**2, 1 / 0.03**2
    mean, error = shrink(prior, regression)
    assert mean == pytest.approx((0.01 * precisions[0] + 0.05 * precisions[1]) / sum(precisions))
    assert error == pytest.approx(sum(precisions) ** -0.5)


def test_the_line_of_a_portfolio_takes_the_shrunk_alpha():
    found = evidence({"fund": explained(0.4, alpha=0.03)}, {"market": MARKET}, **PLAIN)
    line, regression = found.alpha_sleeve, found.regression
    assert line.expected_alpha.net_of_fees.annual_over_beta == found.annual_shrunk_alpha
    assert 0.0 < found.annual_shrunk_alpha < regression.annual_alpha
    assert line.annual_alpha_error == found.annual_shrunk_alpha_error < regression.annual_alpha_error
    assert line.evidence.r_squared == regression.adjusted_r_squared < regression.r_squared
    assert line.evidence.observation_count == MONTHS
    assert line.evidence.last_observation_date == found.sample.last_date
    assert found.annual_residual_volatility == regression.annual_residual_volatility
