"""What the store holds, counted."""

import datetime

from optimizer.store import (
    RunOutcome,
    RunState,
    count_store,
    create_job,
    delivered,
    pause_job,
    pending,
    reading,
    record_marks,
    verify_audit,
    writing,
)
from tests.sample_store import (
    CONTENT,
    JOB,
    NOW,
    OTHER_JOB,
    STRANGER,
    act,
    add_job,
    add_proposal,
    add_run,
    marks_name,
)


def counts(store, job_limit=10):
    with reading(store) as connection:
        return count_store(connection, job_limit=job_limit)


def mark(connection, number, day, job=JOB):
    record_marks(act(connection), marks_name(number), job, day, "{}")


def test_an_empty_store_holds_none_of_anything(store):
    found = counts(store)
    assert set(found.runs.values()) == {0}
    assert len(found.runs) == len(RunState) - 1 + len(RunOutcome)
    assert (found.open_proposal_count, found.pending_message_count, found.audit_head_sequence) == (0, 0, 0)
    assert found.marked_jobs == ()


def test_runs_count_by_state_and_outcome_and_proposals_while_open(store):
    with writing(store) as connection:
        add_job(connection)
        add_proposal(connection, 1)
        add_proposal(connection, 2)  # supersedes the first
        add_run(connection, 3)
    found = counts(store)
    assert found.runs[RunState.SUCCEEDED, RunOutcome.PROPOSED] == 2
    assert found.runs[RunState.PENDING, None] == 1
    assert sum(found.runs.values()) == 3
    assert found.open_proposal_count == 1


def test_messages_count_until_they_arrive_and_the_head_is_that_of_the_log(store):
    with writing(store) as connection:
        add_job(connection)
        add_run(connection)
    before = counts(store)
    with writing(store) as connection:
        first = pending(connection, 1)[0]
        delivered(connection, first.id, NOW)
    assert counts(store).pending_message_count == before.pending_message_count - 1
    with reading(store) as connection:
        assert verify_audit(connection).sequence == before.audit_head_sequence > 0


def test_active_jobs_show_the_newest_day_that_was_marked(store):
    with writing(store) as connection:
        add_job(connection)
        create_job(act(connection, STRANGER), OTHER_JOB, "Weekly", CONTENT)
        mark(connection, 1, "2025-11-27")
        mark(connection, 2, "2025-11-20")  # a day recorded late
    (job,) = counts(store).marked_jobs
    assert (job.tenant, job.name, job.as_of_date) == ("pension", JOB, "2025-11-27")
    assert counts(store, job_limit=0).marked_jobs == ()
    with writing(store) as connection:
        pause_job(act(connection, instant=NOW + datetime.timedelta(days=1)), JOB, "on leave")
    assert counts(store).marked_jobs == ()
