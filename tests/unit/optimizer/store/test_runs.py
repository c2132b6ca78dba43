"""Runs: one at a time where that is asked, listed newest first, ended once."""

from __future__ import annotations

import datetime
import itertools

import pytest

from optimizer.store import (
    RunInProgress,
    RunOutcome,
    RunState,
    begin_with_marks,
    cancel_run,
    change_state,
    create_job,
    create_run,
    fail_run,
    finish_run,
    get_run,
    keep_allocation,
    list_runs,
    reading,
    record_marks,
    writing,
)
from optimizer.store.errors import NotFound, StateChanged
from tests.sample_store import (
    CONTENT,
    JOB,
    LATER,
    NOW,
    STRANGER,
    TENANT,
    act,
    actions,
    add_job,
    add_other_job,
    add_proposal,
    add_run,
    marks_name,
    proposal_name,
    run_name,
)

SECOND_JOB = "tenants/pension/rebalanceJobs/second"
ENDS = {
    "succeed": lambda doing, name: finish_run(doing, name, RunOutcome.WITHIN_TOLERANCE, None),
    "fail": lambda doing, name: fail_run(doing, name, "{}"),
    "cancel": cancel_run,
}


@pytest.fixture
def running(store):
    """A store with a job and a RUNNING run."""
    with writing(store) as connection:
        add_job(connection)
        add_run(connection)
        change_state(act(connection), run_name(1), RunState.PENDING, RunState.RUNNING)
    return store


def _run(store, number=1):
    with reading(store) as connection:
        return get_run(connection, TENANT, run_name(number))


def _start(store, number, job_name=JOB):
    with writing(store) as connection:
        create_run(act(connection), run_name(number), job_name, one_at_a_time=True)


def test_a_run_waits_for_the_one_before_it_where_that_is_asked(store):
    with writing(store) as connection:
        add_job(connection)
        create_job(act(connection), SECOND_JOB, "", CONTENT)
    _start(store, 1)
    with pytest.raises(RunInProgress, match="runs/1 is in progress") as refused:
        _start(store, 2)
    assert refused.value.run_name == run_name(1)
    _start(store, 2, SECOND_JOB)
    with writing(store) as connection:
        change_state(act(connection), run_name(1), RunState.PENDING, RunState.RUNNING)
    with pytest.raises(RunInProgress):
        _start(store, 3)
    with writing(store) as connection:
        cancel_run(act(connection), run_name(1))
    _start(store, 3)


