"""One round of a scheduler, and what it says of jobs that it can do nothing for."""

import datetime

import pytest

from counterpoise.model import (
    CreateRebalanceJobRequest,
    DeleteRebalanceJobRequest,
    PauseRebalanceJobRequest,
    RebalanceJob,
)
from optimizer.rebalance.scheduling import due, scheduler
from optimizer.rebalance.scheduling.one_round import start_due
from optimizer.usecases.errors import Refused
from tests.office import JOB, TENANT, new_id
from tests.scheduling import HOUR, UTC, hasty_office, old_fund, schedule_job

MONDAY = datetime.datetime(2025, 3, 3, 14, 30, tzinfo=UTC)
OTHER = f"{TENANT}/rebalanceJobs/other"


@pytest.fixture
def office(tmp_path):
    office = hasty_office(tmp_path)
    office.now = MONDAY - HOUR
    return office


def pause(office):
    schedule_job(office)
    office.call(PauseRebalanceJobRequest(name=JOB, comment="holidays", request_id=new_id()))


def delete(office):
    schedule_job(office)
    office.call(DeleteRebalanceJobRequest(name=JOB, request_id=new_id()))


def leave_out_the_schedule(office):
    job = RebalanceJob(problem=old_fund())
    office.call(
        CreateRebalanceJobRequest(
            parent=TENANT, rebalance_job_id="monthly", rebalance_job=job, request_id=new_id()
        )
    )


@pytest.mark.parametrize(
    ("prepare", "reason", "message"),
    [
        (lambda _: None, "RESOURCE_NOT_FOUND", "there is no such resource"),
        (pause, "JOB_NOT_ACTIVE", r"is PAUSED \(.*holidays\); resume it"),
        (delete, "JOB_NOT_ACTIVE", "was deleted"),
        (leave_out_the_schedule, "JOB_NOT_ACTIVE", "has no schedule"),
    ],
    ids=["missing", "paused", "deleted", "unscheduled"],
)
def test_who_names_a_job_that_starts_no_runs_is_told_why(office, prepare, reason, message):
    prepare(office)
    with pytest.raises(Refused, match=message) as caught:
        start_due(office.desk, JOB)
    assert caught.value.reason.name == reason
    assert JOB in caught.value.message
    done = start_due(office.desk, None)
    assert (done.started, done.skipped_count, done.faults) == ([], 0, {})


@pytest.mark.parametrize(("module", "work"), [(due, "first_slots_of"), (scheduler, "watch_job")])
@pytest.mark.parametrize("named", [JOB, None])
def test_a_round_says_what_it_could_not_do_and_does_the_rest(office, monkeypatch, module, work, named):
    schedule_job(office)
    schedule_job(office, "other")
    real = getattr(module, work)

    def fails(*given):
        if any(JOB in (item, getattr(item, "name", None)) for item in given):
            raise LookupError("No time zone found")
        return real(*given)

    monkeypatch.setattr(module, work, fails)
    office.now = MONDAY
    done = start_due(office.desk, named)
    assert done.faults == {JOB: "No time zone found"}
    wanted = {JOB, OTHER} - ({OTHER} if named else set()) - ({JOB} if module is due else set())
    assert {item.name.rsplit("/runs/")[0] for item in done.started} == wanted
