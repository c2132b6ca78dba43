"""Questions to histories: known columns, declared bases, and settings that go together."""

import copy
import dataclasses
import datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterpoise import validate, wire
from counterpoise.model import (
    AlphaEvidence,
    AlphaPrior,
    AlphaQuestion,
    EvidenceRule,
    Frequency,
    ReturnBasis,
    ReturnHistory,
    RollingRegression,
    SmoothingTreatment,
    StressWindow,
    VerifyAlphaRequest,
)
from counterpoise.schema import schema_for
from counterpoise.v1 import analysis_service_pb2
from tests import sample_evidence
from tests.unit.counterpoise.validate.test_junk import JUNK, places

QUESTION = sample_evidence.question()


def violations(question):
    return validate.request_violations(VerifyAlphaRequest(question=question))


def found(**changes):
    asked = dataclasses.replace(QUESTION, **changes)
    return [(violation.field, violation.reason.name) for violation in violations(asked)]


def message(**changes):
    (violation,) = violations(dataclasses.replace(QUESTION, **changes))
    return violation.message


def test_only_required_fields_are_enough():
    asked = AlphaQuestion(
        history=QUESTION.history, sleeve_ids=("skill",), factor_ids=("equity",), cash_id="cash"
    )
    assert violations(asked) == ()


@pytest.mark.parametrize("field", ["sleeve_ids", "factor_ids"])
def test_columns_are_known_and_none_comes_twice(field):
    name = getattr(QUESTION, field)[0]
    assert (f"question.{field}[1]", "ID_DUPLICATE") in found(**{field: (name, name)})
    assert (f"question.{field}[0]", "ID_UNKNOWN") in found(**{field: ("skil",)})
    assert (f"question.{field}", "FIELD_MISSING") in found(**{field: ()})
    assert (
        "no column of the history; perhaps skill is meant"
        in violations(dataclasses.replace(QUESTION, sleeve_ids=("skil", "clone")))[0].message
    )


def test_a_factor_is_no_sleeve():
    assert ("question.factor_ids[1]", "ID_DUPLICATE") in found(factor_ids=("equity", "clone"))


def test_cash_is_required_where_it_has_to_come_off():
    assert found(cash_id="") == [("question.cash_id", "FIELD_MISSING")]
    assert "cash is in the returns of skill, clone and has to come off" in message(cash_id="")
    over_cash = dataclasses.replace(
        QUESTION.history,
        columns=tuple(
            dataclasses.replace(column, basis=ReturnBasis.EXCESS) for column in QUESTION.history.columns
        ),
    )
    assert found(cash_id="", history=over_cash) == []


def test_cash_is_a_known_column_of_its_own_and_total():
    assert found(cash_id="csh") == [("question.cash_id", "ID_UNKNOWN")]
    assert ("question.cash_id", "ID_DUPLICATE") in found(cash_id="skill")
    excess = sample_evidence.with_column(QUESTION, 4, basis=ReturnBasis.EXCESS)
    assert [(item.field, item.reason.name) for item in violations(excess)] == [
        ("question.history.columns[4].basis", "VALUE_MALFORMED")
    ]


def test_bases_and_frequency_are_declared():
    undeclared = sample_evidence.with_column(QUESTION, 2, basis=None)
    assert [(item.field, item.reason.name) for item in violations(undeclared)] == [
        ("question.history.columns[2].basis", "ENUM_VALUE_INVALID")
    ]
    assert found(history=dataclasses.replace(QUESTION.history, frequency=None)) == [
        ("question.history.frequency", "ENUM_VALUE_INVALID")
    ]


def test_the_market_is_a_factor():
    assert found(market_id="skill") == [("question.market_id", "ID_UNKNOWN")]
    assert found(market_id="bonds") == []


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("factor_lag_count", (0, 3), (-1, 4)),
        ("error_lag_count", (0, 60), (-1, 61)),
        ("confidence", (0.5, 0.999), (0.49, 0.9995, 95)),
    ],
)
def test_settings_have_ranges(field, good, bad):
    for value in good:
        assert found(**{field: value}) == []
    for value in bad:
        assert found(**{field: value}) == [(f"question.{field}", "NUMBER_OUT_OF_RANGE")]


@pytest.mark.parametrize(
    ("settled", "least"),
    [({}, 7), ({"factor_lag_count": 1}, 11), ({"smoothing": SmoothingTreatment.NONE}, 11)],
    ids=["no lag", "a lag", "smoothed returns take a lag"],
)
def test_a_rolling_window_has_more_than_two_periods_a_coefficient(settled, least):
    assert found(rolling_period_count=least, **settled) == []
    assert found(rolling_period_count=least - 1, **settled) == [
        ("question.rolling_period_count", "NUMBER_OUT_OF_RANGE")
    ]


def daily(sleeves, days, window, **changes):
    """So many funds over so many days on one factor, in rolling windows."""
    draw = np.random.default_rng(1)
    names = tuple(f"fund_{index}" for index in range(sleeves))
    columns = [
        sample_evidence.column(name, draw.normal(0, 0.01, days), ReturnBasis.EXCESS)
        for name in (*names, "equity")
    ]
    dates = np.busday_offset(np.datetime64("1960-01-01"), np.arange(days)).tolist()
    return AlphaQuestion(
        history=ReturnHistory(frequency=Frequency.DAILY, dates=tuple(dates), columns=tuple(columns)),
        sleeve_ids=names,
        factor_ids=("equity",),
        rolling_period_count=window,
        **changes,
    )


