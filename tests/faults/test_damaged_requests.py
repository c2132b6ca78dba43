"""Requests that no client would write: each has its clear refusal, none is a bug of ours."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

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
from optimizer.service.calls import Call, CallRunner
from optimizer.service.errors import Refusal
from optimizer.service.identity import claimed
from optimizer.service.monitor import MonitorServicer
from optimizer.service.rebalance import RebalanceServicer
from optimizer.usecases.errors import RequestInvalid
from optimizer.usecases.validate import validate_portfolio
from tests.golden_problems import pension
from tests.rebalance_requests import requests
from tests.unit.optimizer.service.rebalancing import StandIn

COUNT = 2500
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
    rebalance = RebalanceServicer(calls.by_name, calls.changes_of_runs)

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
def body():
    request = AllocateRequest(problem=pension(), request_id="mine")
    return wire.to_message(request, AllocateRequestMessage).SerializeToString()


def flip(generator, body):
    damaged = bytearray(body)
    for _ in range(generator.randint(1, 4)):
        damaged[generator.randrange(len(damaged))] = generator.randrange(256)
    return bytes(damaged)


def cut(generator, body):
    start, end = sorted(generator.randrange(len(body)) for _ in range(2))
    return body[:start] + body[end:]


def repeat(generator, body):
    start = generator.randrange(len(body))
    end = min(start + generator.randint(1, 40), len(body))
    return body[:end] + body[start:end] * generator.randint(1, 5) + body[end:]


def noise(generator, body):
    return generator.randbytes(generator.randint(0, len(body)))


@pytest.mark.parametrize("damage", [flip, cut, repeat, noise])
def test_damaged_bytes_have_a_clear_refusal(run, body, damage):
    generator = random.Random(20260)  # noqa: S311 - reproducible damage, not secrets
    for _ in range(COUNT // 4):
        damaged = damage(generator, body)
        for method in ("Allocate", "ValidatePortfolio"):
            answer = run(method, damaged)
            assert isinstance(answer, bytes) or answer.reason in CLEAR, damaged.hex()


@pytest.mark.parametrize("damage", [flip, cut, repeat, noise])
@pytest.mark.parametrize("request_", requests(), ids=lambda request_: type(request_).__name__)
def test_damaged_bytes_of_calls_about_what_is_kept_have_a_clear_refusal(keep, request_, damage):
    generator = random.Random(20261)  # noqa: S311 - reproducible damage, not secrets
    method = type(request_).__name__.removesuffix("Request")
    whole = wire.to_message(request_, schema_for(type(request_)).message).SerializeToString()
    assert isinstance(keep(method, whole), bytes)
    for _ in range(COUNT // 50):
        damaged = damage(generator, whole)
        answer = keep(method, damaged)
        assert isinstance(answer, bytes) or answer.reason in CLEAR, damaged.hex()


@pytest.mark.parametrize("seconds", [10**15, -(10**15), 2**63 - 1, -(2**63)])
def test_a_time_limit_beyond_all_calendars_is_a_violation(run, seconds):
    request = wire.to_message(AllocateRequest(problem=pension()), AllocateRequestMessage)
    request.parameters.time_limit.seconds = seconds
    answer = run("Allocate", request.SerializeToString())
    assert isinstance(answer, Refusal)
    assert answer.reason is ErrorReason.REQUEST_INVALID
    assert [violation.field for violation in answer.violations] == ["parameters.time_limit"]
