"""From marks to runs: triggers fire once for a breach, and the run that looks at it is their answer."""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import (
    ApproveRebalanceProposalRequest,
    CancelRebalanceRunRequest,
    EngageKillSwitchRequest,
    LineMark,
    PauseRebalanceJobRequest,
    RebalanceRunOutcome,
    RebalanceRunState,
    ReleaseKillSwitchRequest,
    ResumeRebalanceJobRequest,
    RunGuard,
    RunPolicy,
    TriggerState,
)
from optimizer.rebalance.names import SERVER
from optimizer.store import (
    Act,
    RunState,
    act_in_tenant,
    claim_run,
    create_run,
    fail_run,
    give_back,
    reading,
    verify_audit,
    writing,
)
from tests.office import BEN, JOB, new_id, open_office
from tests.rebalancing import DAY, NAV, NOW, fund
from tests.rebalancing import marks as marks_of_fund
from tests.watching import (
    DAYS,
    MINUTE,
    ask,
    at_overlay,
    at_price,
    beat,
    firings,
    job_of,
    on_age,
    on_drift,
    on_overlay,
    runs_of,
    status,
    update,
    watched_job,
    work,
)

ARMED, FIRED = TriggerState.ARMED, TriggerState.FIRED
SHORT = 10 * MINUTE


@pytest.fixture
def office(tmp_path, allocate):
    return open_office(tmp_path, allocate)


def server_act(office, connection):
    return act_in_tenant(Act(connection=connection, actor=SERVER, instant=office.now), "pension")


def begun(office):
    """Somebody claims the run that waits, and has not read marks yet."""
    with writing(office.engine) as connection:
        return claim_run(server_act(office, connection), "somebody", DAYS)


def let_go(office, run):
    with writing(office.engine) as connection:
        give_back(connection, run.name, "somebody")


# A breach


def test_a_breach_has_its_run_when_the_call_that_recorded_it_returns(office):
    watched_job(office, on_overlay())
    office.record(at_overlay(0.28))
    assert (runs_of(office), status(office).state) == ((), ARMED)
    office.record(at_overlay(0.2801))
    (run,) = runs_of(office)
    assert (run.state, run.trigger_id, run.initiator) == (
        RebalanceRunState.PENDING,
        "overlay",
        "counterpoise-server",
    )
    found = status(office)
    assert (found.state, found.run, found.fire_time) == (FIRED, run.name, office.now)
    assert found.value == pytest.approx(0.2801, abs=1e-12)
    assert office.woken == 1
    work(office)
    assert runs_of(office)[0].marks != ""


@pytest.mark.parametrize(
    ("trigger", "spread", "centre"),
    [(on_overlay(rearm=0.27), 0.002, 0.28), (on_drift(rearm=0.004), 0.0015, 0.27828)],
)
def test_noise_around_a_threshold_fires_once_and_starts_one_run(office, trigger, spread, centre):
    """Sixty recordings, a minute apart; the re-arm level is far below all of them."""
    watched_job(office, replace(trigger, cool_down=MINUTE))
    office.record(at_overlay(0.2682))
    office.run()
    ratios = centre + spread * np.random.default_rng(7).standard_normal(60)
    assert ratios.min() > 0.2725
    assert np.sum(np.diff(np.sign(ratios - centre)) != 0) > 20
    for ratio in ratios:
        office.now += MINUTE
        office.record(at_overlay(float(ratio)))
        work(office)
        beat(office)
    assert firings(office) == [trigger.trigger_id]
    assert [run.trigger_id for run in runs_of(office)] == [trigger.trigger_id, ""]
    with reading(office.engine) as connection:
        verify_audit(connection)


def test_a_trigger_fires_again_once_the_figure_was_back_and_the_cool_down_is_over(office):
    watched_job(office, on_overlay(cool_down=SHORT))
    office.record(at_overlay(0.29))
    work(office)
    for ratio in (0.2773, 0.29, 0.2771):
        office.now += SHORT
        office.record(at_overlay(ratio))
        assert status(office).state is (ARMED if ratio == 0.2771 else FIRED)
    assert len(firings(office)) == 1
    office.record(at_overlay(0.29))
    assert len(firings(office)) == 2
    work(office)
    office.record(at_overlay(0.27))
    office.now += SHORT - MINUTE
    office.record(at_overlay(0.29))
    assert (len(firings(office)), status(office).state) == (2, ARMED)
    assert beat(office) == ("overlay",)
    assert len(runs_of(office)) == 3


