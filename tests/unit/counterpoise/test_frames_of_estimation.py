"""Estimated risk models as frames."""

import dataclasses
import math

import numpy as np
import pytest

from tests.unit.counterpoise import history_answers

RESPONSE = history_answers.estimate_response()
NOTHING = dataclasses.replace(RESPONSE, market=None, lines=(), covariance=None)
NAMES = [
    "covariance_frame",
    "regimes_frame",
    "correlations_frame",
    "eigenvalues_frame",
    "lines_frame",
    "line_loadings_frame",
]


def test_a_covariance_is_told_in_figures():
    value = RESPONSE.covariance_frame()["value"]
    known = value.dropna().to_dict()
    assert known == {
        "period_count": 120,
        "missing_period_count": 3,
        "gap_period_count": 0,
        "effective_period_count": 120.0,
        "condition_number": 1.35 / 0.67,
        "shrinkage": 0.234,
        "largest_correlation_change": 0.0,
    }
    assert list(value.index[value.isna()]) == ["explained_share"]


def test_volatilities_are_by_regime_and_driver():
    frame = RESPONSE.regimes_frame()
    assert list(frame.columns) == ["annual_volatility", "period_count", "mean_correlation"]
    assert list(frame.index.get_level_values("regime").unique()) == ["all", "calm", "stressed"]
    wide = frame["annual_volatility"].unstack("regime")
    assert wide.loc["equity"].to_dict() == {"all": 0.165, "calm": 0.12, "stressed": 0.26}
    stressed = frame.loc[("stressed", "bonds")]
    assert stressed.period_count == 30
    assert stressed.mean_correlation == pytest.approx((-0.4 + 0.75 - 0.15) / 3)


def test_correlations_are_matrices_once_unstacked():
    frame = RESPONSE.correlations_frame()
    matrix = frame.correlation["stressed"].unstack()
    for regime in RESPONSE.covariance.regimes[2:]:
        ids = list(regime.correlation.axis_ids)
        assert np.array_equal(matrix.loc[ids, ids], regime.correlation.to_square())
    assert frame.loc[("calm", "commodities", "equity"), "correlation"] == 0.2
    assert len(frame) == 3 * 9


def test_eigenvalues_are_by_place_and_their_shares_sum_to_one():
    frame = RESPONSE.eigenvalues_frame()
    assert list(frame.index) == [1, 2, 3]
    assert frame.eigenvalue.to_list() == [1.35, 0.98, 0.67]
    assert frame.share.sum() == pytest.approx(1.0)
    assert frame.share[1] == pytest.approx(0.45)


def test_lines_have_risk_and_belief():
    frame = RESPONSE.lines_frame()
    assert list(frame.index) == ["trend", "credit", "young"]
    trend, young = frame.loc["trend"], frame.loc["young"]
    assert (trend.sleeve_class, trend.treatment) == ("alpha", "none")
    assert (trend.annual_residual_volatility, trend.annual_volatility) == (0.104, 0.1144)
    assert (trend.annual_shrunk_alpha, trend.alpha_t, trend.period_count) == (0.0293, 3.0, 60)
    assert (young.sleeve_class, young.reasons) == ("", "too_little_data, history_short")
    assert math.isnan(young.annual_shrunk_alpha)
    assert math.isnan(young.annual_alpha)


def test_loadings_are_by_line_and_driver():
    frame = RESPONSE.line_loadings_frame()
    assert list(frame.columns) == ["loading"]
    assert frame.loading.unstack().loc["credit"].to_dict() == {
        "equity": 0.35,
        "bonds": 0.02,
        "commodities": 0.0,
    }


@pytest.mark.parametrize("name", NAMES)
def test_without_a_model_frames_have_no_rows_and_the_same_columns(name):
    frame, full = getattr(NOTHING, name)(), getattr(RESPONSE, name)()
    assert frame.empty
    assert list(frame.columns) == list(full.columns)
    assert frame.dtypes.tolist() == full.dtypes.tolist()
    assert frame.index.names == full.index.names
