"""Covariances of drivers: closed forms, what is missing, and what is said of them."""

import datetime
from dataclasses import replace

import numpy as np
import pytest

from counterpoise import validate
from counterpoise.model import (
    ExponentialCovariance,
    FactorCovariance,
    Frequency,
    LedoitWolfCovariance,
    MissingReturns,
    WarningCode,
)
from optimizer.usecases.errors import RequestInvalid
from tests.unit.optimizer.evidence.questions import period_ends
from tests.unit.optimizer.evidence.risk_questions import ask_risk, correlation, covariance, estimate, named

FORMS = {
    "sample": {},
    "exponential": {"exponential": ExponentialCovariance(half_life_periods=30)},
    "ledoit_wolf": {"ledoit_wolf": LedoitWolfCovariance()},
    "factor": {"factor": FactorCovariance(factor_count=1)},
}
PAIRWISE = {"missing_returns": MissingReturns.PAIRWISE}


def codes(response):
    return [warning.code for warning in response.warnings]


def moves(count, *, seed=0):
    """Three drivers that correlate, shape (periods, 3)."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0, 0.02, (count, 1))
    return 0.003 + common * [1.0, 0.5, -0.3] + rng.normal(0, 0.02, (count, 3))


def squares(count):
    """Up and down in turn, and two up and two down: unrelated, of known variances, mean 0."""
    first = 0.03 * np.resize([1.0, -1.0], count)
    second = 0.01 * np.resize([1.0, 1.0, -1.0, -1.0], count)
    return first, second


# The sample


@pytest.mark.parametrize("frequency", list(Frequency))
def test_two_drivers_have_the_covariance_that_arithmetic_gives(frequency):
    first, second = squares(48)
    found = estimate(ask_risk({"a": 0.002 + first, "b": second - first}, frequency=frequency))
    per_year = {"DAILY": 252, "WEEKLY": 52, "MONTHLY": 12, "QUARTERLY": 4}[frequency.name]
    scale = per_year * 48 / 47
    expected = scale * np.array([[9e-4, -9e-4], [-9e-4, 10e-4]])
    assert covariance(found) == pytest.approx(expected, rel=1e-12)
    form = found.market.risk_model.volatility_correlation
    assert [item.driver_id for item in form.annual_volatilities] == ["a", "b"]
    assert form.correlation.to_square()[0, 1] == pytest.approx(-np.sqrt(0.9), rel=1e-12)
    report, rho = found.covariance, np.sqrt(0.9)
    assert report.eigenvalues == pytest.approx((1 + rho, 1 - rho))
    assert report.condition_number == pytest.approx((1 + rho) / (1 - rho))
    assert (report.period_count, report.effective_period_count) == (48, 48.0)
    assert found.warnings == ()


def test_cash_comes_off_what_holds_it_and_nothing_else():
    returns, cash = moves(60), np.random.default_rng(2).normal(0.002, 0.01, 60)
    over_cash = covariance(estimate(ask_risk(named(returns - cash[:, None]))))
    assert covariance(estimate(ask_risk(named(returns), cash=cash))) == pytest.approx(over_cash)
    assert covariance(estimate(ask_risk(named(returns)))) != pytest.approx(over_cash)


def test_premia_and_cash_are_handed_on():
    question = ask_risk(named(moves(60)))
    market = estimate(question).market
    assert market.drivers == question.drivers
    assert market.annual_risk_free_rate == question.annual_risk_free_rate


def test_one_driver_alone_has_a_volatility():
    first, _ = squares(24)
    for form in ("sample", "exponential", "ledoit_wolf"):
        found = estimate(ask_risk({"a": first}, **FORMS[form]))
        assert covariance(found) == pytest.approx(12 * 24 / 23 * np.array([[9e-4]]), rel=0.1)
        assert found.covariance.eigenvalues == (1.0,)
        assert found.covariance.regimes[0].mean_correlation == 0.0


# Estimators


def test_weights_that_halve_are_worth_a_geometric_series():
    half_life, count = 10.0, 60
    found = estimate(
        ask_risk(named(moves(count)), exponential=ExponentialCovariance(half_life_periods=half_life))
    )
    keep = 2 ** (-1 / half_life)
    worth = (1 - keep**count) ** 2 / (1 - keep) ** 2 / ((1 - keep ** (2 * count)) / (1 - keep**2))
    assert found.covariance.effective_period_count == pytest.approx(worth)
    assert found.covariance.period_count == count


def test_a_half_life_is_time_and_a_hole_makes_nothing_younger():
    # Calm before a hole of ten years, wild after it: what was before is worth next to nothing.
    returns = np.concatenate([0.1 * moves(30), moves(30, seed=1)])
    dates = (*period_ends(30), *period_ends(30, first=datetime.date(2012, 7, 31)))
    terms = {"exponential": ExponentialCovariance(half_life_periods=12)}
    holed = covariance(estimate(ask_risk(named(returns), dates=dates, **terms)))
    recent = covariance(estimate(ask_risk(named(returns[30:]), **terms)))
    assert holed == pytest.approx(recent, rel=2e-3)
    unbroken = covariance(estimate(ask_risk(named(returns), **terms)))
    assert unbroken[0, 0] < 0.95 * recent[0, 0]


def test_a_long_half_life_is_the_sample():
    returns = named(moves(48))
    long = estimate(ask_risk(returns, exponential=ExponentialCovariance(half_life_periods=10_000)))
    assert covariance(long) == pytest.approx(covariance(estimate(ask_risk(returns))), rel=1e-2)


def test_shrinkage_keeps_volatilities_and_takes_a_share_of_every_correlation():
    returns = named(moves(60))
    found = estimate(ask_risk(returns, ledoit_wolf=LedoitWolfCovariance()))
    plain = estimate(ask_risk(returns))
    share = found.covariance.shrinkage
    assert 0.0 < share < 1.0
    assert covariance(found).diagonal() == pytest.approx(covariance(plain).diagonal(), rel=1e-12)
    expected = (1 - share) * correlation(plain) + share * np.eye(3)
    assert correlation(found) == pytest.approx(expected, rel=1e-12)


def test_shrinkage_does_not_depend_on_the_size_of_a_driver():
    returns = moves(60)
    found = estimate(ask_risk(named(returns), ledoit_wolf=LedoitWolfCovariance()))
    scaled = estimate(ask_risk(named(returns * [1.0, 0.01, 3.0]), ledoit_wolf=LedoitWolfCovariance()))
    assert scaled.covariance.shrinkage == pytest.approx(found.covariance.shrinkage)
    assert correlation(scaled) == pytest.approx(correlation(found))


@pytest.mark.parametrize("factor_count", [1, 2])
def test_factors_and_what_they_leave_make_the_volatilities_of_the_sample(factor_count):
    returns = named(moves(90))
    found = estimate(ask_risk(returns, factor=FactorCovariance(factor_count=factor_count)))
    form = found.market.risk_model.factor_form
    assert form.loadings.row_ids == ("d0", "d1", "d2")
    assert form.loadings.column_ids == ("f1", "f2")[:factor_count]
    plain = covariance(estimate(ask_risk(returns)))
    assert covariance(found).diagonal() == pytest.approx(plain.diagonal(), rel=1e-12)
    explained = (form.loadings.to_array() ** 2).sum(axis=1) / plain.diagonal()
    assert found.covariance.explained_share == pytest.approx(explained.mean())
    specific = np.array([item.value for item in form.specific_volatilities])
    assert specific**2 == pytest.approx((1 - explained) * plain.diagonal())


def test_three_drivers_of_one_factor_have_the_correlations_of_the_sample():
    # One factor over three drivers is just identified: r12 = l1 l2 and so on.
    rng = np.random.default_rng(0)
    returns = named(rng.normal(0, 0.02, (200, 1)) * [1.0, 0.5, -0.8] + rng.normal(0, 0.01, (200, 3)))
    found = estimate(ask_risk(returns, factor=FactorCovariance(factor_count=1)))
    plain = correlation(estimate(ask_risk(returns)))
    assert correlation(found) == pytest.approx(plain, abs=1e-6)
    first = np.sqrt(plain[0, 1] * plain[0, 2] / plain[1, 2])
    loading = found.market.risk_model.factor_form.loadings.to_array()[0, 0]
    assert loading == pytest.approx(first * np.sqrt(covariance(found)[0, 0]), rel=1e-6)


@pytest.mark.parametrize("form", FORMS)
def test_an_estimate_is_the_same_bit_for_bit_when_it_is_repeated(form):
    question = ask_risk(named(moves(60)), **FORMS[form])
    assert estimate(question) == estimate(question)


@pytest.mark.parametrize("form", FORMS)
def test_the_order_of_drivers_is_only_an_order(form):
    returns = named(moves(80))
    order = [2, 0, 1]
    turned = {name: returns[name] for name in np.array(list(returns))[order]}
    found, other = (estimate(ask_risk(item, **FORMS[form])) for item in (returns, turned))
    assert covariance(other) == pytest.approx(covariance(found)[np.ix_(order, order)], rel=1e-9)
    assert other.covariance.eigenvalues == pytest.approx(found.covariance.eigenvalues)


@pytest.mark.parametrize("form", FORMS)
def test_columns_that_are_not_named_and_returns_that_are_missing_are_not_read(form):
    returns = moves(60)
    holed = named(np.where(np.arange(60)[:, None] == 7, np.nan, returns))
    question = replace(ask_risk(holed, {"other": returns[:, 0] ** 2}, **FORMS[form]), sleeve_ids=())
    question.history.columns[0].returns[7] = 0.5
    found = estimate(question)
    assert covariance(found) == pytest.approx(covariance(estimate(ask_risk(holed, **FORMS[form]))), rel=0)


# What is missing


def test_periods_that_lack_a_driver_are_left_out_and_told():
    returns = moves(60)
    holed = returns.copy()
    holed[[0, 5, 6], [0, 1, 2]] = np.nan
    dates = tuple(date for index, date in enumerate(period_ends(62)) if index not in (30, 31))
    found = estimate(ask_risk(named(holed), dates=dates))
    kept = np.delete(returns, [0, 5, 6], axis=0)
    assert covariance(found) == pytest.approx(12 * np.cov(kept.T), rel=1e-12)
    report = found.covariance
    assert (report.period_count, report.missing_period_count, report.gap_period_count) == (57, 2, 2)
    assert (report.first_date, report.last_date) == (dates[1], dates[-1])
    assert codes(found) == [WarningCode.HISTORY_GAPS]
    assert "2 periods lack a return of a driver or of cash and 2 have no date" in found.warnings[0].message


def test_pairs_count_over_their_own_periods():
    returns = moves(90)
    holed = returns.copy()
    holed[:30, 0] = np.nan
    holed[70:, 1] = np.nan
    found = estimate(ask_risk(named(holed), **PAIRWISE))
    square = covariance(found)
    assert square[0, 1] == pytest.approx(12 * np.cov(returns[30:70, 0], returns[30:70, 1])[0, 1])
    assert square[0, 2] == pytest.approx(12 * np.cov(returns[30:, 0], returns[30:, 2])[0, 1])
    assert square[2, 2] == pytest.approx(12 * returns[:, 2].var(ddof=1))
    assert found.covariance.effective_period_count == 40
    assert found.covariance.largest_correlation_change == 0.0
    assert codes(found) == [WarningCode.HISTORY_GAPS]


def contradicting_pairs():
    """Three drivers of which each pair has 24 periods of its own: two move as one, the third against."""
    rng = np.random.default_rng(5)
    blocks = []
    for first, second, sign in ((0, 1, 1.0), (0, 2, 1.0), (1, 2, -1.0)):
        block = np.full((24, 3), np.nan)
        block[:, first] = rng.normal(0, 0.03, 24)
        block[:, second] = sign * block[:, first] + rng.normal(0, 0.005, 24)
        blocks.append(block)
    return named(np.concatenate(blocks))


def test_pairs_that_contradict_each_other_are_repaired_and_told():
    found = estimate(ask_risk(contradicting_pairs(), **PAIRWISE))
    square = correlation(found)
    assert np.linalg.eigvalsh(square)[0] == pytest.approx(0.0, abs=1e-12)
    assert square.diagonal() == pytest.approx(1.0)
    assert found.covariance.largest_correlation_change > 0.3
    assert WarningCode.CORRELATION_REPAIRED in codes(found)
    assert found.covariance.condition_number is None


# What is said


def test_few_periods_for_many_drivers_are_uncertain():
    returns = named(np.random.default_rng(0).normal(0, 0.02, (29, 10)))
    (warning,) = estimate(ask_risk(returns)).warnings
    assert warning.code is WarningCode.ESTIMATE_UNCERTAIN
    assert "29 effective periods for 10 drivers, fewer than 30" in warning.message
    assert "ledoit_wolf" in warning.message
    enough = np.random.default_rng(0).normal(0, 0.02, (30, 10))
    assert estimate(ask_risk(named(enough))).warnings == ()


@pytest.mark.parametrize("noise", [0.0, 1e-6])
def test_drivers_that_make_up_others_are_a_warning_where_nothing_is_regressed_on_them(noise):
    returns = moves(60)
    returns[:, 2] = returns[:, 0] - 2 * returns[:, 1] + noise * np.random.default_rng(1).normal(size=60)
    found = estimate(ask_risk(named(returns)))
    (warning,) = found.warnings
    assert warning.code is WarningCode.ESTIMATE_UNCERTAIN
    assert ("smallest eigenvalue is 0" in warning.message) == (noise == 0.0)
    assert (found.covariance.condition_number is None) == (noise == 0.0)
    mended = estimate(ask_risk(named(returns), ledoit_wolf=LedoitWolfCovariance()))
    assert mended.warnings == ()


def test_a_driver_that_moved_long_ago_alone_is_told():
    returns = moves(1200)
    returns[100:, 1] = 0.0
    found = estimate(
        ask_risk(
            named(returns), frequency=Frequency.DAILY, exponential=ExponentialCovariance(half_life_periods=5)
        )
    )
    assert found.market.risk_model.volatility_correlation.annual_volatilities[1].value == 0.0
    told = [warning for warning in found.warnings if warning.subjects]
    assert [warning.subjects[0].column_id for warning in told] == ["d1"]
    assert "stands still" in told[0].message


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(6))
def test_what_comes_out_is_always_a_covariance(form, seed):
    rng = np.random.default_rng(seed)
    drivers, periods = int(rng.integers(2, 20)), int(rng.integers(24, 60))
    rank = int(rng.integers(1, drivers + 1))
    sizes = 10.0 ** rng.uniform(-5, -1.5, drivers)
    returns = rng.normal(size=(periods, rank)) @ rng.normal(size=(rank, drivers)) * sizes / np.sqrt(rank)
    found = estimate(ask_risk(named(returns), **FORMS[form]))
    square = correlation(found)
    assert np.linalg.eigvalsh(square)[0] > -1e-12 * drivers
    assert square.diagonal() == pytest.approx(1.0, abs=1e-12)
    assert sum(found.covariance.eigenvalues) == pytest.approx(drivers)


@pytest.mark.parametrize("seed", range(6))
def test_pairs_are_always_a_covariance_in_the_end(seed):
    rng = np.random.default_rng(seed)
    returns = rng.normal(0, 0.02, (120, 12)) + rng.normal(0, 0.02, (120, 1))
    returns[rng.random((120, 12)) < 0.35] = np.nan
    found = estimate(ask_risk(named(returns), **PAIRWISE))
    assert np.linalg.eigvalsh(correlation(found))[0] > -1e-10


def test_a_volatility_that_no_risk_model_takes_is_refused():
    rng = np.random.default_rng(0)
    returns = np.concatenate([rng.normal(0, 0.01, 300), np.clip(rng.normal(0, 0.35, 30), -0.9, None)])
    question = ask_risk(
        {"a": returns}, frequency=Frequency.DAILY, exponential=ExponentialCovariance(half_life_periods=10)
    )
    assert validate.question_violations(question) == ()
    with pytest.raises(RequestInvalid) as caught:
        estimate(question)
    (violation,) = caught.value.violations
    assert violation.field == "question.history.columns[0].returns"
    assert "the most that a risk model takes" in violation.message
