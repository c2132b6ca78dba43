"""Answers of the whole call: where there is little to say, what is told, and whose answer it is."""

from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest
from scipy import signal

from counterpoise.canonical import question_sha256
from counterpoise.model import (
    CaptureVerdict,
    ErrorReason,
    EvidenceReason,
    SmoothingTreatment,
    WarningCode,
)
from optimizer.usecases.errors import RequestInvalid
from tests import sample_capture
from tests.unit.optimizer.evidence.capture_questions import answer, ask_capture, capture

NONE, GELTNER = SmoothingTreatment.NONE, SmoothingTreatment.GELTNER


def test_too_little_data_gives_an_active_return_and_nothing_that_hangs_on_skill():
    young = answer(sample_capture.question()).captures[2]
    assert young.evidence.reasons == (EvidenceReason.TOO_LITTLE_DATA,)
    assert young.evidence.sample.period_count == sample_capture.YOUNG_MONTHS
    assert (young.fees, young.verdict, young.structure_benefit) == (None, None, None)
    assert young.active_return.annual_alpha == pytest.approx(young.evidence.regression.annual_alpha)


def test_without_a_regression_there_is_no_active_return():
    rng = np.random.default_rng(7)
    # Pairs of like months, of which a filter takes the first: six are left for ten coefficients.
    fund = np.full(18, np.nan)
    fund[0::3] = rng.normal(0, 0.02, 6)
    fund[1::3] = fund[0::3] + 0.001
    factors = {f"factor{number}": rng.normal(0, 0.02, 18) for number in range(8)}
    found = capture({"fund": fund}, rng.normal(0, 0.04, 18), factors, smoothing=GELTNER)
    assert found.evidence.sample.period_count == 6
    assert (found.evidence.regression, found.active_return, found.fees) == (None, None, None)


@pytest.mark.parametrize("months", [23, 24])
def test_verdicts_begin_where_those_on_sleeves_do(months):
    index, noise = np.random.default_rng(8).normal(0.002, 0.03, (2, months))
    fund = index + noise
    found = capture({"fund": fund}, index, smoothing=NONE)
    assert (found.verdict is None) == (found.fees is None) == (months < 24)


def test_without_a_structure_its_figures_are_left_out():
    asked = replace(sample_capture.question(), structure=None)
    response = answer(asked)
    assert response.structure is None
    assert [item.structure_benefit for item in response.captures] == [None] * 3
    assert response.captures[0].verdict is CaptureVerdict.ADDS_VALUE


def test_periods_that_are_left_out_are_told():
    (warning,) = answer(sample_capture.question()).warnings
    assert warning.code is WarningCode.HISTORY_GAPS
    assert warning.message.startswith("closet: between 2019-01-31 and 2023-12-31 2 periods lack a return")


def test_returns_that_cannot_be_tested_for_smoothing_are_told():
    index, noise = np.random.default_rng(8).normal(0.002, 0.03, (2, 120))
    fund = index + noise
    fund[::2] = np.nan
    told = [item.message for item in answer(ask_capture({"fund": fund, "other": noise}, index)).warnings]
    assert [text.split(":")[0] for text in told] == ["fund", "fund"]
    assert "could not be tested for smoothing" in told[1]


def test_cash_that_earns_much_is_told():
    asked = sample_capture.question()
    (cash,) = (column for column in asked.history.columns if column.column_id == "cash")
    unusual = sample_capture.with_column(asked, 7, returns=10.0 * cash.returns)
    codes = [item.code for item in answer(unusual).warnings]
    assert codes == [WarningCode.HISTORY_GAPS, WarningCode.INPUT_UNUSUAL]


def test_a_factor_that_follows_the_benchmark_is_refused_where_lags_are_taken():
    rng = np.random.default_rng(1)
    index = rng.normal(0, 0.04, 241)
    fund = signal.lfilter([0.5, 0.5], [1.0], 0.5 * index + rng.normal(0.002, 0.02, 241))[1:]
    asked = ask_capture({"fund": fund}, index[1:], {"late": 2.0 * index[:-1]}, smoothing=NONE)
    with pytest.raises(RequestInvalid) as caught:
        answer(asked)
    (violation,) = caught.value.violations
    assert violation.reason is ErrorReason.SERIES_COLLINEAR
    assert violation.field == "question.history.columns[2].returns"
    assert "or have smoothing undone" in violation.message
    assert answer(replace(asked, smoothing=GELTNER)).captures[0].verdict is not None


def test_invalid_questions_are_refused_before_any_work():
    asked = sample_capture.with_fund(sample_capture.question(), 1, benchmark_id="nothing")
    with pytest.raises(RequestInvalid) as caught:
        answer(asked)
    assert [item.field for item in caught.value.violations] == ["question.funds[1].benchmark_id"]


def test_the_sample_answer_is_that_to_the_sample_question():
    assert_near(sample_capture.response(), answer(sample_capture.question()))


def assert_near(told, found):
    """Equal but for digits, and for the version that answered."""
    if isinstance(told, float):
        assert told == pytest.approx(found, rel=1e-7, abs=1e-12)
    elif isinstance(told, tuple):
        assert len(told) == len(found)
        for one, other in zip(told, found, strict=True):
            assert_near(one, other)
    elif is_dataclass(told):
        assert type(told) is type(found)
        for field in fields(told):
            if field.name != "server_version":
                assert_near(getattr(told, field.name), getattr(found, field.name))
    else:
        assert told == found


def test_the_answer_names_the_question_and_the_call():
    asked = sample_capture.question()
    response = answer(asked, "mine")
    assert response.request_id == "mine"
    assert response.provenance.problem_sha256 == question_sha256(asked)
    assert response == answer(asked, "mine")
