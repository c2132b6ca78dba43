"""One worker for a run: whoever claims it, until its lease runs out."""

from __future__ import annotations

import datetime
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from optimizer.store import (
    LeaseLost,
    RunOutcome,
    RunState,
    act_in_tenant,
    audit_rows,
    begin_with_marks,
    cancel_run,
    change_state,
    claim_run,
    create_run,
    fail_run,
    finish_run,
    get_run,
    reading,
    renew_lease,
    verify_audit,
    writing,
)
from optimizer.store.errors import StateChanged
from tests.sample_store import (
    AUTHOR,
    JOB,
    LEASE,
    NOW,
    OTHER_JOB,
    SERVER,
    STRANGER,
    TENANT,
    act,
    actions,
    add_job,
    add_other_job,
    add_run,
    run_name,
)

CLAIMANTS = 12
ROUNDS = 10
MICROSECOND = datetime.timedelta(microseconds=1)
EXPIRED = NOW + LEASE


@pytest.fixture
def waiting(store):
    """A store with a PENDING run."""
    with writing(store) as connection:
        add_job(connection)
        add_run(connection)
    return store


def _claim(store, holder, instant=NOW):
    with writing(store) as connection:
        return claim_run(act(connection, SERVER, instant), holder, LEASE)


def _fail(store, run):
    if run is not None:
        with writing(store) as connection:
            fail_run(act_in_tenant(act(connection, SERVER), run.tenant), run.name, "{}")


def _run(store, number=1):
    with reading(store) as connection:
        return get_run(connection, TENANT, run_name(number))


def _winners(store, instant):
    barrier = Barrier(CLAIMANTS)

    def claim(holder):
        barrier.wait()
        run = _claim(store, holder, instant)
        return None if run is None else holder

    with ThreadPoolExecutor(CLAIMANTS) as threads:
        answers = threads.map(claim, [f"worker-{instant:%H%M}-{number}" for number in range(CLAIMANTS)])
        return [holder for holder in answers if holder is not None]


def test_a_claimed_run_is_running_for_its_holder(waiting):
    run = _claim(waiting, "one")
    assert run == _run(waiting)
    assert (run.state, run.start_instant) == (RunState.RUNNING, NOW)
    assert (run.lease_holder, run.lease_expire_instant) == ("one", EXPIRED)


def test_where_nothing_waits_nothing_is_claimed_and_nothing_written(store):
    assert _claim(store, "one") is None
    with reading(store) as connection:
        assert verify_audit(connection).sequence == 0


def test_the_oldest_is_claimed_first_whoever_it_belongs_to(store):
    with writing(store) as connection:
        add_job(connection)
        create_run(act(connection, AUTHOR, NOW + 3 * MICROSECOND), run_name(2), JOB)
        create_run(act(connection, AUTHOR, NOW + MICROSECOND), run_name(1), JOB)
        add_other_job(connection)
        create_run(act(connection, STRANGER, NOW + 2 * MICROSECOND), f"{OTHER_JOB}/runs/2", OTHER_JOB)
    claimed = []
    for _ in range(5):
        claimed.append(_claim(store, "one", NOW + 4 * MICROSECOND))
        _fail(store, claimed[-1])
    assert [run and run.name for run in claimed] == [
        f"{OTHER_JOB}/runs/1", run_name(1), f"{OTHER_JOB}/runs/2", run_name(2), None,
    ]  # fmt: skip


def test_a_run_waits_while_another_of_its_job_is_under_work(waiting):
    first = _claim(waiting, "one")
    with writing(waiting) as connection:
        add_run(connection, 2)
        add_other_job(connection)
    other = _claim(waiting, "two")
    assert other.name == f"{OTHER_JOB}/runs/1"
    _fail(waiting, other)
    assert _claim(waiting, "two") is None
    # With its lease gone the first goes on; the second still waits.
    assert _claim(waiting, "two", EXPIRED).name == first.name
    _fail(waiting, first)
    assert _claim(waiting, "two", EXPIRED).name == run_name(2)


def test_a_claim_is_the_servers_recorded_in_the_runs_tenant(waiting):
    _claim(waiting, "one")
    with reading(waiting) as connection:
        row = audit_rows(connection, tenant=TENANT, prefix=run_name(1), limit=10)[-1]
    assert (row.action, row.principal, row.authenticated) == ("run.running", SERVER.principal, True)
    assert row.details_json == '{"from":"PENDING","holder":"one","to":"RUNNING"}'


def test_of_twelve_concurrent_claims_one_wins_every_time(waiting):
    for number in range(1, ROUNDS + 1):
        if number > 1:
            with writing(waiting) as connection:
                add_run(connection, number)
        winners = _winners(waiting, NOW)
        assert len(winners) == 1
        assert _run(waiting, number).lease_holder == winners[0]
        _fail(waiting, _run(waiting, number))
    with reading(waiting) as connection:
        assert actions(connection).count("run.running") == ROUNDS
        verify_audit(connection)


