"""What is approved leaves once, with what was approved, and nothing leaves unless that was asked."""

from __future__ import annotations

import datetime
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy.exc import IntegrityError

from optimizer.store import (
    Actor,
    ProposalState,
    ReleaseState,
    act_in_tenant,
    audit_rows,
    decide,
    expire_due,
    get_proposal,
    list_proposals,
    pending,
    reading,
    set_release,
    verify_audit,
    waiting_releases,
    writing,
)
from optimizer.store.errors import NotFound, StateChanged
from optimizer.store.tables import proposals
from tests.sample_store import (
    APPROVER,
    CONTENT_SHA256,
    JOB,
    LATER,
    NOW,
    SERVER,
    STRANGER,
    TENANT,
    act,
    actions,
    add_job,
    add_proposal,
    proposal_name,
    run_name,
)

TRIES = 12
MICROSECOND = datetime.timedelta(microseconds=1)
PLAN = '{"trades":[{"line_id":"bonds","contract_count":1408}]}'


@pytest.fixture
def proposed(store):
    """A store with an open proposal."""
    with writing(store) as connection:
        add_job(connection)
        add_proposal(connection)
    return store


def _approve(store, release_state=None, *, number=1, actor=APPROVER, instant=NOW):
    with writing(store) as connection:
        decide(
            act(connection, actor, instant),
            proposal_name(number),
            ProposalState.APPROVED,
            CONTENT_SHA256,
            "as discussed",
            release_state=release_state,
        )


def _release(store, new=ReleaseState.RELEASED, *, detail="", tenant=TENANT):
    with writing(store) as connection:
        doing = act_in_tenant(act(connection, SERVER, LATER), tenant)
        set_release(doing, proposal_name(1), ReleaseState.WAITING, new, detail)


def _proposal(store, number=1):
    with reading(store) as connection:
        return get_proposal(connection, TENANT, proposal_name(number))


def test_a_proposal_reads_as_it_was_made(proposed):
    found = _proposal(proposed)
    assert (found.name, found.tenant, found.job_name) == (proposal_name(1), TENANT, JOB)
    assert (found.run_name, found.state, found.plan_json) == (run_name(1), ProposalState.OPEN, PLAN)
    assert (found.measures_json, found.content_sha256) == ('{"before":{},"after":{}}', CONTENT_SHA256)
    assert (found.barred_approvers, found.expire_instant) == (("ada",), LATER)
    assert (found.superseding_proposal, found.create_instant, found.decision) == ("", NOW, None)
    assert (found.release_state, found.release_instant, found.release_detail) == (None, None, "")


@pytest.mark.parametrize("authenticated", [True, False])
def test_a_decision_is_read_with_its_proposal_and_whether_the_name_was_proven(proposed, authenticated):
    _approve(proposed, actor=Actor(tenant=TENANT, principal="ben", authenticated=authenticated), instant=NOW)
    decision = _proposal(proposed).decision
    assert (decision.verdict, decision.principal) == (ProposalState.APPROVED, "ben")
    assert (decision.decide_instant, decision.comment) == (NOW, "as discussed")
    assert (decision.content_sha256, decision.authenticated) == (CONTENT_SHA256, authenticated)


def test_what_is_approved_without_a_word_of_release_is_a_dry_run(proposed):
    _approve(proposed)
    assert (_proposal(proposed).release_state, _proposal(proposed).release_instant) == ("DRY_RUN", NOW)
    with reading(proposed) as connection:
        assert waiting_releases(connection, 10) == []
    with pytest.raises(StateChanged, match="DRY_RUN"):
        _release(proposed)


def test_what_is_rejected_has_no_release(proposed):
    with writing(proposed) as connection:
        decide(act(connection), proposal_name(1), ProposalState.REJECTED, CONTENT_SHA256, "no")
    assert _proposal(proposed).release_state is None
    with pytest.raises(StateChanged, match="REJECTED"):
        _release(proposed)


@pytest.mark.parametrize(
    ("verdict", "release_state"),
    [
        (ProposalState.REJECTED, ReleaseState.DRY_RUN),
        (ProposalState.REJECTED, ReleaseState.WAITING),
        (ProposalState.APPROVED, ReleaseState.RELEASED),
        (ProposalState.APPROVED, ReleaseState.WITHHELD),
    ],
)
def test_a_decision_releases_nothing_by_itself(proposed, verdict, release_state):
    with pytest.raises(ValueError, match=r"release|starts as"), writing(proposed) as connection:
        decide(
            act(connection, APPROVER),
            proposal_name(1),
            verdict,
            CONTENT_SHA256,
            "",
            release_state=release_state,
        )
    assert _proposal(proposed).state is ProposalState.OPEN


def test_the_database_itself_refuses_a_release_of_what_is_not_approved(proposed):
    released = {"release_state": "RELEASED", "release_instant": NOW}
    with pytest.raises(IntegrityError), proposed.begin() as connection:
        connection.execute(proposals.update().values(released))


def test_the_message_of_a_release_carries_what_was_approved(proposed):
    _approve(proposed, ReleaseState.WAITING)
    _release(proposed)
    found = _proposal(proposed)
    assert (found.release_state, found.release_instant) == (ReleaseState.RELEASED, LATER)
    with reading(proposed) as connection:
        message = pending(connection, 100)[-1]
        row = audit_rows(connection, tenant=TENANT, prefix=proposal_name(1), limit=10)[-1]
    assert (message.event, message.tenant, message.resource_name) == (
        "proposal.release",
        TENANT,
        proposal_name(1),
    )
    payload = json.loads(message.payload_json)
    assert (payload["plan_json"], payload["content_sha256"]) == (PLAN, CONTENT_SHA256)
    assert (payload["run"], payload["job"]) == (run_name(1), JOB)
    assert (row.action, row.principal, message.audit_sequence) == (
        "proposal.release", SERVER.principal, row.sequence,
    )  # fmt: skip


