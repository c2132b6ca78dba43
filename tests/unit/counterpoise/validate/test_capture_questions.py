"""Questions to active funds: columns that are known and apart, fees, structures, and bad histories."""

import copy
import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterpoise import validate, wire
from counterpoise.model import (
    AlphaCaptureQuestion,
    FeeTerms,
    MeasureAlphaCaptureRequest,
    ReturnBasis,
)
from counterpoise.schema import schema_for
from counterpoise.v1 import analysis_service_pb2
from tests import sample_capture
from tests.sample_capture import with_column, with_fund
from tests.unit.counterpoise.validate.test_junk import JUNK, places

QUESTION = sample_capture.question()
HISTORY = "question.history"
PICKER, CLOSET, YOUNG, EQUITY, WORLD, DURATION, CREDIT, CASH = range(8)


def violations(question):
    return validate.request_violations(MeasureAlphaCaptureRequest(question=question))


def found(question=QUESTION, **changes):
    asked = dataclasses.replace(question, **changes)
    return [(violation.field, violation.reason.name) for violation in violations(asked)]


def message(question=QUESTION, **changes):
    (violation,) = violations(dataclasses.replace(question, **changes))
    return violation.message


def returns_of(index):
    return QUESTION.history.columns[index].returns.copy()


def structured(**changes):
    return {"structure": dataclasses.replace(QUESTION.structure, **changes)}


def test_a_sound_question_has_no_violation():
    assert found() == []
    assert validate.question_violations(QUESTION) == ()


def test_only_required_fields_are_enough():
    asked = AlphaCaptureQuestion(
        history=QUESTION.history, funds=QUESTION.funds[:1], cash_id="cash", annual_risk_free_rate=0.0
    )
    assert found(asked) == []


def test_paths_start_at_what_was_given():
    bad = with_fund(QUESTION, 2, benchmark_id="nothing")
    assert [item.field for item in validate.question_violations(bad)] == ["funds[2].benchmark_id"]


# Columns


def test_funds_and_benchmarks_are_known_columns():
    assert found(with_fund(QUESTION, 1, fund_id="closed")) == [("question.funds[1].fund_id", "ID_UNKNOWN")]
    assert "perhaps closet is meant" in message(with_fund(QUESTION, 1, fund_id="closed"))
    asked = with_fund(QUESTION, 2, benchmark_id="wrld")
    assert found(asked) == [("question.funds[2].benchmark_id", "ID_UNKNOWN")]
    assert found(with_fund(QUESTION, 2, benchmark_id="")) == [
        ("question.funds[2].benchmark_id", "FIELD_MISSING")
    ]
    assert found(funds=()) == [("question.funds", "FIELD_MISSING")]


def test_a_fund_comes_once():
    asked = with_fund(QUESTION, 1, fund_id="picker")
    assert found(asked) == [("question.funds[1].fund_id", "ID_DUPLICATE")]


def test_two_funds_may_have_one_benchmark():
    assert found(with_fund(QUESTION, 2, benchmark_id="equity")) == []


@pytest.mark.parametrize("benchmark_id", ["picker", "closet"])
def test_a_benchmark_is_no_fund(benchmark_id):
    asked = with_fund(QUESTION, 0, benchmark_id=benchmark_id)
    assert ("question.funds[0].benchmark_id", "ID_DUPLICATE") in found(asked)


@pytest.mark.parametrize(
    ("factor_id", "reason"),
    [
        ("young", "ID_DUPLICATE"),
        ("equity", "ID_DUPLICATE"),
        ("world", "ID_DUPLICATE"),
        ("duration", "ID_DUPLICATE"),
        ("trend", "ID_UNKNOWN"),
    ],
)
def test_factors_are_known_and_neither_funds_nor_benchmarks(factor_id, reason):
    assert found(factor_ids=("duration", factor_id)) == [("question.factor_ids[1]", reason)]


def test_cash_is_required_where_it_has_to_come_off():
    assert found(cash_id="") == [("question.cash_id", "FIELD_MISSING")]
    said = message(cash_id="")
    assert "cash is in the returns of picker, closet, young, equity, world and has to come off" in said
    over_cash = tuple(
        dataclasses.replace(column, basis=ReturnBasis.EXCESS) for column in QUESTION.history.columns
    )
    assert found(cash_id="", history=dataclasses.replace(QUESTION.history, columns=over_cash)) == []