def test_rolling_windows_that_no_message_holds_are_refused_before_any_work():
    # 43 bytes a window: 85,349 of them in 3.5 MiB.
    assert violations(daily(10, 8_700, 252)) == ()
    (violation,) = violations(daily(10, 8_800, 252))
    assert (violation.field, violation.reason.name) == ("question.rolling_period_count", "TOO_MANY")
    assert "85,490 windows with 1 loadings each are 3.5 MiB" in violation.message
    assert "ask of fewer sleeves at a time" in violation.message
    assert violations(daily(10, 8_800, 300)) == ()


def test_a_window_takes_at_most_the_bytes_that_are_counted():
    window = RollingRegression(
        last_date=datetime.date(2199, 12, 31), annual_alpha=-0.1, r_squared=0.3, loadings=(0.1,) * 200
    )
    evidence = AlphaEvidence(sleeve_id="a", rolling=(window,))
    sizes = [
        wire.to_message(item, schema_for(AlphaEvidence).message).ByteSize()
        for item in (evidence, dataclasses.replace(evidence, rolling=()))
    ]
    assert 0.9 * (35 + 8 * 200) <= sizes[0] - sizes[1] <= 35 + 8 * 200


def test_windows_are_distinct_and_end_after_they_begin():
    (window,) = QUESTION.stress_windows
    assert found(stress_windows=(window, window)) == [
        ("question.stress_windows[1].window_id", "ID_DUPLICATE")
    ]
    backwards = dataclasses.replace(window, last_date=datetime.date(2020, 1, 31))
    assert found(stress_windows=(backwards,)) == [("question.stress_windows[0].last_date", "BOUNDS_CROSSED")]
    assert found(stress_windows=(StressWindow(window_id="x", first_date=None, last_date=None),)) == [
        ("question.stress_windows[0].first_date", "FIELD_MISSING"),
        ("question.stress_windows[0].last_date", "FIELD_MISSING"),
    ]


def test_a_prior_has_an_error_above_zero():
    assert found(prior=AlphaPrior(annual_mean=0.0, annual_error=0.0)) == [
        ("question.prior.annual_error", "NUMBER_OUT_OF_RANGE")
    ]
    assert found(prior=AlphaPrior(annual_mean=2, annual_error=1)) == [
        ("question.prior.annual_mean", "NUMBER_OUT_OF_RANGE")
    ]


def test_thresholds_are_in_order():
    assert found(evidence_rule=EvidenceRule(charge_r_squared=0.9)) == [
        ("question.evidence_rule.charge_r_squared", "BOUNDS_CROSSED")
    ]


def test_a_request_without_a_question_is_refused():
    assert [item.reason.name for item in violations(None)] == ["FIELD_MISSING"]
    assert [item.field for item in violations("alpha?")] == ["question"]
    assert [item.reason.name for item in validate.question_violations("alpha?")] == ["VALUE_MALFORMED"]


def test_more_violations_than_anyone_reads_are_cut_short():
    holes = sample_evidence.with_column(QUESTION, 0, returns=[None] * 10_001)
    assert violations(holes)[-1].reason.name == "TOO_MANY"


# Junk


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_question_with_junk_in_it_is_judged(data):
    changed = copy.deepcopy(SMALL)
    spots = places(changed)
    for index in data.draw(st.lists(st.integers(0, len(spots) - 1), min_size=1, max_size=4)):
        holder, key = spots[index]
        holder[key] = data.draw(JUNK)
    given_request = VerifyAlphaRequest(question=changed)
    reported = validate.request_violations(given_request)
    for violation in reported:
        wire.to_message(violation, schema_for(type(violation)).message)
        assert violation.message
    if not reported:
        wire.to_message(given_request, analysis_service_pb2.VerifyAlphaRequest)


SMALL = sample_evidence.question(24)


@settings(max_examples=100)
@given(question=JUNK, request_id=JUNK)
def test_a_request_of_junk_is_refused(question, request_id):
    assert validate.request_violations(VerifyAlphaRequest(question=question, request_id=request_id))


def test_a_question_survives_the_wire():
    request = VerifyAlphaRequest(question=QUESTION, request_id="monday")
    sent = wire.to_message(request, analysis_service_pb2.VerifyAlphaRequest).SerializeToString()
    assert wire.to_model(analysis_service_pb2.VerifyAlphaRequest.FromString(sent)) == request
    answer = sample_evidence.response()
    sent = wire.to_message(answer, analysis_service_pb2.VerifyAlphaResponse).SerializeToString()
    assert wire.to_model(analysis_service_pb2.VerifyAlphaResponse.FromString(sent)) == answer


def test_a_rolling_window_is_no_longer_than_the_history():
    assert found(rolling_period_count=60) == []
    assert found(rolling_period_count=61) == [("question.rolling_period_count", "NUMBER_OUT_OF_RANGE")]
    assert "61 periods of a history of 60 are no window; write at most 60" in message(rolling_period_count=61)


@pytest.mark.parametrize(
    ("first", "last", "holds"),
    [
        ((2018, 1, 1), (2019, 1, 31), True),  # the first month ends on its last day
        ((2018, 1, 1), (2019, 1, 30), False),
        ((2023, 12, 31), (2025, 1, 1), True),
        ((2024, 1, 1), (2025, 1, 1), False),
        ((2020, 3, 1), (2020, 3, 30), False),
    ],
)
def test_a_window_holds_a_period_of_the_history(first, last, holds):
    window = StressWindow(window_id="a", first_date=datetime.date(*first), last_date=datetime.date(*last))
    expected = [] if holds else [("question.stress_windows[0]", "NUMBER_OUT_OF_RANGE")]
    assert found(stress_windows=(window,)) == expected
    if not holds:
        told = message(stress_windows=(window,))
        assert "the history goes from 2019-01-31 to 2023-12-31" in told
