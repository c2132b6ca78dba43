"""Two schedulers whose clocks go to and fro, through pauses, revisions, kill switches and runs by hand."""

from __future__ import annotations

import datetime
import itertools
import os
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from counterpoise.model import (
    EngageKillSwitchRequest,
    OverlapPolicy,
    PauseRebalanceJobRequest,
    RebalanceJob,
    ReleaseKillSwitchRequest,
    ResumeRebalanceJobRequest,
    RunPolicy,
    RunRebalanceJobRequest,
    UpdateRebalanceJobRequest,
    WeeklyCadence,
)
from optimizer.rebalance.scheduling import due
from optimizer.rebalance.scheduling.due import NextSlots, decide_due
from optimizer.rebalance.scheduling.schedule import due_slots
from optimizer.store import RunState, active_jobs, reading, verify_audit
from optimizer.usecases.errors import Refused
from tests.office import new_id
from tests.scheduling import (
    DAILY,
    DAY,
    HOUR,
    TICK,
    UTC,
    claim,
    end_runs,
    hasty_office,
    old_fund,
    runs_of,
    schedule_job,
)

EXAMPLES = int(os.environ.get("COUNTERPOISE_TEST_SLOT_MOVES", "50"))
SECONDS_EACH = 3
START = datetime.datetime(2025, 3, 3, 12, tzinfo=UTC)
WEEKLY = replace(DAILY, daily=None, weekly=WeeklyCadence(day_of_week=3))
MORNING = replace(DAILY, time_zone="Europe/London", exchange_code="XLON", time_of_day=datetime.time(8))
SCHEDULES = st.sampled_from([DAILY, WEEKLY, MORNING])
WINDOWS = st.sampled_from([None, HOUR, DAY, 7 * DAY])
OVERLAPS = st.sampled_from(list(OverlapPolicy))
WHO = st.integers(0, 1)
SHIFTS = st.sampled_from([-48, -6, -2, -0.5, 0.1, 1, 2, 6, 12, 24, 48]).map(lambda hours: hours * HOUR)
WAITS = st.sampled_from([0.02, 1, 3, 8, 24, 48]).map(lambda hours: hours * HOUR)
_numbers = itertools.count()