@pytest.mark.parametrize("cash_id", ["picker", "world", "duration"])
def test_cash_is_a_column_of_its_own(cash_id):
    assert ("question.cash_id", "ID_DUPLICATE") in found(cash_id=cash_id)


def test_cash_is_known_and_total():
    assert found(cash_id="csh") == [("question.cash_id", "ID_UNKNOWN")]
    assert found(with_column(QUESTION, CASH, basis=ReturnBasis.EXCESS)) == [
        (f"{HISTORY}.columns[7].basis", "VALUE_MALFORMED")
    ]


# Funds and structures


def test_a_performance_fee_says_what_gains_are_over():
    unsaid = FeeTerms(annual_management_fee=0.01, performance_fee_rate=0.2)
    assert found(with_fund(QUESTION, 1, fees=unsaid)) == [
        ("question.funds[1].fees.hurdle", "ENUM_VALUE_INVALID")
    ]
    without = dataclasses.replace(unsaid, performance_fee_rate=0.0)
    assert found(with_fund(QUESTION, 1, fees=without)) == []


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("fund_id", "FIELD_MISSING"),
        ("benchmark_id", "FIELD_MISSING"),
        ("fee_basis", "ENUM_VALUE_INVALID"),
        ("fees", "FIELD_MISSING"),
        ("annual_passive_fee", "FIELD_MISSING"),
    ],
)
def test_a_fund_declares_everything(field, reason):
    assert found(with_fund(QUESTION, 0, **{field: None})) == [(f"question.funds[0].{field}", reason)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"annual_management_fee": 1.5}, "annual_management_fee"),
        ({"performance_fee_rate": 1.0}, "performance_fee_rate"),
        ({"performance_fee_rate": 20.0}, "performance_fee_rate"),
    ],
)
def test_fees_are_decimals(changes, field):
    fees = dataclasses.replace(QUESTION.funds[0].fees, **changes)
    assert found(with_fund(QUESTION, 0, fees=fees)) == [
        (f"question.funds[0].fees.{field}", "NUMBER_OUT_OF_RANGE")
    ]


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("annual_risk_free_rate", 4.0),
        ("error_lag_count", 61),
        ("confidence", 95),
        ("least_annual_net_alpha", 30.0),
    ],
)
def test_settings_have_ranges(field, bad):
    assert found(**{field: bad}) == [(f"question.{field}", "NUMBER_OUT_OF_RANGE")]


def test_the_risk_free_rate_is_declared():
    assert found(annual_risk_free_rate=None) == [("question.annual_risk_free_rate", "FIELD_MISSING")]


def test_some_capital_is_left_for_alpha():
    rates = {"reserve_rate": 0.6, "initial_margin_rate": 0.4}
    assert found(**structured(**rates)) == []
    asked = structured(**rates, posted_margin_counts=False)
    assert found(**asked) == [("question.structure.reserve_rate", "NUMBER_OUT_OF_RANGE")]
    assert "0.6 on top of a margin of 0.4 holds all capital back" in message(**asked)
    assert found(**structured(**(rates | {"reserve_rate": 0.59}), posted_margin_counts=False)) == []


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("annual_financing_spread", 40),
        ("annual_roll_cost", -0.01),
        ("reserve_rate", 1.0),
        ("initial_margin_rate", 0.0),
        ("annual_cash_drag", 2.0),
        ("annual_margin_credit_spread", -0.001),
        ("annual_physical_cost", -0.001),
    ],
)
def test_rates_of_a_structure_have_ranges(field, bad):
    assert found(**structured(**{field: bad})) == [(f"question.structure.{field}", "NUMBER_OUT_OF_RANGE")]


@pytest.mark.parametrize(
    "field",
    [
        "annual_financing_spread",
        "annual_roll_cost",
        "reserve_rate",
        "initial_margin_rate",
        "posted_margin_counts",
        "annual_cash_drag",
        "annual_physical_cost",
    ],
)
def test_a_structure_declares_everything(field):
    assert found(**structured(**{field: None})) == [(f"question.structure.{field}", "FIELD_MISSING")]


# Histories


def test_two_months_are_too_short_and_said_once():
    days = sample_capture.question().history
    short = tuple(
        dataclasses.replace(column, returns=column.returns[:2], missing_periods=()) for column in days.columns
    )
    history = dataclasses.replace(days, dates=days.dates[:2], columns=short)
    assert found(history=history) == [(f"{HISTORY}.dates", "HISTORY_TOO_SHORT")]


