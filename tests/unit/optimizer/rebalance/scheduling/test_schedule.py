"""Slots of schedules against plain loops over dates, published holidays and clocks of many places."""

import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from counterpoise.model import DailyCadence, MonthlyCadence, Schedule, Weekday, WeeklyCadence
from optimizer.rebalance.scheduling import calendars, schedule
from optimizer.rebalance.scheduling.calendars import CalendarEnds, business_days
from optimizer.rebalance.scheduling.schedule import due_slots, next_slots, schedule_violations

UTC = datetime.UTC
DAY = datetime.timedelta(days=1)
# Published by the exchanges for 2025.
CLOSED = {
    "XNYS": "01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25",
    "XLON": "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26",
}
ZONES = {"XNYS": "America/New_York", "XLON": "Europe/London"}
YEAR = (datetime.datetime(2025, 1, 1, tzinfo=UTC), datetime.datetime(2026, 1, 1, tzinfo=UTC))


def at(text, code="XNYS", zone=None, **cadence):
    return Schedule(
        time_zone=zone or ZONES[code],
        exchange_code=code,
        time_of_day=datetime.time.fromisoformat(text),
        **(cadence or {"daily": DailyCadence()}),
    )


def days(asked, start=YEAR[0], end=YEAR[1]):
    """Local dates of slots, as month and day."""
    zone = ZoneInfo(asked.time_zone)
    return [f"{slot.astimezone(zone):%m-%d}" for slot in due_slots(asked, start, end)]


def first_shown(day, time, zone):
    """The first of all half hours at which a clock shows a time of a day, or is past it."""
    wall = datetime.datetime.combine(day, time)
    instant = wall.replace(tzinfo=UTC) - datetime.timedelta(hours=15)
    while instant.astimezone(zone).replace(tzinfo=None) < wall:
        instant += datetime.timedelta(minutes=30)
    return instant


@pytest.mark.parametrize("code", CLOSED)
@pytest.mark.parametrize("text", ["09:30", "01:30", "02:30", "00:00", "23:30"])
def test_a_year_of_days_is_that_of_a_plain_loop(code, text):
    zone, time = ZoneInfo(ZONES[code]), datetime.time.fromisoformat(text)
    wanted, day = [], datetime.date(2025, 1, 1)
    while day.year == 2025:
        if day.weekday() < 5 and f"{day:%m-%d}" not in CLOSED[code]:
            wanted.append(first_shown(day, time, zone))
        day += DAY
    start, end = (datetime.datetime(year, 1, 1, tzinfo=zone) for year in (2025, 2026))
    assert list(due_slots(at(text, code), start, end)) == wanted


def test_slots_are_in_utc_and_move_with_the_clock():
    assert all(slot.utcoffset() == 0 * DAY for slot in due_slots(at("09:30"), *YEAR))
    around = datetime.datetime(2025, 3, 7, tzinfo=UTC), datetime.datetime(2025, 3, 11, tzinfo=UTC)
    assert [f"{slot:%d %H:%M}" for slot in due_slots(at("09:30"), *around)] == ["07 14:30", "10 13:30"]


def test_early_closes_are_business_days_and_holidays_are_none():
    found = days(at("09:30"))
    assert {"07-03", "11-28", "12-24"} <= set(found)
    assert set(found).isdisjoint(CLOSED["XNYS"].split())


def test_the_start_is_in_and_the_end_is_not():
    slot = datetime.datetime(2025, 3, 4, 14, 30, tzinfo=UTC)
    tick = datetime.datetime.resolution
    assert due_slots(at("09:30"), slot, slot + tick) == (slot,)
    assert due_slots(at("09:30"), slot - tick, slot) == ()
    assert due_slots(at("09:30"), slot + tick, slot + DAY) == ()
    assert due_slots(at("09:30"), slot, slot) == due_slots(at("09:30"), slot + DAY, slot) == ()
    assert next_slots(at("09:30"), slot, 1) == (slot + DAY,)
    assert next_slots(at("09:30"), slot - tick, 1) == (slot,)


@pytest.mark.parametrize("cadence", [
    {"daily": DailyCadence()},
    {"weekly": WeeklyCadence(day_of_week=Weekday.THURSDAY)},
    {"monthly": MonthlyCadence(business_day=-1)},
], ids=str)  # fmt: skip
def test_cutting_an_interval_loses_and_doubles_nothing(cadence):
    asked = at("23:30", zone="Pacific/Auckland", **cadence)
    cuts = [YEAR[0] + hours * datetime.timedelta(hours=7) for hours in range(1252)] + [YEAR[1]]
    parts = [slot for cut in pairwise(cuts) for slot in due_slots(asked, *cut)]
    assert parts == list(due_slots(asked, *YEAR))
    walked, now = [], YEAR[0] - datetime.datetime.resolution
    while now < YEAR[1] and len(walked) <= len(parts):
        (now,) = next_slots(asked, now, 1)
        walked.append(now)
    assert walked[: len(parts)] == parts