def test_runs_are_listed_newest_first_in_pages_that_neither_lose_nor_repeat(store):
    # Several at one instant: there the name decides.
    instants = [NOW + datetime.timedelta(microseconds=number // 3) for number in range(9)]
    with writing(store) as connection:
        add_job(connection)
        for number, instant in enumerate(instants):
            create_run(act(connection, instant=instant), run_name(number), JOB)
        add_other_job(connection)
    listed, before = [], None
    with reading(store) as connection:
        while page := list_runs(connection, TENANT, job_name=None, before=before, limit=2):
            listed += page
            before = (page[-1].create_instant, page[-1].name)
    assert [run.name for run in listed] == [run_name(number) for number in range(8, -1, -1)]


def test_runs_are_listed_by_job_and_state(store):
    with writing(store) as connection:
        add_job(connection)
        create_job(act(connection), SECOND_JOB, "", CONTENT)
        add_run(connection, 1)
        add_run(connection, 2)
        create_run(act(connection), f"{SECOND_JOB}/runs/1", SECOND_JOB)
        cancel_run(act(connection), run_name(2))
    with reading(store) as connection:
        of_job = list_runs(connection, TENANT, job_name=JOB, limit=10)
        cancelled = list_runs(connection, TENANT, job_name=None, states={RunState.CANCELLED}, limit=10)
        of_both = list_runs(
            connection, TENANT, job_name=None, states={RunState.CANCELLED, RunState.PENDING}, limit=10
        )
        strangers = list_runs(connection, STRANGER.tenant, job_name=JOB, limit=10)
    assert [run.name for run in of_job] == [run_name(2), run_name(1)]
    assert [run.name for run in cancelled] == [run_name(2)]
    assert len(of_both) == 3
    assert strangers == []


def test_a_run_has_its_allocation_when_read_and_not_in_lists(store):
    with writing(store) as connection:
        add_job(connection)
        add_proposal(connection)
    run = _run(store)
    assert (run.state, run.outcome) == (RunState.SUCCEEDED, RunOutcome.PROPOSED)
    assert (run.allocation_json, run.proposal_name) == ('{"certified":true}', proposal_name(1))
    with reading(store) as connection:
        (listed,) = list_runs(connection, TENANT, job_name=JOB, limit=10)
    assert (listed.allocation_json, listed.allocation_sha256) == (None, run.allocation_sha256)
    assert listed.proposal_name == proposal_name(1)


def test_another_tenants_run_is_not_there(running):
    with reading(running) as connection, pytest.raises(NotFound):
        get_run(connection, STRANGER.tenant, run_name(1))
    for end in (*ENDS.values(), lambda doing, name: begin_with_marks(doing, name, "")):
        with pytest.raises(NotFound), writing(running) as connection:
            end(act(connection, STRANGER), run_name(1))
    assert _run(running).state is RunState.RUNNING


def test_a_new_run_has_come_to_nothing_yet(store):
    with writing(store) as connection:
        add_job(connection)
        add_run(connection)
    run = _run(store)
    assert (run.state, run.outcome, run.initiator, run.job_revision) == (RunState.PENDING, None, "ada", 1)
    assert (run.marks_name, run.proposal_name, run.refusals_json, run.failure_json) == ("", "", "[]", None)
    assert (run.create_instant, run.start_instant, run.end_instant) == (NOW, None, None)
    assert (run.lease_holder, run.lease_expire_instant) == (None, None)


def test_a_refused_run_keeps_what_refused_it(running):
    with writing(running) as connection:
        found = keep_allocation(act(connection), '{"certified":false}')
        finish_run(
            act(connection, instant=LATER),
            run_name(1),
            RunOutcome.REFUSED,
            found,
            refusals_json='[{"guard":"INFEASIBLE"}]',
        )
    run = _run(running)
    assert (run.state, run.outcome, run.end_instant) == (RunState.SUCCEEDED, RunOutcome.REFUSED, LATER)
    assert (run.refusals_json, run.allocation_json) == ('[{"guard":"INFEASIBLE"}]', '{"certified":false}')


def test_a_failed_run_keeps_what_failed(running):
    with writing(running) as connection:
        fail_run(act(connection, instant=LATER), run_name(1), '{"reason":"INTERNAL_BUG"}')
    run = _run(running)
    assert (run.state, run.outcome, run.end_instant) == (RunState.FAILED, None, LATER)
    assert run.failure_json == '{"reason":"INTERNAL_BUG"}'


@pytest.mark.parametrize("end", ["fail", "cancel"])
def test_a_run_that_never_started_can_fail_and_be_cancelled(store, end):
    with writing(store) as connection:
        add_job(connection)
        add_run(connection)
        ENDS[end](act(connection), run_name(1))
    assert _run(store).state in {RunState.FAILED, RunState.CANCELLED}


def test_a_run_ends_once(running):
    for number, (first, second) in enumerate(itertools.product(ENDS, ENDS)):
        with writing(running) as connection:
            add_run(connection, 10 + number)
            change_state(act(connection), run_name(10 + number), RunState.PENDING, RunState.RUNNING)
            ENDS[first](act(connection), run_name(10 + number))
        ended = _run(running, 10 + number)
        with pytest.raises(StateChanged), writing(running) as connection:
            ENDS[second](act(connection), run_name(10 + number))
        assert _run(running, 10 + number) == ended


def test_a_run_names_the_marks_that_it_uses(running):
    with writing(running) as connection:
        record_marks(act(connection), marks_name(1), JOB, "2025-11-28", "{}")
        begin_with_marks(act(connection), run_name(1), marks_name(1))
        assert actions(connection, run_name(1)) == ["run.create", "run.running", "run.begin"]
    assert _run(running).marks_name == marks_name(1)
    with writing(running) as connection:
        begin_with_marks(act(connection), run_name(1), "")
        cancel_run(act(connection), run_name(1))
    assert _run(running).marks_name == ""
    with pytest.raises(StateChanged, match="CANCELLED"), writing(running) as connection:
        begin_with_marks(act(connection), run_name(1), marks_name(1))
