"""Sleeves as lines of a portfolio: loadings, residual risk, what residuals share, and floors."""

import numpy as np
import pytest

from counterpoise.model import (
    ErrorReason,
    EvidenceReason,
    Frequency,
    LedoitWolfCovariance,
    SmoothingTreatment,
    VerifyAlphaRequest,
    VolatilityFloor,
    WarningCode,
)
from optimizer.evidence import open_table, regressions_of
from optimizer.evidence.residuals import residuals_of
from optimizer.usecases.errors import RequestInvalid
from optimizer.usecases.verify_alpha import verify_alpha
from tests.unit.optimizer.evidence.questions import unrelated
from tests.unit.optimizer.evidence.risk_questions import ask_risk, covariance, estimate, named

PLAIN = {"smoothing": SmoothingTreatment.NONE, "factor_lag_count": 0}
LOADINGS = np.array([[0.5, -0.2], [0.0, 0.8], [1.1, 0.3]])


def world(count=120, *, seed=0, shared=0.0):
    """Two drivers, and three sleeves with residuals that share a part; each shape (periods, columns)."""
    rng = np.random.default_rng(seed)
    drivers = rng.multivariate_normal([0.004, 0.001], [[16e-4, -1e-4], [-1e-4, 3e-4]], count)
    noise = rng.normal(0, 0.01, (count, 3)) + shared * rng.normal(0, 0.01, (count, 1))
    return drivers, 0.002 + drivers @ LOADINGS.T + noise


def line_values(line):
    return np.array([item.value for item in line.loadings])


def floor(name, volatility, *ids):
    return VolatilityFloor(volatility_floor_id=name, column_ids=ids, annual_volatility=volatility)


def test_lines_have_the_loadings_and_residuals_of_their_construction():
    drivers, _ = world()
    noise = 0.01 * unrelated(np.random.default_rng(1).normal(size=120), *drivers.T)
    sleeve = 0.001 + drivers @ [0.7, -0.4] + noise
    (line,) = estimate(ask_risk(named(drivers), {"fund": sleeve}, **PLAIN)).lines
    assert line.line_id == "fund"
    assert [item.driver_id for item in line.loadings] == ["d0", "d1"]
    assert line_values(line) == pytest.approx([0.7, -0.4])
    residual = np.sqrt(12 * (noise @ noise) / (120 - 3))
    assert line.annual_residual_volatility == pytest.approx(residual)
    assert line.evidence.alpha_sleeve is not None


@pytest.mark.parametrize("form", [{}, {"ledoit_wolf": LedoitWolfCovariance()}])
def test_the_variance_of_a_line_is_that_of_drivers_and_residual(form):
    drivers, sleeves = world()
    found = estimate(ask_risk(named(drivers), named(sleeves, "s"), **form))
    square = covariance(found)
    for line in found.lines:
        loadings = line_values(line)
        whole = loadings @ square @ loadings + line.annual_residual_volatility**2
        assert line.annual_volatility == pytest.approx(np.sqrt(whole), rel=1e-12)


def test_a_sleeve_of_the_sample_has_the_volatility_of_its_returns_up_to_degrees_of_freedom():
    drivers, sleeves = world()
    (line, *_) = estimate(ask_risk(named(drivers), named(sleeves, "s"), **PLAIN)).lines
    explained = line.annual_volatility**2 - line.annual_residual_volatility**2
    squares = explained + line.annual_residual_volatility**2 * (120 - 3) / (120 - 1)
    assert np.sqrt(squares) == pytest.approx(np.sqrt(12) * sleeves[:, 0].std(ddof=1), rel=1e-12)


def test_what_is_said_of_a_sleeve_is_what_verify_alpha_says():
    drivers, sleeves = world()
    question = ask_risk(named(drivers), named(sleeves, "s"))
    evidence = verify_alpha(VerifyAlphaRequest(question=regressions_of(question))).evidence
    found = estimate(question)
    assert tuple(line.evidence for line in found.lines) == evidence
    assert [line.loadings for line in found.lines] == [item.loadings for item in evidence]


def test_loadings_are_summed_over_lags():
    drivers, _ = world()
    sleeve = 0.5 * drivers[:, 0]
    sleeve[1:] += 0.3 * drivers[:-1, 0]
    sleeve = sleeve + np.random.default_rng(3).normal(0, 0.002, 120)
    question = ask_risk(
        named(drivers), {"fund": sleeve}, smoothing=SmoothingTreatment.NONE, factor_lag_count=1
    )
    (line,) = estimate(question).lines
    regression = line.evidence.regression
    expected = [
        sum(item.loading for item in regression.loadings if item.factor_id == name) for name in ("d0", "d1")
    ]
    assert line_values(line) == pytest.approx(expected)
    assert line_values(line)[0] == pytest.approx(0.8, abs=0.02)


# What residuals share


