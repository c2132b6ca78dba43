"""From a job to approved trades: real store, real solves, a clock that stands still until it is set."""

from __future__ import annotations

import base64
import datetime
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from counterpoise.model import (
    ApproveRebalanceProposalRequest,
    CancelRebalanceRunRequest,
    CreateRebalanceJobRequest,
    DeleteRebalanceJobRequest,
    EngageKillSwitchRequest,
    ErrorReason,
    GetRebalanceJobRequest,
    GetRebalanceProposalRequest,
    GetRebalanceRunRequest,
    LeverageDefinition,
    LeverageMeasure,
    LineMark,
    ListKillSwitchesRequest,
    ListMarksRequest,
    ListRebalanceJobsRequest,
    ListRebalanceProposalsRequest,
    ListRebalanceRunsRequest,
    PauseRebalanceJobRequest,
    RebalanceJob,
    RebalanceJobState,
    RebalanceProposalState,
    RebalanceRunOutcome,
    RebalanceRunState,
    RecordMarksRequest,
    RejectRebalanceProposalRequest,
    ReleaseKillSwitchRequest,
    ReleaseState,
    ResumeRebalanceJobRequest,
    RunGuard,
    RunPolicy,
    RunRebalanceJobRequest,
    TradePolicy,
    UpdateRebalanceJobRequest,
)
from optimizer.rebalance.desk import page_token
from optimizer.rebalance.runs import changes_of_runs
from optimizer.store import audit_rows, pending, reading, verify_audit, writing
from optimizer.usecases.errors import Refused, RequestInvalid
from tests.office import ADA, BEN, EVE, JOB, TENANT, Office, Person, new_id, open_office
from tests.rebalancing import DAY, NAV, NOW, fund, marks

HOUR = datetime.timedelta(hours=1)
DAYS = datetime.timedelta(days=1)


@pytest.fixture
def office(tmp_path, allocate):
    return open_office(tmp_path, allocate)


@pytest.fixture
def proposal(office):
    """An open proposal on marks of the day, by Ada."""
    office.create_job()
    office.record(marks())
    return office.proposal(office.run())


def approve(office, proposal, person=BEN, **changes):
    request = ApproveRebalanceProposalRequest(
        name=proposal.name, content_sha256=proposal.content_sha256, comment="read", request_id=new_id()
    )
    return office.call(replace(request, **changes), person).rebalance_proposal


def refused(call, *arguments, **options):
    with pytest.raises(Refused) as caught:
        call(*arguments, **options)
    return caught.value.reason


def state_of(office, proposal):
    return office.call(GetRebalanceProposalRequest(name=proposal.name)).rebalance_proposal.state


def actions(office):
    with reading(office.engine) as connection:
        verify_audit(connection)
        return [row.action for row in audit_rows(connection, tenant=None, limit=1000)]


def with_leverage_cap(problem, upper):
    measure = LeverageMeasure(definition=LeverageDefinition.GROSS_NOTIONAL)
    limits = tuple(
        replace(limit, upper=upper, leverage=measure) if limit.limit_id == "gross-cap" else limit
        for limit in problem.mandate.limits
    )
    return replace(problem, mandate=replace(problem.mandate, limits=limits))


# The way of a proposal


def test_a_run_proposes_trades_that_another_person_approves(office, proposal):
    assert proposal.state is RebalanceProposalState.OPEN
    assert proposal.barred_approvers == ("ada",)
    assert proposal.expire_time == NOW + DAYS
    traded = {trade.line_id: trade for trade in proposal.plan.trades}
    assert traded["bond_future"].contract_count is not None
    approved = approve(office, proposal)
    assert approved.state is RebalanceProposalState.APPROVED
    assert (approved.decision.principal, approved.decision.comment) == ("ben", "read")
    assert approved.decision.content_sha256 == proposal.content_sha256
    assert approved.release.state is ReleaseState.DRY_RUN
    assert replace(approved, state=proposal.state, decision=None, release=None) == proposal


def test_the_plan_ends_where_the_measures_of_after_say(office, proposal):
    before = {position.line_id: position.fraction for position in proposal.before.positions}
    after = {position.line_id: position.fraction for position in proposal.after.positions}
    traded = {trade.line_id: trade.fraction for trade in proposal.plan.trades}
    for line_id, fraction in after.items():
        assert fraction == pytest.approx(before[line_id] + traded.get(line_id, 0.0), abs=1e-12)
    assert sum(abs(change) for change in traded.values()) / 2 == pytest.approx(
        proposal.plan.one_way_turnover_fraction
    )