def test_what_is_withheld_says_why_and_carries_no_trades(proposed):
    _approve(proposed, ReleaseState.WAITING)
    _release(proposed, ReleaseState.WITHHELD, detail="coverage at 10 days is below 1.5")
    found = _proposal(proposed)
    assert (found.release_state, found.release_detail) == (
        ReleaseState.WITHHELD, "coverage at 10 days is below 1.5",
    )  # fmt: skip
    with reading(proposed) as connection:
        message = pending(connection, 100)[-1]
    assert message.event == "proposal.withhold"
    assert "plan_json" not in json.loads(message.payload_json)
    with pytest.raises(StateChanged, match="WITHHELD"):
        _release(proposed)


def test_of_twelve_concurrent_releases_one_sends_the_trades(proposed):
    _approve(proposed, ReleaseState.WAITING)
    barrier = Barrier(TRIES)

    def release(new):
        barrier.wait()
        try:
            _release(proposed, new)
        except StateChanged:
            return None
        return new

    news = [ReleaseState.RELEASED, ReleaseState.WITHHELD] * (TRIES // 2)
    with ThreadPoolExecutor(TRIES) as threads:
        winners = [new for new in threads.map(release, news) if new is not None]
    assert [_proposal(proposed).release_state] == winners
    with reading(proposed) as connection:
        written = actions(connection, proposal_name(1))
        verify_audit(connection)
    assert written.count("proposal.release") + written.count("proposal.withhold") == 1


def test_a_release_goes_from_waiting_to_an_end_and_nowhere_else(proposed):
    _approve(proposed, ReleaseState.WAITING)
    allowed = {("WAITING", "RELEASED"), ("WAITING", "WITHHELD")}
    for old in ReleaseState:
        for new in ReleaseState:
            if (old, new) not in allowed:
                with pytest.raises(ValueError, match=f"from {old} to {new}"), writing(proposed) as connection:
                    set_release(act(connection), proposal_name(1), old, new, "")


def test_another_tenants_proposal_is_not_there(proposed):
    _approve(proposed, ReleaseState.WAITING)
    with pytest.raises(NotFound):
        _release(proposed, tenant=STRANGER.tenant)
    with reading(proposed) as connection:
        with pytest.raises(NotFound):
            get_proposal(connection, STRANGER.tenant, proposal_name(1))
        assert list_proposals(connection, STRANGER.tenant, job_name=None, limit=10) == []


def test_waiting_releases_come_oldest_approval_first(proposed):
    _approve(proposed, ReleaseState.WAITING, instant=NOW + 2 * MICROSECOND)
    for number, after in ((2, 1), (3, 3)):
        with writing(proposed) as connection:
            add_proposal(connection, number)
        _approve(proposed, ReleaseState.WAITING, number=number, instant=NOW + after * MICROSECOND)
    with reading(proposed) as connection:
        every, two = waiting_releases(connection, 10), waiting_releases(connection, 2)
    assert [found.name for found in every] == [proposal_name(number) for number in (2, 1, 3)]
    assert two == every[:2]
    assert {(found.plan_json, found.decision.principal) for found in every} == {(PLAN, "ben")}


def test_proposals_are_listed_newest_first_by_state_without_their_measures(proposed):
    for number in range(2, 6):
        with writing(proposed) as connection:
            add_proposal(connection, number)
    _approve(proposed, number=5)
    listed, before = [], None
    with reading(proposed) as connection:
        while page := list_proposals(connection, TENANT, job_name=JOB, before=before, limit=2):
            listed += page
            before = (page[-1].create_instant, page[-1].name)
        approved = list_proposals(
            connection, TENANT, job_name=None, states={ProposalState.APPROVED}, limit=10
        )
        elsewhere = list_proposals(connection, TENANT, job_name=f"{JOB}-2", limit=10)
    assert [found.name for found in listed] == [proposal_name(number) for number in (5, 4, 3, 2, 1)]
    assert {(found.measures_json, found.plan_json) for found in listed} == {("", PLAN)}
    assert [found.name for found in approved] == [proposal_name(5)]
    assert elsewhere == []


def test_proposals_whose_time_is_over_expire_in_their_tenant_by_the_server(proposed):
    def expire(instant):
        with writing(proposed) as connection:
            return expire_due(act(connection, SERVER, instant))

    assert expire(LATER - MICROSECOND) == []
    assert _proposal(proposed).state is ProposalState.OPEN
    assert expire(LATER) == [proposal_name(1)]
    assert expire(LATER) == []
    assert _proposal(proposed).state is ProposalState.EXPIRED
    with reading(proposed) as connection:
        row = audit_rows(connection, tenant=TENANT, limit=100)[-1]
    assert (row.action, row.resource_name, row.principal) == (
        "proposal.expired", proposal_name(1), SERVER.principal,
    )  # fmt: skip


def test_what_was_decided_in_time_does_not_expire(proposed):
    _approve(proposed)
    with writing(proposed) as connection:
        assert expire_due(act(connection, SERVER, LATER)) == []
    assert _proposal(proposed).state is ProposalState.APPROVED
