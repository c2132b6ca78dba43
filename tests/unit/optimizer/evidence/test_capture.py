"""Active returns in parts, and regressions of funds as of sleeves."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from counterpoise.model import (
    Frequency,
    SmoothingTreatment,
)
from tests import sample_capture
from tests.unit.optimizer.evidence import questions
from tests.unit.optimizer.evidence.capture_questions import answer, capture
from tests.unit.optimizer.evidence.questions import period_ends, unrelated

NONE, GELTNER, MOVING = (
    SmoothingTreatment.NONE,
    SmoothingTreatment.GELTNER,
    SmoothingTreatment.GETMANSKY_LO_MAKAROV,
)


def drawn(seed, months=120, smoothed=False):
    """A fund, its benchmark and two factors, over cash; the fund reports late where it is smoothed."""
    rng = np.random.default_rng(seed)
    index, bonds, credit = rng.normal(0.005, 0.04, (3, months)) * [[1.0], [0.3], [0.4]]
    fund = 0.002 + 1.1 * index + 0.4 * bonds + rng.normal(0, 0.02, months)
    if smoothed:
        fund = signal.lfilter([0.6, 0.3, 0.1], [1.0], fund)
    return fund, index, {"bonds": bonds, "credit": credit}


def summed(active):
    parts = [item.annual_return for item in active.factor_parts]
    return math.fsum([active.annual_benchmark_part, *parts, active.annual_alpha])


# Active returns


def test_the_parts_of_an_active_return_are_known_ones():
    rng = np.random.default_rng(3)
    index, bonds = rng.normal(0.005, 0.04, 60), rng.normal(0.001, 0.01, 60)
    noise = unrelated(rng.normal(0, 0.01, 60), index, bonds)
    found = capture(
        {"fund": 0.003 + 1.2 * index + 0.5 * bonds + noise}, index, {"bonds": bonds}, smoothing=NONE
    )
    active = found.active_return
    assert active.benchmark_beta == pytest.approx(1.2, abs=1e-12)
    assert active.annual_benchmark_part == pytest.approx(0.2 * 12 * index.mean(), abs=1e-12)
    (part,) = active.factor_parts
    assert (part.factor_id, part.annual_return) == ("bonds", pytest.approx(6 * bonds.mean(), abs=1e-12))
    assert active.annual_alpha == pytest.approx(0.036, abs=1e-12)
    difference = 0.003 + 0.2 * index + 0.5 * bonds + noise
    assert active.annual_active_return == pytest.approx(12 * difference.mean(), abs=1e-12)
    assert active.annual_tracking_error == pytest.approx(np.sqrt(12) * np.std(difference, ddof=1), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    smoothed=st.booleans(),
    treatment=st.sampled_from(SmoothingTreatment),
    gap=st.integers(0, 12),
    frequency=st.sampled_from([Frequency.MONTHLY, Frequency.QUARTERLY, Frequency.WEEKLY]),
)
def test_parts_sum_to_the_active_return_and_the_rest_is_the_intercept(
    seed, smoothed, treatment, gap, frequency
):
    fund, index, factors = drawn(seed, smoothed=smoothed)
    dates = period_ends(120 + gap, frequency)
    dates = (*dates[:70], *dates[70 + gap :])
    found = capture({"fund": fund}, index, factors, smoothing=treatment, dates=dates, frequency=frequency)
    active, regression = found.active_return, found.evidence.regression
    assert summed(active) == pytest.approx(active.annual_active_return, abs=1e-12)
    assert active.annual_alpha == pytest.approx(regression.annual_alpha, abs=1e-12)
    beta = [item.loading for item in regression.loadings if item.factor_id == "index"]
    assert active.benchmark_beta == pytest.approx(sum(beta), abs=1e-12)
    # The treated returns are those that ratios are of.
    ratio = active.annual_active_return / active.annual_tracking_error
    assert ratio == pytest.approx(found.evidence.performance.information_ratio, rel=1e-9)


def test_loadings_on_the_month_before_take_their_own_mean():
    fund, index, factors = drawn(1, smoothed=True)
    found = capture({"fund": fund}, index, factors, smoothing=NONE)
    loadings = {(item.factor_id, item.lag): item.loading for item in found.evidence.regression.loadings}
    assert {lag for _, lag in loadings} == {0, 1}
    active = found.active_return
    assert active.benchmark_beta == pytest.approx(loadings["index", 0] + loadings["index", 1])
    means = {name: (12 * values[1:].mean(), 12 * values[:-1].mean()) for name, values in factors.items()}
    assert [item.annual_return for item in active.factor_parts] == pytest.approx(
        [loadings[name, 0] * now + loadings[name, 1] * before for name, (now, before) in means.items()]
    )
    of_beta = (loadings["index", 0] - 1) * index[1:].mean() + loadings["index", 1] * index[:-1].mean()
    assert active.annual_benchmark_part == pytest.approx(12 * of_beta)
    assert active.annual_active_return == pytest.approx(12 * (fund - index)[1:].mean())
    assert summed(active) == pytest.approx(active.annual_active_return, abs=1e-12)


def test_parts_sum_also_where_factors_are_nearly_the_benchmark():
    fund, index, factors = drawn(2)
    factors["bonds"] = index + np.random.default_rng(9).normal(0, 1e-8, len(index))
    active = capture({"fund": fund}, index, factors, smoothing=NONE).active_return
    assert summed(active) == pytest.approx(active.annual_active_return, abs=1e-12)


# Regressions


@pytest.mark.parametrize("treatment", SmoothingTreatment)
def test_the_regression_is_that_of_a_sleeve_without_belief(treatment):
    fund, index, factors = drawn(4, smoothed=True)
    settled = {"smoothing": treatment, "error_lag_count": 2, "confidence": 0.9}
    sleeve = questions.evidence({"fund": fund}, {"index": index, **factors}, **settled)
    found = capture({"fund": fund}, index, factors, **settled).evidence
    assert sleeve.alpha_sleeve is not None
    assert found == replace(sleeve, annual_shrunk_alpha=0.0, annual_shrunk_alpha_error=0.0, alpha_sleeve=None)


def test_active_returns_have_the_same_alpha_and_errors_as_the_fund():
    fund, index, factors = drawn(5)
    found = capture({"fund": fund}, index, factors, smoothing=NONE).evidence.regression
    active = questions.evidence(
        {"fund": fund - index}, {"index": index, **factors}, smoothing=NONE, factor_lag_count=0
    ).regression
    for name in ("annual_alpha", "annual_alpha_error", "annual_alpha_lower", "annual_residual_volatility"):
        assert getattr(found, name) == pytest.approx(getattr(active, name), abs=1e-12)
    assert found.loadings[0].loading - 1.0 == pytest.approx(active.loadings[0].loading, abs=1e-12)


def test_funds_are_judged_against_their_own_benchmark_and_come_in_order():
    asked = sample_capture.question()
    turned = replace(asked, funds=asked.funds[::-1])
    forth, back = answer(asked), answer(turned)
    assert [item.fund_id for item in forth.captures] == ["picker", "closet", "young"]
    assert back.captures == forth.captures[::-1]
    for fund, item in zip(asked.funds, forth.captures, strict=True):
        assert item.evidence.sleeve_id == fund.fund_id
        assert item.evidence.regression.loadings[0].factor_id == fund.benchmark_id


def test_cash_comes_off_funds_and_benchmarks_alike():
    fund, index, factors = drawn(6)
    cash = 0.002 + 0.001 * np.cos(np.arange(120) / 20)
    over = capture({"fund": fund}, index, factors, smoothing=NONE)
    total = capture(
        {"fund": fund + cash},
        index + cash,
        {name: values + cash for name, values in factors.items()},
        cash=cash,
        smoothing=NONE,
    )
    assert total.active_return.annual_active_return == pytest.approx(
        over.active_return.annual_active_return, abs=1e-12
    )
    assert total.active_return.annual_alpha == pytest.approx(over.active_return.annual_alpha, abs=1e-12)