def test_several_triggers_that_fire_together_have_one_run(office):
    watched_job(office, on_overlay(), on_overlay(0.27, trigger_id="lower"), on_drift())
    office.record(at_overlay(0.2682))
    office.run()
    office.now += MINUTE
    office.record(at_overlay(0.29))
    assert firings(office) == ["drift", "lower", "overlay"]
    run, _ = runs_of(office)
    assert {status(office, name).run for name in firings(office)} == {run.name}
    assert run.trigger_id == "overlay"


def test_drift_is_judged_from_the_first_run_on(office):
    watched_job(office, on_drift())
    office.record(at_overlay(0.29))
    assert (status(office, "drift").value, status(office, "drift").state) == (None, ARMED)
    assert runs_of(office) == ()
    office.run()
    beat(office)
    assert status(office, "drift").value is not None


# Answers


def test_a_run_that_waits_is_the_answer(office):
    watched_job(office, on_overlay())
    waiting = ask(office)
    office.record(at_overlay(0.29))
    assert [run.name for run in runs_of(office)] == [status(office).run] == [waiting.name]
    assert len(firings(office)) == 1


def test_a_run_that_has_looked_at_the_latest_marks_is_the_answer(office):
    """The threshold is passed only when a kill switch is released, after somebody's run."""
    watched_job(office, on_overlay())
    halt(office)
    office.record(at_overlay(0.29))
    release(office)
    run = office.run()
    assert run.outcome is RebalanceRunOutcome.PROPOSED
    assert beat(office) == ("overlay",)
    assert [run.name for run in runs_of(office)] == [status(office).run]


def test_a_run_that_missed_a_correction_of_an_earlier_day_is_no_answer(office):
    """Marks of Tuesday, a run on them, then Monday's anew: whoever names Tuesday's has not seen these."""
    office.now = NOW + DAYS
    watched_job(office, on_drift())
    office.record(at_overlay(0.2682))
    tuesday = at_overlay(0.2682, DAY + DAYS)
    daily = tuple(mark for mark in tuesday.line_marks if mark.line_id not in {"equity_fund", "alpha"})
    office.record(replace(tuesday, line_marks=daily))
    first = office.run()
    assert first.outcome is RebalanceRunOutcome.WITHIN_TOLERANCE
    assert beat(office) == ()
    correction = (
        LineMark(line_id="equity_fund", market_value_amount=0.5118 * NAV),
        LineMark(line_id="alpha", market_value_amount=0.17 * NAV),
    )
    office.record(replace(at_overlay(0.2682), line_marks=correction))
    assert firings(office) == ["drift"]
    assert [run.trigger_id for run in runs_of(office)] == ["drift", ""]


def test_a_run_after_a_correction_of_an_earlier_day_is_the_answer(office):
    """The last marks by day are not those that were recorded last; the run names the first and saw both."""
    office.now = NOW + DAYS
    watched_job(office, on_overlay())
    halt(office)
    office.record(at_overlay(0.29, DAY + DAYS))
    office.now += MINUTE
    office.record(at_overlay(0.2682, DAY))
    release(office)
    office.now += MINUTE
    run = office.run()
    assert beat(office) == ("overlay",)
    assert [item.name for item in runs_of(office)] == [run.name]


def test_while_a_run_on_earlier_marks_is_under_work_firing_waits(office):
    watched_job(office, on_overlay())
    office.record(at_overlay(0.2682))
    ask(office)
    run = begun(office)
    office.now += MINUTE
    office.record(at_overlay(0.29))
    beat(office)
    assert (len(runs_of(office)), status(office).state, firings(office)) == (1, ARMED, [])
    with writing(office.engine) as connection:
        fail_run(server_act(office, connection), run.name, "{}")
    assert beat(office) == ("overlay",)
    assert [item.trigger_id for item in runs_of(office)] == ["overlay", ""]


def test_a_run_under_work_on_the_latest_marks_is_the_answer(office):
    """It has read them, and the trigger is judged while it solves."""
    watched_job(office, on_overlay())
    halt(office)
    office.record(at_overlay(0.29))
    release(office)
    solve, seen = office.allocate, []

    def solve_slowly(problem):
        if not seen:
            seen.append(beat(office))
        return solve(problem)

    office.allocate = solve_slowly
    run = office.run()
    assert seen == [("overlay",)]
    assert (status(office).run, len(runs_of(office))) == (run.name, 1)


