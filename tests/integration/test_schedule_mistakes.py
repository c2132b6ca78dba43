"""Mistakes in schedules, policies and triggers come back with their paths, and nothing is kept of them."""

import datetime
from dataclasses import replace

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from counterpoise import Client, wire
from counterpoise.model import (
    CreateRebalanceJobRequest,
    DriftTrigger,
    MonthlyCadence,
    RebalanceJob,
    RunPolicy,
    Trigger,
    UpdateRebalanceJobRequest,
    WeeklyCadence,
)
from counterpoise.v1 import rebalance_service_pb2, rebalance_service_pb2_grpc
from counterpoise.validate import request_violations
from tests.office import JOB, TENANT, new_id
from tests.rebalancing import fund
from tests.scheduling import DAILY, DAY, HOUR

AMPLE_SECONDS = 60.0
DRIFT = DriftTrigger(maximum_fraction=0.05)
NO_TIME = datetime.timedelta()
MONTHLY = replace(DAILY, daily=None, monthly=MonthlyCadence(business_day=1))
GOOD = RebalanceJob(
    problem=fund(),
    schedule=DAILY,
    run_policy=RunPolicy(catch_up_window=DAY, pause_failure_count=3),
    triggers=(Trigger(trigger_id="drift", drift=DRIFT),),
)

# What a form shows: path below the job and reason, by the field that is wrong.
WRONG = {
    "no business day 25": (
        {"schedule": replace(MONTHLY, monthly=MonthlyCadence(business_day=25))},
        ("schedule.monthly.business_day", "NUMBER_OUT_OF_RANGE"),
    ),
    "months without their day": (
        {"schedule": replace(MONTHLY, monthly=MonthlyCadence(business_day=None))},
        ("schedule.monthly.business_day", "FIELD_MISSING"),
    ),
    "a week without its day": (
        {"schedule": replace(DAILY, daily=None, weekly=WeeklyCadence(day_of_week=None))},
        ("schedule.weekly.day_of_week", "ENUM_VALUE_INVALID"),
    ),
    "no cadence": ({"schedule": replace(DAILY, daily=None)}, ("schedule", "CHOICE_MISSING")),
    "an exchange by its name": (
        {"schedule": replace(DAILY, exchange_code="New York")},
        ("schedule.exchange_code", "VALUE_MALFORMED"),
    ),
    "a window back in time": (
        {"run_policy": RunPolicy(catch_up_window=-HOUR)},
        ("run_policy.catch_up_window", "NUMBER_OUT_OF_RANGE"),
    ),
    "a window of no time": (
        {"run_policy": RunPolicy(catch_up_window=NO_TIME)},
        ("run_policy.catch_up_window", "NUMBER_OUT_OF_RANGE"),
    ),
    "a window of more than a year": (
        {"run_policy": RunPolicy(catch_up_window=366 * DAY + HOUR)},
        ("run_policy.catch_up_window", "NUMBER_OUT_OF_RANGE"),
    ),
    "paused after no failure": (
        {"run_policy": RunPolicy(pause_failure_count=0)},
        ("run_policy.pause_failure_count", "NUMBER_OUT_OF_RANGE"),
    ),
    "an overlap policy that is none": (
        {"run_policy": RunPolicy(overlap_policy=9)},
        ("run_policy.overlap_policy", "ENUM_VALUE_INVALID"),
    ),
    "a cool-down back in time": (
        {"triggers": (Trigger(trigger_id="drift", drift=DRIFT, cool_down=-HOUR),)},
        ("triggers[0].cool_down", "NUMBER_OUT_OF_RANGE"),
    ),
    "a cool-down of no time": (
        {"triggers": (Trigger(trigger_id="drift", drift=DRIFT, cool_down=NO_TIME),)},
        ("triggers[0].cool_down", "NUMBER_OUT_OF_RANGE"),
    ),
    "a trigger that watches nothing": (
        {"triggers": (Trigger(trigger_id="drift"),)},
        ("triggers[0]", "CHOICE_MISSING"),
    ),
    "an id twice": (
        {"triggers": (Trigger(trigger_id="drift", drift=DRIFT), Trigger(trigger_id="drift", drift=DRIFT))},
        ("triggers[1].trigger_id", "ID_DUPLICATE"),
    ),
}
# What only the server's data knows.
UNKNOWN = {
    "a zone that is none": (
        {"schedule": replace(DAILY, time_zone="America/Gotham")},
        ("schedule.time_zone", "ID_UNKNOWN"),
    ),
    "an exchange without a calendar": (
        {"schedule": replace(DAILY, exchange_code="XQQQ")},
        ("schedule.exchange_code", "ID_UNKNOWN"),
    ),
}


