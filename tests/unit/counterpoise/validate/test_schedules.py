"""Schedules: their wire form, their canonical text, and what is refused in them."""

import datetime
from dataclasses import replace

import pytest
import rfc8785
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from counterpoise import wire
from counterpoise.canonical import canonical_json
from counterpoise.model import (
    CreateRebalanceJobRequest,
    DailyCadence,
    MonthlyCadence,
    RebalanceJob,
    RunRebalanceJobRequest,
    Schedule,
    Weekday,
    WeeklyCadence,
)
from counterpoise.v1 import rebalance_pb2, schedule_pb2
from counterpoise.validate import request_violations
from tests import rebalance_requests
from tests.rebalance_requests import schedule

SCHEDULE = "rebalance_job.schedule"
MISSING, MALFORMED, RANGE = "FIELD_MISSING", "VALUE_MALFORMED", "NUMBER_OUT_OF_RANGE"
UTC = datetime.UTC


def found(asked):
    """Violations of a new job with a schedule, by path below the schedule."""
    (request,) = (
        request for request in rebalance_requests.requests() if isinstance(request, CreateRebalanceJobRequest)
    )
    job = replace(request.rebalance_job, schedule=asked)
    violations = request_violations(replace(request, rebalance_job=job))
    assert all(violation.field.startswith(SCHEDULE) for violation in violations)
    return [
        (item.field.removeprefix(f"{SCHEDULE}.").removeprefix(SCHEDULE), item.reason.name)
        for item in violations
    ]


def monthly(day, *months):
    return replace(schedule(), monthly=MonthlyCadence(business_day=day, months=months))


@given(st.times(timezones=st.none()))
def test_times_of_day_come_back_as_they_were_and_have_the_text_of_the_general_road(time):
    asked = replace(schedule(), time_of_day=time)
    message = wire.to_message(asked, schedule_pb2.Schedule)
    assert message.HasField("time_of_day")
    assert wire.to_model(schedule_pb2.Schedule.FromString(message.SerializeToString())) == asked
    tree = json_format.MessageToDict(message, preserving_proto_field_name=True)
    assert canonical_json(asked) == rfc8785.dumps(tree).decode()


@pytest.mark.parametrize(
    "parts",
    [
        {"hours": 24},
        {"seconds": 60},
        {"minutes": -1},
        {"nanos": 1},
        {"nanos": 999_999_999},
        {"hours": 2**31 - 1},
    ],
)
def test_a_time_that_is_none_or_has_parts_of_seconds_is_refused_not_rounded(parts):
    message = wire.to_message(schedule(), schedule_pb2.Schedule)
    message.time_of_day.Clear()
    for name, value in parts.items():
        setattr(message.time_of_day, name, value)
    assert found(wire.to_model(message)) == [("time_of_day", MALFORMED)]


def test_the_slots_of_a_job_come_back_as_they_were():
    job = RebalanceJob(
        problem=rebalance_requests.problem(),
        schedule=schedule(),
        next_slot_times=tuple(datetime.datetime(2025, month, 28, 9, tzinfo=UTC) for month in (1, 2)),
    )
    message = wire.to_message(job, rebalance_pb2.RebalanceJob)
    assert wire.to_model(message).next_slot_times == job.next_slot_times
    assert wire.to_model(message).schedule == job.schedule


@pytest.mark.parametrize(
    "cadence",
    [
        {"daily": DailyCadence()},
        {"weekly": WeeklyCadence(day_of_week=Weekday.SUNDAY)},
        {"monthly": MonthlyCadence(business_day=-20)},
        {"monthly": MonthlyCadence(business_day=20, months=tuple(range(12, 0, -1)))},
    ],
    ids=str,
)
def test_each_cadence_is_taken(cadence):
    assert found(replace(schedule(), **({"monthly": None} | cadence))) == []


def test_a_job_needs_no_schedule():
    assert found(None) == []


