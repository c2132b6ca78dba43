"""Verified histories as frames."""

import dataclasses
import math

import pandas as pd
import pytest

from counterpoise.model import VerifyAlphaResponse
from tests import sample_evidence

RESPONSE = sample_evidence.response()
NOTHING = dataclasses.replace(RESPONSE, evidence=())


def test_a_row_has_what_a_sleeve_says():
    frame = RESPONSE.evidence_frame()
    assert list(frame.index) == ["skill", "clone", "young"]
    skill, clone = frame.loc["skill"], frame.loc["clone"]
    assert (skill.sleeve_class, skill.reasons, skill.treatment) == ("alpha", "factors_explain_little", "none")
    assert (skill.annual_alpha, skill.alpha_t, skill.r_squared) == (0.048, 3.0, 0.04)
    assert (skill.annual_shrunk_alpha, skill.down_beta, skill.period_count) == (0.0293, 0.08, 60)
    assert (skill.first_date, skill.last_date) == (pd.Timestamp("2019-01-31"), pd.Timestamp("2023-12-31"))
    assert clone.reasons.startswith("factors_explain_most, alpha_not_significant")
    assert (clone.autocorrelation, clone.gap_period_count) == (0.44, 1)
    assert math.isnan(clone.years_for_significance)
    assert math.isnan(clone.up_beta)


def test_a_sleeve_without_a_verdict_has_no_class_and_no_belief():
    young = RESPONSE.evidence_frame().loc["young"]
    assert young.sleeve_class == ""
    assert young.reasons == "too_little_data, history_short"
    assert math.isnan(young.annual_shrunk_alpha)
    assert math.isnan(young.annual_alpha)


def test_loadings_are_by_sleeve_factor_and_lag():
    frame = RESPONSE.loadings_frame()
    assert frame.loc[("clone", "equity", 1)].to_dict() == {"loading": 0.2, "error": 0.03, "t": 6.7}
    assert list(frame.loc["skill"].index) == [("equity", 0), ("bonds", 0)]
    assert frame["loading"].groupby(["sleeve_id", "factor_id"]).sum()[("clone", "equity")] == pytest.approx(
        0.9
    )


def test_rolling_windows_are_by_sleeve_and_last_day():
    frame = RESPONSE.rolling_frame()
    assert list(frame.columns) == ["annual_alpha", "r_squared", "loading_equity", "loading_bonds"]
    assert len(frame.loc["skill"]) == 25
    last = frame.loc[("clone", pd.Timestamp("2023-12-31"))]
    assert last.to_dict() == {
        "annual_alpha": -0.02,
        "r_squared": 0.9,
        "loading_equity": 0.9,
        "loading_bonds": 0.3,
    }


@pytest.mark.parametrize("name", ["evidence_frame", "loadings_frame"])
def test_without_sleeves_frames_have_no_rows_and_the_same_columns(name):
    frame, full = getattr(NOTHING, name)(), getattr(RESPONSE, name)()
    assert frame.empty
    assert list(frame.columns) == list(full.columns)
    assert frame.dtypes.tolist() == full.dtypes.tolist()


def test_without_rolling_windows_there_are_no_rows():
    rolled = dataclasses.replace(RESPONSE.evidence[0], rolling=())
    frame = VerifyAlphaResponse(evidence=(rolled,), provenance=RESPONSE.provenance).rolling_frame()
    assert frame.empty
    assert list(frame.columns) == list(RESPONSE.rolling_frame().columns)
    assert NOTHING.rolling_frame().empty
