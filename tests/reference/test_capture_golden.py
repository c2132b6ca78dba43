"""Worked numbers on fees and on what a portable structure makes of an alpha, by parts and by whole calls."""

import math
from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import FeeBasis, FeeHurdle, FeeTerms, PortableStructure, SmoothingTreatment
from optimizer.measures.fees import mean_gain
from optimizer.reports.capture import charge
from optimizer.reports.portable import report_benefit, report_structure
from tests import sample_capture
from tests.unit.optimizer.evidence.capture_questions import answer, ask_capture, capture
from tests.unit.optimizer.evidence.questions import unrelated

CASH_RATE = 0.04
HURDLES = {"no_hurdle": FeeHurdle.ZERO, "cash_hurdle": FeeHurdle.CASH}
# Alpha over cash before fees and what 1.5 and 20 leave of it, percent.
FEES = [
    (1.5, "no_hurdle", -0.8),
    (1.5, "cash_hurdle", 0.0),
    (3.0, "no_hurdle", 0.4),
    (3.0, "cash_hurdle", 1.2),
    (5.0, "no_hurdle", 2.0),
    (5.0, "cash_hurdle", 2.8),
    (7.0, "no_hurdle", 3.6),
    (7.0, "cash_hurdle", 4.4),
    (10.0, "no_hurdle", 6.0),
    (10.0, "cash_hurdle", 6.8),
]
# Mean over the hurdle, volatility, and the expected and the naive fee of 20 percent; percent.
PERFORMANCE = [
    (3.5, 5.0, 0.8428793768106102, 0.7),
    (3.5, 8.0, 1.0484396356360972, 0.7),
    (5.5, 6.0, 1.2168802876126978, 1.1),
    (0.0, 6.0, 0.47873073648171927, 0.0),
]
TWENTY = FeeTerms(annual_management_fee=0.0, performance_fee_rate=0.2, hurdle=FeeHurdle.CASH)
MONTHS = 120


def with_moments(mean, volatility, seed=8):
    """Returns over cash with this annual mean and volatility that their benchmark has nothing to do with."""
    rng = np.random.default_rng(seed)
    index = rng.normal(0.005, 0.04, MONTHS)
    noise = unrelated(rng.normal(0, 0.01, MONTHS), index)
    return mean / 12 + noise * volatility / (np.sqrt(12) * noise.std(ddof=1)), index


@pytest.mark.parametrize(("alpha_pct", "hurdle", "net_pct"), FEES)
def test_what_one_and_a_half_and_twenty_leave(alpha_pct, hurdle, net_pct):
    terms = FeeTerms(annual_management_fee=0.015, performance_fee_rate=0.2, hurdle=HURDLES[hurdle])
    charged = charge(terms, FeeBasis.GROSS, alpha_pct / 100, 0.0, CASH_RATE)
    assert 100 * charged.net_excess == pytest.approx(net_pct, abs=1e-9)
    back = charge(terms, FeeBasis.NET, net_pct / 100, 0.0, CASH_RATE)
    assert 100 * back.gross_excess == pytest.approx(alpha_pct, abs=1e-9)


@pytest.mark.parametrize(("alpha_pct", "hurdle", "net_pct"), FEES)
def test_what_they_leave_of_a_history_that_hardly_moves(alpha_pct, hurdle, net_pct):
    terms = FeeTerms(annual_management_fee=0.015, performance_fee_rate=0.2, hurdle=HURDLES[hurdle])
    volatility = 0.001
    fund, index = with_moments(alpha_pct / 100, volatility)
    settled = {"fees": terms, "rate": CASH_RATE, "smoothing": SmoothingTreatment.NONE}
    found = capture({"fund": fund}, index, basis=FeeBasis.GROSS, **settled).fees
    # At the hurdle, half of the outcomes are above it: s / sqrt(2 pi) on average.
    at_hurdle = alpha_pct == 1.5 and hurdle == "cash_hurdle"
    chance = 0.2 * volatility / math.sqrt(2 * math.pi) if at_hurdle else 0.0
    assert 100 * (found.annual_net_alpha + chance) == pytest.approx(net_pct, abs=1e-9)
    net = fund - found.annual_fee / 12
    back = capture({"fund": net}, index, basis=FeeBasis.NET, **settled).fees
    assert 100 * back.annual_gross_alpha == pytest.approx(alpha_pct, abs=1e-9)


@pytest.mark.parametrize(("mean_pct", "volatility_pct", "expected_pct", "naive_pct"), PERFORMANCE)
def test_the_expected_performance_fee(mean_pct, volatility_pct, expected_pct, naive_pct):
    charged = charge(TWENTY, FeeBasis.GROSS, mean_pct / 100, volatility_pct / 100, CASH_RATE)
    assert 100 * charged.fees.performance == pytest.approx(expected_pct, abs=1e-9)
    assert 100 * charged.naive_performance == pytest.approx(naive_pct, abs=1e-9)
    assert 20 * mean_gain(mean_pct / 100, volatility_pct / 100) == pytest.approx(expected_pct, abs=1e-9)


