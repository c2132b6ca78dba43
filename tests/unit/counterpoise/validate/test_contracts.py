"""Contracts that overlays trade in: what is one, and when it is rolled."""

import dataclasses

import pytest

from counterpoise.model import RollAnchor

OVERLAY = "portfolio.lines[1].overlay"
CONTRACT = f"{OVERLAY}.contract"
ROLL = f"{CONTRACT}.roll"


def test_a_line_may_trade_any_amount_or_never_roll(broken):
    assert broken(CONTRACT, None) == []
    assert broken(ROLL, None) == []
    assert broken(f"{CONTRACT}.symbol", "") == []


def test_lots_that_match_dv01_need_a_duration(broken):
    assert broken(f"{OVERLAY}.duration_years", None) == [(f"{OVERLAY}.duration_years", "FIELD_MISSING")]
    # Without DV01 they match notional, and a duration says only what it is.
    assert broken(f"{CONTRACT}.dv01_amount", None, f"{ROLL}.next_dv01_amount", None) == []
    notional = (f"{CONTRACT}.dv01_amount", None, f"{ROLL}.next_dv01_amount", None)
    assert broken(*notional, f"{OVERLAY}.duration_years", None) == []


def test_dv01_of_the_next_contract_needs_that_of_the_one_held(broken):
    assert broken(f"{CONTRACT}.dv01_amount", None) == [(f"{ROLL}.next_dv01_amount", "FIELDS_EXCLUSIVE")]
    assert broken(f"{ROLL}.next_dv01_amount", None) == []


@pytest.mark.parametrize("month", range(14))
def test_contracts_are_quarterly(broken, month):
    wrong = [] if month in {3, 6, 9, 12} else [(f"{ROLL}.contract_month", "NUMBER_OUT_OF_RANGE")]
    assert broken(f"{ROLL}.contract_month", month) == wrong


@pytest.mark.parametrize("anchor", [None, 0, 3])
def test_the_anchor_is_declared(broken, anchor):
    assert broken(f"{ROLL}.anchor", anchor) == [(f"{ROLL}.anchor", "ENUM_VALUE_INVALID")]
    assert broken(f"{ROLL}.anchor", RollAnchor.THIRD_FRIDAY) == []


@pytest.mark.parametrize("name", ["price", "point_value_amount", "dv01_amount"])
@pytest.mark.parametrize("number", [0.0, -1.0, 1.1e9])
def test_prices_are_above_zero(broken, name, number):
    assert broken(f"{CONTRACT}.{name}", number) == [(f"{CONTRACT}.{name}", "NUMBER_OUT_OF_RANGE")]


def test_a_number_that_is_none_is_reported_once(broken):
    assert broken(f"{CONTRACT}.dv01_amount", "65") == [(f"{CONTRACT}.dv01_amount", "VALUE_MALFORMED")]
    assert broken(f"{OVERLAY}.duration_years", "6") == [(f"{OVERLAY}.duration_years", "VALUE_MALFORMED")]
    assert broken(f"{ROLL}.contract_month", "3") == [(f"{ROLL}.contract_month", "VALUE_MALFORMED")]


def test_the_sample_matches_dv01(problem):
    overlay = problem.portfolio.lines[1].overlay
    assert overlay.contract_amount == pytest.approx(65 * 10_000 / 6.1)
    assert dataclasses.replace(overlay, duration_years=None).contract_amount == 112.5 * 1_000
