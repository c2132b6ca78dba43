"""Messages leave after their effect, in order, until somebody says that they arrived."""

from __future__ import annotations

import pytest

from optimizer.store import JobState, change_state, delivered, pending, reading, sent_after, writing
from optimizer.store.errors import NotFound, StateChanged
from tests.sample_store import JOB, LATER, NOW, act, add_job, add_proposal


def _pending(store, limit=100):
    with reading(store) as connection:
        return pending(connection, limit)


def test_messages_of_an_effect_wait_in_order_with_their_audit_rows(store):
    with writing(store) as connection:
        add_job(connection)
        add_proposal(connection)
    waiting = _pending(store)
    assert [message.event for message in waiting] == [
        "job.create", "run.create", "run.running", "run.succeeded", "proposal.create",
    ]  # fmt: skip
    assert [message.audit_sequence for message in waiting] == [1, 2, 3, 4, 5]
    assert {message.create_instant for message in waiting} == {NOW}
    assert [message.event for message in _pending(store, 2)] == ["job.create", "run.create"]


def test_a_message_stays_until_it_is_delivered_and_is_not_taken_by_reading_it(store):
    with writing(store) as connection:
        add_job(connection)
    first, again = _pending(store), _pending(store)
    assert first == again
    assert len(first) == 1
    for _ in range(2):
        with writing(store) as connection:
            delivered(connection, first[0].id, LATER)
    assert _pending(store) == []


def test_delivery_of_a_message_that_never_was_is_refused(store):
    with pytest.raises(NotFound), writing(store) as connection:
        delivered(connection, 7, NOW)


def test_an_effect_that_is_refused_sends_nothing(store):
    with writing(store) as connection:
        add_job(connection)
    with pytest.raises(StateChanged), writing(store) as connection:
        change_state(act(connection), JOB, JobState.PAUSED, JobState.ACTIVE)
    assert len(_pending(store)) == 1


def test_a_watcher_resumes_after_what_it_saw_and_sees_its_own_tenant_alone(store):
    with writing(store) as connection:
        add_job(connection)
        change_state(act(connection), JOB, JobState.ACTIVE, JobState.PAUSED)
    with reading(store) as connection:
        seen = sent_after(connection, "pension", 0, 1)
        rest = sent_after(connection, "pension", seen[0].id, 10)
        others = sent_after(connection, "endowment", 0, 10)
    assert [message.event for message in [*seen, *rest]] == ["job.create", "job.paused"]
    assert others == []
