"""Calendars that end, and errors that pass: no slot is lost to them, and somebody is told."""

import datetime
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from counterpoise.model import GetRebalanceJobRequest, MonthlyCadence, PauseRebalanceJobRequest, RunPolicy
from optimizer.rebalance.scheduling import calendars, due, schedule
from optimizer.rebalance.scheduling.calendars import CalendarEnds, CalendarFails
from optimizer.rebalance.scheduling.due import NextSlots
from optimizer.telemetry.schedule_metrics import ScheduleMetrics
from tests.office import JOB, new_id
from tests.scheduling import (
    DAILY,
    DAY,
    HOUR,
    MINUTE,
    UTC,
    decide_at,
    end_runs,
    hasty_office,
    rolling_fund,
    schedule_job,
    slots_by_state,
)

MONDAY = datetime.datetime(2025, 3, 3, 14, 30, tzinfo=UTC)
LATE = replace(DAILY, time_of_day=datetime.time(23, 58))
NEW_YEAR = datetime.datetime(2026, 1, 1, 5, tzinfo=UTC)
"""In New York; two minutes after the last slot of a year at 23:58."""
business_days = calendars.business_days


@pytest.fixture
def office(tmp_path):
    office = hasty_office(tmp_path)
    office.registry = CollectorRegistry()
    office.desk = replace(office.desk, metrics=ScheduleMetrics(office.registry))
    return office


def jobs_without_slots(office):
    return office.registry.get_sample_value("counterpoise_jobs_without_slots")


def change_days(monkeypatch, days):
    for module in (calendars, schedule):
        monkeypatch.setattr(module, "business_days", days)


@pytest.fixture
def ends_with_2025(monkeypatch):
    def days_until_2025(code, year):
        if year > 2025:
            raise CalendarEnds(f"{code} ends before {year}; install a newer one")
        return business_days(code, year)

    change_days(monkeypatch, days_until_2025)


@pytest.mark.usefixtures("ends_with_2025")
@pytest.mark.parametrize("late", [0 * MINUTE, 2 * MINUTE, 9 * HOUR, 40 * DAY])
def test_the_last_slots_of_a_calendar_are_decided_whenever_somebody_is_there_again(office, late):
    office.now = NEW_YEAR - 2 * DAY
    schedule_job(office, schedule=LATE, run_policy=RunPolicy(catch_up_window=50 * DAY))
    known = NextSlots()
    decide_at(office, office.now, known)
    (decided,) = decide_at(office, NEW_YEAR + late, known)
    assert (decided.run_slot, decided.skipped_count) == (NEW_YEAR - 2 * MINUTE, 1)
    assert slots_by_state(office.engine, JOB) == [("01-01 04:58", "PENDING"), ("12-31 04:58", "SKIPPED")]


@pytest.mark.usefixtures("ends_with_2025")
def test_the_end_of_a_calendar_is_in_the_log_once_and_shown(office):
    office.now = NEW_YEAR - DAY
    schedule_job(office, schedule=LATE)
    known = NextSlots()
    with capture_logs() as logs:
        decide_at(office, office.now, known)
        assert (jobs_without_slots(office), logs) == (0, [])
        for hours in range(3):
            decide_at(office, NEW_YEAR + hours * HOUR, known)
    assert jobs_without_slots(office) == 1
    (line,) = (line for line in logs if line["log_level"] == "error")
    assert (line["job"], line["error"]) == (JOB, "XNYS ends before 2026; install a newer one")
    office.call(PauseRebalanceJobRequest(name=JOB, comment="no calendar", request_id=new_id()))
    decide_at(office, NEW_YEAR + DAY, known)
    assert jobs_without_slots(office) == 0


@pytest.mark.usefixtures("ends_with_2025")
def test_rolls_are_decided_where_the_next_slot_of_the_cadence_is_past_the_calendar(office):
    march = replace(DAILY, daily=None, monthly=MonthlyCadence(business_day=-1, months=(3,)))
    office.now = MONDAY
    schedule_job(office, schedule=march, problem=rolling_fund())
    known = NextSlots()
    decide_at(office, MONDAY + 30 * DAY, known)
    rolls = office.call(GetRebalanceJobRequest(name=JOB)).rebalance_job.next_slot_times
    assert [f"{slot:%m}" for slot in rolls] == ["05", "08", "11"]
    for instant in rolls:
        (decided,) = decide_at(office, instant, known)
        assert decided.run_slot == instant
        assert jobs_without_slots(office) == 0
        end_runs(office.desk)
    decide_at(office, instant, known)
    assert jobs_without_slots(office) == 1


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), LookupError("no such zone")], ids=str)
@pytest.mark.parametrize("work", ["first_slots_of", "slots_until"])
def test_an_error_that_passes_costs_a_job_no_slot(office, monkeypatch, error, work):
    real, fails = getattr(due, work), [True]

    def sometimes(*given):
        if fails[0]:
            raise error
        return real(*given)

    monkeypatch.setattr(due, work, sometimes)
    office.now = MONDAY - HOUR
    schedule_job(office)
    known = NextSlots()
    with capture_logs() as logs:
        for minutes in range(3):
            assert decide_at(office, MONDAY + minutes * MINUTE, known) == []
    assert [(line["log_level"], line["job"], line["error"]) for line in logs] == [("error", JOB, str(error))]
    assert jobs_without_slots(office) == 1
    fails[0] = False
    (decided,) = decide_at(office, MONDAY + 3 * MINUTE, known)
    assert decided.run_slot == MONDAY
    assert jobs_without_slots(office) == 0
    fails[0] = True
    with capture_logs() as logs:
        decide_at(office, MONDAY + DAY, known)
    assert [line["log_level"] for line in logs] == ["error"], "what came back is told again"


def test_a_calendar_that_fails_for_a_moment_has_not_ended(office, monkeypatch):
    office.now = MONDAY - HOUR
    schedule_job(office)

    def fails(code, year):
        raise CalendarFails(f"{code} cannot be read for {year}")

    change_days(monkeypatch, fails)
    known = NextSlots()
    assert decide_at(office, MONDAY - HOUR, known) == []
    shown = office.call(GetRebalanceJobRequest(name=JOB)).rebalance_job
    assert shown.next_slot_times == ()
    change_days(monkeypatch, business_days)
    (decided,) = decide_at(office, MONDAY, known)
    assert decided.run_slot == MONDAY


def test_what_keeps_a_calendar_from_being_read_is_not_its_end(monkeypatch):
    def too_many_files(*_, **__):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("exchange_calendars.get_calendar", too_many_files)
    with pytest.raises(CalendarFails, match=r"XNYS .* 1999: .*Too many open files"):
        business_days("XNYS", 1999)
    monkeypatch.undo()
    assert len(business_days("XNYS", 1999)) == 252