@pytest.mark.parametrize(("mean_pct", "volatility_pct", "expected_pct", "naive_pct"), PERFORMANCE)
def test_the_expected_performance_fee_of_a_history(mean_pct, volatility_pct, expected_pct, naive_pct):
    fund, index = with_moments(mean_pct / 100, volatility_pct / 100)
    settled = {"fees": TWENTY, "rate": CASH_RATE, "smoothing": SmoothingTreatment.NONE}
    found = capture({"fund": fund}, index, basis=FeeBasis.GROSS, **settled)
    assert found.evidence.performance.annual_volatility == pytest.approx(volatility_pct / 100, abs=1e-14)
    fees = found.fees
    assert 100 * fees.annual_performance_fee == pytest.approx(expected_pct, abs=1e-9)
    assert 100 * fees.annual_naive_performance_fee == pytest.approx(naive_pct, abs=1e-9)
    assert 100 * fees.annual_net_alpha == pytest.approx(mean_pct - expected_pct, abs=1e-9)
    net, _ = with_moments((mean_pct - expected_pct) / 100, volatility_pct / 100)
    back = capture({"fund": net}, index, basis=FeeBasis.NET, **settled).fees
    assert 100 * back.annual_gross_alpha == pytest.approx(mean_pct, abs=1e-9)
    assert 100 * back.annual_performance_fee == pytest.approx(expected_pct, abs=1e-9)


# A pension fund that holds 30 percent in bonds by overlay at 60 basis points, alpha 1.5 percent over cash.

OVERLAY, ALPHA = 0.3, 0.015


def pension(reserve_rate, margin_rate, *, posted_counts=True):
    return PortableStructure(
        annual_financing_spread=0.0,
        annual_roll_cost=0.006,
        reserve_rate=reserve_rate,
        initial_margin_rate=margin_rate,
        posted_margin_counts=posted_counts,
        annual_cash_drag=0.0,
        annual_physical_cost=0.0,
    )


@pytest.mark.parametrize(
    ("reserve_rate", "margin_rate", "posted_counts", "alpha"),
    [
        (0.1, 0.0666667, True, 0.27),
        (0.15, 0.0666667, True, 0.255),
        (0.0, 0.0466667, True, 0.286),
        (0.0, 0.0666667, True, 0.28),
        (0.1, 0.0466667, False, 0.256),
        (0.1, 0.0666667, False, 0.25),
    ],
)
def test_the_capital_that_is_free_for_alpha(reserve_rate, margin_rate, posted_counts, alpha):
    report = report_structure(pension(reserve_rate, margin_rate, posted_counts=posted_counts))
    assert OVERLAY * report.alpha_share == pytest.approx(alpha, abs=1e-7)
    assert report.annual_synthetic_cost == 0.006
    benefit = report_benefit(report, ALPHA)
    assert OVERLAY * benefit.annual_benefit == pytest.approx(ALPHA * alpha - 0.006 * OVERLAY, abs=1e-9)


@pytest.mark.parametrize(("reserve_rate", "uplift_bps"), [(0.1, 22.5), (0.15, 20.25)])
def test_the_uplift_of_the_total_fund(reserve_rate, uplift_bps):
    report = report_structure(pension(reserve_rate, 0.0666667))
    assert 1e4 * OVERLAY * report_benefit(report, ALPHA).annual_benefit == pytest.approx(uplift_bps, abs=1e-9)


def test_the_uplift_by_a_whole_call():
    fund, index = with_moments(ALPHA, 0.03)
    asked = ask_capture(
        {"fund": fund}, index, smoothing=SmoothingTreatment.NONE, structure=pension(0.1, 0.0666667)
    )
    response = answer(asked)
    (found,) = response.captures
    assert 1e4 * OVERLAY * found.structure_benefit.annual_benefit == pytest.approx(22.5, abs=1e-9)
    assert response.structure == report_structure(asked.structure)


def test_at_the_break_even_alpha_there_is_no_benefit():
    # 40 + 4 + 10 % * 10 + 5.4 % * 25 basis points against 9: 37.35 on 0.9 of capital.
    report = report_structure(sample_capture.structure())
    assert 1e4 * report.annual_synthetic_cost == pytest.approx(46.35)
    assert 1e4 * report.annual_break_even_alpha == pytest.approx(41.5)
    at_break_even = report_benefit(report, report.annual_break_even_alpha)
    assert at_break_even.annual_benefit == pytest.approx(0.0, abs=1e-15)
    assert at_break_even.annual_alpha_over_break_even == 0.0
    above = report_benefit(report, report.annual_break_even_alpha + 0.01)
    assert above.annual_benefit == pytest.approx(0.009)
    assert above.annual_alpha_over_break_even == pytest.approx(0.01)


def test_margin_credit_that_is_unset_costs_nothing():
    structure = sample_capture.structure()
    unset = report_structure(replace(structure, annual_margin_credit_spread=None))
    assert unset == report_structure(replace(structure, annual_margin_credit_spread=0.0))