def test_everything_that_happened_is_in_the_audit_log_in_order(office, proposal):
    assert refused(approve, office, proposal, ADA) is ErrorReason.SELF_APPROVAL
    approve(office, proposal)
    wanted = [
        "job.create",
        "marks.record",
        "run.create",
        "run.running",
        "run.begin",
        "run.succeeded",
        "proposal.create",
        "decision.refuse",
        "proposal.approved",
    ]
    assert actions(office) == wanted


def test_who_started_the_run_may_not_approve_either(office):
    office.create_job()
    office.record(marks())
    proposal = office.proposal(office.run(BEN))
    assert proposal.barred_approvers == ("ada", "ben")
    assert refused(approve, office, proposal, BEN) is ErrorReason.SELF_APPROVAL
    assert approve(office, proposal, Person("cid")).state is RebalanceProposalState.APPROVED


def test_rejecting_needs_no_other_person_and_is_final(office, proposal):
    request = RejectRebalanceProposalRequest(
        name=proposal.name, content_sha256=proposal.content_sha256, comment="no", request_id=new_id()
    )
    assert office.call(request, ADA).rebalance_proposal.state is RebalanceProposalState.REJECTED
    assert refused(approve, office, proposal) is ErrorReason.PROPOSAL_NOT_OPEN


def test_an_approval_binds_to_the_content(office, proposal):
    assert refused(approve, office, proposal, content_sha256="0" * 64) is ErrorReason.RESOURCE_CHANGED
    assert state_of(office, proposal) is RebalanceProposalState.OPEN


def test_a_proposal_expires(office, proposal):
    office.now = NOW + DAYS
    assert state_of(office, proposal) is RebalanceProposalState.EXPIRED
    assert refused(approve, office, proposal) is ErrorReason.PROPOSAL_NOT_OPEN
    office.runner.turn(office.desk)
    request = ListRebalanceProposalsRequest(parent=JOB, states=(RebalanceProposalState.EXPIRED,))
    assert len(office.call(request).rebalance_proposals) == 1


def test_a_newer_proposal_replaces_an_open_one(office, proposal):
    office.now = NOW + HOUR
    newer = office.proposal(office.run())
    older = office.call(GetRebalanceProposalRequest(name=proposal.name)).rebalance_proposal
    assert older.state is RebalanceProposalState.SUPERSEDED
    assert older.superseding_proposal == newer.name
    assert refused(approve, office, proposal) is ErrorReason.PROPOSAL_NOT_OPEN
    assert approve(office, newer).state is RebalanceProposalState.APPROVED


# Compliance on the latest marks


def test_new_marks_count_at_approval(office):
    """The cap binds in the proposal; a rise of the future's price carries the trades over it."""
    office.create_job(with_leverage_cap(fund(), 1.1))
    office.record(marks())
    proposal = office.proposal(office.run())
    gross = next(limit.value for limit in proposal.after.limits if limit.key.limit_id == "gross-cap")
    assert gross == pytest.approx(1.1, abs=3e-4)
    office.record(marks(price=116.0))
    assert refused(approve, office, proposal) is ErrorReason.COMPLIANCE_FAILED
    assert state_of(office, proposal) is RebalanceProposalState.OPEN
    office.record(marks(price=112.0))
    assert approve(office, proposal).state is RebalanceProposalState.APPROVED


def test_stale_marks_decide_nothing(office):
    office.create_job(run_policy=RunPolicy(proposal_lifetime=30 * DAYS))
    office.record(marks())
    proposal = office.proposal(office.run())
    office.now = NOW + 6 * DAYS
    assert refused(approve, office, proposal) is ErrorReason.MARKS_STALE
    office.record(marks(DAY + 5 * DAYS))
    assert approve(office, proposal).state is RebalanceProposalState.APPROVED


# Release


@pytest.fixture
def releasing(office):
    office.create_job(run_policy=RunPolicy(release_approved=True, proposal_lifetime=2 * DAYS))
    office.record(marks())
    return office.proposal(office.run())


def released(office):
    with reading(office.engine) as connection:
        return [message for message in pending(connection, 100) if message.event == "proposal.release"]


def test_trades_leave_only_where_the_job_says_so(office, proposal):
    approve(office, proposal)
    office.runner.turn(office.desk)
    assert released(office) == []


def test_approved_trades_leave_once_through_the_outbox(office, releasing):
    assert approve(office, releasing).release.state is ReleaseState.WAITING
    for _ in range(3):
        office.runner.turn(office.desk)
    (message,) = released(office)
    payload = json.loads(message.payload_json)
    assert payload["content_sha256"] == releasing.content_sha256
    shown = office.call(GetRebalanceProposalRequest(name=releasing.name)).rebalance_proposal
    assert shown.release.state is ReleaseState.RELEASED


