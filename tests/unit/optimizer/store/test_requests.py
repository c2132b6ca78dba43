"""A request id has its effect once, for thirty days, for one tenant, method and content."""

from __future__ import annotations

import dataclasses
import datetime

import pytest
from sqlalchemy.exc import IntegrityError

from optimizer.store import RequestKey, forget_expired, reading, recall, remember, writing
from optimizer.store.errors import RequestIdReused
from tests.sample_store import JOB, NOW

KEY = RequestKey(tenant="pension", method="CreateRebalanceJob", request_id="r-1", content_sha256="a" * 64)
JUST_BEFORE = NOW + datetime.timedelta(days=30, microseconds=-1)
THIRTY_DAYS_ON = NOW + datetime.timedelta(days=30)


@pytest.fixture
def remembered(store):
    with writing(store) as connection:
        assert recall(connection, KEY, NOW) is None
        remember(connection, KEY, JOB, NOW)
    return store


def _recall(store, key=KEY, now=NOW):
    with reading(store) as connection:
        return recall(connection, key, now)


def test_the_same_request_gets_what_it_made(remembered):
    assert _recall(remembered) == JOB
    assert _recall(remembered, now=JUST_BEFORE) == JOB


def test_other_content_under_the_same_id_is_refused(remembered):
    with pytest.raises(RequestIdReused, match="r-1"):
        _recall(remembered, dataclasses.replace(KEY, content_sha256="b" * 64))


@pytest.mark.parametrize(
    "other", [{"tenant": "endowment"}, {"method": "RunRebalanceJob"}, {"request_id": "r-2"}]
)
def test_ids_of_other_tenants_and_methods_are_other_ids(remembered, other):
    assert _recall(remembered, dataclasses.replace(KEY, content_sha256="b" * 64, **other)) is None


def test_an_id_cannot_be_taken_twice(remembered):
    with pytest.raises(IntegrityError), writing(remembered) as connection:
        remember(connection, KEY, JOB, NOW)


def test_after_thirty_days_an_id_is_free(remembered):
    other = dataclasses.replace(KEY, content_sha256="b" * 64)
    assert _recall(remembered, other, THIRTY_DAYS_ON) is None
    with writing(remembered) as connection:
        remember(connection, other, "another", THIRTY_DAYS_ON)
    assert _recall(remembered, other, THIRTY_DAYS_ON) == "another"


def test_expired_ids_are_cleared_away_and_no_others(remembered):
    with writing(remembered) as connection:
        assert forget_expired(connection, JUST_BEFORE) == 0
        assert forget_expired(connection, THIRTY_DAYS_ON) == 1
