"""Whether there is an answer at all: too little data, refusals, exact fits, and whose answer it is."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import rfc8785
from google.protobuf.json_format import MessageToDict

from counterpoise import wire
from counterpoise.canonical import question_sha256
from counterpoise.model import (
    ErrorReason,
    EvidenceReason,
    Frequency,
    SleeveClass,
    SmoothingTreatment,
    VerifyAlphaRequest,
)
from counterpoise.v1.evidence_pb2 import AlphaQuestion
from optimizer.usecases.errors import RequestInvalid
from optimizer.usecases.verify_alpha import verify_alpha
from tests.unit.optimizer.evidence.questions import answer, ask, evidence

PLAIN = {"smoothing": SmoothingTreatment.NONE, "factor_lag_count": 0}


def series(count, *, seed=0):
    rng = np.random.default_rng(seed)
    market = rng.normal(0.004, 0.04, count)
    return 0.3 * market + rng.normal(0.002, 0.02, count), market


@pytest.mark.parametrize(("months", "factor_count"), [(23, 1), (29, 9)])
def test_too_little_data_gives_no_verdict(months, factor_count):
    rng = np.random.default_rng(1)
    factors = {f"factor_{index}": rng.normal(0, 0.03, months) for index in range(factor_count)}
    found = evidence({"fund": rng.normal(0.01, 0.01, months)}, factors, **PLAIN)
    assert found.sleeve_class is None
    assert found.reasons == (EvidenceReason.TOO_LITTLE_DATA,)
    assert found.alpha_sleeve is None
    assert found.loadings == ()
    assert (found.annual_shrunk_alpha, found.annual_shrunk_alpha_error) == (0.0, 0.02)
    assert found.regression.annual_alpha != 0.0


@pytest.mark.parametrize(("months", "factor_count"), [(24, 1), (30, 9)])
def test_just_enough_data_gives_a_verdict_on_a_short_history(months, factor_count):
    rng = np.random.default_rng(1)
    factors = {f"factor_{index}": rng.normal(0, 0.03, months) for index in range(factor_count)}
    found = evidence({"fund": rng.normal(0.01, 0.01, months)}, factors, **PLAIN)
    assert found.sleeve_class is not None
    assert EvidenceReason.HISTORY_SHORT in found.reasons
    assert found.alpha_sleeve.evidence.observation_count == months


def test_months_of_a_daily_history_are_not_its_days():
    fund, market = series(2 * 252)
    found = evidence({"fund": fund}, {"market": market}, frequency=Frequency.DAILY, **PLAIN)
    assert found.alpha_sleeve.evidence.observation_count == 24
    assert EvidenceReason.HISTORY_SHORT in found.reasons


@pytest.mark.parametrize(("weeks", "months", "short"), [(155, 35, True), (156, 36, False), (108, 24, True)])
def test_months_are_whole_ones_for_the_line_and_for_what_is_short(weeks, months, short):
    fund, market = series(weeks)
    found = evidence({"fund": fund}, {"market": market}, frequency=Frequency.WEEKLY, **PLAIN)
    assert found.alpha_sleeve.evidence.observation_count == months
    assert (EvidenceReason.HISTORY_SHORT in found.reasons) == short


def test_103_weeks_are_no_two_years():
    fund, market = series(103)
    found = evidence({"fund": fund}, {"market": market}, frequency=Frequency.WEEKLY, **PLAIN)
    assert found.reasons == (EvidenceReason.TOO_LITTLE_DATA,)


def test_two_months_of_days_are_no_history():
    fund, market = series(42)
    found = evidence({"fund": fund}, {"market": market}, frequency=Frequency.DAILY, **PLAIN)
    assert found.sleeve_class is None
    assert found.reasons == (EvidenceReason.TOO_LITTLE_DATA,)


def test_a_factor_that_follows_another_by_a_month_is_refused_where_lags_are_asked_for():
    rng = np.random.default_rng(1)
    market, fund = rng.normal(0, 0.04, 81), rng.normal(0, 0.02, 80)
    factors = {"market": market[1:], "late": 2.0 * market[:-1]}
    assert evidence({"fund": fund}, factors, **PLAIN).sleeve_class is SleeveClass.ALPHA
    with pytest.raises(RequestInvalid) as caught:
        answer(ask({"fund": fund}, factors, factor_lag_count=1))
    (violation,) = caught.value.violations
    assert violation.reason is ErrorReason.SERIES_COLLINEAR
    assert violation.field == "question.history.columns[2].returns"
    assert "late" in violation.message
    assert "fund" in violation.message


def test_invalid_questions_are_refused_before_any_work():
    fund, market = series(60)
    question = replace(ask({"fund": fund}, {"market": market}), factor_ids=("nothing",))
    with pytest.raises(RequestInvalid) as caught:
        answer(question)
    assert caught.value.violations[0].reason is ErrorReason.ID_UNKNOWN


def test_the_answer_names_the_question_and_the_call():
    fund, market = series(60)
    question = ask({"fund": fund}, {"market": market})
    response = verify_alpha(VerifyAlphaRequest(question=question, request_id="mine"))
    assert response.request_id == "mine"
    sent = wire.to_message(question, AlphaQuestion).SerializeToString()
    tree = MessageToDict(AlphaQuestion.FromString(sent), preserving_proto_field_name=True)
    assert response.provenance.problem_sha256 == hashlib.sha256(rfc8785.dumps(tree)).hexdigest()
    assert response.provenance.problem_sha256 == question_sha256(question)
    assert response.provenance.engine == ""
    changed = ask({"fund": fund + 1e-9}, {"market": market})
    assert question_sha256(changed) != question_sha256(question)


def test_what_fits_exactly_gives_numbers():
    market = np.random.default_rng(1).normal(0.004, 0.04, 60)
    found = evidence({"fund": 0.5 * market}, {"market": market}, **PLAIN)
    regression = found.regression
    assert found.sleeve_class is SleeveClass.BETA
    assert regression.r_squared == pytest.approx(1.0)
    assert (regression.alpha_t, regression.annual_residual_volatility, regression.appraisal_ratio) == (
        0,
        0,
        0,
    )
    assert regression.annual_alpha == pytest.approx(0.0, abs=1e-12)
    assert found.annual_shrunk_alpha == pytest.approx(0.0, abs=1e-12)
