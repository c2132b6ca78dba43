"""Instants come back as the instants they were, zone and microseconds included."""

from __future__ import annotations

import datetime
import zoneinfo

import pytest
from sqlalchemy import select, text

from optimizer.store import create_job, reading, writing
from optimizer.store.columns import from_microseconds, to_microseconds
from optimizer.store.tables import jobs
from tests.sample_store import AUTHOR, CONTENT, JOB, act

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    "instant",
    [
        datetime.datetime(2025, 11, 28, 10, 30, 0, 123456, tzinfo=NEW_YORK),
        datetime.datetime(2025, 11, 2, 1, 30, tzinfo=NEW_YORK, fold=0),
        datetime.datetime(2025, 11, 2, 1, 30, tzinfo=NEW_YORK, fold=1),
        datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=datetime.UTC),
        datetime.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=datetime.UTC),
    ],
)
def test_an_instant_comes_back_in_utc_to_the_microsecond(store, instant):
    with writing(store) as connection:
        create_job(act(connection, AUTHOR, instant), JOB, "Monthly", CONTENT)
    with reading(store) as connection:
        kept = connection.execute(select(jobs.c.create_instant)).scalar_one()
    assert kept == instant.astimezone(datetime.UTC)
    assert kept.utcoffset() == datetime.timedelta(0)


def test_the_two_hours_of_a_changing_clock_are_two_instants():
    first, second = (datetime.datetime(2025, 11, 2, 1, 30, tzinfo=NEW_YORK, fold=fold) for fold in (0, 1))
    assert to_microseconds(second) - to_microseconds(first) == 3600 * 10**6


def test_a_published_instant_has_its_number():
    assert from_microseconds(1_234_567_890_000_000) == datetime.datetime(
        2009, 2, 13, 23, 31, 30, tzinfo=datetime.UTC
    )


def test_an_instant_without_a_zone_is_refused_and_nothing_is_written(store):
    bare = datetime.datetime(2025, 11, 28, 10, 30)  # noqa: DTZ001
    with pytest.raises(ValueError, match="zone"), writing(store) as connection:
        connection.execute(jobs.update().values(create_instant=to_microseconds(bare)))
    with reading(store) as connection:
        assert connection.execute(text("SELECT count(*) FROM audit_log")).scalar_one() == 0
