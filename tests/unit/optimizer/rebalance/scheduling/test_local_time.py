"""Local times as instants: gaps and doubled hours of clocks of many places."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.rebalance.scheduling.local_time import instant_of, is_time_zone

UTC = datetime.UTC


@pytest.mark.parametrize(
    ("zone", "wall", "wanted"),
    [
        # Clocks forward: what is skipped runs at the end of the gap.
        ("America/New_York", "2025-03-09 01:30", "2025-03-09 06:30"),
        ("America/New_York", "2025-03-09 02:30", "2025-03-09 07:00"),
        ("America/New_York", "2025-03-09 02:00", "2025-03-09 07:00"),
        ("America/New_York", "2025-03-09 03:00", "2025-03-09 07:00"),
        ("Europe/London", "2025-03-30 01:30", "2025-03-30 01:00"),
        ("Europe/London", "2025-03-30 02:30", "2025-03-30 01:30"),
        # Clocks back: what comes twice runs the first time.
        ("America/New_York", "2025-11-02 01:30", "2025-11-02 05:30"),
        ("America/New_York", "2025-11-02 02:30", "2025-11-02 07:30"),
        ("Europe/London", "2025-10-26 01:30", "2025-10-26 00:30"),
        ("Europe/London", "2025-10-26 02:30", "2025-10-26 02:30"),
        # Half an hour, and a whole day.
        ("Australia/Lord_Howe", "2025-10-05 02:15", "2025-10-04 15:30"),
        ("Pacific/Apia", "2011-12-30 09:30", "2011-12-30 10:00"),
        ("Asia/Kolkata", "2025-03-09 02:30", "2025-03-08 21:00"),
    ],
)
def test_clocks_that_change(zone, wall, wanted):
    local = datetime.datetime.fromisoformat(wall)
    for fold in (0, 1):
        found = instant_of(local.date(), local.time().replace(fold=fold), ZoneInfo(zone))
        assert found == datetime.datetime.fromisoformat(wanted).replace(tzinfo=UTC)
        assert found.tzinfo is UTC


# Days on which clocks changed, and the days around them.
CHANGES = [
    ("America/New_York", datetime.date(2025, 3, 9)),
    ("America/New_York", datetime.date(2025, 11, 2)),
    ("Europe/London", datetime.date(2025, 3, 30)),
    ("Europe/London", datetime.date(2025, 10, 26)),
    ("Africa/Cairo", datetime.date(2025, 4, 25)),
    ("Africa/Cairo", datetime.date(2025, 10, 31)),
    ("America/Santiago", datetime.date(2025, 9, 7)),
    ("America/Santiago", datetime.date(2025, 4, 6)),
    ("Australia/Lord_Howe", datetime.date(2025, 4, 6)),
    ("Africa/Casablanca", datetime.date(2025, 2, 23)),
]


@given(st.sampled_from(CHANGES), st.integers(-1, 1), st.integers(0, 24 * 60 - 1))
def test_it_is_the_first_minute_at_which_the_clock_is_there_or_past(change, shift, minute):
    name, day = change
    zone, day = ZoneInfo(name), day + datetime.timedelta(days=shift)
    wall = datetime.datetime.combine(day, datetime.time(minute // 60, minute % 60))
    found = instant_of(day, wall.time(), zone)

    def reached(instant):
        return instant.astimezone(zone).replace(tzinfo=None) >= wall

    assert reached(found)
    earlier = (found - datetime.timedelta(minutes=back) for back in range(1, 180))
    assert not any(map(reached, earlier))


@pytest.mark.parametrize("name", ["America/New_York", "Europe/London", "UTC", "Etc/UTC"])
def test_zones_of_the_database_are_zones(name):
    assert is_time_zone(name)


@pytest.mark.parametrize("name", ["", "../UTC", "Europe", "europe/london", "Factory", "localtime", "+01:00"])
def test_other_names_are_none(name):
    assert not is_time_zone(name)
