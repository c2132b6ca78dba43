"""Numbers at the ends of what a history may hold: answers stay finite, and say what happened."""

import datetime

import numpy as np
import pytest

from counterpoise.model import EvidenceReason, SmoothingTreatment, StressWindow
from optimizer.evidence.performance import maximum_drawdown
from tests.unit.optimizer.evidence.questions import evidence

PLAIN = {"smoothing": SmoothingTreatment.NONE}


def test_wealth_beyond_all_numbers_still_has_a_drawdown():
    returns = np.full(20_000, 0.04)
    returns[10_000] = -0.25
    assert maximum_drawdown(returns) == pytest.approx(0.25)


def test_the_return_of_a_window_counts_what_the_regression_leaves_out():
    rng = np.random.default_rng(3)
    fund, market = rng.normal(0, 0.02, 60), rng.normal(0, 0.04, 60)
    fund[30], market[30] = -0.3, np.nan
    window = StressWindow(
        window_id="crash", first_date=datetime.date(1900, 1, 1), last_date=datetime.date(2100, 1, 1)
    )
    found = evidence({"fund": fund}, {"market": market}, stress_windows=(window,), **PLAIN)
    (stress,) = found.stress_correlations
    assert stress.compounded_return == pytest.approx(np.prod(1 + fund) - 1)
    assert stress.period_count == 59


def test_a_stale_window_explains_nothing():
    rng = np.random.default_rng(4)
    fund, market = rng.normal(0, 0.02, 80), rng.normal(0, 0.04, 80)
    fund[20:50] = 0.007
    found = evidence({"fund": fund}, {"market": market}, rolling_period_count=12, **PLAIN)
    r_squared = [item.r_squared for item in found.rolling]
    assert min(r_squared) >= 0.0
    assert max(r_squared) <= 1.0


def test_a_window_of_three_periods_is_no_reason():
    rng = np.random.default_rng(5)
    market = rng.normal(0, 0.04, 60)
    fund = 0.1 * market + rng.normal(0, 0.001, 60)
    window = StressWindow(
        window_id="quarter", first_date=datetime.date(2001, 1, 1), last_date=datetime.date(2001, 3, 31)
    )
    found = evidence({"fund": fund}, {"market": market}, stress_windows=(window,), **PLAIN)
    assert found.stress_correlations[0].correlation > 0.9
    assert EvidenceReason.MOVES_WITH_STRESS not in found.reasons
