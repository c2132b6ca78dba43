"""Slots that passed undecided: 48 hours down, pauses, revisions, kill switches, slots run by hand."""

import datetime
from dataclasses import replace

import pytest

from counterpoise.model import (
    CancelRebalanceRunRequest,
    DeleteRebalanceJobRequest,
    EngageKillSwitchRequest,
    ErrorReason,
    GetRebalanceRunRequest,
    MonthlyCadence,
    OverlapPolicy,
    PauseRebalanceJobRequest,
    RebalanceJob,
    RebalanceRunState,
    ReleaseKillSwitchRequest,
    ResumeRebalanceJobRequest,
    RunPolicy,
    RunRebalanceJobRequest,
    Schedule,
    UpdateRebalanceJobRequest,
    WatchRebalanceRunsRequest,
)
from optimizer.rebalance.calls import changes_of_runs
from optimizer.rebalance.look import Look
from optimizer.rebalance.recording import record_look
from optimizer.rebalance.scheduling import due, schedule
from optimizer.rebalance.scheduling.due import NextSlots
from optimizer.rebalance.scheduling.schedule import due_slots
from optimizer.rebalance.scheduling.skipped import MOST_SLOTS
from optimizer.rebalance.scheduling.slots import slots_of
from optimizer.store import RunState, get_revision, reading, verify_audit
from optimizer.usecases.errors import Refused
from tests.office import ADA, JOB, TENANT, new_id
from tests.scheduling import (
    DAILY,
    DAY,
    HOUR,
    MINUTE,
    UTC,
    claim,
    decide_at,
    end_runs,
    hasty_office,
    old_fund,
    rolling_fund,
    runs_of,
    schedule_job,
    slots_by_state,
)

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (
    datetime.datetime(2025, 3, day, 14, 30, tzinfo=UTC) for day in (3, 4, 5, 6)
)
BEFORE = MONDAY - 2 * HOUR - 30 * MINUTE
BACK = BEFORE + 48 * HOUR
"""On Wednesday, two hours and a half before its slot; Tuesday's was 21 hours and a half ago."""
SHOWN = {slot: f"{slot:%m-%d %H:%M}" for slot in (MONDAY, TUESDAY, WEDNESDAY, THURSDAY)}
SKIP, QUEUE, CANCEL = OverlapPolicy.SKIP, OverlapPolicy.QUEUE_LATEST, OverlapPolicy.CANCEL_RUNNING


@pytest.fixture
def office(tmp_path):
    office = hasty_office(tmp_path)
    office.now = BEFORE
    yield office
    with reading(office.engine) as connection:
        verify_audit(connection)


def on_record(office):
    return slots_by_state(office.engine, JOB)


def told(*states):
    """Slots in order with their states."""
    return sorted((SHOWN[slot], state) for slot, state in states)


def run_by_hand(office, slot=None):
    return office.call(RunRebalanceJobRequest(name=JOB, slot_time=slot, request_id=new_id())).rebalance_run


def state_of(office, run):
    return office.call(GetRebalanceRunRequest(name=run.name)).rebalance_run.state


def update(office, mask, **fields):
    job = replace(RebalanceJob(name=JOB, problem=old_fund(), schedule=DAILY), **fields)
    request = UpdateRebalanceJobRequest(rebalance_job=job, update_mask=mask, request_id=new_id())
    return office.call(request).rebalance_job


def pause(office):
    office.call(PauseRebalanceJobRequest(name=JOB, comment="holidays", request_id=new_id()))


def resume(office, now):
    office.now = now
    office.call(ResumeRebalanceJobRequest(name=JOB, request_id=new_id()))


# 48 hours down


@pytest.mark.parametrize("hours", [None, 21, 21.5, 72])
def test_after_48_hours_down_the_latest_slot_is_run_if_the_window_reaches_it(office, hours):
    window = None if hours is None else hours * HOUR
    schedule_job(office, run_policy=RunPolicy(catch_up_window=window))
    (decided,) = decide_at(office, BACK)
    caught_up = hours is not None and hours >= 21.5
    assert (decided.run_slot, decided.skipped_count) == ((TUESDAY, 1) if caught_up else (None, 2))
    last = "PENDING" if caught_up else "SKIPPED"
    assert on_record(office) == told((MONDAY, "SKIPPED"), (TUESDAY, last))
    assert decide_at(office, BACK) == decide_at(office, WEDNESDAY - MINUTE) == []
    end_runs(office.desk)
    (decided,) = decide_at(office, WEDNESDAY)
    assert (decided.run_slot, decided.skipped_count) == (WEDNESDAY, 0)


