"""The tables of ranges and counts cover the contract and say what its comments say."""

import math
import re
import sys
from pathlib import Path
from typing import get_args

import pytest

from counterpoise.model import (
    AllocateRequest,
    DriverShock,
    DriverValue,
    EstimateRiskModelRequest,
    ExplainInfeasibilityRequest,
    LineShock,
    LineValue,
    Marks,
    MeasureAlphaCaptureRequest,
    MeasureLiquidityRequest,
    MeasureSensitivityRequest,
    RebalanceJob,
    ReturnHistory,
    StressPortfolioRequest,
    TraceFrontierRequest,
    ValidatePortfolioRequest,
    VerifyAlphaRequest,
    VolatilityCorrelation,
)
from counterpoise.schema import FieldKind, schema_for
from counterpoise.validate.counts import MOST
from counterpoise.validate.jobs import RebalanceRequest
from counterpoise.validate.marks import MarksRequest
from counterpoise.validate.ranges import LONGEST, RANGES, Range
from counterpoise.validate.structure import plan_of

PROTOS = Path(__file__).resolve().parents[4] / "protos" / "counterpoise" / "v1"
PAIRS = {DriverValue, LineValue}
REQUESTS = (
    AllocateRequest,
    ValidatePortfolioRequest,
    StressPortfolioRequest,
    MeasureLiquidityRequest,
    ExplainInfeasibilityRequest,
    MeasureSensitivityRequest,
    TraceFrontierRequest,
    VerifyAlphaRequest,
    MeasureAlphaCaptureRequest,
    EstimateRiskModelRequest,
    *get_args(RebalanceRequest),
    *get_args(MarksRequest),
)
OUTPUT_ONLY = {
    (RebalanceJob, name)
    for name in (
        "state",
        "state_reason",
        "revision",
        "author",
        "create_time",
        "update_time",
        "next_slot_times",
        "trigger_statuses",
    )
} | {(Marks, name) for name in ("name", "recorder", "record_time")}


def request_fields():
    pending, seen = [schema_for(request) for request in REQUESTS], {}
    while pending:
        schema = pending.pop()
        if schema.model not in seen:
            seen[schema.model] = schema
            pending += [
                field.message
                for field in schema.fields
                if field.kind is FieldKind.MESSAGE and (schema.model, field.name) not in OUTPUT_ONLY
            ]
    fields = [(schema, field) for schema in seen.values() for field in schema.fields]
    return [(schema, field) for schema, field in fields if (schema.model, field.name) not in OUTPUT_ONLY]


def test_every_number_of_a_request_has_a_range_and_nothing_else_has():
    numbers = {
        (schema.model, field.name)
        for schema, field in request_fields()
        if (field.kind in {FieldKind.NUMBER, FieldKind.INTEGER} and schema.model not in PAIRS)
        or (field.kind is FieldKind.MESSAGE and field.message.model in PAIRS)
    }
    assert numbers == set(RANGES)


def test_every_list_of_a_request_has_a_count_and_nothing_else_has():
    assert {(schema.model, field.name) for schema, field in request_fields() if field.repeated} == set(MOST)


def comments():
    """Comment of every field, by message and field."""
    found = {}
    for file in PROTOS.glob("*.proto"):
        message, comment = "", []
        for line in map(str.strip, file.read_text().splitlines()):
            if line.startswith("//"):
                comment.append(line.removeprefix("//").strip())
                continue
            if match := re.match(r"message (\w+)", line):
                message = match[1]
            elif match := re.match(r"(?:optional |repeated )?[\w.]+ (\w+) = \d+", line):
                found[message, match[1]] = " ".join(comment)
            elif match := re.match(r"oneof \w+", line):
                found[message, "oneof"] = " ".join(comment)
            comment = []
    return found


NUMBER = r"-?[0-9.]+(?:e-?[0-9]+)?"


def documented(comment):
    comment = comment.replace("1,000,000", "1000000")
    said = re.findall(rf"([\[(])({NUMBER}), ({NUMBER})([\])])", comment)
    if said:
        # A range for each unit of a driver: the table has the widest, and the units are judged elsewhere.
        low_end, low, high, high_end = max(said, key=lambda interval: float(interval[2]) - float(interval[1]))
        return Range(float(low), float(high), low_open=low_end == "(", high_open=high_end == ")")
    if match := re.search(rf"(>=?) ({NUMBER})", comment):
        return Range(float(match[2]), low_open=match[1] == ">")
    return None