def test_what_breaks_a_limit_between_approval_and_release_is_withheld(office):
    office.create_job(with_leverage_cap(fund(), 1.1), run_policy=RunPolicy(release_approved=True))
    office.record(marks())
    proposal = office.proposal(office.run())
    approve(office, proposal)
    office.record(marks(price=116.0))
    office.runner.turn(office.desk)
    shown = office.call(GetRebalanceProposalRequest(name=proposal.name)).rebalance_proposal
    assert shown.release.state is ReleaseState.WITHHELD
    assert "gross-cap" in shown.release.detail
    assert released(office) == []


def test_a_kill_switch_holds_what_waits_until_it_is_released_or_its_time_is_over(office, releasing):
    approve(office, releasing)
    engage(office, TENANT)
    office.runner.turn(office.desk)
    assert released(office) == []
    office.call(ReleaseKillSwitchRequest(scope=TENANT, comment="go on", request_id=new_id()))
    office.runner.turn(office.desk)
    assert len(released(office)) == 1


def test_what_waited_too_long_is_withheld(office, releasing):
    approve(office, releasing)
    engage(office, JOB)
    office.now = NOW + 3 * DAYS
    office.runner.turn(office.desk)
    shown = office.call(GetRebalanceProposalRequest(name=releasing.name)).rebalance_proposal
    assert shown.release.state is ReleaseState.WITHHELD


# Kill switches


def engage(office, scope, person=ADA):
    request = EngageKillSwitchRequest(scope=scope, comment="look first", request_id=new_id())
    return office.call(request, person).kill_switch


@pytest.mark.parametrize("scope", [TENANT, JOB])
def test_a_kill_switch_stops_runs_and_approvals(office, proposal, scope):
    switch = engage(office, scope)
    assert (switch.scope, switch.principal, switch.comment) == (scope, "ada", "look first")
    assert refused(approve, office, proposal) is ErrorReason.REBALANCING_HALTED
    assert refused(office.run) is ErrorReason.REBALANCING_HALTED
    assert len(office.call(ListKillSwitchesRequest(parent=TENANT)).kill_switches) == 1
    office.call(ReleaseKillSwitchRequest(scope=scope, comment="fine", request_id=new_id()))
    assert approve(office, proposal).state is RebalanceProposalState.APPROVED


def test_a_run_that_is_under_way_when_the_switch_is_engaged_proposes_nothing(office):
    office.create_job()
    office.record(marks())
    run = office.call(RunRebalanceJobRequest(name=JOB, request_id=new_id())).rebalance_run
    engage(office, JOB)
    office.runner.turn(office.desk)
    ended = office.call(GetRebalanceRunRequest(name=run.name)).rebalance_run
    assert [refusal.guard for refusal in ended.refusals] == [RunGuard.HALTED]
    assert ended.proposal == ""


# Runs


def test_a_run_says_what_it_used_and_found(office):
    office.create_job()
    recorded = office.record(marks())
    run = office.run()
    assert run.state is RebalanceRunState.SUCCEEDED
    assert run.outcome is RebalanceRunOutcome.PROPOSED
    assert (run.initiator, run.job_revision, run.marks) == ("ada", 1, recorded.name)
    assert run.allocation.certificate.optimality is not None
    assert office.proposal(run).run == run.name


def test_a_run_without_marks_takes_the_state_of_the_problem(office):
    office.create_job()
    run = office.run()
    assert run.marks == ""
    assert run.outcome is RebalanceRunOutcome.PROPOSED


def test_a_run_on_old_marks_is_refused_and_kept(office):
    office.create_job()
    office.now = NOW + 6 * DAYS
    run = office.run()
    assert run.outcome is RebalanceRunOutcome.REFUSED
    assert [refusal.guard for refusal in run.refusals] == [RunGuard.MARKS_STALE]
    assert run.allocation is None


def test_an_infeasible_mandate_is_refused_with_its_proof(office):
    office.create_job(with_leverage_cap(fund(), -0.1))
    run = office.run()
    assert [refusal.guard for refusal in run.refusals] == [RunGuard.INFEASIBLE]
    assert run.allocation.certificate.infeasibility is not None
    assert run.refusals[0].limits


def test_the_breaker_refuses_a_run(office):
    office.create_job(run_policy=RunPolicy(maximum_turnover_fraction=1e-4))
    run = office.run()
    assert [refusal.guard for refusal in run.refusals] == [RunGuard.TURNOVER]


def test_small_changes_propose_nothing(office):
    office.create_job(trade_policy=TradePolicy(tolerance_fraction=1.0))
    run = office.run()
    assert run.outcome is RebalanceRunOutcome.WITHIN_TOLERANCE
    assert run.proposal == ""


