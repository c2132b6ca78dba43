"""A job whose runs come to nothing in a row is paused; what stops a run from outside counts for nothing."""

import datetime

import pytest

from counterpoise.model import (
    CancelRebalanceRunRequest,
    EngageKillSwitchRequest,
    GetRebalanceJobRequest,
    GetRebalanceRunRequest,
    PauseRebalanceJobRequest,
    RebalanceJob,
    RebalanceJobState,
    RebalanceRunOutcome,
    ReleaseKillSwitchRequest,
    ResumeRebalanceJobRequest,
    RunGuard,
    RunPolicy,
    RunRebalanceJobRequest,
    RunRefusal,
    UpdateRebalanceJobRequest,
)
from optimizer.rebalance.look import Look
from optimizer.store import audit_rows, reading, verify_audit
from tests.office import JOB, new_id
from tests.scheduling import (
    DAY,
    HOUR,
    MINUTE,
    UTC,
    decide_at,
    end_runs,
    hasty_office,
    old_fund,
    schedule_job,
    slots_by_state,
)

MONDAY, TUESDAY = (datetime.datetime(2025, 3, day, 14, 30, tzinfo=UTC) for day in (3, 4))
WITHIN = Look()
STALE = Look(refusals=(RunRefusal(guard=RunGuard.MARKS_STALE, message="older than four days"),))


class Broken(Exception):
    """Something that nobody thought of."""


@pytest.fixture
def office(tmp_path, monkeypatch):
    """Every run sees what `office.sees` says; the real thing would solve."""
    office = hasty_office(tmp_path)
    office.now = MONDAY - HOUR
    office.sees = WITHIN

    def look(order, allocate):
        if isinstance(office.sees, Look):
            return office.sees
        raise office.sees

    monkeypatch.setattr("optimizer.rebalance.runner.look_at", look)
    yield office
    with reading(office.engine) as connection:
        verify_audit(connection)


def run(office, seen):
    """A run by hand that sees this."""
    started = start(office)
    return end(office, started, seen)


def start(office):
    return office.call(RunRebalanceJobRequest(name=JOB, request_id=new_id())).rebalance_run


def end(office, started, seen):
    office.sees = seen
    while office.runner.turn(office.desk):
        pass
    return office.call(GetRebalanceRunRequest(name=started.name)).rebalance_run


def job(office):
    return office.call(GetRebalanceJobRequest(name=JOB)).rebalance_job


def resume(office):
    office.call(ResumeRebalanceJobRequest(name=JOB, request_id=new_id()))


@pytest.mark.parametrize("count", [None, 1, 2, 5])
def test_so_many_runs_in_a_row_that_fail_or_are_refused_pause_the_job(office, count):
    schedule_job(office, run_policy=RunPolicy(pause_failure_count=count))
    most = 3 if count is None else count
    for number in range(most):
        assert job(office).state is RebalanceJobState.ACTIVE
        came_to = run(office, [STALE, Broken()][number % 2])
        assert came_to.outcome is RebalanceRunOutcome.REFUSED or came_to.failure is not None
    paused = job(office)
    assert paused.state is RebalanceJobState.PAUSED
    runs_in_words = "a run" if most == 1 else f"{most} runs in a row"
    assert paused.state_reason == (
        f"counterpoise-server: {runs_in_words} failed or were refused; see them and resume"
    )
    with reading(office.engine) as connection:
        rows = audit_rows(connection, tenant="pension", prefix=JOB, limit=1000)
    assert [(row.action, row.principal) for row in rows].count(("job.paused", "counterpoise-server")) == 1


def test_a_run_that_comes_to_something_begins_the_count_anew(office):
    schedule_job(office)
    for seen in (STALE, STALE, WITHIN, STALE, Broken(), WITHIN, STALE, STALE):
        run(office, seen)
    assert job(office).state is RebalanceJobState.ACTIVE
    run(office, STALE)
    assert job(office).state is RebalanceJobState.PAUSED