@pytest.mark.parametrize("key", RANGES, ids=lambda key: f"{key[0].__name__}.{key[1]}")
def test_range_is_the_documented_one(key):
    model, name = key
    said = comments()
    # Fields of a choice can have their range in the comment of the choice.
    wanted = documented(said[model.__name__, name]) or documented(said.get((model.__name__, "oneof"), ""))
    table = RANGES[key]
    if model.__name__ == "SolveParameters" or wanted is not None:
        assert (table.least, table.most) == (wanted.least, wanted.most)
    elif name == "specific_volatilities":
        assert "range as annual volatilities" in said["FactorForm", name]
        assert table == RANGES[VolatilityCorrelation, "annual_volatilities"]
    elif model is LineShock:
        assert "As for drivers" in said["LineShock", name]
        assert table == RANGES[DriverShock, name]
    elif name == "shares":
        assert "above 0; they sum to 1" in said["MeetRiskBudget", name]
        assert (table.least, table.most) == (math.ulp(0.0), 1)
    elif name == "missing_periods":
        assert "by index from 0" in said["ReturnColumn", name]
        assert (table.least, table.most) == (0, MOST[ReturnHistory, "dates"] - 1)
    elif name == "contract_month":
        assert "3, 6, 9 or 12" in said["RollTerms", name]
        assert (table.least, table.most) == (3, 12)
    elif name == "rolling_period_count":
        assert "more than twice its coefficients" in said["AlphaQuestion", name]
        assert (table.least, table.most) == (1, MOST[ReturnHistory, "dates"])
    else:
        # Bounds of limits are in the unit of their measure; reclassify is documented in words.
        assert name in {"lower", "upper", "lower_triangle", "values", "reclassify_r_squared"}


@pytest.mark.parametrize("key", LONGEST, ids=lambda key: f"{key[0].__name__}.{key[1]}")
def test_longest_duration_is_the_documented_one(key):
    model, name = key
    match = re.search(r"in \(0, ([0-9]+) days\]", comments()[model.__name__, name])
    assert LONGEST[key].days == int(match[1])


def test_nothing_that_only_answers_hold_is_looked_at():
    for holder, name in OUTPUT_ONLY:
        schema, plan = schema_for(holder), plan_of(schema_for(holder))
        assert "Output only" in comments()[holder.__name__, name]
        assert name in schema.by_name
        assert name not in [looked[0] for looked in (*plan.scalars, *plan.messages, *plan.arrays)]


@pytest.mark.parametrize("key", MOST, ids=lambda key: f"{key[0].__name__}.{key[1]}")
def test_count_is_the_documented_one_where_there_is_one(key):
    model, name = key
    match = counted(comments()[model.__name__, name])
    if match:
        assert int(match[1].replace(",", "")) == MOST[key]


def counted(comment):
    # What one pool takes, or how often one thing moves, is no count of the list.
    elsewhere = "A pool takes" in comment or re.search(r"at most [0-9,]+ for one", comment)
    return None if elsewhere else re.search(r"[Aa]t most ([0-9,]*[0-9])", comment)


def test_counts_are_documented_widely_enough_for_the_test_above_to_mean_something():
    said = comments()
    assert sum(counted(said[model.__name__, name]) is not None for model, name in MOST) >= 8


def test_ranges_are_documented_widely_enough_for_the_test_above_to_mean_something():
    said = comments()
    assert sum(documented(said[model.__name__, name]) is not None for model, name in RANGES) > 30


@pytest.mark.parametrize(
    ("interval", "inside", "outside"),
    [
        (Range(0, 1), [0, 0.5, 1], [-sys.float_info.min, 1.0000001, float("nan"), float("inf")]),
        (Range(0, 1, low_open=True), [sys.float_info.min, 1], [0, -0.0]),
        (Range(0, 1, high_open=True), [0, 0.9999999], [1]),
        (Range(), [sys.float_info.max, -sys.float_info.max], [float("inf"), float("-inf")]),
    ],
)
def test_range_holds_its_closed_ends_alone(interval, inside, outside):
    assert all(interval.holds(number) for number in inside)
    assert not any(interval.holds(number) for number in outside)


def test_refusal_suggests_the_decimal_where_the_number_was_in_percent():
    assert Range(0, 3, decimal="a volatility").refusal(15) == (
        "15 is outside [0, 3]; a volatility of 15 % is written 0.15"
    )
    assert (
        Range(-1, 1, decimal="an annual alpha")
        .refusal(1.5)
        .endswith("an annual alpha of 1.5 % is written 0.015")
    )
    assert Range(0, low_open=True).refusal(0) == "0 is outside (0, inf); write a number above 0"
    assert Range(0, 1, decimal="a share").refusal(1000) == "1000 is outside [0, 1]; write a number in [0, 1]"