def test_a_job_has_one_run_at_a_time(office):
    office.create_job()
    run = office.call(RunRebalanceJobRequest(name=JOB, request_id=new_id())).rebalance_run
    assert run.state is RebalanceRunState.PENDING
    assert refused(office.run) is ErrorReason.RUN_IN_PROGRESS
    cancel = CancelRebalanceRunRequest(name=run.name, request_id=new_id())
    assert office.call(cancel).rebalance_run.state is RebalanceRunState.CANCELLED
    again = replace(cancel, request_id=new_id())
    assert refused(office.call, again) is ErrorReason.RUN_NOT_ACTIVE
    assert office.run().outcome is RebalanceRunOutcome.PROPOSED


def test_a_run_that_is_cancelled_while_it_is_worked_on_stays_cancelled(office):
    office.create_job()
    run = office.call(RunRebalanceJobRequest(name=JOB, request_id=new_id())).rebalance_run
    solve = office.allocate

    def cancel_first(problem):
        office.call(CancelRebalanceRunRequest(name=run.name, request_id=new_id()))
        office.allocate = solve
        return solve(problem)

    office.allocate = cancel_first
    office.runner.turn(office.desk)
    ended = office.call(GetRebalanceRunRequest(name=run.name)).rebalance_run
    assert ended.state is RebalanceRunState.CANCELLED
    assert ended.proposal == ""


def test_a_bug_fails_the_run_under_a_number_and_tells_nothing(office):
    office.create_job()

    def break_down(_):
        raise RuntimeError("secret")

    office.allocate = break_down
    run = office.run()
    assert run.state is RebalanceRunState.FAILED
    assert run.failure.reason is ErrorReason.INTERNAL_BUG
    assert run.failure.error_id in run.failure.message
    assert "secret" not in run.failure.message


def test_whoever_died_is_followed_by_another_on_the_same_run(office, tmp_path, allocate):
    office.create_job()
    run = office.call(RunRebalanceJobRequest(name=JOB, request_id=new_id())).rebalance_run

    class Killed(BaseException):
        pass

    def die(_):
        raise Killed

    office.allocate = die
    with pytest.raises(Killed):
        office.runner.turn(office.desk)
    other = Office(office.engine, allocate, now=NOW + datetime.timedelta(seconds=10))
    assert not other.runner.turn(other.desk), "the lease of the dead still holds"
    other.now = NOW + datetime.timedelta(seconds=21)
    assert other.runner.turn(other.desk)
    ended = other.call(GetRebalanceRunRequest(name=run.name)).rebalance_run
    assert ended.outcome is RebalanceRunOutcome.PROPOSED
    assert actions(office).count("proposal.create") == 1


# Jobs


def update(office, *mask, person=ADA, **changes):
    job = office.call(GetRebalanceJobRequest(name=JOB)).rebalance_job
    request = UpdateRebalanceJobRequest(
        rebalance_job=replace(job, **changes), update_mask=mask, request_id=new_id()
    )
    return office.call(request, person).rebalance_job


def test_a_job_is_read_back_as_it_was_written(office):
    policy = RunPolicy(maximum_mark_age=36 * HOUR, compliance_tolerance_fraction=0.001)
    job = office.create_job(run_policy=policy, trade_policy=TradePolicy(band_fraction=0.01))
    assert job.name == JOB
    assert (job.state, job.revision, job.author) == (RebalanceJobState.ACTIVE, 1, "ada")
    assert (job.problem, job.run_policy) == (fund(), policy)
    assert office.call(GetRebalanceJobRequest(name=JOB)).rebalance_job == job


def test_a_new_revision_replaces_the_proposal_and_its_author_is_barred(office, proposal):
    job = update(office, "problem", person=BEN, problem=with_leverage_cap(fund(), 1.15))
    assert (job.revision, job.author) == (2, "ben")
    assert state_of(office, proposal) is RebalanceProposalState.SUPERSEDED
    assert office.proposal(office.run()).barred_approvers == ("ada", "ben")


def test_a_name_alone_is_no_new_revision(office, proposal):
    job = update(office, "display_name", display_name="Quarterly", problem=with_leverage_cap(fund(), 9.0))
    assert (job.revision, job.display_name, job.problem) == (1, "Quarterly", fund())
    assert state_of(office, proposal) is RebalanceProposalState.OPEN


def test_an_update_of_what_was_not_read_is_refused(office):
    old = office.create_job()
    update(office, "display_name", display_name="Quarterly")
    stale = UpdateRebalanceJobRequest(
        rebalance_job=replace(old, display_name="Weekly"), update_mask=("display_name",), request_id=new_id()
    )
    assert refused(office.call, stale) is ErrorReason.RESOURCE_CHANGED