def test_a_schedule_has_one_cadence():
    assert found(replace(schedule(), monthly=None)) == [("", "CHOICE_MISSING")]
    assert found(replace(schedule(), daily=DailyCadence())) == [("monthly", "FIELDS_EXCLUSIVE")]


@pytest.mark.parametrize("name", ["time_zone", "exchange_code", "time_of_day"])
def test_zone_exchange_and_time_are_required(name):
    assert found(replace(schedule(), **{name: None})) == [(name, MISSING)]


def test_a_week_needs_its_day():
    weekly = replace(schedule(), monthly=None, weekly=WeeklyCadence(day_of_week=None))
    assert found(weekly) == [("weekly.day_of_week", "ENUM_VALUE_INVALID")]
    assert found(replace(weekly, weekly=WeeklyCadence(day_of_week=8))) == [
        ("weekly.day_of_week", "ENUM_VALUE_INVALID")
    ]


@pytest.mark.parametrize("code", ["NYS", "XNYSE", "xnys", "24/7", "XNY\u0660", "XNYS\n"])
def test_an_exchange_has_a_code_of_four(code):
    assert found(replace(schedule(), exchange_code=code)) == [("exchange_code", MALFORMED)]


@pytest.mark.parametrize(
    "zone", ["../etc/passwd", "/UTC", "Europe/", "Europe/London\n", "a b", "x" * 65, "a/b/c/d"]
)
def test_a_zone_has_the_form_of_one(zone):
    assert found(replace(schedule(), time_zone=zone)) == [("time_zone", MALFORMED)]


@pytest.mark.parametrize(
    "zone", ["UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "America/Port-au-Prince"]
)
def test_zones_of_every_form_are_taken(zone):
    assert found(replace(schedule(), time_zone=zone)) == []


@pytest.mark.parametrize(
    "time",
    [
        "16:30",
        16,
        datetime.time(16, 30, tzinfo=UTC),
        datetime.time(16, 30, 0, 1),
        datetime.datetime(2025, 1, 1, tzinfo=UTC),
    ],
)
def test_a_time_of_day_is_local_and_in_whole_seconds(time):
    assert found(replace(schedule(), time_of_day=time)) == [("time_of_day", MALFORMED)]


@pytest.mark.parametrize("day", [0, 21, -21, 25])
def test_a_business_day_is_one_of_a_month(day):
    assert found(monthly(day)) == [("monthly.business_day", RANGE)]


def test_a_month_needs_its_business_day():
    assert found(monthly(None)) == [("monthly.business_day", MISSING)]


def test_months_are_months_and_named_once():
    assert found(monthly(1, 0, 13, 1)) == [("monthly.months[0]", RANGE), ("monthly.months[1]", RANGE)]
    assert found(monthly(1, 3, 6, 3, 3)) == [
        ("monthly.months[2]", MALFORMED),
        ("monthly.months[3]", MALFORMED),
    ]
    assert found(monthly(1, *range(1, 13), 1)) == [("monthly.months", "TOO_MANY")]
    assert found(monthly(1, 3, "x", 3)) == [
        ("monthly.months[1]", MALFORMED),
        ("monthly.months[2]", MALFORMED),
    ]


NAIVE = datetime.datetime(2025, 11, 28, tzinfo=UTC).replace(tzinfo=None)


@pytest.mark.parametrize("slot", ["2025-11-28T14:30:00Z", NAIVE, NAIVE.date()])
def test_a_slot_to_run_is_an_instant(slot):
    request = RunRebalanceJobRequest(
        name=rebalance_requests.JOB, request_id=rebalance_requests.REQUEST_ID, slot_time=slot
    )
    assert [(item.field, item.reason.name) for item in request_violations(request)] == [
        ("slot_time", MALFORMED)
    ]
    assert request_violations(replace(request, slot_time=None)) == ()


def test_a_schedule_is_one():
    assert found(3) == [("", MALFORMED)]
    assert isinstance(schedule(), Schedule)