def creation(job):
    return CreateRebalanceJobRequest(
        parent=TENANT, rebalance_job_id="monthly", rebalance_job=job, request_id=new_id()
    )


def revision(job, mask):
    return UpdateRebalanceJobRequest(
        rebalance_job=replace(job, name=JOB), update_mask=mask, request_id=new_id()
    )


@pytest.mark.parametrize("name", WRONG)
def test_each_mistake_is_one_violation_before_anything_is_sent(name):
    changes, (path, reason) = WRONG[name]
    job = replace(GOOD, **changes)
    for request in (creation(job), revision(job, tuple(changes))):
        found = [(item.field, item.reason.name) for item in request_violations(request)]
        assert found == [(f"rebalance_job.{path}", reason)]
    assert request_violations(creation(GOOD)) == ()


@pytest.fixture(scope="module")
def rebalancer(start_server, tmp_path_factory):
    """A server with a store, and a client that only looks at what is kept."""
    folder = tmp_path_factory.mktemp("store")
    with (
        start_server(worker_count="1", store_dsn=f"sqlite:///{folder / 'store.sqlite3'}") as server,
        Client(server.address, principal="ada", tenant="pension", timeout_seconds=AMPLE_SECONDS) as client,
    ):
        yield server, client


def refusal(server, method, request):
    """Violations of a request as another language may send it, nothing of it checked before."""
    kind = getattr(rebalance_service_pb2, f"{method}Request")
    metadata = (("x-counterpoise-principal", "ada"), ("x-counterpoise-tenant", "pension"))
    with grpc.insecure_channel(server.address) as channel:
        stub = rebalance_service_pb2_grpc.RebalanceServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            getattr(stub, method)(wire.to_message(request, kind), timeout=AMPLE_SECONDS, metadata=metadata)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT, caught.value
    bad = error_details_pb2.BadRequest()
    assert any(detail.Unpack(bad) for detail in rpc_status.from_call(caught.value).details)
    assert all(violation.description for violation in bad.field_violations)
    return [(violation.field, violation.reason) for violation in bad.field_violations]


@pytest.mark.parametrize("name", ["no business day 25", "a cool-down back in time", *UNKNOWN])
def test_a_job_with_a_mistake_is_not_kept(rebalancer, name):
    server, client = rebalancer
    changes, (path, reason) = (WRONG | UNKNOWN)[name]
    wanted = [(f"rebalance_job.{path}", reason)]
    assert refusal(server, "CreateRebalanceJob", creation(replace(GOOD, **changes))) == wanted
    assert list(client.rebalance.list_jobs(TENANT)) == []


def test_a_job_is_not_revised_by_a_mistake(rebalancer):
    server, client = rebalancer
    kept = client.rebalance.create_job(TENANT, "monthly", GOOD)
    for changes, (path, reason) in (WRONG | UNKNOWN).values():
        job = replace(GOOD, **changes)
        found = refusal(server, "UpdateRebalanceJob", revision(job, tuple(changes)))
        assert found == [(f"rebalance_job.{path}", reason)]
    assert client.rebalance.get_job(JOB).etag == kept.etag
    assert client.rebalance.get_job(JOB).revision == 1
