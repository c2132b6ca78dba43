"""Which slots are run and which are skipped: late schedulers, clocks that are wrong, runs that overlap."""

import datetime

import numpy as np
import pytest

from counterpoise.model import DailyCadence, OverlapPolicy, RunPolicy, Schedule
from optimizer.rebalance.scheduling.missed import Cancelled, Decision, decide
from optimizer.rebalance.scheduling.schedule import due_slots

UTC = datetime.UTC
HOUR, MINUTE = datetime.timedelta(hours=1), datetime.timedelta(minutes=1)
DAILY = Schedule(
    time_zone="America/New_York",
    exchange_code="XNYS",
    time_of_day=datetime.time(9, 30),
    daily=DailyCadence(),
)
MONDAY, TUESDAY, WEDNESDAY = (datetime.datetime(2025, 3, day, 14, 30, tzinfo=UTC) for day in (3, 4, 5))
BACK = datetime.datetime(2025, 3, 5, 12, tzinfo=UTC)
"""After 48 hours down."""


def slots(start, end):
    return due_slots(DAILY, start, end)


def policy(hours=None, overlap=None):
    window = None if hours is None else hours * HOUR
    return RunPolicy(catch_up_window=window, overlap_policy=overlap)


def after_48_hours(wanted, **state):
    missed = slots(BACK - 48 * HOUR, BACK)
    assert missed == (MONDAY, TUESDAY)
    return decide(missed, BACK, MONDAY - 72 * HOUR, wanted, **({"running": False} | state))


@pytest.mark.parametrize("wanted", [None, policy(), policy(21)])
def test_after_two_days_down_every_missed_slot_is_skipped(wanted):
    assert after_48_hours(wanted) == Decision(skip=(MONDAY, TUESDAY))


@pytest.mark.parametrize("hours", [21.5, 24, 72])
def test_with_catching_up_the_latest_alone_is_run(hours):
    assert after_48_hours(policy(hours)) == Decision(run=TUESDAY, skip=(MONDAY,))


@pytest.mark.parametrize(
    ("late", "runs"),
    [(0 * MINUTE, True), (5 * MINUTE, True), (5 * MINUTE + datetime.timedelta(seconds=1), False)],
)
@pytest.mark.parametrize("wanted", [None, policy(1 / 60)])
def test_five_minutes_late_is_on_time(late, runs, wanted):
    wanted = decide([MONDAY], MONDAY + late, None, wanted, running=False)
    assert wanted == (Decision(run=MONDAY) if runs else Decision(skip=(MONDAY,)))


def test_slots_to_come_stay_undecided():
    assert decide([MONDAY, TUESDAY], MONDAY - MINUTE, None, None, running=False) == Decision()
    assert decide([MONDAY, TUESDAY], MONDAY, None, None, running=False) == Decision(run=MONDAY)
    assert decide([], MONDAY, None, None, running=False) == Decision()


def test_what_was_decided_stays_so_when_the_clock_goes_back():
    for now in (MONDAY - 2 * HOUR, MONDAY, MONDAY + MINUTE):
        assert decide([MONDAY], now, MONDAY, policy(24), running=False) == Decision()


@pytest.mark.parametrize(
    ("overlap", "wanted"),
    [
        (None, Decision(skip=(MONDAY,))),
        (OverlapPolicy.SKIP, Decision(skip=(MONDAY,))),
        (OverlapPolicy.QUEUE_LATEST, Decision(run=MONDAY, cancel=Cancelled.WAITING)),
        (OverlapPolicy.CANCEL_RUNNING, Decision(run=MONDAY, cancel=Cancelled.ALL)),
    ],
)
def test_overlap_follows_its_policy(overlap, wanted):
    assert decide([MONDAY], MONDAY, None, policy(overlap=overlap), running=True) == wanted
    assert decide([MONDAY], MONDAY, None, policy(overlap=overlap), running=False) == Decision(run=MONDAY)


def test_a_slot_that_is_too_old_cancels_nothing():
    wanted = policy(overlap=OverlapPolicy.CANCEL_RUNNING)
    assert after_48_hours(wanted, running=True) == Decision(skip=(MONDAY, TUESDAY))


def test_slots_come_in_any_order_and_once():
    given = [TUESDAY, MONDAY, TUESDAY]
    assert decide(given, TUESDAY, None, None, running=False) == Decision(run=TUESDAY, skip=(MONDAY,))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("wanted", [None, policy(30, OverlapPolicy.QUEUE_LATEST)])
def test_whatever_the_clock_every_slot_of_a_year_is_decided_once(seed, wanted):
    """Looks at odd times by a clock that is up to two hours off, with days without any."""
    chance = np.random.default_rng(seed)
    start, end = (datetime.datetime(year, 1, 1, tzinfo=UTC) for year in (2025, 2026))
    everything = slots(start - 8 * HOUR, end)
    now, last, ran, skipped = start, None, [], []
    while now < end + 72 * HOUR:
        shown = now + chance.uniform(-2, 2) * HOUR
        due = [slot for slot in everything if slot <= shown]
        found = decide(due, shown, last, wanted, running=chance.random() < 0.3)
        ran += [] if found.run is None else [found.run]
        skipped += found.skip
        last = max([slot for slot in (last, found.run, *found.skip) if slot is not None], default=None)
        now += HOUR * (48 if chance.random() < 0.05 else chance.uniform(0, 3))
    assert sorted(ran + skipped) == list(everything)
    assert ran == sorted(ran)
