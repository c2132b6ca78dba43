"""Servicers of rebalancing and marks around a stand-in, without a connection."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from counterpoise import wire
from counterpoise.model import ErrorReason, WatchRebalanceRunsRequest
from counterpoise.schema import schema_for
from counterpoise.validate import request_violations
from optimizer.service.admission import Admission
from optimizer.service.calls import Call, CallRunner
from optimizer.service.identity import claimed
from optimizer.service.monitor import MonitorServicer
from optimizer.service.rebalance import RebalanceServicer
from optimizer.usecases.errors import Refused, RequestInvalid
from tests.rebalance_requests import JOB, requests
from tests.unit.optimizer.service.rebalancing import SERVICES, StandIn, response_to
from tests.unit.optimizer.service.wire_bytes import tagged

REQUESTS = {type(request).__name__.removesuffix("Request"): request for request in requests()}
UNARY = [name for name in REQUESTS if name != "WatchRebalanceRuns"]
ADA = claimed((("x-counterpoise-principal", "ada"),))


@pytest.fixture
def calls():
    return StandIn()


def works(calls):
    return (
        RebalanceServicer(calls.by_name, calls.changes_of_runs).methods
        | MonitorServicer(calls.by_name).methods
    )


def a_call(name="Any"):
    return Call(method=name, start=time.monotonic(), deadline=None, principal=ADA)


def body_of(request):
    return wire.to_message(request, schema_for(type(request)).message).SerializeToString()


@pytest.fixture
def run(calls):
    """From method and bytes to the answer or the refusal, as the server does it."""
    with ThreadPoolExecutor(1) as executor:
        runner = CallRunner(Admission(1), executor)
        yield lambda name, body: runner._run(works(calls)[name], body, a_call(name))


def test_every_method_of_the_contract_has_its_work(calls):
    rebalance, monitor = (
        RebalanceServicer(calls.by_name, calls.changes_of_runs),
        MonitorServicer(calls.by_name),
    )
    for servicer, service in zip((rebalance, monitor), SERVICES, strict=True):
        assert servicer.service_name == service.full_name
        streams = getattr(servicer, "streams", {})
        assert {*servicer.methods, *streams} == {method.name for method in service.methods}
        assert set(streams) == {method.name for method in service.methods if method.server_streaming}
    assert set(REQUESTS) == {method.name for service in SERVICES for method in service.methods}


def test_calls_that_lack_a_method_are_refused_when_the_server_is_put_together():
    with pytest.raises(KeyError, match="CreateRebalanceJob"):
        RebalanceServicer({}, StandIn().changes_of_runs)


@pytest.mark.parametrize("name", UNARY)
def test_a_request_reaches_its_call_and_the_answer_comes_back(calls, name):
    request, call = REQUESTS[name], a_call(name)
    assert request_violations(request) == ()
    body = works(calls)[name](body_of(request), call)
    assert calls.asked == [(request, ADA)]
    response = response_to(request)
    assert wire.to_model(schema_for(type(response)).message.FromString(body)) == response
    assert call.request_id == getattr(request, "request_id", "")


@pytest.mark.parametrize("name", UNARY)
def test_a_request_that_breaks_the_contract_reaches_no_call(calls, run, name):
    kind = type(REQUESTS[name])
    refusal = run(name, b"")
    assert refusal.reason is ErrorReason.REQUEST_INVALID
    first = schema_for(kind).fields[0].name
    assert refusal.violations[0].field == first
    assert calls.asked == []


@pytest.mark.parametrize("name", UNARY)
def test_unknown_fields_are_refused(calls, run, name):
    refusal = run(name, body_of(REQUESTS[name]) + tagged(3000, b"new"))
    assert [violation.field for violation in refusal.violations] == ["#3000"]
    assert calls.asked == []


def test_violations_of_a_job_have_the_paths_of_its_problem(run):
    request = REQUESTS["CreateRebalanceJob"]
    problem = request.rebalance_job.problem
    broken = replace(problem, portfolio=replace(problem.portfolio, nav_amount=0.0))
    refusal = run(
        "CreateRebalanceJob",
        body_of(
            replace(request, request_id="x", rebalance_job=replace(request.rebalance_job, problem=broken))
        ),
    )
    assert [violation.field for violation in refusal.violations] == ["portfolio.nav_amount", "request_id"]


@pytest.mark.parametrize("reason", [ErrorReason.JOB_NOT_ACTIVE, ErrorReason.STORE_UNAVAILABLE])
def test_what_a_call_refuses_is_refused(calls, run, reason):
    calls.error = Refused(reason, "why", {"name": JOB})
    refusal = run("RunRebalanceJob", body_of(REQUESTS["RunRebalanceJob"]))
    assert (refusal.reason, refusal.message, dict(refusal.metadata)) == (reason, "why", {"name": JOB})


def test_violations_that_a_call_finds_are_refused(calls, run):
    calls.error = RequestInvalid(request_violations(replace(REQUESTS["RecordMarks"], request_id="x")))
    refusal = run("RecordMarks", body_of(REQUESTS["RecordMarks"]))
    assert [violation.field for violation in refusal.violations] == ["request_id"]


def test_a_watch_goes_on_from_the_token_that_it_was_given(calls):
    servicer, call = RebalanceServicer(calls.by_name, calls.changes_of_runs), a_call()
    calls.changes = [1, 2, 3]
    token = str(1)
    body = body_of(WatchRebalanceRunsRequest(parent=JOB, resume_token=token))
    poll = servicer.watch_rebalance_runs(body, call)
    assert [answer.resume_token for answer in poll()] == ["2", "3"]
    assert poll() == ()
    calls.happen(4)
    (answer,) = poll()
    assert answer.rebalance_run.name == f"{JOB}/runs/4"


def test_a_watch_of_nothing_is_refused(calls):
    with pytest.raises(RequestInvalid) as caught:
        RebalanceServicer(calls.by_name, calls.changes_of_runs).watch_rebalance_runs(
            body_of(WatchRebalanceRunsRequest(parent="x")), a_call()
        )
    assert [violation.field for violation in caught.value.violations] == ["parent"]
    assert calls.polls == 0