def test_an_expired_lease_hands_the_run_to_exactly_one_other(waiting):
    _claim(waiting, "first")
    for number in range(1, ROUNDS + 1):
        winners = _winners(waiting, NOW + number * LEASE)
        assert len(winners) == 1
        assert _run(waiting).lease_holder == winners[0]
    with reading(waiting) as connection:
        assert actions(connection, run_name(1)) == ["run.create", "run.running", *["run.resume"] * ROUNDS]
        verify_audit(connection)


def test_a_resumed_run_is_the_same_run_and_says_who_had_it(waiting):
    _claim(waiting, "first")
    run = _claim(waiting, "second", EXPIRED)
    assert (run.name, run.state, run.start_instant) == (run_name(1), RunState.RUNNING, NOW)
    assert run.lease_expire_instant == EXPIRED + LEASE
    with reading(waiting) as connection:
        row = audit_rows(connection, tenant=TENANT, prefix=run_name(1), limit=10)[-1]
    assert (row.action, row.details_json) == (
        "run.resume",
        '{"holder":"second","previous_holder":"first"}',
    )


def test_a_lease_lasts_until_its_last_microsecond(waiting):
    _claim(waiting, "first")
    assert _claim(waiting, "second", EXPIRED - MICROSECOND) is None
    assert _claim(waiting, "second", EXPIRED) is not None


def test_a_run_that_runs_without_a_lease_is_taken_up(waiting):
    with writing(waiting) as connection:
        change_state(act(connection), run_name(1), RunState.PENDING, RunState.RUNNING)
    assert _claim(waiting, "one").lease_holder == "one"


def test_a_lease_is_renewed_by_its_holder_alone_and_while_the_run_is_running(waiting):
    def renew(holder):
        with writing(waiting) as connection:
            return renew_lease(connection, run_name(1), holder, NOW + 5 * LEASE)

    assert not renew("first")
    _claim(waiting, "first")
    assert not renew("second")
    assert renew("first")
    assert _claim(waiting, "second", NOW + 4 * LEASE) is None
    assert _claim(waiting, "second", NOW + 5 * LEASE) is not None
    assert not renew("first")
    with writing(waiting) as connection:
        cancel_run(act(connection), run_name(1))
    assert not renew("second")
    assert _run(waiting).lease_expire_instant is None


LATE_WORK = {
    "begin": lambda doing: begin_with_marks(doing, run_name(1), "", holder="first"),
    "finish": lambda doing: finish_run(doing, run_name(1), RunOutcome.REFUSED, None, holder="first"),
    "fail": lambda doing: fail_run(doing, run_name(1), "{}", holder="first"),
}


@pytest.mark.parametrize("work", LATE_WORK)
def test_one_who_lost_the_run_to_another_is_not_heard(waiting, work):
    _claim(waiting, "first")
    taken = _claim(waiting, "second", EXPIRED)
    with pytest.raises(LeaseLost, match="first no longer holds"), writing(waiting) as connection:
        LATE_WORK[work](act(connection))
    assert _run(waiting) == taken
    with writing(waiting) as connection:
        finish_run(act(connection), run_name(1), RunOutcome.REFUSED, None, holder="second")
    assert _run(waiting).state is RunState.SUCCEEDED


@pytest.mark.parametrize("work", LATE_WORK)
def test_a_holder_is_heard_even_after_its_time_where_nobody_took_over(waiting, work):
    _claim(waiting, "first")
    with writing(waiting) as connection:
        LATE_WORK[work](act(connection, AUTHOR, EXPIRED + LEASE))


@pytest.mark.parametrize("work", LATE_WORK)
def test_a_holder_learns_that_the_run_was_cancelled(waiting, work):
    _claim(waiting, "first")
    with writing(waiting) as connection:
        cancel_run(act(connection), run_name(1))
    with pytest.raises(StateChanged, match="CANCELLED"), writing(waiting) as connection:
        LATE_WORK[work](act(connection))


@pytest.mark.parametrize("lease_over", [False, True])
def test_one_who_saw_the_run_free_before_another_claimed_it_still_loses(waiting, monkeypatch, lease_over):
    # The lock of `writing` set aside: what stays is compare-and-set alone.
    if lease_over:
        _claim(waiting, "first")
    seen = _run(waiting)
    taken = _claim(waiting, "second", EXPIRED)
    monkeypatch.setattr("optimizer.store.leases.oldest_to_claim", lambda *_: seen)
    with pytest.raises(StateChanged):
        _claim(waiting, "third", EXPIRED)
    assert _run(waiting) == taken