@pytest.mark.parametrize("smoothing", list(SmoothingTreatment))
@pytest.mark.parametrize("lags", [0, 1])
def test_residuals_are_those_of_the_regression(smoothing, lags):
    drivers, sleeves = world(shared=1.0)
    sleeves[1:] = 0.6 * sleeves[1:] + 0.4 * sleeves[:-1]
    question = ask_risk(named(drivers), named(sleeves, "s"), smoothing=smoothing, factor_lag_count=lags)
    table = open_table(regressions_of(question))
    for line in estimate(question).lines:
        residuals = residuals_of(table, line.evidence)
        known = residuals[~np.isnan(residuals)]
        regression, count = line.evidence.regression, line.evidence.sample.period_count
        assert len(known) == count
        assert known.mean() == pytest.approx(0.0, abs=1e-12)
        freedom = count - 1 - len(regression.loadings)
        residual = np.sqrt(12 * (known @ known) / freedom)
        assert residual == pytest.approx(regression.annual_residual_volatility, rel=1e-9)


def test_sleeves_that_share_something_have_residuals_that_correlate():
    drivers, sleeves = world(400, shared=1.0)
    found = estimate(ask_risk(named(drivers), named(sleeves, "s"), **PLAIN))
    shared = found.market.risk_model.sleeve_residual_correlation
    assert shared.axis_ids == ("s0", "s1", "s2")
    square = shared.to_square()
    assert square.diagonal().tolist() == [1.0, 1.0, 1.0]
    # Half of the variance of each is shared; the standard error is 0.75 / sqrt(400).
    assert square[np.triu_indices(3, 1)] == pytest.approx(0.5, abs=0.15)


def test_one_sleeve_has_no_residual_to_share():
    drivers, sleeves = world()
    found = estimate(ask_risk(named(drivers), {"only": sleeves[:, 0]}, **PLAIN))
    assert found.market.risk_model.sleeve_residual_correlation is None
    assert found.warnings == ()


def test_residuals_correlate_over_the_periods_that_all_sleeves_have():
    drivers, sleeves = world(shared=1.0)
    late = sleeves.copy()
    late[:60, 0] = np.nan
    late[100:, 1] = np.nan
    found = estimate(ask_risk(named(drivers), named(late, "s"), **PLAIN))
    design = np.column_stack([np.ones(120), drivers])
    residuals = []
    for own, values in (
        (slice(60, 120), late[:, 0]),
        (slice(0, 100), late[:, 1]),
        (slice(0, 120), late[:, 2]),
    ):
        fitted = np.linalg.lstsq(design[own], values[own])[0]
        residuals.append((values - design @ fitted)[60:100])
    plain = np.corrcoef(residuals)[np.triu_indices(3, 1)]
    square = found.market.risk_model.sleeve_residual_correlation.to_square()
    ratios = square[np.triu_indices(3, 1)] / plain
    assert ratios == pytest.approx(ratios[0])  # every correlation is shrunk by the same share
    assert 0.5 < ratios[0] < 1.0


def test_too_few_common_periods_leave_the_correlation_out_and_say_so():
    drivers, sleeves = world()
    sleeves[:97, 0] = np.nan
    found = estimate(ask_risk(named(drivers), named(sleeves, "s"), **PLAIN))
    assert found.market.risk_model.sleeve_residual_correlation is None
    said = [warning.message for warning in found.warnings if "residual correlation" in warning.message]
    assert len(said) == 1
    assert "23 periods in common, fewer than 24" in said[0]
    sleeves[96] = world()[1][96]
    enough = estimate(ask_risk(named(drivers), named(sleeves, "s"), **PLAIN))
    assert enough.market.risk_model.sleeve_residual_correlation is not None


def test_a_sleeve_that_drivers_make_up_shares_no_residual():
    drivers, sleeves = world(shared=1.0)
    sleeves[:, 1] = drivers @ [0.5, 0.5]
    found = estimate(ask_risk(named(drivers), named(sleeves, "s"), **PLAIN))
    assert found.market.risk_model.sleeve_residual_correlation.axis_ids == ("s0", "s2")
    assert found.lines[1].annual_residual_volatility == 0.0


def test_more_sleeves_than_periods_still_have_a_correlation():
    drivers, _ = world(40)
    rng = np.random.default_rng(4)
    sleeves = rng.normal(0, 0.02, (40, 60)) + rng.normal(0, 0.01, (40, 1))
    found = estimate(ask_risk(named(drivers), named(sleeves, "s"), **PLAIN))
    square = found.market.risk_model.sleeve_residual_correlation.to_square()
    assert np.linalg.eigvalsh(square)[0] > 0.0


# Floors