def test_a_deleted_job_is_kept_and_starts_nothing(office, proposal):
    deleted = office.call(DeleteRebalanceJobRequest(name=JOB, request_id=new_id())).rebalance_job
    assert deleted.state is RebalanceJobState.DELETED
    assert state_of(office, proposal) is RebalanceProposalState.SUPERSEDED
    assert refused(office.run) is ErrorReason.JOB_NOT_ACTIVE
    assert refused(office.record, marks()) is ErrorReason.JOB_NOT_ACTIVE
    assert refused(office.create_job) is ErrorReason.RESOURCE_EXISTS
    listed = office.call(ListRebalanceJobsRequest(parent=TENANT)).rebalance_jobs
    assert [(job.name, job.state, job.problem) for job in listed] == [(JOB, RebalanceJobState.DELETED, None)]


def test_a_paused_job_says_why_and_still_runs_by_hand(office):
    office.create_job()
    request = PauseRebalanceJobRequest(name=JOB, comment="year end", request_id=new_id())
    paused = office.call(request, BEN).rebalance_job
    assert (paused.state, paused.state_reason) == (RebalanceJobState.PAUSED, "ben: year end")
    assert refused(office.call, replace(request, request_id=new_id())) is ErrorReason.JOB_NOT_ACTIVE
    assert office.run().outcome is RebalanceRunOutcome.PROPOSED
    resumed = office.call(ResumeRebalanceJobRequest(name=JOB, request_id=new_id())).rebalance_job
    assert (resumed.state, resumed.state_reason) == (RebalanceJobState.ACTIVE, "")


# Requests that come again, unknown names, other tenants


def test_the_same_request_has_its_effect_once(office):
    office.create_job()
    request = RunRebalanceJobRequest(name=JOB, request_id=new_id())
    first, again = (office.call(request).rebalance_run for _ in range(2))
    assert first == again
    other = replace(request, name=f"{TENANT}/rebalanceJobs/other")
    assert refused(office.call, other) is ErrorReason.REQUEST_ID_REUSED
    assert len(office.call(ListRebalanceRunsRequest(parent=JOB)).rebalance_runs) == 1


def test_what_is_not_there_is_not_found(office):
    office.create_job()
    for request in (
        GetRebalanceJobRequest(name=f"{JOB}x"),
        GetRebalanceRunRequest(name=f"{JOB}/runs/r1"),
        GetRebalanceProposalRequest(name=f"{JOB}/proposals/p1"),
        RunRebalanceJobRequest(name=f"{JOB}x", request_id=new_id()),
        RecordMarksRequest(parent=f"{JOB}x", marks=marks(), request_id=new_id()),
        ListRebalanceRunsRequest(parent=f"{JOB}x"),
        ListMarksRequest(parent=f"{JOB}x"),
        EngageKillSwitchRequest(scope=f"{JOB}x", comment="?", request_id=new_id()),
        ReleaseKillSwitchRequest(scope=JOB, comment="?", request_id=new_id()),
        ApproveRebalanceProposalRequest(
            name=f"{JOB}/proposals/p1", content_sha256="0" * 64, request_id=new_id()
        ),
    ):
        assert refused(office.call, request) is ErrorReason.RESOURCE_NOT_FOUND


def test_other_tenants_hear_the_same_of_what_is_there_and_of_what_is_not(office, proposal):
    requests = (
        GetRebalanceJobRequest(name=JOB),
        GetRebalanceJobRequest(name=f"{JOB}x"),
        GetRebalanceProposalRequest(name=proposal.name),
        ListRebalanceRunsRequest(parent=f"{TENANT}/rebalanceJobs/-"),
        ListKillSwitchesRequest(parent=TENANT),
        RunRebalanceJobRequest(name=JOB, request_id=new_id()),
        ApproveRebalanceProposalRequest(
            name=proposal.name, content_sha256=proposal.content_sha256, request_id=new_id()
        ),
    )
    said = set()
    for request in requests:
        with pytest.raises(Refused) as caught:
            office.call(request, EVE)
        assert caught.value.reason is ErrorReason.ACCESS_DENIED
        said.add(caught.value.message)
    assert len(said) == 1
    assert actions(office).count("access.refuse") == len(requests)
    assert refused(changes_of_runs, office.desk, JOB, "", EVE) is ErrorReason.ACCESS_DENIED


def test_bad_marks_change_nothing(office):
    office.create_job()
    for changes in (
        {"as_of_date": DAY + 2 * DAYS},
        {"line_marks": (LineMark(line_id="unknown", market_value_amount=1.0),)},
        {"line_marks": (LineMark(line_id="bond_future", market_value_amount=1.0),)},
    ):
        request = RecordMarksRequest(parent=JOB, marks=replace(marks(), **changes), request_id=new_id())
        with pytest.raises(RequestInvalid):
            office.call(request)
    assert office.call(ListMarksRequest(parent=JOB)).marks == ()
    assert actions(office) == ["job.create"]


