"""Requests that no client would write: each has its clear refusal, none is a bug of ours.

COUNTERPOISE_TEST_REQUESTS says how many.
"""

import os
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from counterpoise import wire
from counterpoise.model import (
    AllocateRequest,
    ErrorReason,
)
from counterpoise.schema import schema_for
from counterpoise.v1.allocation_service_pb2 import AllocateRequest as AllocateRequestMessage
from counterpoise.v1.rebalance_service_pb2 import (
    WatchRebalanceRunsResponse as WatchRebalanceRunsResponseMessage,
)
from counterpoise.validate import request_violations
from optimizer.answering.methods import METHODS, Ending
from optimizer.answering.reading import read_question
from optimizer.answering.tasks import AnswerBytes
from optimizer.service.admission import Admission
from optimizer.service.allocation import AllocationServicer
from optimizer.service.analysis import AnalysisServicer
from optimizer.service.calls import Call, CallRunner
from optimizer.service.errors import Refusal
from optimizer.service.identity import claimed
from optimizer.service.monitor import MonitorServicer
from optimizer.service.rebalance import RebalanceServicer
from optimizer.usecases.analyse import measure_liquidity, stress_portfolio
from optimizer.usecases.errors import RequestInvalid
from optimizer.usecases.estimate_risk_model import estimate_risk_model
from optimizer.usecases.measure_alpha_capture import measure_alpha_capture
from optimizer.usecases.validate import validate_portfolio
from optimizer.usecases.verify_alpha import verify_alpha
from tests.analysis_requests import requests as analysis_requests
from tests.damage import damaged
from tests.faults import fuzz_bytes
from tests.faults.figures import note, note_seconds
from tests.golden_problems import pension
from tests.rebalance_requests import requests
from tests.serving import serving
from tests.unit.optimizer.service.rebalancing import StandIn

COUNT = int(os.environ.get("COUNTERPOISE_TEST_REQUESTS", "5000"))
METHODS_OF_PROBLEMS = ("Allocate", "ValidatePortfolio", "MeasureSensitivity")
DEADLINE_SECONDS = 5.0
PROMISED_SECONDS = 0.25
SLACK_SECONDS = 0.25  # a machine that runs other tests meanwhile
NEVER = {
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.UNIMPLEMENTED,
}
CLEAR = {ErrorReason.REQUEST_INVALID, ErrorReason.REQUEST_MALFORMED}


class ValidatingAnswerer:
    """Reads and validates as a worker does, and solves nothing."""

    def answer(
        self, method, body, *, envelope=None, admitted=None, remaining_seconds=None, cancellation=None
    ):
        assert remaining_seconds is None
        assert not cancellation.cancelled
        if violations := request_violations(read_question(body, METHODS[method].request)):
            raise RequestInvalid(violations)
        return AnswerBytes(b"", Ending("UNDETERMINED"))


@pytest.fixture(scope="module")
def run():
    """From method and bytes to the answer or the refusal, as the server does it."""
    servicer = AllocationServicer(ValidatingAnswerer(), validate_portfolio)
    with ThreadPoolExecutor(1) as executor:
        runner = CallRunner(Admission(1), executor)
        yield lambda method, body: runner._run(
            servicer.methods[method],
            body,
            Call(method=method, start=time.monotonic(), deadline=None, principal=claimed(())),
        )


@pytest.fixture(scope="module")
def keep():
    """The same for calls about what is kept; a stream is opened and asked once."""
    calls = StandIn()

    def changes(parent, token, principal):
        # Real tokens are judged in the store, by tests of the store.
        return calls.changes_of_runs(parent, token if token.isdecimal() else "", principal)

    rebalance = RebalanceServicer(calls.by_name, changes)

    def watch(body, call):
        for message in rebalance.watch_rebalance_runs(body, call)():
            return message.SerializeToString()
        return WatchRebalanceRunsResponseMessage().SerializeToString()

    works = rebalance.methods | MonitorServicer(calls.by_name).methods | {"WatchRebalanceRuns": watch}
    with ThreadPoolExecutor(1) as executor:
        runner = CallRunner(Admission(1), executor)
        yield lambda method, body: runner._run(
            works[method],
            body,
            Call(method=method, start=time.monotonic(), deadline=None, principal=claimed(())),
        )


@pytest.fixture(scope="module")
def analyse():
    """The same for calls of analysis, which are worked out to the end."""
    works = AnalysisServicer(
        stress_portfolio, measure_liquidity, verify_alpha, measure_alpha_capture, estimate_risk_model
    ).methods
    with ThreadPoolExecutor(1) as executor:
        runner = CallRunner(Admission(1), executor)
        yield lambda method, body: runner._run(
            works[method],
            body,
            Call(method=method, start=time.monotonic(), deadline=None, principal=claimed(())),
        )