# Clocks that change on business days


def test_a_skipped_time_of_a_business_day_runs_at_the_end_of_the_gap():
    # In Cairo clocks went from 00:00 to 01:00 on Friday 25 April 2025.
    asked = at("00:30", zone="Africa/Cairo")
    start = datetime.datetime(2025, 4, 23, 12, tzinfo=UTC)
    assert [f"{slot:%d %H:%M}" for slot in due_slots(asked, start, start + 5 * DAY)] == [
        "23 22:30", "24 22:00", "27 21:30",
    ]  # fmt: skip


def test_a_time_that_comes_twice_on_a_business_day_runs_once_the_first_time():
    # In Cairo clocks went from 24:00 back to 23:00 on Thursday 30 October 2025.
    asked = at("23:30", zone="Africa/Cairo")
    start = datetime.datetime(2025, 10, 29, tzinfo=UTC)
    assert [f"{slot:%d %H:%M}" for slot in due_slots(asked, start, start + 3 * DAY)] == [
        "29 20:30", "30 20:30", "31 21:30",
    ]  # fmt: skip


# Samoa had no Friday 30 December 2011: what was to run on it runs at the first instant of Saturday.
SATURDAY_IN_SAMOA = datetime.datetime(2011, 12, 30, 10, tzinfo=UTC)


def test_a_day_that_a_zone_skipped_runs_at_the_first_instant_of_the_next():
    asked = at("12:00", zone="Pacific/Apia")
    for start in (SATURDAY_IN_SAMOA - DAY, SATURDAY_IN_SAMOA):
        found = due_slots(asked, start, SATURDAY_IN_SAMOA + 2 * DAY)
        assert found[-1:] == (SATURDAY_IN_SAMOA,)


def test_two_days_with_the_same_instant_run_once(monkeypatch):
    every_day = tuple(datetime.date(2011, 12, day) for day in range(1, 32))
    monkeypatch.setattr(calendars, "business_days", lambda code, year: every_day)
    start = datetime.datetime(2011, 12, 29, tzinfo=UTC)
    found = due_slots(at("00:00", zone="Pacific/Apia"), start, start + 2 * DAY)
    assert [f"{slot:%d %H}" for slot in found] == ["29 10", "30 10"]


# Weeks


def test_weekly_takes_the_next_business_day_where_mondays_are_holidays():
    found = days(at("16:00", weekly=WeeklyCadence(day_of_week=Weekday.MONDAY)))
    assert len(found) == 52
    assert {"01-21", "02-18", "05-27", "09-02"} <= set(found)
    assert {"01-20", "02-17", "05-26", "09-01"}.isdisjoint(found)


def test_weekly_goes_into_the_next_week_over_a_long_weekend():
    found = days(at("16:00", "XLON", weekly=WeeklyCadence(day_of_week=Weekday.FRIDAY)))
    assert [day for day in found if day.startswith("04")] == ["04-04", "04-11", "04-22", "04-25"]


@pytest.mark.parametrize("day", [Weekday.SATURDAY, Weekday.SUNDAY])
def test_weekends_are_the_next_business_day(day):
    found = days(at("16:00", weekly=WeeklyCadence(day_of_week=day)))
    assert found == days(at("16:00", weekly=WeeklyCadence(day_of_week=Weekday.MONDAY)))


def test_two_weeks_whose_day_falls_into_one_closure_run_once():
    # Shanghai was closed from 1 to 8 October 2025, both of them Wednesdays.
    asked = at("09:30", "XSHG", zone="Asia/Shanghai", weekly=WeeklyCadence(day_of_week=Weekday.WEDNESDAY))
    start = datetime.datetime(2025, 9, 24, tzinfo=UTC)
    assert days(asked, start, start + 28 * DAY) == ["09-24", "10-09", "10-15"]


# Months


def test_business_days_are_counted_from_both_ends():
    last = "01-31 02-28 03-31 04-30 05-30 06-30 07-31 08-29 09-30 10-31 11-28 12-31"
    first = "01-02 02-03 03-03 04-01 05-01 06-02 07-01 08-01 09-02 10-01 11-03 12-01"
    assert " ".join(days(at("16:00", monthly=MonthlyCadence(business_day=-1)))) == last
    assert " ".join(days(at("16:00", monthly=MonthlyCadence(business_day=1)))) == first
    assert days(at("16:00", monthly=MonthlyCadence(business_day=-2)))[10:] == ["11-26", "12-30"]