# Lists and watching


def test_lists_come_in_pages_newest_first(office):
    office.create_job()
    names = []
    for hour in range(5):
        office.now = NOW + hour * HOUR
        names.append(office.run().name)
        office.record(marks())
    found, token = [], ""
    while True:
        request = ListRebalanceRunsRequest(parent=f"{TENANT}/rebalanceJobs/-", page_size=2, page_token=token)
        page = office.call(request)
        assert len(page.rebalance_runs) <= 2
        assert all(run.allocation is None for run in page.rebalance_runs)
        found += [run.name for run in page.rebalance_runs]
        if not (token := page.next_page_token):
            break
    assert found == names[::-1]
    other = ListRebalanceRunsRequest(
        parent=JOB, page_size=2, page_token=office.call(replace(request, page_token="")).next_page_token
    )
    assert refused(office.call, other) is ErrorReason.PAGE_TOKEN_INVALID
    assert len(office.call(ListMarksRequest(parent=JOB, page_size=3)).marks) == 3


def test_a_watcher_sees_every_change_from_where_it_began(office):
    office.create_job()
    seen, token = changes_of_runs(office.desk, JOB, "", ADA)
    assert seen == ()
    office.run()
    seen, after = changes_of_runs(office.desk, JOB, token, ADA)
    assert [change.rebalance_run.state for change in seen] == [
        RebalanceRunState.PENDING,
        RebalanceRunState.RUNNING,
        RebalanceRunState.SUCCEEDED,
    ]
    assert [bool(change.rebalance_run.proposal) for change in seen] == [False, False, True]
    resumed, _ = changes_of_runs(office.desk, JOB, seen[0].resume_token, ADA)
    assert resumed == seen[1:]
    assert changes_of_runs(office.desk, JOB, after, ADA)[0] == ()
    assert refused(changes_of_runs, office.desk, f"{TENANT}/rebalanceJobs/-", token, ADA) is (
        ErrorReason.PAGE_TOKEN_INVALID
    )


def test_a_job_with_an_id_that_was_used_is_refused(office):
    office.create_job()
    request = CreateRebalanceJobRequest(
        parent=TENANT,
        rebalance_job_id="monthly",
        rebalance_job=RebalanceJob(problem=fund()),
        request_id=new_id(),
    )
    assert refused(office.call, request) is ErrorReason.RESOURCE_EXISTS


def test_a_run_that_ends_whoever_works_on_it_is_left_alone(office):
    office.create_job()
    run = office.call(RunRebalanceJobRequest(name=JOB, request_id=new_id())).rebalance_run

    class Killed(BaseException):
        pass

    def die(_):
        raise Killed

    office.allocate = die
    for number in range(20):
        office.now = NOW + number * datetime.timedelta(minutes=1)
        try:
            office.runner.turn(office.desk)
        except Killed:
            continue
        break
    ended = office.call(GetRebalanceRunRequest(name=run.name)).rebalance_run
    assert ended.state is RebalanceRunState.FAILED
    assert ended.failure.reason is ErrorReason.WORKER_LOST
    assert 2 < number < 10


def test_a_run_on_a_revision_that_is_no_more_proposes_nothing(office):
    office.create_job()
    office.call(RunRebalanceJobRequest(name=JOB, request_id=new_id()))
    solve = office.allocate

    def change_first(problem):
        office.allocate = solve
        update(office, "problem", problem=with_leverage_cap(fund(), 1.15))
        return solve(problem)

    office.allocate = change_first
    office.runner.turn(office.desk)
    (run,) = office.call(ListRebalanceRunsRequest(parent=JOB)).rebalance_runs
    assert [refusal.guard for refusal in run.refusals] == [RunGuard.JOB_CHANGED]


@pytest.mark.parametrize("change", ["revise", "delete"])
def test_trades_of_a_job_that_moved_on_do_not_leave(office, releasing, change):
    approve(office, releasing)
    if change == "revise":
        update(office, "problem", problem=with_leverage_cap(fund(), 1.15))
    else:
        office.call(DeleteRebalanceJobRequest(name=JOB, request_id=new_id()))
    office.runner.turn(office.desk)
    shown = office.call(GetRebalanceProposalRequest(name=releasing.name)).rebalance_proposal
    assert shown.release.state is ReleaseState.WITHHELD
    assert released(office) == []