def whole(request):
    """Name of the method, bytes and type of a request."""
    message_type = schema_for(type(request)).message
    body = wire.to_message(request, message_type).SerializeToString()
    return type(request).__name__.removesuffix("Request"), body, message_type


def assert_clear(answer, body):
    assert isinstance(answer, bytes) or answer.reason in CLEAR, body.hex()


@pytest.mark.timeout(120 + COUNT // 20)
def test_damaged_problems_have_a_clear_refusal(run):
    generator = random.Random(20260)  # noqa: S311 - reproducible damage, not secrets
    bodies, refused = fuzz_bytes.seeds(), 0
    for _ in range(COUNT // 2):
        body = damaged(generator, generator.choice(bodies), AllocateRequestMessage)
        answer = run(generator.choice(METHODS_OF_PROBLEMS), body)
        assert_clear(answer, body)
        refused += not isinstance(answer, bytes)
    assert refused > COUNT / 10


@pytest.mark.timeout(120 + COUNT // 20)
@pytest.mark.parametrize("request_", requests(), ids=lambda request_: type(request_).__name__)
def test_damaged_calls_about_what_is_kept_have_a_clear_refusal(keep, request_):
    generator = random.Random(20261)  # noqa: S311 - reproducible damage, not secrets
    method, body, message_type = whole(request_)
    assert isinstance(keep(method, body), bytes)
    for _ in range(COUNT // 2 // len(requests())):
        broken = damaged(generator, body, message_type)
        assert_clear(keep(method, broken), broken)


@pytest.mark.timeout(120 + COUNT // 20)
@pytest.mark.parametrize("request_", analysis_requests(), ids=lambda request_: type(request_).__name__)
def test_damaged_calls_of_analysis_have_a_clear_refusal(analyse, request_):
    generator = random.Random(20266)  # noqa: S311 - reproducible damage, not secrets
    method, body, message_type = whole(request_)
    assert isinstance(analyse(method, body), bytes)
    for _ in range(COUNT // 50):
        broken = damaged(generator, body, message_type)
        assert_clear(analyse(method, broken), broken)


@pytest.mark.timeout(120 + COUNT // 20)
def test_damaged_requests_to_a_server_end_in_time_with_a_code_of_the_contract(tmp_path):
    generator = random.Random(20267)  # noqa: S311 - reproducible damage, not secrets
    asked = [
        ("Allocation", method, body, AllocateRequestMessage)
        for body in fuzz_bytes.seeds()
        for method in METHODS_OF_PROBLEMS
    ]
    asked += [("Analysis", *whole(request)) for request in analysis_requests()]
    asked += [("Rebalance", *whole(request)) for request in requests() if _is_of_rebalance(request)]
    seconds, codes = [], Counter()
    settings = {"store_dsn": f"sqlite:///{tmp_path}/store.sqlite3", "worker_count": "2"}
    with serving(tmp_path / "log", settings) as server, grpc.insecure_channel(server.address) as channel:
        for _ in range(COUNT // 20):
            service, method, body, message_type = generator.choice(asked)
            broken = damaged(generator, body, message_type)
            call = channel.unary_unary(f"/counterpoise.v1.{service}Service/{method}")
            begun = time.monotonic()
            future = call.future(broken, timeout=DEADLINE_SECONDS)
            codes[future.code()] += 1
            seconds.append(time.monotonic() - begun)
            assert future.code() not in NEVER, (method, broken.hex())
        processes = server.process.poll()
    assert processes is None, "the server has crashed"
    note_seconds("damaged requests over gRPC", seconds)
    note({f"ended {code.name}": count for code, count in codes.items()})
    assert max(seconds) < DEADLINE_SECONDS + PROMISED_SECONDS + SLACK_SECONDS
    assert codes[grpc.StatusCode.INVALID_ARGUMENT] > COUNT / 100


def _is_of_rebalance(request):
    """Streams have no end, and marks are another service's."""
    name = type(request).__name__
    return "Marks" not in name and "Watch" not in name


@pytest.mark.parametrize("seconds", [10**15, -(10**15), 2**63 - 1, -(2**63)])
def test_a_time_limit_beyond_all_calendars_is_a_violation(run, seconds):
    request = wire.to_message(AllocateRequest(problem=pension()), AllocateRequestMessage)
    request.parameters.time_limit.seconds = seconds
    answer = run("Allocate", request.SerializeToString())
    assert isinstance(answer, Refusal)
    assert answer.reason is ErrorReason.REQUEST_INVALID
    assert [violation.field for violation in answer.violations] == ["parameters.time_limit"]
