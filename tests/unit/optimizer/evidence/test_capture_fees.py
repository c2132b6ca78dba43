"""Fees of funds: what was earned before them, what is left, and what of them is paid for beta."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from counterpoise.model import (
    CaptureVerdict,
    FactorRegression,
    FeeBasis,
    FeeHurdle,
    FeeTerms,
    SmoothingTreatment,
)
from optimizer.reports.capture import (
    active_fee,
    beta_share,
    charge,
    performance_fee_before,
    share_explained,
    verdict_of,
)
from tests.unit.optimizer.evidence.capture_questions import HEDGE_FUND, NO_FEES, capture
from tests.unit.optimizer.evidence.questions import unrelated

NONE = SmoothingTreatment.NONE
TERMS = st.builds(
    FeeTerms,
    annual_management_fee=st.floats(0.0, 0.05),
    performance_fee_rate=st.floats(0.0, 0.95),
    hurdle=st.sampled_from(FeeHurdle),
)


def fund_of(alpha, beta=0.8, *, months=120, noise=0.015, premium=0.06, seed=2):
    """Returns over cash with exactly this annual alpha and beta, and a benchmark with this annual mean."""
    rng = np.random.default_rng(seed)
    index = rng.normal(0, 0.04, months)
    index += premium / 12 - index.mean()
    return alpha / 12 + beta * index + unrelated(rng.normal(0, noise, months), index), index


def fees_of(fund, index, **terms):
    return capture({"fund": fund}, index, smoothing=NONE, **terms).fees


# Before and after


@settings(max_examples=300)
@given(
    terms=TERMS,
    excess=st.floats(-0.5, 1.0),
    volatility=st.floats(0.0, 1.0),
    rate=st.floats(-0.05, 0.2),
)
def test_what_was_earned_leaves_what_was_seen(terms, excess, volatility, rate):
    charged = charge(terms, FeeBasis.NET, excess, volatility, rate)
    assert charged.net_excess == pytest.approx(excess, abs=1e-10)
    back = charge(terms, FeeBasis.GROSS, charged.gross_excess, volatility, rate)
    assert back.fees == charged.fees
    assert back.net_excess == pytest.approx(excess, abs=1e-10)


@settings(max_examples=100)
@given(terms=TERMS, volatility=st.floats(0.0, 1.0), low=st.floats(-0.5, 1.0), more=st.floats(1e-6, 0.5))
def test_what_is_left_rises_with_what_was_earned(terms, volatility, low, more):
    before, after = (charge(terms, FeeBasis.GROSS, mean, volatility, 0.04) for mean in (low, low + more))
    kept = 1.0 - terms.performance_fee_rate
    assert after.net_excess - before.net_excess >= kept * more - 1e-12


@pytest.mark.parametrize("rate", [0.0, 1e-300, 0.999999, math.nextafter(1.0, 0.0)])
@pytest.mark.parametrize("volatility", [0.0, 1e-300, 0.1, 30.0])
@pytest.mark.parametrize("net_return", [-1.0, 0.0, 1.0])
def test_terms_at_the_ends_of_their_ranges_have_a_fee(rate, volatility, net_return):
    terms = FeeTerms(annual_management_fee=1.0, performance_fee_rate=rate, hurdle=FeeHurdle.ZERO)
    fee = performance_fee_before(terms, net_return, volatility, 0.04)
    assert math.isfinite(fee)
    assert fee >= 0.0


@pytest.mark.parametrize("hurdle", FeeHurdle)
@pytest.mark.parametrize(("excess", "volatility"), [(0.05, 0.1), (-0.03, 0.2), (0.0, 0.06)])
def test_the_performance_fee_is_that_of_the_whole_normal_outcome(hurdle, excess, volatility):
    terms = replace(HEDGE_FUND, hurdle=hurdle)
    charged = charge(terms, FeeBasis.GROSS, excess, volatility, 0.04)
    over = 0.04 + excess - 0.015 - (0.04 if hurdle is FeeHurdle.CASH else 0.0)
    gain = stats.norm(over, volatility).expect(lambda x: x, lb=0.0)
    assert charged.fees.performance == pytest.approx(0.2 * gain, abs=1e-9)
    assert charged.naive_performance == pytest.approx(0.2 * max(over, 0.0))
    assert charged.fees.management == 0.015


def test_a_management_fee_that_was_taken_off_comes_back():
    gross, index = fund_of(0.03)
    terms = FeeTerms(annual_management_fee=0.012, performance_fee_rate=0.0)
    before = fees_of(gross, index, fees=terms, basis=FeeBasis.GROSS)
    after = fees_of(gross - 0.012 / 12, index, fees=terms, basis=FeeBasis.NET)
    assert before.annual_gross_alpha == pytest.approx(0.03, abs=1e-12)
    for name in ("annual_gross_alpha", "annual_net_alpha", "annual_net_alpha_lower", "beta_share"):
        assert getattr(before, name) == pytest.approx(getattr(after, name), abs=1e-12)
    assert before.annual_net_alpha == pytest.approx(0.018, abs=1e-12)


def test_a_performance_fee_that_was_taken_off_comes_back():
    gross, index = fund_of(0.05)
    before = fees_of(gross, index, fees=HEDGE_FUND, basis=FeeBasis.GROSS)
    after = fees_of(gross - before.annual_fee / 12, index, fees=HEDGE_FUND, basis=FeeBasis.NET)
    assert before.annual_performance_fee > 0.005
    assert after.annual_gross_alpha == pytest.approx(0.05, abs=1e-12)
    assert after.annual_performance_fee == pytest.approx(before.annual_performance_fee, abs=1e-12)
    assert after.annual_fee_for_beta == pytest.approx(before.annual_fee_for_beta, abs=1e-12)


@pytest.mark.parametrize("basis", FeeBasis)
def test_the_interval_is_that_of_the_intercept_less_what_is_still_to_be_charged(basis):
    fund, index = fund_of(0.04)
    found = capture({"fund": fund}, index, smoothing=NONE, fees=HEDGE_FUND, basis=basis)
    fees, regression = found.fees, found.evidence.regression
    due = fees.annual_fee if basis is FeeBasis.GROSS else 0.0
    assert fees.annual_net_alpha == pytest.approx(regression.annual_alpha - due)
    assert fees.annual_net_alpha_lower == pytest.approx(regression.annual_alpha_lower - due)
    assert fees.annual_net_alpha_upper == pytest.approx(regression.annual_alpha_upper - due)
    assert fees.annual_net_alpha == pytest.approx(fees.annual_gross_alpha - fees.annual_fee)
    assert fees.annual_fee == fees.annual_management_fee + fees.annual_performance_fee


# Beta


@pytest.mark.parametrize(("r_squared", "share"), [(0.0, 0.0), (0.5, 0.5), (0.9, 0.75), (16 / 17, 0.8)])
def test_the_share_of_beta_is_by_the_root_of_what_is_explained(r_squared, share):
    # At 0.9 the roots are as three to one, at 16/17 as four to one.
    assert beta_share(r_squared) == pytest.approx(share, abs=1e-12)
    # Of a fund that holds two portfolios of one volatility in these shares, the first explains as much.
    assert share**2 / (share**2 + (1.0 - share) ** 2) == pytest.approx(r_squared, abs=1e-12)


def test_what_is_explained_is_adjusted_and_a_share():
    adjusted = FactorRegression(r_squared=0.3, adjusted_r_squared=0.2, annual_residual_volatility=0.1)
    assert share_explained(adjusted) == 0.2
    assert share_explained(replace(adjusted, adjusted_r_squared=-0.1)) == 0.0
    assert share_explained(replace(adjusted, adjusted_r_squared=1 - 1e-16, annual_residual_volatility=0)) == 1


@given(fee=st.floats(0.0, 0.1), passive=st.floats(0.0, 0.02), share=st.floats(0.0, 0.99))
def test_the_fee_is_the_passive_one_on_beta_and_the_active_one_on_the_rest(fee, passive, share):
    found = active_fee(fee, passive, share)
    assert share * passive + (1.0 - share) * found == pytest.approx(fee, abs=1e-14)


def test_without_an_active_part_there_is_no_active_fee():
    index = fund_of(0.0)[1]
    found = fees_of(0.9 * index, index, fees=HEDGE_FUND, passive_fee=0.001, basis=FeeBasis.GROSS)
    assert (found.beta_share, found.annual_active_fee) == (1.0, None)
    # The management fee, and what is not charged on cash alone: all of the performance fee.
    assert found.annual_fee_for_beta == pytest.approx(found.annual_fee, abs=1e-12)


def test_nothing_is_paid_for_beta_where_there_is_none():
    fund, index = fund_of(0.05, beta=0.0)
    found = fees_of(fund, index, fees=HEDGE_FUND, passive_fee=0.001)
    assert (found.beta_share, found.annual_fee_for_beta) == (0.0, pytest.approx(0.0, abs=1e-15))
    assert found.annual_active_fee == pytest.approx(found.annual_fee)


@pytest.mark.parametrize("hurdle", FeeHurdle)
def test_a_performance_fee_for_beta_is_beyond_that_of_alpha_and_residual_alone(hurdle):
    fund, index = fund_of(0.05)
    terms = replace(HEDGE_FUND, hurdle=hurdle)
    found = capture({"fund": fund}, index, smoothing=NONE, fees=terms, basis=FeeBasis.GROSS)
    residual = found.evidence.regression.annual_residual_volatility
    alone = charge(terms, FeeBasis.GROSS, 0.05, residual, 0.04).fees.performance
    expected = found.fees.beta_share * 0.015 + found.fees.annual_performance_fee - alone
    assert found.fees.annual_fee_for_beta == pytest.approx(expected, abs=1e-12)
    assert 0.0 < found.fees.annual_fee_for_beta < found.fees.annual_fee


def test_a_beta_that_lost_lowers_the_performance_fee():
    fund, index = fund_of(0.10, beta=1.0, premium=-0.15, noise=0.002)
    found = fees_of(fund, index, fees=replace(HEDGE_FUND, annual_management_fee=0.0), basis=FeeBasis.GROSS)
    assert found.annual_fee_for_beta < 0.0


# Verdicts


@pytest.mark.parametrize(
    ("net_alpha", "least", "verdict"),
    [
        (0.0031, None, CaptureVerdict.ADDS_VALUE),
        (0.003, None, CaptureVerdict.BELOW_THRESHOLD),
        (1e-9, None, CaptureVerdict.BELOW_THRESHOLD),
        (0.0, None, CaptureVerdict.AMPLIFIES_NO_SKILL),
        (-0.01, None, CaptureVerdict.AMPLIFIES_NO_SKILL),
        (0.0, 0.0, CaptureVerdict.AMPLIFIES_NO_SKILL),
        (1e-9, 0.0, CaptureVerdict.ADDS_VALUE),
        (0.01, 0.02, CaptureVerdict.BELOW_THRESHOLD),
    ],
)
def test_an_alpha_after_fees_adds_value_above_the_threshold(net_alpha, least, verdict):
    assert verdict_of(net_alpha, least) is verdict


@pytest.mark.parametrize(
    ("alpha", "verdict"),
    [
        (0.0181, CaptureVerdict.ADDS_VALUE),
        (0.0179, CaptureVerdict.BELOW_THRESHOLD),
        (0.0149, CaptureVerdict.AMPLIFIES_NO_SKILL),
    ],
)
def test_the_verdict_is_on_what_fees_leave(alpha, verdict):
    fund, index = fund_of(alpha)
    terms = FeeTerms(annual_management_fee=0.015, performance_fee_rate=0.0)
    found = capture({"fund": fund}, index, smoothing=NONE, fees=terms, basis=FeeBasis.GROSS)
    assert found.verdict is verdict
    assert found.fees.annual_net_alpha == pytest.approx(alpha - 0.015, abs=1e-12)


def test_a_fund_without_fees_keeps_all():
    fund, index = fund_of(0.02)
    found = fees_of(fund, index, fees=NO_FEES)
    assert found.annual_fee == found.annual_fee_for_beta == found.annual_active_fee == 0.0
    assert found.annual_gross_alpha == found.annual_net_alpha