class History:
    """A job, and what happens to it."""

    def __init__(self, office):
        self.office = office
        self.office.now = START
        self.clocks = [START, START]
        self.known = [NextSlots(), NextSlots()]
        self.paused = self.halted = False
        self.never_skipped = set()
        self.of_other_schedules = set()
        job = schedule_job(self.office, f"job-{next(_numbers)}")
        self.name, self.schedule = job.name, DAILY
        self.beginning = self.cursor = self.office.now

    # What happens

    def set_a_clock(self, shift, who):
        """Of one of the schedulers, or of the service."""
        if who == 2:
            self.office.now += shift
        else:
            self.clocks[who] += shift

    def wait(self, shift):
        self.office.now += shift
        self.clocks = [clock + shift for clock in self.clocks]

    def decide(self, who):
        desk = replace(self.office.desk, now=lambda: self.clocks[who])
        decide_due(desk, self.known[who], self.name)
        if not self.paused:
            passed = due_slots(self.schedule, self.beginning + TICK, self.clocks[who] + TICK)
            assert set(passed) <= self.on_record(), "a slot that passed is undecided"

    def restart(self, who):
        self.known[who] = NextSlots()

    def run_a_slot_by_hand(self, back, shift):
        self.wait(shift)
        self.end_all_runs()
        since = max(self.beginning, self.office.now - 14 * DAY)
        passed = due_slots(self.schedule, since, self.office.now)[-1 - back :]
        if not passed:
            return
        is_new = passed[0] not in self.on_record()
        request = RunRebalanceJobRequest(name=self.name, slot_time=passed[0], request_id=new_id())
        if self.call_or_be_refused(request) and is_new:
            self.never_skipped.add(passed[0])

    def run_by_hand(self):
        self.call_or_be_refused(RunRebalanceJobRequest(name=self.name, request_id=new_id()))

    def claim_a_run(self):
        claim(self.office.desk)

    def end_all_runs(self):
        self.office.now += DAY / 24 / 60  # leases run out
        end_runs(self.office.desk)

    def pause_or_resume(self):
        if self.paused:
            self.office.call(ResumeRebalanceJobRequest(name=self.name, request_id=new_id()))
        else:
            self.office.call(PauseRebalanceJobRequest(name=self.name, comment="wait", request_id=new_id()))
        self.paused = not self.paused

    def engage_or_release_the_kill_switch(self, engages):
        if engages == self.halted:
            return
        kind = EngageKillSwitchRequest if engages else ReleaseKillSwitchRequest
        self.office.call(kind(scope=self.name, comment="stop", request_id=new_id()))
        self.halted = engages

    def revise(self, window, overlap):
        policy = RunPolicy(catch_up_window=window, overlap_policy=overlap)
        self.update("run_policy", RebalanceJob(name=self.name, problem=old_fund(), run_policy=policy))

    def schedule_anew(self, schedule):
        passed = set(due_slots(self.schedule, self.cursor + TICK, self.office.now + TICK))
        self.update("schedule", RebalanceJob(name=self.name, problem=old_fund(), schedule=schedule))
        if schedule != self.schedule:
            assert passed <= self.on_record(), "slots of the schedule before were lost"
            self.schedule = schedule
            # A scheduler whose clock was ahead may have run some that are yet to come.
            self.of_other_schedules = self.on_record()
            self.beginning = self.cursor = self.office.now

    # What must hold

    def every_slot_is_run_at_most_once_and_skipped_at_most_once(self):
        rows = [row for row in runs_of(self.office.engine, self.name) if row.slot_instant is not None]
        times = Counter((row.slot_instant, row.state is RunState.SKIPPED) for row in rows)
        assert set(times.values()) <= {1}

    def a_slot_is_run_and_skipped_only_if_somebody_ran_it_by_hand(self):
        rows = [row for row in runs_of(self.office.engine, self.name) if row.slot_instant is not None]
        skipped = {row.slot_instant for row in rows if row.state is RunState.SKIPPED}
        ran = {row.slot_instant: row.initiator for row in rows if row.state is not RunState.SKIPPED}
        assert {ran[slot] for slot in skipped & ran.keys()} <= {"ada"}
        assert skipped.isdisjoint(self.never_skipped), "it had its run when it was decided"

    def what_is_decided_is_on_record_and_stays_decided(self):
        if self.paused:
            return
        with reading(self.office.engine) as connection:
            (job,) = (item for item in active_jobs(connection) if item.name == self.name)
        assert job.decided_slot_instant >= self.cursor, "decided slots became undecided"
        self.cursor = job.decided_slot_instant
        decided = due_slots(self.schedule, self.beginning + TICK, self.cursor + TICK)
        assert set(decided) <= self.on_record(), "a slot was lost"
        rows = runs_of(self.office.engine, self.name)
        new = [row for row in rows if row.slot_instant and row.slot_instant not in self.of_other_schedules]
        ahead = {row.initiator for row in new if row.slot_instant > self.cursor}
        assert ahead <= {"ada"}, "a slot was run and is undecided"

    def must_hold(self):
        self.every_slot_is_run_at_most_once_and_skipped_at_most_once()
        self.a_slot_is_run_and_skipped_only_if_somebody_ran_it_by_hand()
        self.what_is_decided_is_on_record_and_stays_decided()

    def end(self):
        self.engage_or_release_the_kill_switch(engages=False)
        if self.paused:
            self.pause_or_resume()
        self.clocks = [max(self.clocks) + 7 * DAY] * 2
        for who in (0, 1):
            self.decide(who)
            self.must_hold()
        self.pause_or_resume()
        end_runs(replace(self.office.desk, now=lambda: START + 1000 * DAY))

    # Short cuts

    def on_record(self):
        return {row.slot_instant for row in runs_of(self.office.engine, self.name)}

    def update(self, field, job):
        request = UpdateRebalanceJobRequest(rebalance_job=job, update_mask=(field,), request_id=new_id())
        self.office.call(request)

    def call_or_be_refused(self, request):
        """Another run may be in progress, the slot may have its run, or a kill switch is engaged."""
        try:
            self.office.call(request)
        except Refused as refused:
            if refused.reason.name not in {"RUN_IN_PROGRESS", "RESOURCE_EXISTS", "REBALANCING_HALTED"}:
                raise
            return False
        return True


MOVES = st.one_of(
    st.tuples(st.just(History.decide), WHO),
    st.tuples(st.just(History.decide), WHO),
    st.tuples(st.just(History.wait), WAITS),
    st.tuples(st.just(History.set_a_clock), SHIFTS, st.integers(0, 2)),
    st.tuples(st.just(History.run_a_slot_by_hand), st.integers(0, 2), WAITS),
    st.tuples(st.just(History.run_by_hand)),
    st.tuples(st.just(History.claim_a_run)),
    st.tuples(st.just(History.end_all_runs)),
    st.tuples(st.just(History.restart), WHO),
    st.tuples(st.just(History.pause_or_resume)),
    st.tuples(st.just(History.engage_or_release_the_kill_switch), st.sampled_from([True, False, False])),
    st.tuples(st.just(History.revise), WINDOWS, OVERLAPS),
    st.tuples(st.just(History.schedule_anew), SCHEDULES),
)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """One store for all histories, each with a job of its own."""
    office = hasty_office(tmp_path_factory.mktemp("office"))
    yield office
    with reading(office.engine) as connection:
        verify_audit(connection)


@pytest.mark.timeout(60 + SECONDS_EACH * EXAMPLES)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.reuse, Phase.generate],  # a history is short enough to be read as it is
)
@given(moves=st.lists(MOVES, min_size=25, max_size=40))
@pytest.mark.parametrize("most_slots", [200, 2])
def test_whatever_happens_every_slot_is_decided_once(office, most_slots, moves):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(due, "MOST_SLOTS", most_slots)
        _live(office, moves)


def _live(office, moves):
    history = History(office)
    for move, *given_to_it in moves:
        move(history, *given_to_it)
        history.must_hold()
    history.end()
