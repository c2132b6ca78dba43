"""Drift is measured from where the last run left the portfolio, not from an answer that nobody traded to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from counterpoise.model import (
    ApproveRebalanceProposalRequest,
    RebalanceRunOutcome,
    RejectRebalanceProposalRequest,
    TradePolicy,
    TriggerState,
)
from tests.office import BEN, new_id, open_office
from tests.rebalancing import NAV, fund, marks
from tests.watching import DAYS, at_price, beat, firings, on_drift, runs_of, status, work

DRIFTING = on_drift(0.01)


@pytest.fixture
def office(tmp_path, allocate):
    return open_office(tmp_path, allocate)


def drift(office):
    return status(office, "drift").value


def a_day_later(office, recorded):
    """Marks, a day later."""
    office.now += DAYS
    office.record(recorded)


def test_what_a_run_leaves_within_its_tolerance_is_no_drift_and_more_of_it_fires_again(office):
    office.create_job(fund(), triggers=(DRIFTING,), trade_policy=TradePolicy(tolerance_fraction=0.2))
    office.record(at_price(112.5))
    assert office.run().outcome is RebalanceRunOutcome.WITHIN_TOLERANCE
    beat(office)
    assert drift(office) == 0
    for step in (1, 2, 3):
        a_day_later(office, at_price(112.5 + step * 5))
        work(office)
        beat(office)
        # Each step is 1.19 % of NAV from where the run before found the portfolio.
        assert [run.trigger_id for run in runs_of(office)] == ["drift"] * step + [""]
        assert (drift(office), status(office, "drift").state) == (0, TriggerState.ARMED)


def test_a_proposal_that_nobody_decides_on_is_no_drift(office):
    office.create_job(fund(), triggers=(DRIFTING,))
    office.record(marks())
    run = office.run()
    beat(office)
    plan = office.proposal(run).plan
    assert max(abs(trade.fraction) for trade in plan.trades) > 0.1
    assert drift(office) == 0
    assert [run.trigger_id for run in runs_of(office)] == [""]


@pytest.mark.parametrize("approved", [True, False])
def test_approved_trades_say_where_lines_should_be_and_rejected_ones_do_not(office, approved):
    office.create_job(fund(), triggers=(DRIFTING,))
    office.record(marks())
    proposal = office.proposal(office.run())
    kind = ApproveRebalanceProposalRequest if approved else RejectRebalanceProposalRequest
    decide = kind(
        name=proposal.name, content_sha256=proposal.content_sha256, comment="read", request_id=new_id()
    )
    office.call(decide, BEN)
    beat(office)
    assert (drift(office), firings(office)) == (0, [])  # nobody can have traded yet
    a_day_later(office, marks())
    before = {position.line_id: position.fraction for position in proposal.before.positions}
    after = {position.line_id: position.fraction for position in proposal.after.positions}
    largest = max(abs(after[name] - before[name]) for name in before)
    assert drift(office) == pytest.approx(largest if approved else 0.0, abs=1e-12)


def test_trades_that_were_done_end_the_drift(office):
    office.create_job(fund(), triggers=(DRIFTING,))
    office.record(marks())
    proposal = office.proposal(office.run())
    decide = ApproveRebalanceProposalRequest(
        name=proposal.name, content_sha256=proposal.content_sha256, comment="read", request_id=new_id()
    )
    office.call(decide, BEN)
    held = {position.line_id: position.fraction for position in proposal.after.positions}
    done = marks()
    values = tuple(
        replace(mark, contract_count=round(held["bond_future"] * NAV / 112_500))
        if mark.line_id == "bond_future"
        else replace(mark, market_value_amount=held[mark.line_id] * NAV)
        for mark in done.line_marks
    )
    office.now += DAYS
    office.record(replace(done, line_marks=values))
    beat(office)
    assert drift(office) == pytest.approx(0.0, abs=1e-9)


def test_approving_fires_nothing_and_hides_no_breach_that_follows(office):
    office.create_job(fund(), triggers=(DRIFTING,))
    office.record(marks())
    proposal = office.proposal(office.run())
    decide = ApproveRebalanceProposalRequest(
        name=proposal.name, content_sha256=proposal.content_sha256, comment="read", request_id=new_id()
    )
    office.call(decide, BEN)
    beat(office)
    assert firings(office) == []
    a_day_later(office, marks(price=130.0))
    assert firings(office) == ["drift"]
