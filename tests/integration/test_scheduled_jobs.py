"""Schedules of jobs on a real store: kept with the revision, shown with next slots, refused if unknown."""

import datetime
from dataclasses import replace

import pytest

from counterpoise.model import (
    CreateRebalanceJobRequest,
    DailyCadence,
    ErrorReason,
    GetRebalanceJobRequest,
    ListRebalanceJobsRequest,
    ListRebalanceRunsRequest,
    PauseRebalanceJobRequest,
    RebalanceJob,
    ResumeRebalanceJobRequest,
    RunRebalanceJobRequest,
    Schedule,
    UpdateRebalanceJobRequest,
)
from optimizer.usecases.errors import Refused, RequestInvalid
from tests.office import JOB, TENANT, new_id, open_office
from tests.rebalancing import fund

DAILY = Schedule(
    time_zone="Europe/London", exchange_code="XLON", time_of_day=datetime.time(), daily=DailyCadence()
)


@pytest.fixture
def office(tmp_path):
    return open_office(tmp_path, None)


def create(office, schedule):
    request = CreateRebalanceJobRequest(
        parent=TENANT,
        rebalance_job_id="monthly",
        rebalance_job=RebalanceJob(problem=fund(), schedule=schedule),
        request_id=new_id(),
    )
    return office.call(request).rebalance_job


def update(office, schedule):
    request = UpdateRebalanceJobRequest(
        rebalance_job=RebalanceJob(name=JOB, problem=fund(), schedule=schedule),
        update_mask=("schedule",),
        request_id=new_id(),
    )
    return office.call(request).rebalance_job


def test_a_job_shows_its_schedule_and_next_slots_while_it_is_active(office):
    office.now = datetime.datetime(2025, 12, 23, 0, tzinfo=datetime.UTC)
    job = create(office, DAILY)
    assert job.schedule == DAILY
    assert [f"{slot:%m-%d %H:%M}" for slot in job.next_slot_times] == [
        f"{day} 00:00" for day in ("12-24", "12-29", "12-30", "12-31", "01-02")
    ]
    assert office.call(GetRebalanceJobRequest(name=JOB)).rebalance_job == job
    (listed,) = office.call(ListRebalanceJobsRequest(parent=TENANT)).rebalance_jobs
    assert (listed.schedule, listed.next_slot_times) == (DAILY, ())
    pause = PauseRebalanceJobRequest(name=JOB, comment="holidays", request_id=new_id())
    assert office.call(pause).rebalance_job.next_slot_times == ()
    resumed = office.call(ResumeRebalanceJobRequest(name=JOB, request_id=new_id())).rebalance_job
    assert resumed.next_slot_times == job.next_slot_times


def test_a_change_of_schedule_is_a_revision_and_can_take_it_away(office):
    assert create(office, DAILY).revision == 1
    assert update(office, DAILY).revision == 1
    later = replace(DAILY, time_of_day=datetime.time(9, 30))
    assert (update(office, later).revision, update(office, later).schedule) == (2, later)
    bare = update(office, None)
    assert (bare.revision, bare.schedule, bare.next_slot_times) == (3, None, ())
    first = office.call(GetRebalanceJobRequest(name=JOB, revision=1)).rebalance_job
    assert (first.schedule, first.next_slot_times) == (DAILY, ())


def test_an_unknown_zone_or_exchange_is_refused_and_nothing_is_kept(office):
    unknown = replace(DAILY, time_zone="Europe/Atlantis", exchange_code="XXXX")
    for call in (create, update):
        with pytest.raises(RequestInvalid) as caught:
            call(office, unknown)
        assert [violation.field for violation in caught.value.violations] == [
            "rebalance_job.schedule.time_zone",
            "rebalance_job.schedule.exchange_code",
        ]
    assert office.call(ListRebalanceJobsRequest(parent=TENANT)).rebalance_jobs == ()


def test_a_slot_that_was_missed_is_run_by_hand_once(office):
    job = create(office, DAILY)
    slot = job.next_slot_times[0]
    office.now = slot + datetime.timedelta(hours=2)
    request = RunRebalanceJobRequest(name=JOB, slot_time=slot, request_id=new_id())
    run = office.call(request).rebalance_run
    assert run.slot_time == slot
    while office.runner.turn(office.desk):
        pass
    with pytest.raises(Refused) as caught:
        office.call(replace(request, request_id=new_id()))
    assert caught.value.reason is ErrorReason.RESOURCE_EXISTS


@pytest.mark.parametrize("hours", [-1.5, 24 * 365])
def test_what_is_no_slot_or_is_yet_to_come_is_refused(office, hours):
    job = create(office, DAILY)
    office.now = job.next_slot_times[0] + datetime.timedelta(hours=2)
    slot = job.next_slot_times[0] + datetime.timedelta(hours=hours)
    with pytest.raises(RequestInvalid) as caught:
        office.call(RunRebalanceJobRequest(name=JOB, slot_time=slot, request_id=new_id()))
    assert caught.value.violations[0].field == "slot_time"
    assert office.call(ListRebalanceRunsRequest(parent=JOB)).rebalance_runs == ()