@pytest.mark.parametrize("months", [(3, 6, 9, 12), (12, 3, 9, 6)])
def test_quarter_months_in_whatever_order(months):
    asked = at("16:00", monthly=MonthlyCadence(business_day=-1, months=months))
    assert days(asked) == ["03-31", "06-30", "09-30", "12-31"]


def test_a_month_with_too_few_business_days_takes_the_last_that_it_has():
    # February 2025 had 19.
    assert days(at("16:00", monthly=MonthlyCadence(business_day=20, months=(2, 3)))) == ["02-28", "03-28"]
    assert days(at("16:00", monthly=MonthlyCadence(business_day=-20, months=(2, 3)))) == ["02-03", "03-04"]


def test_the_leap_day_is_the_last_of_its_february():
    asked = at("16:00", monthly=MonthlyCadence(business_day=-1, months=(2,)))
    found = next_slots(asked, datetime.datetime(2024, 1, 1, tzinfo=UTC), 2)
    assert [f"{slot:%Y-%m-%d}" for slot in found] == ["2024-02-29", "2025-02-28"]


def test_next_slots_are_five_and_after_now():
    now = datetime.datetime(2025, 12, 23, 21, tzinfo=UTC)
    found = next_slots(at("16:00"), now)
    assert [f"{slot:%d %H:%M}" for slot in found] == [
        "24 21:00",
        "26 21:00",
        "29 21:00",
        "30 21:00",
        "31 21:00",
    ]


# Where calendars end


def test_beyond_the_calendar_an_error_says_so():
    far = datetime.datetime(2200, 1, 1, tzinfo=UTC)
    with pytest.raises(
        CalendarEnds, match=r"calendar of XSHG has no business days of 2\d{3}: .*exchange-calendars"
    ):
        due_slots(at("09:30", "XSHG", zone="Asia/Shanghai"), far, far + 40 * DAY)
    assert next_slots(at("09:30", "XSHG", zone="Asia/Shanghai"), far) == ()
    with pytest.raises(CalendarEnds, match="XNYS"):
        business_days("XNYS", 2300)


CADENCES = [
    {"daily": DailyCadence()},
    {"weekly": WeeklyCadence(day_of_week=Weekday.WEDNESDAY)},
    {"monthly": MonthlyCadence(business_day=-1)},
    {"monthly": MonthlyCadence(business_day=1, months=(3,))},
]


@pytest.mark.parametrize("cadence", CADENCES, ids=str)
def test_up_to_the_last_day_of_a_calendar_there_is_no_error(monkeypatch, cadence):
    def days_until_2025(code, year):
        if year > 2025:
            raise CalendarEnds(f"{code} ends before {year}")
        return business_days(code, year)

    asked = at("16:00", **cadence)
    wanted = due_slots(asked, *YEAR)
    five = next_slots(asked, wanted[-1] - DAY)
    for module in (calendars, schedule):
        monkeypatch.setattr(module, "business_days", days_until_2025)
    new_york = ZoneInfo("America/New_York")
    end = datetime.datetime(2025, 12, 31, 23, 59, tzinfo=new_york)
    assert due_slots(asked, YEAR[0], end) == wanted
    assert next_slots(asked, wanted[-1] - DAY) == (wanted[-1],) == five[:1]
    with pytest.raises(CalendarEnds, match="2026"):
        due_slots(asked, YEAR[0], datetime.datetime(2026, 6, 1, tzinfo=UTC))


# What a server knows


@pytest.mark.parametrize(
    ("zone", "code", "wrong"),
    [
        ("America/New_York", "XNYS", []),
        ("UTC", "XNAS", []),
        ("Europe/Atlantis", "XNYS", ["time_zone"]),
        ("America/new_york", "XNYS", ["time_zone"]),
        ("localtime", "XNYS", ["time_zone"]),
        ("America/New_York", "XXXX", ["exchange_code"]),
        ("America/New_York", "NYSE", ["exchange_code"]),
        ("Mars", "XXXX", ["time_zone", "exchange_code"]),
    ],
)
def test_zones_and_exchanges_have_to_exist(zone, code, wrong):
    found = schedule_violations(at("09:30", code, zone=zone), YEAR[0])
    assert [violation.field for violation in found] == [f"rebalance_job.schedule.{name}" for name in wrong]
    assert all(violation.reason.name == "ID_UNKNOWN" for violation in found)


def test_a_calendar_that_has_ended_is_refused():
    asked = at("09:30", "XSHG", zone="Asia/Shanghai")
    (violation,) = schedule_violations(asked, datetime.datetime(2200, 1, 1, tzinfo=UTC))
    assert violation.field == "rebalance_job.schedule.exchange_code"
    assert "2199" in violation.message or "2200" in violation.message