def test_a_driver_below_its_floor_is_scaled_up_and_keeps_its_correlation():
    drivers, sleeves = world()
    question = ask_risk(
        named(drivers),
        named(sleeves, "s"),
        volatility_floors=(floor("low", 0.01, "d0"), floor("high", 0.1, "d1")),
        **PLAIN,
    )
    found, plain = estimate(question), covariance(estimate(ask_risk(named(drivers))))
    square = covariance(found)
    assert np.sqrt(square[1, 1]) == pytest.approx(0.1, rel=1e-15)
    assert square[0, 0] == plain[0, 0]
    correlation = plain[0, 1] / np.sqrt(plain[0, 0] * plain[1, 1])
    assert square[0, 1] == pytest.approx(correlation * np.sqrt(square[0, 0] * square[1, 1]))
    assert found.covariance.floored_column_ids == ("d1",)
    # Sleeves are measured under the covariance that is handed out.
    loadings = line_values(found.lines[1])
    whole = loadings @ square @ loadings + found.lines[1].annual_residual_volatility ** 2
    assert found.lines[1].annual_volatility == pytest.approx(np.sqrt(whole))


def test_a_sleeve_below_its_floor_gets_residual_risk_and_reaches_it():
    drivers, sleeves = world()
    own = estimate(ask_risk(named(drivers), named(sleeves, "s"), **PLAIN)).lines
    wanted = 1.4 * own[0].annual_volatility
    question = ask_risk(
        named(drivers),
        named(sleeves, "s"),
        volatility_floors=(floor("style", wanted, "s0", "s2"),),
        **PLAIN,
    )
    found = estimate(question)
    first, second, third = found.lines
    assert first.annual_volatility == pytest.approx(wanted, rel=1e-14)
    assert first.loadings == own[0].loadings
    assert first.annual_residual_volatility > own[0].annual_residual_volatility
    assert first.evidence == own[0].evidence
    assert second == own[1]
    assert own[2].annual_volatility > wanted
    assert third == own[2]
    assert found.covariance.floored_column_ids == ("s0",)


# Too little data


def test_a_sleeve_without_a_verdict_is_a_line_with_its_regression_and_a_warning():
    drivers, sleeves = world()
    sleeves[:100, 0] = np.nan
    found = estimate(ask_risk(named(drivers), {"young": sleeves[:, 0]}, **PLAIN))
    (line,) = found.lines
    assert EvidenceReason.TOO_LITTLE_DATA in line.evidence.reasons
    assert line.evidence.alpha_sleeve is None
    assert line_values(line) == pytest.approx([item.loading for item in line.evidence.regression.loadings])
    assert line.annual_residual_volatility > 0.0
    (warning,) = found.warnings
    assert warning.code is WarningCode.EVIDENCE_SHORT
    assert warning.subjects[0].column_id == "young"
    assert "20 periods are too few for a verdict" in warning.message


def test_a_sleeve_without_a_regression_is_refused():
    drivers, _ = world(60)
    rng = np.random.default_rng(1)
    true = rng.normal(0, 0.02, 60)
    smoothed = 0.5 * true
    smoothed[1:] += 0.5 * true[:-1]
    # Of runs of two months one is lost to the filter, and of the rest too little is left.
    holed = np.where(np.arange(60) % 3 == 0, np.nan, smoothed)
    more = rng.normal(0, 0.02, (60, 17))
    question = ask_risk(
        named(np.column_stack([drivers, more])), {"fund": holed}, smoothing=SmoothingTreatment.GELTNER
    )
    with pytest.raises(RequestInvalid) as caught:
        estimate(question)
    (violation,) = caught.value.violations
    assert violation.reason is ErrorReason.HISTORY_TOO_SHORT
    assert violation.field == "question.history.columns[19].returns"
    assert "after smoothing is undone" in violation.message


def test_a_driver_that_follows_another_is_refused_where_lags_are_asked_for():
    rng = np.random.default_rng(1)
    market, fund = rng.normal(0, 0.04, 81), rng.normal(0, 0.02, 80)
    question = ask_risk({"market": market[1:], "late": 2.0 * market[:-1]}, {"fund": fund}, factor_lag_count=1)
    with pytest.raises(RequestInvalid) as caught:
        estimate(question)
    (violation,) = caught.value.violations
    assert violation.reason is ErrorReason.SERIES_COLLINEAR
    assert violation.field == "question.history.columns[1].returns"


def test_a_loading_that_no_portfolio_takes_is_refused():
    rng = np.random.default_rng(1)
    bill = rng.normal(0, 1e-5, 60)
    question = ask_risk({"bill": bill}, {"fund": 2_000 * bill + rng.normal(0, 0.001, 60)}, **PLAIN)
    with pytest.raises(RequestInvalid) as caught:
        estimate(question)
    (violation,) = caught.value.violations
    assert violation.field == "question.history.columns[0].returns"
    assert "loading of 1991.96 on bill, outside [-100, 100]" in violation.message


def test_days_become_years():
    drivers, sleeves = world(600)
    days = estimate(ask_risk(named(drivers), named(sleeves, "s"), frequency=Frequency.DAILY, **PLAIN)).lines
    months = estimate(ask_risk(named(drivers), named(sleeves, "s"), **PLAIN)).lines
    for line, other in zip(days, months, strict=True):
        assert line.annual_volatility == pytest.approx(np.sqrt(21) * other.annual_volatility)
        assert line.loadings == other.loadings
