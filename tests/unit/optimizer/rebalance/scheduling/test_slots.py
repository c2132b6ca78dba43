"""Slots of jobs: the cadence and the rolls of overlays together."""

import datetime
from dataclasses import replace

import pytest

from counterpoise.model import (
    ContractTerms,
    MonthlyCadence,
    RebalanceJob,
    RollAnchor,
    RollTerms,
    Schedule,
)
from optimizer.rebalance.scheduling import calendars, schedule
from optimizer.rebalance.scheduling.calendars import CalendarEnds, business_days
from optimizer.rebalance.scheduling.slots import next_slots_of, slot_at, slots_of
from tests.rebalance_requests import job as unscheduled

UTC = datetime.UTC
MONTHLY = Schedule(
    time_zone="America/New_York",
    exchange_code="XNYS",
    time_of_day=datetime.time(16),
    monthly=MonthlyCadence(business_day=-1),
)
YEAR = (datetime.datetime(2025, 1, 1, tzinfo=UTC), datetime.datetime(2026, 1, 1, tzinfo=UTC))


def rolling(*terms: RollTerms | None, schedule: Schedule | None = MONTHLY) -> RebalanceJob:
    """A job whose first lines are overlays that roll so."""
    job = unscheduled()
    lines = job.problem.portfolio.lines
    index = next(index for index, line in enumerate(lines) if line.overlay is not None)
    overlays = tuple(
        replace(
            lines[index],
            line_id=f"future-{number}",
            overlay=replace(
                lines[index].overlay,
                contract=ContractTerms(point_value_amount=50.0, price=5_000.0, roll=roll),
            ),
        )
        for number, roll in enumerate(terms)
    )
    portfolio = replace(job.problem.portfolio, lines=(*overlays, *lines))
    return replace(job, problem=replace(job.problem, portfolio=portfolio), schedule=schedule)


def roll(anchor: RollAnchor, weekdays_before: int, month: int = 3) -> RollTerms:
    return RollTerms(contract_year=2025, contract_month=month, anchor=anchor, weekdays_before=weekdays_before)


# The third Fridays of March, June, September and December 2025 are 21, 20, 19 and 19.
WEEK_BEFORE = roll(RollAnchor.THIRD_FRIDAY, 6)


def shown(slots):
    return [(f"{slot.instant:%m-%d %H}", slot.scheduled, slot.rolling_line_ids) for slot in slots]


def test_rolls_are_slots_of_their_own_at_the_time_of_day():
    rolls = [slot for slot in slots_of(rolling(WEEK_BEFORE), *YEAR) if not slot.scheduled]
    assert shown(rolls) == [
        ("03-13 20", False, ("future-0",)),
        ("06-12 20", False, ("future-0",)),
        ("09-11 20", False, ("future-0",)),
        ("12-11 21", False, ("future-0",)),
    ]
    assert len(slots_of(rolling(WEEK_BEFORE), *YEAR)) == 16


def test_slots_are_in_order_and_each_is_there_once():
    instants = [slot.instant for slot in slots_of(rolling(WEEK_BEFORE, WEEK_BEFORE), *YEAR)]
    assert instants == sorted(set(instants))


def test_a_roll_on_a_day_of_the_cadence_is_one_slot_with_both():
    # One weekday before 1 September 2025, a Monday, is Friday 29 August, the last business day of its month.
    (slot,) = (
        slot
        for slot in slots_of(rolling(None, roll(RollAnchor.FIRST_OF_MONTH, 1), WEEK_BEFORE), *YEAR)
        if slot.instant.month == 8
    )
    assert shown([slot]) == [("08-29 20", True, ("future-1",))]


