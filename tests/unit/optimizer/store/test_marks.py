"""Marks are kept as they were recorded, and the last recorded count."""

from __future__ import annotations

import datetime
import hashlib

import pytest
from sqlalchemy import text

from optimizer.store import (
    audit_rows,
    delete_job,
    get_marks,
    last_by_day,
    latest_marks,
    list_marks,
    marks_from,
    reading,
    record_marks,
    writing,
)
from optimizer.store.errors import NotFound, StateChanged
from tests.sample_store import (
    APPROVER,
    JOB,
    LATER,
    NOW,
    OTHER_JOB,
    STRANGER,
    TENANT,
    act,
    add_job,
    add_other_job,
    marks_name,
)

DAY = "2025-11-28"


@pytest.fixture
def held(store):
    """A store with a job of each of two tenants."""
    with writing(store) as connection:
        add_job(connection)
        add_other_job(connection)
    return store


def _record(store, number, *, content='{"nav_amount":1}', instant=NOW, actor=APPROVER, day=DAY):
    with writing(store) as connection:
        return record_marks(act(connection, actor, instant), marks_name(number), JOB, day, content)


def _latest(store, tenant=TENANT, job_name=JOB):
    with reading(store) as connection:
        return latest_marks(connection, tenant, job_name)


def test_marks_are_kept_as_recorded_with_the_hash_in_the_audit_log(held):
    sha256 = _record(held, 1, content='{"nav_amount":5e8}', instant=LATER)
    assert sha256 == hashlib.sha256(b'{"nav_amount":5e8}').hexdigest()
    with reading(held) as connection:
        kept = get_marks(connection, TENANT, _latest(held).name)
    assert (kept.name, kept.tenant, kept.job_name, kept.as_of_date) == (marks_name(1), TENANT, JOB, DAY)
    assert (kept.content_json, kept.content_sha256) == ('{"nav_amount":5e8}', sha256)
    assert (kept.recorder, kept.record_instant) == ("ben", LATER)
    with reading(held) as connection:
        (row,) = audit_rows(connection, tenant=TENANT, prefix=marks_name(1), limit=10)
    assert (row.action, row.principal) == ("marks.record", "ben")
    assert row.details_json == f'{{"as_of_date":"{DAY}","content_sha256":"{sha256}"}}'


def test_before_the_first_marks_there_are_none(held):
    assert _latest(held) is None


def test_the_last_recorded_are_the_latest_whatever_clocks_and_days_say(held):
    _record(held, 2, instant=LATER, day="2025-12-01")
    _record(held, 1, instant=NOW - datetime.timedelta(hours=2), day=DAY)
    assert _latest(held).name == marks_name(1)


def test_marks_of_other_jobs_and_tenants_are_others(held):
    _record(held, 1)
    assert _latest(held, STRANGER.tenant) is None
    assert _latest(held, STRANGER.tenant, OTHER_JOB) is None
    with pytest.raises(NotFound):
        _record(held, 2, actor=STRANGER)
    assert _latest(held).name == marks_name(1)


def test_marks_are_listed_last_recorded_first_in_pages(held):
    for number in (3, 1, 5, 2, 4):
        _record(held, number)
    listed, before = [], ""
    with reading(held) as connection:
        while page := list_marks(connection, TENANT, JOB, before=before, limit=2):
            listed += page
            before = page[-1].name
        assert list_marks(connection, STRANGER.tenant, JOB, limit=10) == []
    assert [row.name for row in listed] == [marks_name(number) for number in (4, 2, 5, 1, 3)]


def test_a_deleted_job_takes_no_marks(held):
    with writing(held) as connection:
        delete_job(act(connection), JOB)
    with pytest.raises(StateChanged, match="DELETED"):
        _record(held, 1)
    with reading(held) as connection:
        assert connection.execute(text("SELECT count(*) FROM marks")).scalar_one() == 0
        assert audit_rows(connection, tenant=TENANT, prefix=marks_name(1), limit=10) == []


def test_the_last_by_day_and_the_last_recorded_are_found_without_their_contents(held):
    days = ("2025-12-01", DAY, "2025-12-01", "2025-11-30")
    for number, day in enumerate(days, 1):
        _record(held, number, day=day, instant=LATER)
    with reading(held) as connection:
        for first_day in (DAY, "2025-12-01", "2025-12-02"):
            whole = marks_from(connection, TENANT, JOB, first_day)
            found = last_by_day(connection, TENANT, JOB, first_day)
            assert (found and found.name) == (whole[-1].name if whole else None)
        assert found is None
        assert last_by_day(connection, TENANT, JOB, DAY).record_instant == LATER
        assert latest_marks(connection, TENANT, JOB).name == marks_name(4)
        assert latest_marks(connection, STRANGER.tenant, JOB) is None
        assert last_by_day(connection, STRANGER.tenant, JOB, DAY) is None
