"""Slots of jobs on both databases: one who decides, and what is on record of each."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy.exc import IntegrityError

from optimizer.store import (
    ActiveJob,
    RunState,
    active_jobs,
    change_state,
    create_job,
    create_run,
    decide_slots,
    delete_job,
    list_runs,
    pause_job,
    reading,
    resume_job,
    revise_job,
    slots_on_record,
    unfinished_runs,
    writing,
)
from optimizer.store.errors import AlreadyExists
from optimizer.store.tables import runs
from tests.sample_store import (
    CONTENT,
    JOB,
    NOW,
    OTHER_CONTENT,
    OTHER_JOB,
    TENANT,
    act,
    actions,
    add_job,
    add_other_job,
    add_run,
    run_name,
)

DAY = datetime.timedelta(days=1)
SLOTS = [NOW + number * DAY for number in range(1, 4)]
SCHEDULERS = 8


@pytest.fixture
def scheduled(store):
    with writing(store) as connection:
        add_job(connection)
    return store


def _job(store) -> ActiveJob:
    with reading(store) as connection:
        (job,) = active_jobs(connection)
    return job


def _decide(store, job, until):
    with writing(store) as connection:
        return decide_slots(act(connection), job, until)


def test_slots_begin_with_the_job(scheduled):
    assert _job(scheduled) == ActiveJob(name=JOB, tenant=TENANT, revision=1, decided_slot_instant=NOW)


def test_active_jobs_are_those_of_every_tenant_that_are_active(scheduled):
    with writing(scheduled) as connection:
        add_other_job(connection)
        create_job(act(connection), f"{JOB}-2", "", CONTENT)
        create_job(act(connection), f"{JOB}-3", "", CONTENT)
        pause_job(act(connection), f"{JOB}-2", "holidays")
        delete_job(act(connection), f"{JOB}-3")
        assert [job.name for job in active_jobs(connection)] == [OTHER_JOB, JOB]


def test_whoever_decides_first_is_the_one(scheduled):
    seen = _job(scheduled)
    assert _decide(scheduled, seen, SLOTS[1])
    assert not _decide(scheduled, seen, SLOTS[1])
    assert not _decide(scheduled, seen, SLOTS[2])
    assert _job(scheduled).decided_slot_instant == SLOTS[1]
    assert _decide(scheduled, _job(scheduled), SLOTS[2])


def test_of_many_at_once_one_decides(scheduled):
    barrier, seen = Barrier(SCHEDULERS), _job(scheduled)

    def decide(_):
        barrier.wait()
        return _decide(scheduled, seen, SLOTS[0])

    with ThreadPoolExecutor(SCHEDULERS) as pool:
        assert sorted(pool.map(decide, range(SCHEDULERS))) == [False] * (SCHEDULERS - 1) + [True]


def _pause(doing):
    pause_job(doing, JOB, "holidays")


def _revise(doing):
    revise_job(doing, JOB, OTHER_CONTENT, display_name="Monthly", expected_version=None)


def _begin_anew(doing):
    revise_job(doing, JOB, OTHER_CONTENT, display_name="Monthly", expected_version=None, slots_begin=True)


def _delete(doing):
    delete_job(doing, JOB)


@pytest.mark.parametrize("change", [_pause, _revise, _begin_anew, _delete])
def test_who_saw_the_job_before_a_change_decides_nothing(scheduled, change):
    seen = _job(scheduled)
    with writing(scheduled) as connection:
        change(act(connection))
    assert not _decide(scheduled, seen, SLOTS[0])


def test_a_job_of_another_tenant_is_not_decided(scheduled):
    assert not _decide(scheduled, replace(_job(scheduled), tenant="endowment"), SLOTS[0])


def test_pausing_and_revising_keep_what_is_undecided_and_a_new_schedule_does_not(scheduled):
    _decide(scheduled, _job(scheduled), SLOTS[0])
    with writing(scheduled) as connection:
        doing = act(connection, instant=SLOTS[1])
        pause_job(doing, JOB, "holidays")
        resume_job(doing, JOB)
        _revise(doing)
    assert _job(scheduled).decided_slot_instant == SLOTS[0]
    with writing(scheduled) as connection:
        content = replace(OTHER_CONTENT, policies_json='{"schedule":{}}')
        revise_job(
            act(connection, instant=SLOTS[2]),
            JOB,
            content,
            display_name="Monthly",
            expected_version=None,
            slots_begin=True,
        )
    assert _job(scheduled).decided_slot_instant == SLOTS[2]


def test_slots_on_record_are_those_that_were_run_or_skipped(scheduled):
    with writing(scheduled) as connection:
        add_other_job(connection)
        doing = act(connection)
        add_run(connection, 1)
        create_run(doing, run_name(2), JOB, slot_instant=SLOTS[0])
        create_run(doing, run_name(3), JOB, slot_instant=SLOTS[1], state=RunState.SKIPPED)
        assert slots_on_record(connection, JOB, NOW) == {SLOTS[0], SLOTS[1]}
        assert slots_on_record(connection, JOB, SLOTS[0]) == {SLOTS[1]}
        assert slots_on_record(connection, OTHER_JOB, NOW) == set()


def test_a_slot_is_skipped_once_and_run_once_in_whichever_order(scheduled):
    with writing(scheduled) as connection:
        doing = act(connection)
        create_run(doing, run_name(1), JOB, slot_instant=SLOTS[0], state=RunState.SKIPPED)
        create_run(doing, run_name(2), JOB, slot_instant=SLOTS[0])
        create_run(doing, run_name(3), JOB, slot_instant=SLOTS[1])
        for state in (RunState.SKIPPED, RunState.PENDING):
            with pytest.raises(AlreadyExists):
                create_run(doing, run_name(4), JOB, slot_instant=SLOTS[0], state=state)
        found = list_runs(connection, TENANT, job_name=JOB, limit=9)
        assert {(row.slot_instant, row.state.value) for row in found} == {
            (SLOTS[0], "SKIPPED"), (SLOTS[0], "PENDING"), (SLOTS[1], "PENDING"),
        }  # fmt: skip
        (skipped,) = list_runs(connection, TENANT, job_name=JOB, states={RunState.SKIPPED}, limit=9)
        assert (skipped.start_instant, skipped.end_instant) == (None, NOW)
        assert actions(connection, run_name(1)) == ["run.create"]


@pytest.mark.parametrize("column", ["slot_instant", "skipped_slot_instant"])
def test_the_database_itself_keeps_a_slot_from_being_there_twice(scheduled, column):
    state = "SKIPPED" if column.startswith("skipped") else "PENDING"
    row = {
        "tenant": TENANT, "job_name": JOB, "job_revision": 1, "state": state, "initiator": "ada",
        "create_instant": NOW, column: SLOTS[0],
    }  # fmt: skip
    with writing(scheduled) as connection:
        connection.execute(runs.insert().values(name=run_name(1), **row))
    with pytest.raises(IntegrityError), writing(scheduled) as connection:
        connection.execute(runs.insert().values(name=run_name(2), **row))


def test_unfinished_runs_are_those_that_wait_or_are_under_work_oldest_first(scheduled):
    with writing(scheduled) as connection:
        add_other_job(connection)
        for number in (3, 2, 1, 4):
            create_run(act(connection, instant=NOW - number * DAY), run_name(number), JOB)
        doing = act(connection)
        change_state(doing, run_name(3), RunState.PENDING, RunState.RUNNING)
        change_state(doing, run_name(4), RunState.PENDING, RunState.CANCELLED)
        create_run(doing, run_name(5), JOB, slot_instant=SLOTS[0], state=RunState.SKIPPED)
        assert list(unfinished_runs(connection, JOB).items()) == [
            (run_name(3), RunState.RUNNING),
            (run_name(2), RunState.PENDING),
            (run_name(1), RunState.PENDING),
        ]