def test_resuming_begins_the_count_anew(office):
    schedule_job(office)
    for _ in range(3):
        run(office, STALE)
    resume(office)
    assert job(office).state_reason == ""
    for _ in range(2):
        run(office, STALE)
    assert job(office).state is RebalanceJobState.ACTIVE
    run(office, STALE)
    assert job(office).state is RebalanceJobState.PAUSED


@pytest.mark.parametrize("seen", [WITHIN, STALE])
def test_what_a_kill_switch_stops_counts_for_nothing(office, seen):
    schedule_job(office, run_policy=RunPolicy(pause_failure_count=2))
    run(office, STALE)
    for _ in range(3):
        started = start(office)
        office.call(EngageKillSwitchRequest(scope=JOB, comment="stop", request_id=new_id()))
        halted = end(office, started, seen)
        assert halted.refusals[-1].guard is RunGuard.HALTED
        office.call(ReleaseKillSwitchRequest(scope=JOB, comment="go on", request_id=new_id()))
    assert job(office).state is RebalanceJobState.ACTIVE
    run(office, STALE)
    assert job(office).state is RebalanceJobState.PAUSED, "the count was as before"


@pytest.mark.parametrize("seen", [WITHIN, STALE])
def test_a_run_whose_job_was_changed_counts_for_nothing(office, seen):
    schedule_job(office, run_policy=RunPolicy(pause_failure_count=1))
    for number in range(3):
        started = start(office)
        changed = RebalanceJob(
            name=JOB,
            problem=old_fund(),
            run_policy=RunPolicy(pause_failure_count=1, catch_up_window=(number + 1) * HOUR),
        )
        request = UpdateRebalanceJobRequest(
            rebalance_job=changed, update_mask=("run_policy",), request_id=new_id()
        )
        office.call(request)
        assert end(office, started, seen).refusals[-1].guard is RunGuard.JOB_CHANGED
    assert job(office).state is RebalanceJobState.ACTIVE


def test_cancelled_and_skipped_runs_count_for_nothing(office):
    schedule_job(office, run_policy=RunPolicy(pause_failure_count=2))
    run(office, STALE)
    for _ in range(2):
        office.call(CancelRebalanceRunRequest(name=start(office).name, request_id=new_id()))
    decide_at(office, TUESDAY + HOUR)
    assert {state for _, state in slots_by_state(office.engine, JOB)} == {"SKIPPED"}
    assert job(office).state is RebalanceJobState.ACTIVE
    run(office, STALE)
    assert job(office).state is RebalanceJobState.PAUSED


def test_runs_of_slots_pause_the_job_and_the_next_slots_wait_for_it_to_be_resumed(office):
    schedule_job(office, run_policy=RunPolicy(pause_failure_count=1, catch_up_window=DAY))
    decide_at(office, MONDAY)
    office.sees = STALE
    while office.runner.turn(office.desk):
        pass
    assert job(office).state is RebalanceJobState.PAUSED
    assert decide_at(office, TUESDAY) == decide_at(office, TUESDAY + DAY - MINUTE) == []
    resume(office)
    decide_at(office, TUESDAY + DAY - MINUTE)
    shown = [("03-03 14:30", "SUCCEEDED"), ("03-04 14:30", "PENDING")]
    assert slots_by_state(office.engine, JOB) == shown


def test_runs_by_hand_on_a_paused_job_leave_it_as_it_is(office):
    schedule_job(office, run_policy=RunPolicy(pause_failure_count=1))
    office.call(PauseRebalanceJobRequest(name=JOB, comment="holidays", request_id=new_id()))
    run(office, STALE)
    assert (job(office).state, job(office).state_reason) == (RebalanceJobState.PAUSED, "ada: holidays")
    resume(office)
    end_runs(office.desk)
    assert job(office).state is RebalanceJobState.ACTIVE