@pytest.mark.parametrize("how", ["cancelled", "failed", "halted"])
def test_a_run_that_came_to_nothing_leaves_its_trigger_armed(office, how):
    watched_job(office, on_overlay(cool_down=SHORT))
    office.record(at_overlay(0.29))
    (run,) = runs_of(office)
    if how == "cancelled":
        office.call(CancelRebalanceRunRequest(name=run.name, request_id=new_id()))
    elif how == "failed":
        solve = office.allocate
        office.allocate = lambda problem: 1 / 0
        work(office)
        office.allocate = solve
    else:
        halt(office)
        work(office)
        release(office)
    assert runs_of(office)[0].state is not RebalanceRunState.PENDING
    assert beat(office) == ()
    assert status(office).state is ARMED
    office.now += SHORT
    assert beat(office) == ("overlay",)
    work(office)
    assert [item.trigger_id for item in runs_of(office)] == ["overlay", "overlay"]
    assert runs_of(office)[0].outcome is RebalanceRunOutcome.PROPOSED
    beat(office)
    assert status(office).state is FIRED


def test_a_run_that_waits_with_an_earlier_revision_is_no_answer(office):
    """It will be refused, since the job has changed."""
    watched_job(office)
    ask(office)
    update(office, triggers=(on_overlay(),))
    office.now += MINUTE
    office.record(at_overlay(0.29))
    work(office)
    # Both began at one instant, so that their names order them.
    oldest, newest = sorted(runs_of(office), key=lambda run: run.trigger_id)
    assert {refusal.guard for refusal in oldest.refusals} == {RunGuard.JOB_CHANGED}
    assert (newest.name, newest.trigger_id) == (status(office).run, "overlay")
    assert newest.outcome is RebalanceRunOutcome.PROPOSED


def test_many_skipped_slots_hide_no_run_that_looked(office):
    watched_job(office, on_overlay())
    halt(office)
    office.record(at_overlay(0.29))
    release(office)
    run = office.run()
    with writing(office.engine) as connection:
        for number in range(50):
            act = replace(server_act(office, connection), instant=office.now + MINUTE)
            slot = NOW + number * DAYS
            create_run(act, f"{JOB}/runs/s{number}", JOB, slot_instant=slot, state=RunState.SKIPPED)
    assert beat(office) == ("overlay",)
    assert status(office).run == run.name


def test_firing_waits_for_marks_with_the_trades_that_left(office):
    """A run would be refused for them, and refused runs are counted."""
    office.create_job(
        fund(), triggers=(on_overlay(0.28, cool_down=SHORT),), run_policy=RunPolicy(release_approved=True)
    )
    office.record(marks_of_fund())
    proposal = office.proposal(office.run())
    request = ApproveRebalanceProposalRequest(
        name=proposal.name, content_sha256=proposal.content_sha256, comment="yes", request_id=new_id()
    )
    office.call(request, BEN)
    office.now += MINUTE
    breach = at_price(112.5, contracts=1_300)
    office.record(breach)
    beat(office)
    assert (len(runs_of(office)), status(office).state) == (1, ARMED)
    work(office)
    office.now += MINUTE
    office.record(breach)
    assert len(runs_of(office)) == 2
    work(office)
    assert runs_of(office)[0].outcome is not RebalanceRunOutcome.REFUSED


# What holds a firing back


def halt(office):
    office.call(EngageKillSwitchRequest(scope=JOB, comment="wait", request_id=new_id()))


def release(office):
    office.call(ReleaseKillSwitchRequest(scope=JOB, comment="go on", request_id=new_id()))


def test_while_a_kill_switch_is_engaged_firing_waits(office):
    watched_job(office, on_overlay())
    halt(office)
    office.record(at_overlay(0.29))
    beat(office)
    assert (runs_of(office), firings(office), status(office).state) == ((), [], ARMED)
    assert status(office).value == pytest.approx(0.29)
    release(office)
    assert beat(office) == ("overlay",)
    assert len(runs_of(office)) == 1


def test_a_breach_that_is_over_before_the_switch_is_released_fires_nothing(office):
    watched_job(office, on_overlay())
    halt(office)
    office.record(at_overlay(0.29))
    office.record(at_overlay(0.27))
    release(office)
    assert (beat(office), firings(office)) == ((), [])


def test_a_paused_job_is_not_judged_until_it_is_resumed(office):
    watched_job(office, on_overlay())
    office.call(PauseRebalanceJobRequest(name=JOB, comment="holidays", request_id=new_id()))
    office.record(at_overlay(0.29))
    assert (beat(office), status(office).judge_time, runs_of(office)) == ((), None, ())
    office.call(ResumeRebalanceJobRequest(name=JOB, request_id=new_id()))
    assert beat(office) == ("overlay",)


