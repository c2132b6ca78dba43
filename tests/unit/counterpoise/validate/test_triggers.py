"""Triggers of a request: ids, thresholds and what they are armed at, with paths."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from counterpoise.model import (
    ActiveRiskTrigger,
    CoverageTrigger,
    CreateRebalanceJobRequest,
    DriftTrigger,
    LeverageDefinition,
    LeverageTrigger,
    StaleMarksTrigger,
    Trigger,
    UpdateRebalanceJobRequest,
)
from counterpoise.validate import request_violations
from tests.rebalance_requests import REQUEST_ID, job

NET = LeverageDefinition.NET
DAY = datetime.timedelta(days=1)
AT = "rebalance_job.triggers"
DRIFT = DriftTrigger(maximum_fraction=0.05)


def found(*triggers):
    """What is wrong on create, which is what is wrong on update."""
    wanted = replace(job(), triggers=triggers)
    create = CreateRebalanceJobRequest(
        parent="tenants/default", rebalance_job_id="monthly", rebalance_job=wanted, request_id=REQUEST_ID
    )
    update = UpdateRebalanceJobRequest(rebalance_job=wanted, update_mask=("triggers",), request_id=REQUEST_ID)
    both = [
        [(item.field, item.reason.name) for item in request_violations(request)]
        for request in (create, update)
    ]
    assert both[0] == both[1]
    left = replace(update, update_mask=("display_name",))
    assert request_violations(left) == ()
    return both[0]


def one(**fields):
    return found(Trigger(**{"trigger_id": "t", **fields}))


def leverage(maximum, rearm=None, definition=NET):
    return LeverageTrigger(definition=definition, maximum_ratio=maximum, rearm_ratio=rearm)


def coverage(minimum, rearm=None):
    return CoverageTrigger(minimum_ratio=minimum, rearm_ratio=rearm)


def risk(maximum, rearm=None):
    return ActiveRiskTrigger(maximum_annual_volatility=maximum, rearm_annual_volatility=rearm)


def drift(maximum, rearm=None):
    return DriftTrigger(maximum_fraction=maximum, rearm_fraction=rearm)


@pytest.mark.parametrize(
    "fields",
    [
        {"drift": drift(0.05)},
        {"drift": drift(0.05, 0.0)},
        {"drift": drift(100.0, 99.0)},
        {"leverage": leverage(1.3, 1.29)},
        {"coverage": coverage(1.5, 1.6)},
        {"coverage": coverage(100.0, 1_000.0)},
        {"active_risk": risk(0.05, 0.0)},
        {"stale_marks": StaleMarksTrigger(maximum_age=3_660 * DAY)},
        {"drift": DRIFT, "cool_down": datetime.timedelta(microseconds=1)},
        {"drift": DRIFT, "cool_down": 366 * DAY},
        {"drift": DRIFT, "trigger_id": "a.B_9-" + "x" * 58},
    ],
)
def test_what_means_something_is_taken(fields):
    assert one(**fields) == []


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"drift": drift(0.05, 0.05)}, "drift.rearm_fraction"),
        ({"drift": drift(0.05, 0.06)}, "drift.rearm_fraction"),
        ({"leverage": leverage(1.3, 1.3)}, "leverage.rearm_ratio"),
        ({"coverage": coverage(1.5, 1.5)}, "coverage.rearm_ratio"),
        ({"coverage": coverage(1.5, 1.4)}, "coverage.rearm_ratio"),
        ({"active_risk": risk(0.05, 0.1)}, "active_risk.rearm_annual_volatility"),
    ],
)
def test_a_level_on_the_wrong_side_is_refused(fields, path):
    assert one(**fields) == [(f"{AT}[0].{path}", "BOUNDS_CROSSED")]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"drift": drift(0.0)}, "drift.maximum_fraction"),
        ({"drift": drift(-0.1)}, "drift.maximum_fraction"),
        ({"drift": drift(100.1)}, "drift.maximum_fraction"),
        ({"drift": drift(0.05, -0.01)}, "drift.rearm_fraction"),
        ({"leverage": leverage(0.0)}, "leverage.maximum_ratio"),
        ({"leverage": leverage(101.0)}, "leverage.maximum_ratio"),
        ({"coverage": coverage(0.0)}, "coverage.minimum_ratio"),
        ({"coverage": coverage(1.0, 1_001.0)}, "coverage.rearm_ratio"),
        ({"active_risk": risk(10.1)}, "active_risk.maximum_annual_volatility"),
        ({"stale_marks": StaleMarksTrigger(maximum_age=0 * DAY)}, "stale_marks.maximum_age"),
        ({"stale_marks": StaleMarksTrigger(maximum_age=3_661 * DAY)}, "stale_marks.maximum_age"),
        ({"drift": DRIFT, "cool_down": 0 * DAY}, "cool_down"),
        ({"drift": DRIFT, "cool_down": -DAY}, "cool_down"),
        ({"drift": DRIFT, "cool_down": 367 * DAY}, "cool_down"),
    ],
)
def test_what_is_out_of_range_is_refused(fields, path):
    assert one(**fields) == [(f"{AT}[0].{path}", "NUMBER_OUT_OF_RANGE")]


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(number):
    for fields, path in (
        ({"drift": drift(number)}, "drift.maximum_fraction"),
        ({"leverage": leverage(1.3, number)}, "leverage.rearm_ratio"),
    ):
        ((field, _),) = one(**fields)
        assert field == f"{AT}[0].{path}"


def test_nothing_watched_and_two_things_watched_are_refused():
    assert one() == [(f"{AT}[0]", "CHOICE_MISSING")]
    assert one(drift=DRIFT, coverage=coverage(1.5)) == [(f"{AT}[0].coverage", "FIELDS_EXCLUSIVE")]


def test_an_id_is_named_once():
    first, second = Trigger(trigger_id="a", drift=DRIFT), Trigger(trigger_id="b", drift=DRIFT)
    assert found(first, second, first, second) == [
        (f"{AT}[2].trigger_id", "ID_DUPLICATE"),
        (f"{AT}[3].trigger_id", "ID_DUPLICATE"),
    ]


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "ä", "a/b"])
def test_an_id_that_is_none_is_refused(name):
    ((field, _),) = one(trigger_id=name, drift=DRIFT)
    assert field == f"{AT}[0].trigger_id"


def test_a_leverage_that_nobody_named_is_refused():
    ((field, _),) = one(leverage=leverage(1.3, definition=None))
    assert field == f"{AT}[0].leverage.definition"


def test_there_are_at_most_twenty():
    many = [Trigger(trigger_id=f"t{number}", drift=DRIFT) for number in range(21)]
    assert found(*many[:20]) == []
    ((field, _),) = found(*many)
    assert field == AT
