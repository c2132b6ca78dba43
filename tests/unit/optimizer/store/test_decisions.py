"""One decision for each proposal, by somebody who may, on the content that is there."""

from __future__ import annotations

import datetime
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select, text

from optimizer.store import (
    Actor,
    Engine,
    ProposalState,
    decide,
    reading,
    supersede_open,
    verify_audit,
    writing,
)
from optimizer.store.errors import ApproverBarred, ContentMismatch, NotFound, ProposalNotOpen
from optimizer.store.tables import decisions, proposals
from tests.sample_store import (
    APPROVER,
    AUTHOR,
    CONTENT_SHA256,
    JOB,
    LATER,
    NOW,
    STRANGER,
    TENANT,
    act,
    add_job,
    add_proposal,
    proposal_name,
)

APPROVERS = 12
ROUNDS = 50


@pytest.fixture
def proposed(store: Engine) -> Engine:
    """A store with an open proposal."""
    with writing(store) as connection:
        add_job(connection)
        add_proposal(connection)
    return store


def _decide(
    store, verdict=ProposalState.APPROVED, *, number=1, actor=APPROVER, sha256=CONTENT_SHA256, instant=NOW
):
    with writing(store) as connection:
        decide(act(connection, actor, instant), proposal_name(number), verdict, sha256, "as discussed")


def _states(store):
    with reading(store) as connection:
        return connection.execute(select(proposals.c.state).order_by(proposals.c.name)).scalars().all()


def test_of_twelve_concurrent_approvals_one_wins_every_time(store):
    with writing(store) as connection:
        add_job(connection)
    actors = [Actor(tenant=TENANT, principal=f"approver-{i}", authenticated=True) for i in range(APPROVERS)]
    barrier = Barrier(APPROVERS)

    def approve(number: int, actor: Actor) -> str:
        barrier.wait()
        try:
            _decide(store, number=number, actor=actor)
        except ProposalNotOpen as lost:
            return lost.current
        return actor.principal

    with ThreadPoolExecutor(APPROVERS) as threads:
        for number in range(ROUNDS):
            with writing(store) as connection:
                add_proposal(connection, number)
            winners = [
                name for name in threads.map(approve, [number] * APPROVERS, actors) if name != "APPROVED"
            ]
            with reading(store) as connection:
                mine = decisions.c.proposal_name == proposal_name(number)
                kept = connection.execute(select(decisions.c.principal).where(mine)).scalars().all()
            assert len(winners) == 1
            assert kept == winners
    with reading(store) as connection:
        approvals = connection.execute(
            text("SELECT count(*) FROM audit_log WHERE action = 'proposal.approved'")
        )
        assert approvals.scalar_one() == ROUNDS
        verify_audit(connection)


def test_one_who_read_before_another_decided_still_loses(proposed):
    # The lock of `writing` set aside: what stays is compare-and-set alone.
    from optimizer.store import change_state
    from optimizer.store.errors import StateChanged

    with proposed.connect() as connection:
        seen = connection.execute(select(proposals.c.state)).scalar_one()
    _decide(proposed, ProposalState.REJECTED)
    assert seen == "OPEN"
    with pytest.raises(StateChanged, match="is REJECTED, not OPEN"), proposed.begin() as connection:
        change_state(act(connection, APPROVER), proposal_name(1), ProposalState.OPEN, ProposalState.EXPIRED)


@pytest.mark.parametrize("verdict", [ProposalState.APPROVED, ProposalState.REJECTED])
def test_a_decision_is_kept_with_who_when_and_on_what(proposed, verdict):
    _decide(proposed, verdict)
    with reading(proposed) as connection:
        kept = connection.execute(select(decisions)).one()
    assert _states(proposed) == [verdict]
    assert kept == (proposal_name(1), verdict, "ben", NOW, "as discussed", CONTENT_SHA256, 1)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"sha256": "d" * 64}, ContentMismatch),
        ({"actor": AUTHOR}, ApproverBarred),
        ({"actor": STRANGER}, NotFound),
        ({"number": 7}, NotFound),
        ({"instant": LATER}, ProposalNotOpen),
        ({"instant": LATER + datetime.timedelta(days=400)}, ProposalNotOpen),
    ],
)
def test_a_decision_that_may_not_be_leaves_the_proposal_open_and_no_trace(proposed, changed, refusal):
    with reading(proposed) as connection:
        before = verify_audit(connection)
    with pytest.raises(refusal):
        _decide(proposed, **changed)
    with reading(proposed) as connection:
        assert verify_audit(connection) == before
        assert connection.execute(select(decisions)).all() == []
    assert _states(proposed) == ["OPEN"]


def test_a_proposal_can_be_decided_until_its_last_microsecond(proposed):
    _decide(proposed, instant=LATER - datetime.timedelta(microseconds=1))
    assert _states(proposed) == ["APPROVED"]


def test_the_author_may_reject(proposed):
    _decide(proposed, ProposalState.REJECTED, actor=AUTHOR)
    assert _states(proposed) == ["REJECTED"]


def test_a_newer_proposal_supersedes_the_open_one_and_is_named_by_it(proposed):
    with writing(proposed) as connection:
        add_proposal(connection, 2)
    with reading(proposed) as connection:
        old, new = connection.execute(select(proposals).order_by(proposals.c.name)).all()
    assert (old.state, old.superseding_proposal) == ("SUPERSEDED", proposal_name(2))
    assert (new.state, new.superseding_proposal) == ("OPEN", None)
    with pytest.raises(ProposalNotOpen) as lost:
        _decide(proposed)
    assert lost.value.current == "SUPERSEDED"


def test_a_newer_proposal_leaves_a_decided_one_alone(proposed):
    _decide(proposed)
    with writing(proposed) as connection:
        add_proposal(connection, 2)
    assert _states(proposed) == ["APPROVED", "OPEN"]


def test_a_revision_or_deletion_supersedes_without_a_successor(proposed):
    with writing(proposed) as connection:
        supersede_open(act(connection), JOB, None)
    assert _states(proposed) == ["SUPERSEDED"]
