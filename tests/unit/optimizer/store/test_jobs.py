"""Jobs keep every revision, and end with all that hangs on them."""

from __future__ import annotations

import pytest

from optimizer.store import (
    JobContent,
    JobState,
    ProposalState,
    RunState,
    VersionChanged,
    change_state,
    create_job,
    delete_job,
    get_job,
    get_proposal,
    get_revision,
    get_run,
    list_jobs,
    pause_job,
    reading,
    resume_job,
    revise_job,
    verify_audit,
    writing,
)
from optimizer.store.errors import NotFound, StateChanged
from tests.sample_store import (
    APPROVER,
    CONTENT,
    JOB,
    LATER,
    NOW,
    OTHER_CONTENT,
    STRANGER,
    TENANT,
    act,
    actions,
    add_job,
    add_other_job,
    add_proposal,
    add_run,
    proposal_name,
    run_name,
)


@pytest.fixture
def proposed(store):
    """A store with a job and its open proposal."""
    with writing(store) as connection:
        add_job(connection)
        add_proposal(connection)
    return store


def _job(store, name=JOB):
    with reading(store) as connection:
        return get_job(connection, TENANT, name)


def _revise(store, content=CONTENT, *, display_name="Monthly", expected_version=None, instant=LATER):
    with writing(store) as connection:
        doing = act(connection, APPROVER, instant)
        return revise_job(doing, JOB, content, display_name=display_name, expected_version=expected_version)


def _actions(store, name=""):
    with reading(store) as connection:
        return actions(connection, name)


def test_a_job_reads_as_it_was_created(proposed):
    job = _job(proposed)
    assert (job.name, job.tenant, job.display_name, job.state) == (JOB, TENANT, "Monthly", JobState.ACTIVE)
    assert (job.revision, job.version, job.author, job.state_reason) == (1, 1, "ada", "")
    assert (job.problem_json, job.policies_json) == (CONTENT.problem_json, CONTENT.policies_json)
    assert (job.create_instant, job.update_instant) == (NOW, NOW)


def test_every_revision_of_a_problem_is_kept_with_its_author(proposed):
    assert _revise(proposed, OTHER_CONTENT) == 2
    with reading(proposed) as connection:
        first, second = (get_revision(connection, TENANT, JOB, number) for number in (1, 2))
        with pytest.raises(NotFound, match="revision 3"):
            get_revision(connection, TENANT, JOB, 3)
    assert (first.revision, first.problem_json, first.author) == (1, CONTENT.problem_json, "ada")
    assert (second.revision, second.problem_json, second.author) == (2, OTHER_CONTENT.problem_json, "ben")
    assert _job(proposed) == second
    assert (second.version, second.update_instant) == (2, LATER)


def test_the_hash_of_a_problem_is_that_of_its_text():
    # printf '%s' '{"display_name":"Pension"}' | sha256sum
    assert CONTENT.problem_sha256 == "3a87e7b3a997ab8e84fd0f8374fbf439cb35b60400dd891178a8ad7ea637a6b5"


def test_other_policies_alone_are_a_revision(proposed):
    assert _revise(proposed, JobContent(problem_json=CONTENT.problem_json, policies_json='{"a":1}')) == 2


def test_a_revision_supersedes_the_open_proposal(proposed):
    _revise(proposed, OTHER_CONTENT)
    with reading(proposed) as connection:
        superseded = get_proposal(connection, TENANT, proposal_name(1))
    assert (superseded.state, superseded.superseding_proposal) == (ProposalState.SUPERSEDED, "")
    assert _actions(proposed)[-2:] == ["proposal.superseded", "job.revise"]


def test_another_display_name_alone_keeps_revision_and_proposal(proposed):
    assert _revise(proposed, display_name="Month's end") == 1
    job = _job(proposed)
    assert (job.display_name, job.revision, job.version) == ("Month's end", 1, 2)
    assert (job.author, job.update_instant) == ("ada", LATER)
    assert _actions(proposed)[-1] == "job.rename"
    with reading(proposed) as connection:
        assert get_proposal(connection, TENANT, proposal_name(1)).state is ProposalState.OPEN


def test_a_revision_that_changes_nothing_writes_nothing(proposed):
    before, log = _job(proposed), _actions(proposed)
    assert _revise(proposed) == 1
    assert (_job(proposed), _actions(proposed)) == (before, log)


def test_a_change_of_something_else_than_was_read_is_refused(proposed):
    _revise(proposed, display_name="Mine", expected_version=1)
    log = _actions(proposed)
    with pytest.raises(VersionChanged, match="is at version 2, not 1") as lost:
        _revise(proposed, OTHER_CONTENT, expected_version=1)
    with pytest.raises(VersionChanged), writing(proposed) as connection:
        delete_job(act(connection), JOB, expected_version=1)
    assert lost.value.current == 2
    assert _actions(proposed) == log
    assert _job(proposed).state is JobState.ACTIVE