def test_a_breach_on_marks_that_no_run_takes_waits_for_younger_ones(office):
    watched_job(office, on_overlay(), run_policy=RunPolicy(maximum_mark_age=DAYS))
    office.now = NOW + 3 * DAYS
    office.record(at_overlay(0.29))
    assert (beat(office), runs_of(office), status(office).state) == ((), (), ARMED)
    office.record(at_overlay(0.29, DAY + 2 * DAYS))
    assert firings(office) == ["overlay"]


def test_a_policy_for_old_marks_has_triggers_on_old_marks(office):
    """Month-end marks that come two weeks later."""
    watched_job(office, on_overlay(), run_policy=RunPolicy(maximum_mark_age=60 * DAYS))
    office.now = NOW + 14 * DAYS
    office.record(at_overlay(0.29))
    assert firings(office) == ["overlay"]
    work(office)
    assert runs_of(office)[0].outcome is RebalanceRunOutcome.PROPOSED


# Stale marks


def test_stale_marks_fire_by_the_heartbeat_without_a_run_and_younger_ones_arm(office):
    watched_job(office, on_age(2.0, cool_down=SHORT))
    end_of_day = datetime.datetime(2025, 7, 1, tzinfo=datetime.UTC)
    office.record(at_overlay(0.2682))
    office.now = end_of_day + 2 * DAYS - MINUTE
    assert beat(office) == ()
    assert beat(office) == ("age",)
    found = status(office, "age")
    assert (found.state, found.run, found.fire_time) == (FIRED, "", office.now)
    assert found.value == pytest.approx(2.0 + 1.0 / 1440.0)
    assert (beat(office), runs_of(office)) == ((), ())
    office.record(at_overlay(0.2682, DAY + 2 * DAYS))
    assert status(office, "age").state is ARMED
    office.now += 3 * DAYS
    assert beat(office) == ("age",)
    assert firings(office) == ["age", "age"]


def test_before_there_are_marks_the_day_is_the_problem_s(office):
    watched_job(office, on_age(2.0))
    assert beat(office) == ()
    office.now += 4 * DAYS
    assert beat(office) == ("age",)


# Revisions


def test_a_trigger_that_is_taken_away_is_forgotten_and_one_that_is_added_is_judged(office):
    watched_job(office, on_overlay())
    office.record(at_overlay(0.29))
    work(office)
    update(office, triggers=(on_overlay(0.285, trigger_id="other"),))
    assert [item.trigger_id for item in job_of(office).trigger_statuses] == ["other"]
    assert beat(office) == ("other",)
    work(office)
    update(office, triggers=())
    assert beat(office) == ()
    update(office, triggers=(on_overlay(),))
    assert (status(office).state, status(office).fire_time) == (ARMED, None)
    assert beat(office) == ("overlay",)
    assert len(runs_of(office)) == 3


def test_a_new_revision_arms_what_an_earlier_one_s_run_answered(office):
    """Its proposal is superseded, so that nobody would look any more; the cool-down counts still."""
    watched_job(office, on_overlay(cool_down=SHORT))
    office.record(at_overlay(0.29))
    work(office)
    beat(office)
    assert status(office).state is FIRED
    update(office, triggers=(on_overlay(0.285, cool_down=SHORT),))
    assert beat(office) == ()
    assert status(office).state is ARMED
    office.now += SHORT
    assert beat(office) == ("overlay",)
    assert runs_of(office)[0].job_revision == 2


def test_a_threshold_that_is_raised_above_the_figure_arms(office):
    watched_job(office, on_overlay(cool_down=MINUTE))
    office.record(at_overlay(0.29))
    work(office)
    update(office, triggers=(on_overlay(0.3, cool_down=MINUTE),))
    assert (beat(office), status(office).state) == ((), ARMED)
    office.record(at_overlay(0.31))
    assert len(firings(office)) == 2


def test_a_revision_of_another_day_is_answered_by_a_run_on_its_own_state(office):
    """Marks of days before it do not count, though they were recorded last."""
    watched_job(office, on_overlay())
    office.record(at_overlay(0.2682))
    office.now = NOW + DAYS
    halt(office)
    problem = replace(
        fund(
            current={
                "equity_fund": 0.5318,
                "bond_fund": 0.25,
                "bond_future": 0.2925,
                "alpha": 0.15,
                "cash": 0.0682,
            }
        ),
    )
    problem = replace(problem, portfolio=replace(problem.portfolio, as_of_date=DAY + DAYS))
    update(office, problem=problem)
    release(office)
    run = office.run()
    assert run.marks == ""
    assert beat(office) == ("overlay",)
    assert [item.name for item in runs_of(office)] == [run.name]
