"""Money by when: liquidity of lines, known needs, and in which order their horizons are."""

import dataclasses

import pytest

from counterpoise.model import CashFlow
from tests.unit.counterpoise.validate.stressed import points

LIQUIDITY = "portfolio.lines[{}].liquidity"
FLOWS = "portfolio.cash_flows"


def flows(*horizons):
    return tuple(CashFlow(horizon_trading_days=days, outflow_amount=1e6) for days in horizons)


@pytest.mark.parametrize(
    "profile", [(), points(d1=0.0), points(d1=1.0), points(d1=0.2, d2=0.2, d2520=1.0)], ids=repr
)
def test_liquidity_that_grows_is_taken(broken_stressed, profile):
    assert broken_stressed(LIQUIDITY.format(0), profile) == []
    assert broken_stressed(LIQUIDITY.format(7), profile) == []


@pytest.mark.parametrize(
    ("profile", "field"),
    [
        (points(d5=0.5, d2=1.0), "[1].horizon_trading_days"),
        ((*points(d5=0.5), *points(d5=1.0)), "[1].horizon_trading_days"),
        (points(d2=0.5, d5=0.4), "[1].available_share"),
        (points(d2=0.5, d5=1.1), "[1].available_share"),
        (points(d0=0.5), "[0].horizon_trading_days"),
        (points(d2521=0.5), "[0].horizon_trading_days"),
    ],
    ids=repr,
)
def test_liquidity_only_grows(broken_stressed, profile, field):
    path = LIQUIDITY.format(0)
    assert broken_stressed(path, profile) == [(path + field, "NUMBER_OUT_OF_RANGE")]


def test_points_in_another_order_are_one_fault(broken_stressed):
    path = LIQUIDITY.format(0)
    assert broken_stressed(path, points(d5=0.5, d3=0.4)) == [
        (f"{path}[1].horizon_trading_days", "NUMBER_OUT_OF_RANGE")
    ]
    assert broken_stressed(path, points(d5=0.5, d3=0.4, d9=0.45)) == [
        (f"{path}[1].horizon_trading_days", "NUMBER_OUT_OF_RANGE"),
        (f"{path}[2].available_share", "NUMBER_OUT_OF_RANGE"),
    ]


def test_points_that_cannot_be_read_are_passed_over(broken_stressed):
    path = LIQUIDITY.format(0)
    profile = points(d2=0.5, d5=0.6, d9=0.7)
    bad = dataclasses.replace(profile[1], horizon_trading_days=2.5)
    assert broken_stressed(path, (profile[0], bad, profile[2])) == [
        (f"{path}[1].horizon_trading_days", "VALUE_MALFORMED")
    ]


@pytest.mark.parametrize("index", [1, 2, 5], ids=["future", "swap", "unfunded sleeve"])
def test_a_margined_line_has_no_liquidity(broken_stressed, index):
    path = LIQUIDITY.format(index)
    assert broken_stressed(path, points(d1=1.0)) == [(path, "FIELDS_EXCLUSIVE")]


def test_a_line_has_at_most_fifty_points(broken_stressed):
    profile = points(**{f"d{days}": 0.01 * days for days in range(1, 52)})
    assert broken_stressed(LIQUIDITY.format(0), profile[:50]) == []
    assert broken_stressed(LIQUIDITY.format(0), profile) == [(LIQUIDITY.format(0), "TOO_MANY")]


def test_known_needs_are_in_order(broken_stressed, stressed, message_of):
    assert broken_stressed(FLOWS, flows(1, 2, 2_520)) == []
    for wrong in (flows(20, 5), flows(5, 5)):
        at = f"{FLOWS}[1].horizon_trading_days"
        assert broken_stressed(FLOWS, wrong) == [(at, "NUMBER_OUT_OF_RANGE")]
    assert "5 is not after 20, the horizon before it" in message_of(stressed, FLOWS, flows(20, 5))


def test_known_needs_are_amounts(broken_stressed):
    path = f"{FLOWS}[0].outflow_amount"
    assert broken_stressed(path, -1e15) == []
    assert broken_stressed(path, 1.1e15) == [(path, "NUMBER_OUT_OF_RANGE")]
    assert broken_stressed(FLOWS, flows(*range(1, 52))) == [(FLOWS, "TOO_MANY")]