def test_one_who_read_before_another_revised_still_loses(proposed, monkeypatch):
    # The lock of `writing` set aside: what stays is compare-and-set alone.
    stale = _job(proposed)
    _revise(proposed, OTHER_CONTENT)
    answers = iter([stale, _job(proposed)])
    monkeypatch.setattr("optimizer.store.jobs.get_job", lambda *_: next(answers))
    with pytest.raises(VersionChanged):
        _revise(proposed, CONTENT, display_name="Lost")
    assert _job(proposed).display_name == "Monthly"


def test_pausing_says_who_and_why_until_the_job_resumes(proposed):
    with writing(proposed) as connection:
        pause_job(act(connection, APPROVER, LATER), JOB, "quarter's end")
    paused = _job(proposed)
    assert (paused.state, paused.state_reason, paused.version) == (JobState.PAUSED, "ben: quarter's end", 2)
    with writing(proposed) as connection:
        resume_job(act(connection), JOB)
    assert (_job(proposed).state, _job(proposed).state_reason) == (JobState.ACTIVE, "")
    with pytest.raises(StateChanged), writing(proposed) as connection:
        resume_job(act(connection), JOB)


def test_deletion_ends_runs_and_proposal_with_the_job(proposed):
    with writing(proposed) as connection:
        add_run(connection, 2)
        add_run(connection, 3)
        change_state(act(connection), run_name(3), RunState.PENDING, RunState.RUNNING)
        delete_job(act(connection, APPROVER, LATER), JOB, expected_version=1)
    with reading(proposed) as connection:
        states = [get_run(connection, TENANT, run_name(number)).state for number in (1, 2, 3)]
        ended = get_run(connection, TENANT, run_name(2)).end_instant
        proposal = get_proposal(connection, TENANT, proposal_name(1))
    assert states == [RunState.SUCCEEDED, RunState.CANCELLED, RunState.CANCELLED]
    assert ended == LATER
    assert proposal.state is ProposalState.SUPERSEDED
    assert _job(proposed).state is JobState.DELETED
    assert _actions(proposed)[-4:] == [
        "run.cancelled", "run.cancelled", "proposal.superseded", "job.deleted",
    ]  # fmt: skip


def test_a_deleted_job_stays_readable_and_is_not_deleted_again(proposed):
    with writing(proposed) as connection:
        delete_job(act(connection), JOB)
    assert _job(proposed).problem_json == CONTENT.problem_json
    with pytest.raises(StateChanged, match="is DELETED"), writing(proposed) as connection:
        delete_job(act(connection), JOB)


def test_a_paused_job_can_be_deleted(proposed):
    with writing(proposed) as connection:
        pause_job(act(connection), JOB, "holidays")
        delete_job(act(connection), JOB)
    assert (_job(proposed).state, _job(proposed).state_reason) == (JobState.DELETED, "")


def test_nobody_reads_or_changes_another_tenants_job(proposed):
    with reading(proposed) as connection:
        before = verify_audit(connection)
        with pytest.raises(NotFound):
            get_job(connection, STRANGER.tenant, JOB)
        with pytest.raises(NotFound):
            get_revision(connection, STRANGER.tenant, JOB, 1)
        assert list_jobs(connection, STRANGER.tenant, limit=10) == []
    changes = (
        lambda doing: pause_job(doing, JOB, ""),
        lambda doing: resume_job(doing, JOB),
        lambda doing: delete_job(doing, JOB),
    )
    for change in changes:
        with pytest.raises(NotFound), writing(proposed) as connection:
            change(act(connection, STRANGER))
    with reading(proposed) as connection:
        assert verify_audit(connection) == before


def test_jobs_are_listed_by_name_in_pages_without_their_problems(store):
    names = [f"{JOB}-{letter}" for letter in "edcba"]
    with writing(store) as connection:
        for name in names:
            create_job(act(connection), name, name[-1], CONTENT)
        add_other_job(connection)
    listed, after_name = [], ""
    with reading(store) as connection:
        while page := list_jobs(connection, TENANT, after_name=after_name, limit=2):
            listed += page
            after_name = page[-1].name
    assert [job.name for job in listed] == sorted(names)
    assert [job.display_name for job in listed] == list("abcde")
    assert {job.problem_json for job in listed} == {""}
    assert {job.policies_json for job in listed} == {"{}"}


def test_jobs_are_listed_by_state_and_once_however_many_revisions_they_have(proposed):
    _revise(proposed, OTHER_CONTENT)
    with writing(proposed) as connection:
        create_job(act(connection), f"{JOB}-2", "", CONTENT)
        pause_job(act(connection), f"{JOB}-2", "")
        create_job(act(connection), f"{JOB}-3", "", CONTENT)
        delete_job(act(connection), f"{JOB}-3")
    with reading(proposed) as connection:
        some = list_jobs(connection, TENANT, states={JobState.ACTIVE, JobState.DELETED}, limit=10)
        every = list_jobs(connection, TENANT, limit=10)
    assert [(job.name, job.revision) for job in some] == [(JOB, 2), (f"{JOB}-3", 1)]
    assert [job.state for job in every] == [JobState.ACTIVE, JobState.PAUSED, JobState.DELETED]