@pytest.mark.parametrize(("late", "state"), [(5 * MINUTE, "PENDING"), (5.1 * MINUTE, "SKIPPED")])
def test_five_minutes_late_is_on_time(office, late, state):
    schedule_job(office)
    decide_at(office, MONDAY + late)
    assert on_record(office) == told((MONDAY, state))


@pytest.mark.parametrize(
    ("overlap", "old", "new"),
    [
        (None, "PENDING", "SKIPPED"),
        (None, "RUNNING", "SKIPPED"),
        (SKIP, "PENDING", "SKIPPED"),
        (SKIP, "RUNNING", "SKIPPED"),
        (QUEUE, "PENDING", "PENDING"),
        (QUEUE, "RUNNING", "PENDING"),
        (CANCEL, "PENDING", "PENDING"),
        (CANCEL, "RUNNING", "PENDING"),
    ],
)
def test_after_48_hours_down_with_a_run_that_is_not_over_its_policy_decides(office, overlap, old, new):
    schedule_job(office, run_policy=RunPolicy(catch_up_window=DAY, overlap_policy=overlap))
    run = run_by_hand(office)
    if old == "RUNNING":
        assert claim(office.desk).name == run.name
    decide_at(office, BACK)
    assert on_record(office) == told((MONDAY, "SKIPPED"), (TUESDAY, new))
    stays = overlap in {None, SKIP} or (overlap is QUEUE and old == "RUNNING")
    assert state_of(office, run).name == (old if stays else "CANCELLED")


def test_a_slot_that_waits_starts_at_the_end_of_the_run_under_work(office):
    schedule_job(office, run_policy=RunPolicy(overlap_policy=QUEUE))
    run_by_hand(office)
    working = claim(office.desk)
    with reading(office.engine) as connection:
        job = get_revision(connection, "pension", JOB, 1)
    for slot in (MONDAY, TUESDAY, WEDNESDAY):
        decide_at(office, slot)
        if slot is not WEDNESDAY:  # its lease is renewed by whoever works on it
            again = claim(office.desk)
            assert (again.name, again.slot_instant) == (working.name, None)
    assert on_record(office) == told((MONDAY, "CANCELLED"), (TUESDAY, "CANCELLED"), (WEDNESDAY, "PENDING"))
    record_look(office.desk, again, job, Look())
    assert claim(office.desk).slot_instant == WEDNESDAY


def test_who_works_on_a_run_that_was_cancelled_for_a_slot_leaves_nothing(office):
    schedule_job(office, run_policy=RunPolicy(overlap_policy=CANCEL))
    run_by_hand(office)
    working = claim(office.desk)
    with reading(office.engine) as connection:
        job = get_revision(connection, "pension", JOB, 1)
    decide_at(office, MONDAY)
    record_look(office.desk, working, job, Look())
    assert state_of(office, working) is RebalanceRunState.CANCELLED
    assert claim(office.desk).slot_instant == MONDAY


@pytest.mark.parametrize("overlap", [QUEUE, CANCEL])
def test_slots_that_are_all_too_old_cancel_nothing(office, overlap):
    schedule_job(office, run_policy=RunPolicy(overlap_policy=overlap))
    run = run_by_hand(office)
    decide_at(office, BACK)
    assert on_record(office) == told((MONDAY, "SKIPPED"), (TUESDAY, "SKIPPED"))
    assert state_of(office, run) is RebalanceRunState.PENDING


# Pauses, schedules and revisions


@pytest.mark.parametrize(("window", "last"), [(None, "SKIPPED"), (DAY, "PENDING")])
def test_slots_of_a_pause_follow_the_window_when_the_job_is_resumed(office, window, last):
    schedule_job(office, run_policy=RunPolicy(catch_up_window=window))
    pause(office)
    for now in (MONDAY, TUESDAY, BACK):
        assert decide_at(office, now) == []
    assert on_record(office) == []
    resume(office, BACK)
    decide_at(office, BACK)
    assert on_record(office) == told((MONDAY, "SKIPPED"), (TUESDAY, last))