def test_a_fund_with_too_few_months_is_named():
    asked = with_column(QUESTION, YOUNG, missing_periods=tuple(range(49)))
    assert found(asked) == [(f"{HISTORY}.columns[2].returns", "HISTORY_TOO_SHORT")]
    assert "'young' has 11 periods" in message(asked)


@pytest.mark.parametrize("index", [PICKER, CLOSET, YOUNG, EQUITY, WORLD, DURATION, CREDIT])
def test_a_constant_series_is_refused_once(index):
    asked = with_column(QUESTION, index, returns=np.full(60, 0.004))
    assert found(asked) == [(f"{HISTORY}.columns[{index}].returns", "SERIES_CONSTANT")]


@pytest.mark.parametrize("index", [PICKER, EQUITY, WORLD, DURATION])
def test_a_series_that_never_moves_over_cash_is_refused(index):
    asked = with_column(QUESTION, index, returns=returns_of(CASH) + 0.001, basis=ReturnBasis.TOTAL)
    assert found(asked) == [(f"{HISTORY}.columns[{index}].returns", "SERIES_CONSTANT")]


def test_a_date_that_comes_twice_is_refused():
    dates = list(QUESTION.history.dates)
    dates[7] = dates[6]
    history = dataclasses.replace(QUESTION.history, dates=tuple(dates))
    assert found(history=history) == [(f"{HISTORY}.dates[7]", "DATES_UNORDERED")]


@pytest.mark.parametrize("index", [PICKER, EQUITY, DURATION])
def test_returns_in_percent_are_refused(index):
    asked = with_column(QUESTION, index, returns=100 * returns_of(index))
    assert found(asked) == [(f"{HISTORY}.columns[{index}].returns", "NUMBER_OUT_OF_RANGE")]
    assert "as if in percent" in message(asked)


@pytest.mark.parametrize("index", [PICKER, WORLD])
def test_prices_are_refused(index):
    asked = with_column(QUESTION, index, returns=100 * np.cumprod(1 + returns_of(index)))
    assert found(asked) == [(f"{HISTORY}.columns[{index}].returns", "NUMBER_OUT_OF_RANGE")]
    assert "prices, not returns" in message(asked)


def test_a_factor_that_is_made_up_of_a_benchmark_is_named():
    over_cash = returns_of(WORLD) - returns_of(CASH)
    asked = with_column(QUESTION, DURATION, returns=0.5 * over_cash)
    assert found(asked) == [(f"{HISTORY}.columns[5].returns", "SERIES_COLLINEAR")]
    assert "'duration' is made up of world" in message(asked)


def test_two_benchmarks_that_are_one_are_no_violation():
    assert found(with_column(QUESTION, WORLD, returns=returns_of(EQUITY))) == []


# Requests


def test_a_request_without_a_question_is_refused():
    assert [item.reason.name for item in violations(None)] == ["FIELD_MISSING"]
    assert [item.field for item in violations("alpha?")] == ["question"]


def test_a_question_survives_the_wire():
    request = MeasureAlphaCaptureRequest(question=QUESTION, request_id="monday")
    sent = wire.to_message(request, analysis_service_pb2.MeasureAlphaCaptureRequest).SerializeToString()
    assert wire.to_model(analysis_service_pb2.MeasureAlphaCaptureRequest.FromString(sent)) == request
    answer = sample_capture.response()
    sent = wire.to_message(answer, analysis_service_pb2.MeasureAlphaCaptureResponse).SerializeToString()
    assert wire.to_model(analysis_service_pb2.MeasureAlphaCaptureResponse.FromString(sent)) == answer


SMALL = sample_capture.question(24)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_question_with_junk_in_it_is_judged(data):
    changed = copy.deepcopy(SMALL)
    spots = places(changed)
    for index in data.draw(st.lists(st.integers(0, len(spots) - 1), min_size=1, max_size=4)):
        holder, key = spots[index]
        holder[key] = data.draw(JUNK)
    given_request = MeasureAlphaCaptureRequest(question=changed)
    reported = validate.request_violations(given_request)
    for violation in reported:
        wire.to_message(violation, schema_for(type(violation)).message)
        assert violation.message
    if not reported:
        wire.to_message(given_request, analysis_service_pb2.MeasureAlphaCaptureRequest)
