"""Rolls of quarterly contracts against calendars and hand-made counts."""

import datetime
from dataclasses import replace

import pytest

from counterpoise.model import ContractTerms, RollAnchor, RollTerms
from optimizer.rebalance.trading.rolls import contract_code, due_rolls, next_contract, roll_date, roll_dates
from tests.golden_problems import overlay, tier
from tests.unit.optimizer.rebalance.hand_made import problem

FIRST, FRIDAY = RollAnchor.FIRST_OF_MONTH, RollAnchor.THIRD_FRIDAY


def terms(year, month, anchor=FIRST, before=0, **fields):
    return RollTerms(
        contract_year=year, contract_month=month, anchor=anchor, weekdays_before=before, **fields
    )


def held(as_of, contract, duration=None):
    line = overlay("note", "bonds", margin_rate=0.02)
    line = replace(line, overlay=replace(line.overlay, contract=contract, duration_years=duration))
    made = problem({line: 0.5, tier("cash", posts=True): 1.0})
    return replace(made, portfolio=replace(made.portfolio, as_of_date=as_of))


def test_contracts_follow_each_other_quarter_by_quarter():
    codes = [contract_code(2025, 3)]
    contract = (2025, 3)
    for _ in range(4):
        contract = next_contract(*contract)
        codes.append(contract_code(*contract))
    assert codes == ["H2025", "M2025", "U2025", "Z2025", "H2026"]


@pytest.mark.parametrize(
    ("anchor", "year", "month", "before", "expected"),
    [
        # 1 December 2025 is a Monday. That 27 November is a holiday is not known.
        (FIRST, 2025, 12, 2, "2025-11-27"),
        (FIRST, 2025, 12, 1, "2025-11-28"),
        (FIRST, 2025, 12, 0, "2025-12-01"),
        # S&P contracts expire on 19 December 2025; the usual roll is the Thursday of the week before.
        (FRIDAY, 2025, 12, 0, "2025-12-19"),
        (FRIDAY, 2025, 12, 6, "2025-12-11"),
        (FRIDAY, 2025, 12, 5, "2025-12-12"),
        # The third Friday is the 15th of a month that starts on a Friday, the 21st if on a Saturday.
        (FRIDAY, 2019, 3, 0, "2019-03-15"),
        (FRIDAY, 2025, 3, 0, "2025-03-21"),
        # 1 March 2026 is a Sunday: the weekday before it is the Friday.
        (FIRST, 2026, 3, 0, "2026-02-27"),
        (FIRST, 2026, 3, 1, "2026-02-27"),
        (FIRST, 2026, 3, 2, "2026-02-26"),
    ],
)
def test_a_roll_is_counted_back_from_its_anchor(anchor, year, month, before, expected):
    assert roll_date(terms(year, month, anchor, before)).isoformat() == expected


@pytest.mark.parametrize("anchor", [FIRST, FRIDAY])
@pytest.mark.parametrize("before", range(61))
def test_a_roll_is_a_weekday_with_as_many_weekdays_to_the_anchor(anchor, before):
    for year in range(2019, 2030):
        for month in (3, 6, 9, 12):
            target = roll_date(terms(year, month, anchor))
            date = roll_date(terms(year, month, anchor, before))
            days = [date + datetime.timedelta(days=number) for number in range(100)]
            limit = datetime.date(year, month, 1) if anchor is FIRST else target
            between = [day for day in days if day < limit and day.weekday() < 5]
            assert date.weekday() < 5
            assert date <= limit
            assert len(between) == max(before, int(limit.weekday() > 4))


def test_a_dv01_that_falls_takes_more_contracts_of_the_next():
    contract = ContractTerms(
        point_value_amount=1000.0,
        price=112.0,
        dv01_amount=65.0,
        symbol="ZN",
        roll=terms(2025, 12, before=2, next_dv01_amount=62.0),
    )
    (roll,) = due_rolls(held(datetime.date(2025, 11, 28), contract, 6.1), {0: 1408})
    assert (roll.from_contract, roll.to_contract) == ("Z2025", "H2026")
    assert (
        (roll.from_contract_count, roll.to_contract_count) == (-1408, round(1408 * 65 / 62)) == (-1408, 1476)
    )
    assert (roll.symbol, roll.roll_date) == ("ZN", datetime.date(2025, 11, 27))


def test_a_short_position_in_an_index_is_matched_by_notional():
    contract = ContractTerms(
        point_value_amount=50.0, price=6800.0, roll=terms(2025, 12, FRIDAY, 6, next_price=6865.0)
    )
    (roll,) = due_rolls(held(datetime.date(2025, 12, 11), contract), {0: -500})
    assert (roll.from_contract_count, roll.to_contract_count) == (500, -495)


def test_without_terms_of_the_next_the_count_stays():
    contract = ContractTerms(point_value_amount=50.0, price=6800.0, roll=terms(2025, 12, FRIDAY, 6))
    (roll,) = due_rolls(held(datetime.date(2025, 12, 19), contract), {0: 7})
    assert (roll.from_contract_count, roll.to_contract_count) == (-7, 7)


@pytest.mark.parametrize(
    ("as_of", "due"), [("2025-11-26", False), ("2025-11-27", True), ("2026-01-05", True)]
)
def test_a_roll_is_due_from_its_day_on(as_of, due):
    contract = ContractTerms(point_value_amount=1000.0, price=112.0, roll=terms(2025, 12, before=2))
    assert bool(due_rolls(held(datetime.date.fromisoformat(as_of), contract), {0: 10})) == due


def test_who_is_two_rolls_behind_goes_to_the_contract_that_is_current():
    contract = ContractTerms(point_value_amount=1000.0, price=112.0, roll=terms(2025, 6, before=2))
    (roll,) = due_rolls(held(datetime.date(2025, 11, 28), contract), {0: 10})
    assert (roll.from_contract, roll.to_contract) == ("M2025", "H2026")
    assert roll.roll_date == datetime.date(2025, 5, 29)


def test_nothing_held_or_nothing_that_rolls_needs_no_roll():
    contract = ContractTerms(point_value_amount=1000.0, price=112.0, roll=terms(2025, 6, before=2))
    late = datetime.date(2025, 11, 28)
    assert due_rolls(held(late, contract), {0: 0}) == ()
    assert due_rolls(held(late, contract), {}) == ()
    assert due_rolls(held(late, replace(contract, roll=None)), {0: 10}) == ()


def test_roll_dates_of_a_schedule_start_with_the_contract_that_is_held():
    dates = roll_dates(terms(2025, 12, FRIDAY, 6), datetime.date(2025, 12, 11), datetime.date(2026, 9, 10))
    assert [date.isoformat() for date in dates] == ["2025-12-11", "2026-03-12", "2026-06-11", "2026-09-10"]
    assert (
        roll_dates(terms(2025, 12, FRIDAY, 6), datetime.date(2025, 1, 1), datetime.date(2025, 12, 10)) == ()
    )


def test_the_last_contract_of_the_calendar_ends_the_search():
    contract = ContractTerms(point_value_amount=1.0, price=1.0, roll=terms(9998, 9))
    (roll,) = due_rolls(held(datetime.date(9999, 12, 31), contract), {0: 1})
    assert roll.to_contract == "Z9998"