@pytest.mark.parametrize("years", [0.7, 3])
def test_after_a_pause_of_years_no_transaction_records_more_than_some_of_the_slots(office, years):
    schedule_job(office, run_policy=RunPolicy(catch_up_window=7 * DAY))
    pause(office)
    back = BEFORE + years * 366 * DAY
    resume(office, back)
    decided = decide_at(office, back)
    *earlier, last = decided
    slots = due_slots(DAILY, BEFORE, back)
    assert len(decided) == -(-len(slots) // MOST_SLOTS)
    assert {(item.run_name, item.skipped_count) for item in earlier} <= {(None, MOST_SLOTS)}
    assert last.run_slot == slots[-1]
    rows = [row for row in runs_of(office.engine, JOB) if row.slot_instant is not None]
    skipped = sorted(row.slot_instant for row in rows if row.state is RunState.SKIPPED)
    assert skipped == list(slots[:-1])


def test_a_scheduler_that_ends_among_the_slots_of_years_leaves_the_rest_to_the_next(office, monkeypatch):
    schedule_job(office, run_policy=RunPolicy(catch_up_window=7 * DAY))
    pause(office)
    back = BEFORE + 366 * DAY
    resume(office, back)
    skip, parts = due.skip_slots, []

    def once(*given):
        if parts:
            raise KeyboardInterrupt
        parts.append(given)
        skip(*given)

    monkeypatch.setattr(due, "skip_slots", once)
    with pytest.raises(KeyboardInterrupt):
        decide_at(office, back)
    assert len(on_record(office)) == MOST_SLOTS
    monkeypatch.undo()
    (decided,) = decide_at(office, back)
    slots = due_slots(DAILY, BEFORE, back)
    assert (decided.run_slot, decided.skipped_count) == (slots[-1], len(slots) - MOST_SLOTS - 1)


def test_a_job_that_is_resumed_before_its_slot_runs_it_on_time(office):
    schedule_job(office)
    known = NextSlots()
    decide_at(office, BEFORE, known)
    pause(office)
    decide_at(office, BEFORE, known)
    resume(office, MONDAY - MINUTE)
    assert decide_at(office, MONDAY - MINUTE, known) == []
    (decided,) = decide_at(office, MONDAY, known)
    assert decided.run_slot == MONDAY


def test_a_new_schedule_has_no_slots_from_before_it(office):
    schedule_job(office, run_policy=RunPolicy(catch_up_window=7 * DAY))
    office.now = TUESDAY - MINUTE
    later = replace(DAILY, time_of_day=datetime.time(10, 0))
    job = update(office, ("schedule",), schedule=later)
    assert job.next_slot_times[0] == TUESDAY + 30 * MINUTE
    assert decide_at(office, TUESDAY) == []
    (decided,) = decide_at(office, TUESDAY + 30 * MINUTE)
    assert (decided.run_slot, decided.skipped_count) == (TUESDAY + 30 * MINUTE, 0)


@pytest.mark.parametrize("pauses", [False, True])
@pytest.mark.parametrize(
    "later", [replace(DAILY, time_of_day=datetime.time(10, 0)), None], ids=["other", "none"]
)
def test_slots_that_nobody_decided_before_a_new_schedule_are_skipped(office, pauses, later):
    schedule_job(office, run_policy=RunPolicy(catch_up_window=7 * DAY))
    office.now = MONDAY + MINUTE
    run_by_hand(office, MONDAY)
    end_runs(office.desk)
    if pauses:
        pause(office)
    office.now = WEDNESDAY
    update(office, ("schedule",), schedule=later)
    wanted = told((MONDAY, "SUCCEEDED"), (TUESDAY, "SKIPPED"), (WEDNESDAY, "SKIPPED"))
    assert on_record(office) == wanted
    skipped = [row for row in runs_of(office.engine, JOB) if row.state is RunState.SKIPPED]
    assert {(row.job_revision, row.initiator) for row in skipped} == {(1, "counterpoise-server")}
    assert decide_at(office, WEDNESDAY + MINUTE) == []
    assert on_record(office) == wanted


def test_an_update_that_is_refused_skips_nothing(office):
    schedule_job(office)
    office.now = BACK
    wanted = RebalanceJob(name=JOB, problem=old_fund(), schedule=None, etag="v7")
    request = UpdateRebalanceJobRequest(rebalance_job=wanted, update_mask=("schedule",), request_id=new_id())
    with pytest.raises(Refused):
        office.call(request)
    assert on_record(office) == []


def test_a_schedule_whose_zone_is_gone_can_be_changed(office, monkeypatch):
    schedule_job(office)
    office.now = BACK
    with monkeypatch.context() as patch:
        patch.setattr("optimizer.rebalance.scheduling.slots.zone_of", lambda _: 1 / 0)
        patch.setattr("optimizer.rebalance.scheduling.schedule.zone_of", lambda _: 1 / 0)
        assert update(office, ("schedule",), schedule=None).revision == 2
    assert on_record(office) == []


def test_a_schedule_that_was_taken_away_and_comes_back_begins_anew(office):
    schedule_job(office, run_policy=RunPolicy(catch_up_window=7 * DAY))
    update(office, ("schedule",), schedule=None)
    assert decide_at(office, MONDAY) == []
    update(office, ("schedule",), schedule=DAILY)
    (decided,) = decide_at(office, TUESDAY)
    assert (decided.run_slot, decided.skipped_count) == (TUESDAY, 0)
    assert on_record(office) == told((TUESDAY, "PENDING"))


def test_a_job_that_gets_a_schedule_later_has_no_slots_from_before_it(office):
    schedule_job(office, schedule=None, run_policy=RunPolicy(catch_up_window=7 * DAY))
    assert decide_at(office, BACK) == []
    update(office, ("schedule",), schedule=DAILY)
    assert decide_at(office, BACK) == []
    (decided,) = decide_at(office, WEDNESDAY)
    assert (decided.run_slot, decided.skipped_count) == (WEDNESDAY, 0)


@pytest.mark.parametrize("mask", ["run_policy", "schedule", "display_name"])
def test_a_revision_with_the_same_schedule_loses_no_slot(office, mask):
    schedule_job(office)
    known = NextSlots()
    decide_at(office, BEFORE, known)
    office.now = BACK
    wanted = RunPolicy(catch_up_window=DAY)
    revised = update(office, (mask, "run_policy"), run_policy=wanted, display_name="Daily")
    assert revised.revision == 2
    (decided,) = decide_at(office, BACK, known)
    assert (decided.run_slot, decided.skipped_count) == (TUESDAY, 1)
    assert {row.job_revision for row in runs_of(office.engine, JOB)} == {2}


def test_a_deleted_job_has_no_slots(office):
    schedule_job(office)
    known = NextSlots()
    decide_at(office, BEFORE, known)
    office.call(DeleteRebalanceJobRequest(name=JOB, request_id=new_id()))
    assert decide_at(office, MONDAY, known) == []
    assert on_record(office) == []


# Kill switches, and slots by hand


@pytest.mark.parametrize("scope", [JOB, TENANT])
@pytest.mark.parametrize("overlap", [SKIP, CANCEL])
def test_a_slot_while_a_kill_switch_is_engaged_is_skipped_and_can_be_run_by_hand_once(office, scope, overlap):
    schedule_job(office, run_policy=RunPolicy(catch_up_window=DAY, overlap_policy=overlap))
    waiting = run_by_hand(office)
    office.call(EngageKillSwitchRequest(scope=scope, comment="stop", request_id=new_id()))
    decide_at(office, MONDAY)
    assert on_record(office) == told((MONDAY, "SKIPPED"))
    assert state_of(office, waiting) is RebalanceRunState.PENDING, "what is halted takes no other's place"
    office.call(CancelRebalanceRunRequest(name=waiting.name, request_id=new_id()))
    with pytest.raises(Refused) as caught:
        run_by_hand(office, MONDAY)
    assert caught.value.reason is ErrorReason.REBALANCING_HALTED
    office.call(ReleaseKillSwitchRequest(scope=scope, comment="go on", request_id=new_id()))
    assert decide_at(office, MONDAY + HOUR) == []
    pause(office)
    assert run_by_hand(office, MONDAY).slot_time == MONDAY
    assert on_record(office) == told((MONDAY, "PENDING"), (MONDAY, "SKIPPED"))
    end_runs(office.desk)
    with pytest.raises(Refused) as caught:
        run_by_hand(office, MONDAY)
    assert caught.value.reason is ErrorReason.RESOURCE_EXISTS
    resume(office, TUESDAY)
    decide_at(office, TUESDAY)
    assert on_record(office) == told((MONDAY, "SUCCEEDED"), (MONDAY, "SKIPPED"), (TUESDAY, "PENDING"))


def test_a_slot_that_was_run_by_hand_is_not_run_again_nor_any_before_it(office):
    schedule_job(office, run_policy=RunPolicy(catch_up_window=7 * DAY))
    office.now = BACK
    run_by_hand(office, TUESDAY)
    end_runs(office.desk)
    (decided,) = decide_at(office, BACK)
    assert (decided.run_slot, decided.skipped_count) == (None, 1)
    assert on_record(office) == told((MONDAY, "SKIPPED"), (TUESDAY, "SUCCEEDED"))


def test_a_slot_after_the_one_that_was_run_by_hand_is_caught_up(office):
    schedule_job(office, run_policy=RunPolicy(catch_up_window=7 * DAY))
    office.now = BACK
    run_by_hand(office, MONDAY)
    end_runs(office.desk)
    decide_at(office, BACK)
    assert on_record(office) == told((MONDAY, "SUCCEEDED"), (TUESDAY, "PENDING"))


def test_a_slot_by_hand_that_is_not_over_leaves_nothing_to_skip(office):
    schedule_job(office)
    office.now = MONDAY + MINUTE
    run_by_hand(office, MONDAY)
    (decided,) = decide_at(office, office.now)
    assert (decided.run_name, decided.skipped_count) == (None, 0)
    assert on_record(office) == told((MONDAY, "PENDING"))


def test_a_run_by_hand_that_was_cancelled_was_the_slots_run(office):
    schedule_job(office)
    office.now = MONDAY + MINUTE
    run = run_by_hand(office, MONDAY)
    office.call(CancelRebalanceRunRequest(name=run.name, request_id=new_id()))
    decide_at(office, office.now)
    assert on_record(office) == told((MONDAY, "CANCELLED"))


# What is told of it


def test_watchers_are_told_of_skipped_slots_as_skipped_and_of_runs_from_the_beginning(office):
    schedule_job(office, run_policy=RunPolicy(catch_up_window=DAY))
    request = WatchRebalanceRunsRequest(parent=JOB)
    _, token = changes_of_runs(lambda: office.desk, request.parent, "", ADA)
    decide_at(office, BACK)
    end_runs(office.desk)
    changes, token = changes_of_runs(lambda: office.desk, JOB, token, ADA)
    assert [
        (change.rebalance_run.slot_time, change.rebalance_run.state.name, change.rebalance_run.initiator)
        for change in changes
    ] == [
        (MONDAY, "SKIPPED", "counterpoise-server"),
        (TUESDAY, "PENDING", "counterpoise-server"),
        (TUESDAY, "RUNNING", "counterpoise-server"),
        (TUESDAY, "SUCCEEDED", "counterpoise-server"),
    ]
    skipped = changes[0].rebalance_run
    assert skipped.create_time == skipped.end_time == BACK
    assert skipped.start_time is None
    assert changes_of_runs(lambda: office.desk, JOB, changes[0].resume_token, ADA)[0] == changes[1:]
    with pytest.raises(Refused) as caught:
        office.call(CancelRebalanceRunRequest(name=skipped.name, request_id=new_id()))
    assert caught.value.reason is ErrorReason.RUN_NOT_ACTIVE


# One job harms no other


def test_a_job_whose_zone_is_gone_harms_no_other(office, monkeypatch):
    schedule_job(office, "a-first", replace(DAILY, time_zone="Europe/London"))
    schedule_job(office)
    zone_of = schedule.zone_of

    def without_london(asked: Schedule):
        if asked.time_zone == "Europe/London":
            raise LookupError("No time zone found with key Europe/London")
        return zone_of(asked)

    known = NextSlots()
    decide_at(office, BEFORE, known)
    monkeypatch.setattr("optimizer.rebalance.scheduling.schedule.zone_of", without_london)
    monkeypatch.setattr("optimizer.rebalance.scheduling.slots.zone_of", without_london)
    for scheduler, slot in ((known, MONDAY), (NextSlots(), TUESDAY)):
        (decided,) = decide_at(office, slot, scheduler)
        assert (decided.job_name, decided.run_slot) == (JOB, slot)
        end_runs(office.desk)


def test_a_revision_that_brings_rolls_owes_none_of_before_it(office):
    """The future rolls at the end of May, and the schedule has no slot until June."""
    office.now = datetime.datetime(2025, 5, 20, tzinfo=UTC)
    monthly = replace(DAILY, daily=None, monthly=MonthlyCadence(business_day=1))
    schedule_job(office, schedule=monthly, run_policy=RunPolicy(catch_up_window=60 * DAY))
    office.now = datetime.datetime(2025, 5, 31, tzinfo=UTC)
    job = update(office, ("problem",), problem=rolling_fund())
    assert slots_of(job, office.now - 11 * DAY, office.now)[0].rolling_line_ids == ("bond_future",)
    assert decide_at(office, office.now + MINUTE) == []