def test_an_old_revision_can_still_be_read(office):
    first = office.create_job()
    update(office, "problem", person=BEN, problem=with_leverage_cap(fund(), 1.15))
    old = office.call(GetRebalanceJobRequest(name=JOB, revision=1)).rebalance_job
    assert (old.revision, old.author, old.problem) == (1, "ada", first.problem)
    beyond = GetRebalanceJobRequest(name=JOB, revision=3)
    assert refused(office.call, beyond) is ErrorReason.RESOURCE_NOT_FOUND


def test_of_twelve_who_approve_at_once_one_does(office, proposal):
    people = [Person(f"approver-{number}") for number in range(12)]

    def attempt(person):
        try:
            return approve(office, proposal, person).decision.principal
        except Refused as refusal:
            return refusal.reason

    with ThreadPoolExecutor(12) as threads:
        outcomes = list(threads.map(attempt, people))
    winners = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert len(winners) == 1
    assert outcomes.count(ErrorReason.PROPOSAL_NOT_OPEN) == 11
    assert actions(office).count("proposal.approved") == 1
    assert actions(office).count("decision.refuse") == 11


# What two reviews tried


def test_the_same_trades_do_not_leave_twice(office, releasing):
    """Two proposals on one state: the second is not made while the first waits, nor after it left."""
    office.now = NOW + HOUR
    approve(office, releasing)
    again = office.run()
    assert [refusal.guard for refusal in again.refusals] == [RunGuard.TRADES_OUTSTANDING]
    office.runner.turn(office.desk)
    assert len(released(office)) == 1
    again = office.run()
    assert [refusal.guard for refusal in again.refusals] == [RunGuard.TRADES_OUTSTANDING]
    office.now = NOW + 2 * HOUR
    office.record(marks())
    assert office.run().outcome is RebalanceRunOutcome.PROPOSED


def test_a_proposal_from_before_other_trades_left_is_not_approved(office, releasing):
    """One run is under way while the trades of the one before are approved and leave."""
    office.now = NOW + HOUR
    office.call(RunRebalanceJobRequest(name=JOB, request_id=new_id()))
    solve = office.allocate

    def approve_first(problem):
        office.allocate = solve
        approve(office, releasing)
        return solve(problem)

    office.allocate = approve_first
    office.runner.turn(office.desk)
    (run, _) = office.call(ListRebalanceRunsRequest(parent=JOB)).rebalance_runs
    assert RunGuard.TRADES_OUTSTANDING in {refusal.guard for refusal in run.refusals}


def test_without_a_webhook_trades_wait_and_are_withheld_in_the_end(tmp_path, allocate):
    office = open_office(tmp_path, allocate)
    office.desk = replace(office.desk, delivers=False)
    office.create_job(run_policy=RunPolicy(release_approved=True))
    office.record(marks())
    proposal = office.proposal(office.run())
    approve(office, proposal)
    office.runner.turn(office.desk)
    assert released(office) == []
    office.now = NOW + DAYS
    office.runner.turn(office.desk)
    shown = office.call(GetRebalanceProposalRequest(name=proposal.name)).rebalance_proposal
    assert shown.release.state is ReleaseState.WITHHELD
    assert "webhook" in shown.release.detail


def test_marks_of_one_line_alone_make_no_old_book_fresh(office):
    office.create_job(run_policy=RunPolicy(proposal_lifetime=60 * DAYS))
    office.record(marks())
    proposal = office.proposal(office.run())
    office.now = NOW + 30 * DAYS
    alone = replace(marks(DAY + 30 * DAYS), line_marks=(LineMark(line_id="alpha", market_value_amount=40e6),))
    office.record(alone)
    assert refused(approve, office, proposal) is ErrorReason.COMPLIANCE_FAILED
    assert [refusal.guard for refusal in office.run().refusals] == [RunGuard.MARKS_MIXED]


def test_a_correction_of_an_earlier_day_does_not_rewind_the_book(office):
    office.create_job()
    office.now = NOW + 2 * DAYS
    today = office.record(marks(DAY + 2 * DAYS, nav=NAV * 1.01))
    office.record(marks(DAY + DAYS, nav=NAV * 0.9))
    run = office.run()
    assert run.marks == today.name
    assert office.proposal(run).plan.as_of_date == DAY + 2 * DAYS
    assert office.proposal(run).plan.nav_amount == NAV * 1.01


@pytest.mark.parametrize("year", [2052, 9999])
def test_a_portfolio_of_a_day_to_come_is_refused(office, year):
    problem = fund()
    day = datetime.date(year, 12, 31)
    later = replace(problem, portfolio=replace(problem.portfolio, as_of_date=day))
    with pytest.raises(RequestInvalid) as caught:
        office.create_job(later)
    assert caught.value.violations[0].field == "portfolio.as_of_date"
    office.create_job()
    with pytest.raises(RequestInvalid):
        update(office, "problem", problem=later)


