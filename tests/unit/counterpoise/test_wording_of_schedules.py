"""Schedules, slots, triggers and spans in words."""

import datetime
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.model import (
    DailyCadence,
    MonthlyCadence,
    RebalanceRun,
    RollAnchor,
    RollTerms,
    RunPolicy,
    Schedule,
    Trigger,
    Weekday,
    WeeklyCadence,
)
from counterpoise.wording import schedules, spans, starts, triggers
from tests import sample_rebalance
from tests import sample_schedule as sample
from tests.rebalancing import fund

DAILY = Schedule(
    time_zone="Europe/London", exchange_code="XLON", time_of_day=datetime.time(8), daily=DailyCadence()
)


def monthly(day, *months):
    return replace(DAILY, daily=None, monthly=MonthlyCadence(business_day=day, months=months))


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (DAILY, "every business day of XLON at 08:00 London time"),
        (
            replace(DAILY, daily=None, weekly=WeeklyCadence(day_of_week=Weekday.FRIDAY), time_zone="UTC"),
            "every Friday, or the next business day of XLON, at 08:00 UTC",
        ),
        (monthly(1), "the 1st business day of XLON in every month at 08:00 London time"),
        (monthly(-1), "the last business day of XLON in every month at 08:00 London time"),
        (monthly(-2, 6), "the 2nd last business day of XLON in June at 08:00 London time"),
        (
            monthly(11, 12, 3, 6),
            "the 11th business day of XLON in March, June and December at 08:00 London time",
        ),
        (
            replace(DAILY, time_zone="America/Argentina/Buenos_Aires", time_of_day=datetime.time(0, 0, 5)),
            "every business day of XLON at 00:00:05 Buenos Aires time",
        ),
        (replace(DAILY, time_zone="Etc/GMT+5"), "every business day of XLON at 08:00 Etc/GMT+5"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_schedule_is_told_as_a_calendar(schedule, words):
    assert schedules.schedule_in_words(schedule) == words


def test_rolls_are_told_where_contracts_roll():
    assert schedules.schedule_in_words(DAILY, fund()).endswith("at 08:00 London time")
    assert schedules.schedule_in_words(DAILY, rolling_fund()).endswith("at 08:00 London time; rolls too")


def rolling_fund():
    """The fund with a contract that rolls."""
    roll = RollTerms(
        contract_year=2025, contract_month=12, anchor=RollAnchor.FIRST_OF_MONTH, weekdays_before=4
    )
    problem = fund()
    lines = tuple(
        line
        if line.overlay is None
        else replace(line, overlay=replace(line.overlay, contract=replace(line.overlay.contract, roll=roll)))
        for line in problem.portfolio.lines
    )
    return replace(problem, portfolio=replace(problem.portfolio, lines=lines))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (20, "20th"),
        (-1, "last"),
        (-3, "3rd last"),
    ],
)
def test_business_days_are_counted_from_either_end(number, words):
    assert f"the {words} business day" in schedules.schedule_in_words(monthly(number))


def test_a_slot_is_told_with_its_weekday_and_as_it_is_typed():
    assert schedules.slot_in_words(sample.SLOT) == "Friday 2025-11-28 21:30 UTC"
    assert schedules.local_slot(sample.SLOT, schedules.zone_of(sample.SCHEDULE)) == "Friday 2025-11-28 16:30"
    assert schedules.typed_slot(sample.SLOT) == "2025-11-28T21:30Z"
    assert schedules.typed_slot(sample.SLOT + datetime.timedelta(seconds=5)) == "2025-11-28T21:30:05Z"


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "../x", ""])
def test_a_zone_that_this_machine_does_not_know_is_none(zone):
    assert schedules.zone_of(replace(DAILY, time_zone=zone)) is None
    assert schedules.zone_of(None) is None


def test_missed_slots_are_told():
    assert schedules.catch_up_in_words(RunPolicy()) == "are skipped"
    assert schedules.catch_up_in_words(sample.RUN_POLICY).endswith("which is run up to 2 days late")


