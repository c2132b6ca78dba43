"""A year of slots on a real store by a clock that is set, against days and offsets that are written out."""

import datetime
from dataclasses import replace

import pytest

from counterpoise.model import GetRebalanceJobRequest, MonthlyCadence
from optimizer.rebalance.scheduling.due import NextSlots
from optimizer.store import reading, verify_audit
from tests.office import TENANT
from tests.scheduling import (
    DAILY,
    DAY,
    UTC,
    decide_at,
    end_runs,
    hasty_office,
    rolling_fund,
    runs_of,
    schedule_job,
)

# Published by the exchanges for 2025. On 3 July, 28 November and 24 December New York closes early, on
# 24 and 31 December London and Sydney do: these are business days.
CLOSED = {
    "XNYS": "01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25",
    "XLON": "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26",
    "XASX": "01-01 01-27 04-18 04-21 04-25 06-09 12-25 12-26",
}
# Hours ahead of UTC from a day on, and business days of 2025 as counted by hand from the above.
PLACES = {
    "XNYS": ("America/New_York", "16:30", {"01-01": -5, "03-09": -4, "11-02": -5}, 250),
    "XLON": ("Europe/London", "07:00", {"01-01": 0, "03-30": 1, "10-26": 0}, 253),
    "XASX": ("Australia/Sydney", "10:00", {"01-01": 11, "04-06": 10, "10-05": 11}, 253),
}
# Last business days of months at 16:30 in New York, and the future's roll two weekdays before the first of
# March, June, September and December; the last of these is Thanksgiving, so that it is on the day after.
MONTH_ENDS = "01-31 02-28 03-31 04-30 05-30 06-30 07-31 08-29 09-30 10-31 11-28 12-31"
ROLLS = "02-27 05-29 08-28 11-28"


def instant(day, code):
    _, time, offsets, _ = PLACES[code]
    hours = next(hours for since, hours in reversed(offsets.items()) if since <= f"{day:%m-%d}")
    zone = datetime.timezone(datetime.timedelta(hours=hours))
    return datetime.datetime.combine(day, datetime.time.fromisoformat(time), zone).astimezone(UTC)


def business_days(code):
    days = [datetime.date(2025, 1, 1) + number * DAY for number in range(365)]
    return [day for day in days if day.weekday() < 5 and f"{day:%m-%d}" not in CLOSED[code].split()]


def wanted_slots():
    """Instants of every job, from what is written out above alone."""
    slots = {code: [instant(day, code) for day in business_days(code)] for code in PLACES}
    days = sorted({*MONTH_ENDS.split(), *ROLLS.split()})
    slots["rolls"] = [instant(datetime.date.fromisoformat(f"2025-{day}"), "XNYS") for day in days]
    return slots


def schedule_in(code):
    zone, time, _, _ = PLACES[code]
    return replace(DAILY, time_zone=zone, exchange_code=code, time_of_day=datetime.time.fromisoformat(time))


@pytest.fixture
def office(tmp_path):
    office = hasty_office(tmp_path)
    office.now = datetime.datetime(2024, 12, 31, 22, tzinfo=UTC)  # the slot of Sydney's 31 December is over
    for code in PLACES:
        schedule_job(office, code.lower(), schedule_in(code))
    monthly = replace(schedule_in("XNYS"), daily=None, monthly=MonthlyCadence(business_day=-1))
    schedule_job(office, "rolls", monthly, problem=rolling_fund())
    return office


def test_the_year_is_the_one_that_was_published():
    slots = wanted_slots()
    for code, (_, _, _, count) in PLACES.items():
        assert len(slots[code]) == count
    assert [f"{slot:%m-%d %H:%M}" for slot in slots["XNYS"] if slot.month == 3][:7] == [
        "03-03 21:30", "03-04 21:30", "03-05 21:30", "03-06 21:30",
        "03-07 21:30", "03-10 20:30", "03-11 20:30",
    ]  # fmt: skip
    assert [f"{slot:%m-%d %H}" for slot in slots["XASX"] if slot.month == 4][:5] == [
        "04-01 23", "04-02 23", "04-03 23", "04-07 00", "04-08 00",
    ]  # fmt: skip


def test_every_slot_of_a_year_is_run_once_and_on_time(office):
    wanted = wanted_slots()
    names = {key: f"{TENANT}/rebalanceJobs/{key.lower()}" for key in wanted}
    known = NextSlots()
    for slot in sorted({slot for slots in wanted.values() for slot in slots}):
        assert decide_at(office, slot - datetime.timedelta(seconds=1), known) == []
        due = {names[key] for key, slots in wanted.items() if slot in slots}
        if slot.day < 4:  # at the beginnings of months, since computing them takes a while
            for key in wanted:
                shown = office.call(GetRebalanceJobRequest(name=names[key])).rebalance_job.next_slot_times
                rest = [item for item in wanted[key] if item > office.now][:5]
                assert list(shown)[: len(rest)] == rest
            assert {item.job_name for item in decide_at(office, office.now)} == set()
        decided = decide_at(office, slot, known)
        assert {item.job_name for item in decided} == due
        assert {(item.run_slot, item.skipped_count) for item in decided} == {(slot, 0)}
        assert decide_at(office, slot, known) == []
        end_runs(office.desk)
    for key, slots in wanted.items():
        rows = runs_of(office.engine, names[key])
        assert [row.slot_instant for row in rows] == [row.create_instant for row in rows] == slots
    with reading(office.engine) as connection:
        verify_audit(connection)