def test_what_another_person_asked_is_not_asked_again_by_its_id(office, proposal):
    request = ApproveRebalanceProposalRequest(
        name=proposal.name, content_sha256=proposal.content_sha256, request_id=new_id()
    )
    office.call(request, BEN)
    assert refused(office.call, request, ADA) is ErrorReason.REQUEST_ID_REUSED
    capitals = replace(request, request_id=request.request_id.upper())
    assert office.call(capitals, BEN).rebalance_proposal.decision.principal == "ben"


@pytest.mark.parametrize(
    "token",
    ["x", "e30=", "W10=", base64.urlsafe_b64encode(b"[" * 5000).decode(), "WyIiLCBbXV0=", "\u00e9"],
)
def test_tokens_that_strangers_write_are_refused(office, token):
    office.create_job()
    for request in (
        ListRebalanceRunsRequest(parent=JOB, page_token=token),
        ListRebalanceJobsRequest(parent=TENANT, page_token=token),
        ListMarksRequest(parent=JOB, page_token=token),
    ):
        assert refused(office.call, request) is ErrorReason.PAGE_TOKEN_INVALID
    assert refused(changes_of_runs, office.desk, JOB, token, ADA) is ErrorReason.PAGE_TOKEN_INVALID


@pytest.mark.parametrize("position", [[], [1], ["x"], [10**400], [True], [None], ["2025-06-30", "x"], [-1]])
def test_tokens_with_the_right_question_and_a_wrong_place_are_refused(office, position):
    office.create_job()
    for question, request in (
        ((JOB, ()), ListRebalanceRunsRequest(parent=JOB)),
        ((TENANT, ()), ListRebalanceJobsRequest(parent=TENANT)),
    ):
        if position == ["x"] and question[0] == TENANT:
            continue  # a name, after which there is nothing
        forged = replace(request, page_token=page_token(question, position))
        assert refused(office.call, forged) is ErrorReason.PAGE_TOKEN_INVALID
    if position != [1]:
        forged = page_token(("watch", JOB), position)
        assert refused(changes_of_runs, office.desk, JOB, forged, ADA) is ErrorReason.PAGE_TOKEN_INVALID


def test_trades_that_were_edited_on_record_do_not_leave(office, releasing):
    approve(office, releasing)
    with writing(office.engine) as connection:
        connection.exec_driver_sql("UPDATE proposals SET plan_json = replace(plan_json, '522', '5220')")
    office.runner.turn(office.desk)
    assert released(office) == []


def test_a_line_that_is_forbidden_is_sold_and_not_held(office):
    problem = fund()
    lines = tuple(
        replace(line, minimum_fraction=0.0, maximum_fraction=0.0, current_fraction=0.0)
        if line.line_id == "alpha"
        else replace(line, current_fraction=line.current_fraction + 0.08)
        if line.line_id == "cash"
        else line
        for line in problem.portfolio.lines
    )
    office.create_job(replace(problem, portfolio=replace(problem.portfolio, lines=lines)))
    office.record(marks())
    sold = {trade.line_id: trade.fraction for trade in office.proposal(office.run()).plan.trades}
    assert sold["alpha"] == pytest.approx(-0.08, abs=1e-9)


def test_what_is_optimal_already_proposes_nothing(office):
    office.create_job()
    office.record(marks())
    proposal = office.proposal(office.run())
    after = {position.line_id: position.fraction for position in proposal.after.positions}
    office.now = NOW + HOUR
    update(office, "problem", problem=fund(current=after))
    contracts = round(after["bond_future"] * NAV / 112_500.0)
    held = [
        LineMark(line_id=name, market_value_amount=part * NAV)
        for name, part in after.items()
        if name != "bond_future"
    ]
    held.append(LineMark(line_id="bond_future", contract_count=contracts, price=112.5))
    office.record(replace(marks(), line_marks=tuple(held)))
    assert office.run().outcome is RebalanceRunOutcome.WITHIN_TOLERANCE


def test_a_future_that_is_pinned_between_contracts_goes_to_the_next_one(office):
    problem = fund()
    lines = tuple(
        replace(line, minimum_fraction=0.20003, maximum_fraction=0.20003)
        if line.line_id == "bond_future"
        else line
        for line in problem.portfolio.lines
    )
    office.create_job(replace(problem, portfolio=replace(problem.portfolio, lines=lines)))
    office.record(marks())
    proposal = office.proposal(office.run())
    (trade,) = (trade for trade in proposal.plan.trades if trade.line_id == "bond_future")
    assert trade.contract_count == 889 - 670, "0.20003 of 500m is 889.02 contracts of 112,500"
    assert approve(office, proposal).state is RebalanceProposalState.APPROVED
