"""States change as the contract's table says, by compare-and-set, and nobody changes another tenant's."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import text

from optimizer.store import (
    JobState,
    ProposalState,
    RunOutcome,
    RunState,
    active_jobs,
    change_state,
    create_job,
    create_run,
    decide_slots,
    finish_run,
    get_job,
    pause_job,
    reading,
    revise_job,
    verify_audit,
    writing,
)
from optimizer.store.errors import AlreadyExists, NotFound, StateChanged, TextRefused
from optimizer.store.tables import jobs, proposals, runs
from tests.sample_store import (
    CONTENT,
    JOB,
    LATER,
    NOW,
    STRANGER,
    act,
    add_job,
    add_proposal,
    add_run,
    proposal_name,
    run_name,
)

ALLOWED = {
    ("ACTIVE", "PAUSED"), ("PAUSED", "ACTIVE"), ("ACTIVE", "DELETED"), ("PAUSED", "DELETED"),
    ("PENDING", "RUNNING"), ("RUNNING", "SUCCEEDED"), ("PENDING", "FAILED"), ("RUNNING", "FAILED"),
    ("PENDING", "CANCELLED"), ("RUNNING", "CANCELLED"),
    ("OPEN", "APPROVED"), ("OPEN", "REJECTED"), ("OPEN", "EXPIRED"), ("OPEN", "SUPERSEDED"),
}  # fmt: skip
DRY_RUN = {"release_state": "DRY_RUN", "release_instant": NOW}
PAIRS = [pair for states in (JobState, RunState, ProposalState) for pair in itertools.product(states, states)]


def _resource(connection, state) -> str:
    """A job, run or proposal put into a state past all rules."""
    add_job(connection)
    add_proposal(connection)
    table, name = {
        JobState: (jobs, JOB),
        RunState: (runs, run_name(1)),
        ProposalState: (proposals, proposal_name(1)),
    }[type(state)]
    values = {"state": state.value}
    if state is ProposalState.APPROVED:
        values |= DRY_RUN
    if isinstance(state, RunState):
        values["outcome"] = "PROPOSED" if state is RunState.SUCCEEDED else None
    connection.execute(table.update().values(values))
    return name


def _change(store, name, old, new, actor=None) -> None:
    values = {RunState.SUCCEEDED: {"outcome": "REFUSED"}, ProposalState.APPROVED: DRY_RUN}.get(new, {})
    with writing(store) as connection:
        doing = act(connection) if actor is None else act(connection, actor)
        change_state(doing, name, old, new, values=values)


@pytest.mark.parametrize(("old", "new"), [pair for pair in PAIRS if pair in ALLOWED])
def test_a_state_goes_where_the_contract_lets_it_and_once(store, old, new):
    with writing(store) as connection:
        name = _resource(connection, old)
    _change(store, name, old, new)
    with pytest.raises(StateChanged) as lost:
        _change(store, name, old, new)
    assert lost.value.current == new


def test_a_state_goes_nowhere_else(store):
    for old, new in PAIRS:
        if (old, new) not in ALLOWED:
            with pytest.raises(ValueError, match=f"from {old} to {new}"):
                _change(store, "anything", old, new)


def test_a_text_that_the_database_does_not_keep_is_refused_in_words_of_the_store(store):
    def write() -> None:
        with writing(store) as connection:
            add_job(connection)
            pause_job(act(connection), JOB, "a\0b")

    if store.dialect.name == "postgresql":
        with pytest.raises(TextRefused, match=r"U\+0000") as refused:
            write()
        assert refused.value.__cause__ is None
        with reading(store) as connection:
            assert verify_audit(connection).sequence == 0
    else:
        write()
        with reading(store) as connection:
            assert get_job(connection, "pension", JOB).state_reason == "ada: a\0b"


def test_the_loser_writes_nothing(store):
    with writing(store) as connection:
        add_job(connection)
    _change(store, JOB, JobState.ACTIVE, JobState.PAUSED)
    with pytest.raises(StateChanged, match="is PAUSED, not ACTIVE"):
        _change(store, JOB, JobState.ACTIVE, JobState.PAUSED)
    with reading(store) as connection:
        assert connection.execute(text("SELECT count(*) FROM audit_log")).scalar_one() == 2
        assert connection.execute(text("SELECT count(*) FROM outbox")).scalar_one() == 2


def test_another_tenants_resource_is_not_there(store):
    with writing(store) as connection:
        add_job(connection)
    with pytest.raises(NotFound):
        _change(store, JOB, JobState.ACTIVE, JobState.DELETED, STRANGER)
    with pytest.raises(NotFound), writing(store) as connection:
        create_run(act(connection, STRANGER), run_name(1), JOB)
    with pytest.raises(NotFound), writing(store) as connection:
        revise_job(act(connection, STRANGER), JOB, CONTENT, display_name="", expected_version=None)


def test_a_deleted_job_keeps_its_name_and_takes_no_revision_and_no_run(store):
    with writing(store) as connection:
        add_job(connection)
        change_state(act(connection), JOB, JobState.ACTIVE, JobState.DELETED)
    with pytest.raises(AlreadyExists), writing(store) as connection:
        create_job(act(connection), JOB, "Again", CONTENT)
    with pytest.raises(StateChanged, match="DELETED"), writing(store) as connection:
        revise_job(act(connection), JOB, CONTENT, display_name="Again", expected_version=None)
    with pytest.raises(StateChanged, match="DELETED"), writing(store) as connection:
        add_run(connection)


def test_a_slot_has_one_run_and_manual_runs_are_many(store):
    with writing(store) as connection:
        add_job(connection)
        add_run(connection, 1)
        add_run(connection, 2)
        create_run(act(connection), run_name(3), JOB, slot_instant=NOW)
        create_run(act(connection), run_name(4), JOB, slot_instant=LATER, state=RunState.SKIPPED)
    with pytest.raises(AlreadyExists, match="has its run"), writing(store) as connection:
        create_run(act(connection), run_name(5), JOB, slot_instant=NOW)


def test_a_paused_job_runs_by_hand_and_decides_no_slots(store):
    with writing(store) as connection:
        add_job(connection)
        (job,) = active_jobs(connection)
        change_state(act(connection), JOB, JobState.ACTIVE, JobState.PAUSED)
        add_run(connection)
        assert active_jobs(connection) == []
        assert not decide_slots(act(connection), job, LATER)


def test_a_run_that_was_cancelled_cannot_succeed(store):
    with writing(store) as connection:
        add_job(connection)
        add_run(connection)
        change_state(act(connection), run_name(1), RunState.PENDING, RunState.CANCELLED)
    with pytest.raises(StateChanged, match="CANCELLED"), writing(store) as connection:
        finish_run(act(connection), run_name(1), RunOutcome.REFUSED, None)