@pytest.mark.parametrize(
    ("trigger", "fires", "rearms", "value", "words"),
    [
        (
            "drift",
            "a line is more than 3.00 % of NAV from where the last run left it",
            "at 2.70 % or less",
            0.02,
            "2.00 %",
        ),
        ("gross", "leverage (gross notional) is above 1.30x", "at 1.25x or less", 1.204, "1.20x"),
        ("money", "least coverage, money over need, is below 2.00x", "at 2.10x or more", 1000.0, ">100x"),
        ("active", "active risk is above 4.00 % a year", "at 3.80 % or less", 0.025, "2.50 %"),
        ("old", "marks are older than 3 days; starts no run", "with younger marks", 1.26, "1.3 days"),
        ("old", "marks are older than 3 days; starts no run", "with younger marks", -0.4, "0.0 days"),
    ],
)
def test_a_trigger_says_when_it_fires_and_when_it_is_armed_again(trigger, fires, rearms, value, words):
    (asked,) = (item for item in sample.TRIGGERS if item.trigger_id == trigger)
    watched = triggers.watched_by(asked)
    assert (watched.fires, watched.rearms, watched.in_words(value)) == (fires, rearms, words)


def test_a_trigger_of_a_newer_server_is_told_as_such():
    watched = triggers.watched_by(Trigger(trigger_id="new"))
    assert watched.fires == "of a kind newer than this client"
    assert watched.in_words(0.25) == "0.25"


def test_a_run_says_why_it_was_started():
    by_hand = RebalanceRun(name=sample_rebalance.RUN)
    assert (starts.started_for(by_hand), starts.why_started(by_hand)) == (
        "",
        "It was started by hand, for no slot of a schedule.",
    )
    triggered = replace(by_hand, trigger_id="drift")
    assert (starts.started_for(triggered), starts.why_started(triggered)) == (
        "trigger drift",
        "Trigger drift started it.",
    )
    slotted = replace(by_hand, slot_time=sample.SLOT)
    assert (starts.started_for(slotted), starts.why_started(slotted)) == (
        "slot 2025-11-28 21:30 UTC",
        "It is the run of the slot of Friday 2025-11-28 21:30 UTC.",
    )


def test_a_skipped_slot_says_how_it_is_run_all_the_same():
    *_, remedy = starts.skipped_in_words(sample.skipped())
    assert remedy.endswith("counterpoise jobs backfill monthly 2025-11-28T21:30Z")
    assert starts.skipped_in_words(RebalanceRun()) == ("It has no run of its own.",)


@pytest.mark.parametrize(
    ("text", "seconds"), [("4d", 345_600), ("1d12h", 129_600), ("90m", 5400), ("129600s", 129_600), ("0d", 0)]
)
def test_a_span_is_read_as_options_and_files_write_it(text, seconds):
    assert spans.span_of(text) == datetime.timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "1", "d", "12h1d", "-1d", "1.5d", "1w", "1 d", "\u0661d", "9999999999s"]
)
def test_what_is_no_span_is_refused(text):
    with pytest.raises(ValueError, match="is no span"):
        spans.span_of(text)


@given(st.integers(0, 10**10))
def test_a_span_that_is_written_is_read_back(seconds):
    span = datetime.timedelta(seconds=seconds)
    assert spans.span_of(spans.written(span)) == span


@pytest.mark.parametrize("span", [datetime.timedelta(seconds=-1), datetime.timedelta(microseconds=1)])
def test_a_span_that_cannot_be_written_is_refused(span):
    with pytest.raises(ValueError, match="no span of whole seconds"):
        spans.written(span)


@pytest.mark.parametrize("text", ["9:30", "24:00", "16.30", "16:30Z", "163000", "16:30:00.5", ""])
def test_what_is_no_time_of_day_is_refused(text):
    with pytest.raises(ValueError, match=r"time of day|hour must be"):
        spans.time_of(text)