def test_a_roll_on_a_holiday_is_on_the_next_business_day():
    # 1 September 2025 was Labor Day.
    september = roll(RollAnchor.FIRST_OF_MONTH, 0, month=9)
    found = slots_of(rolling(september), *YEAR)
    assert ("09-02 20", False, ("future-0",)) in shown(found)
    late = datetime.datetime(2025, 9, 2, 12, tzinfo=UTC)
    assert shown(slots_of(rolling(september), late, late + datetime.timedelta(days=1))) == [
        ("09-02 20", False, ("future-0",))
    ]
    assert slots_of(rolling(september), late - datetime.timedelta(days=1), late) == ()


def test_the_start_is_in_and_the_end_is_not():
    instant, hour = datetime.datetime(2025, 3, 13, 20, tzinfo=UTC), datetime.timedelta(hours=1)
    assert slots_of(rolling(WEEK_BEFORE), instant - hour, instant) == ()
    assert len(slots_of(rolling(WEEK_BEFORE), instant, instant + hour)) == 1


def test_contracts_before_the_one_that_is_held_do_not_roll():
    found = slots_of(rolling(roll(RollAnchor.THIRD_FRIDAY, 6, month=9)), *YEAR)
    assert [slot.instant.month for slot in found if not slot.scheduled] == [9, 12]


@pytest.mark.parametrize("job", [rolling(WEEK_BEFORE, schedule=None), unscheduled()])
def test_without_a_schedule_there_are_no_slots(job):
    assert slots_of(job, *YEAR) == next_slots_of(job, YEAR[0]) == ()
    assert slot_at(job, datetime.datetime(2025, 3, 13, 20, tzinfo=UTC)) is None


def test_next_slots_have_rolls_among_them():
    now = datetime.datetime(2025, 2, 28, 21, tzinfo=UTC)
    found = next_slots_of(rolling(WEEK_BEFORE), now)
    assert [f"{slot.instant:%m-%d}" for slot in found] == ["03-13", "03-31", "04-30", "05-30", "06-12"]
    assert [slot.instant for slot in next_slots_of(rolling(WEEK_BEFORE), found[0].instant, 1)] == [
        found[1].instant
    ]


def test_rolls_are_slots_until_the_calendar_ends(monkeypatch):
    def days_until_2025(code, year):
        if year > 2025:
            raise CalendarEnds(f"{code} ends before {year}")
        return business_days(code, year)

    for module in (calendars, schedule):
        monkeypatch.setattr(module, "business_days", days_until_2025)
    march = replace(MONTHLY, monthly=MonthlyCadence(business_day=-1, months=(3,)))
    job = rolling(WEEK_BEFORE, schedule=march)
    shown = {
        "02-01": ["03-13", "03-31", "06-12", "09-11", "12-11"],
        "04-01": ["06-12", "09-11", "12-11"],
        "12-12": [],
    }
    for day, wanted in shown.items():
        now = datetime.datetime.fromisoformat(f"2025-{day}").replace(tzinfo=UTC)
        assert [f"{slot.instant:%m-%d}" for slot in next_slots_of(job, now)] == wanted
        assert [f"{slot.instant:%m-%d}" for slot in next_slots_of(job, now, 1)] == wanted[:1]
    assert next_slots_of(job, datetime.datetime(2026, 2, 1, tzinfo=UTC)) == ()


def test_a_slot_is_found_by_its_instant_in_whichever_zone():
    job = rolling(WEEK_BEFORE)
    instant = datetime.datetime(2025, 3, 13, 20, tzinfo=UTC)
    found = slot_at(job, instant.astimezone(datetime.timezone(datetime.timedelta(hours=9))))
    assert found is not None
    assert found.rolling_line_ids == ("future-0",)
    for other in (instant + datetime.timedelta(seconds=1), instant - datetime.timedelta(days=1)):
        assert slot_at(job, other) is None
    for year in (1, 1800, 2300, 9999):
        assert slot_at(job, datetime.datetime(year, 1, 2, 21, tzinfo=UTC)) is None
    assert slot_at(job, datetime.datetime.max.replace(tzinfo=UTC)) is None
