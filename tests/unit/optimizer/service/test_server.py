"""The service around a small allocator, in this process and over a real connection."""

import asyncio
import threading
import time
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager

import grpc
import pytest
import structlog
from google.rpc import error_details_pb2, status_pb2
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from counterpoise import wire
from counterpoise.model import (
    AllocateRequest,
    AllocateResponse,
    Allocation,
    ErrorReason,
    Provenance,
    Termination,
    TerminationReason,
    ValidatePortfolioResponse,
    Violation,
    Warning,
    WarningCode,
)
from counterpoise.v1 import allocation_service_pb2
from optimizer.answering.methods import METHODS, Ending
from optimizer.answering.reading import read_question
from optimizer.answering.tasks import AnswerBytes
from optimizer.service.allocation import AllocationServicer
from optimizer.service.server import ListenError, Server, ServerOptions
from optimizer.usecases.errors import DeadlinePassed, RequestInvalid
from optimizer.workers import WorkerLost
from tests.golden_problems import sixty_forty_with_overlay
from tests.unit.optimizer.service.wire_bytes import tagged

AMPLE_SECONDS = 30.0
SERVICE = "/counterpoise.v1.AllocationService"
UNKNOWN = tagged(3000, b"new")


class StubAnswerer:
    """Answers, fails or waits as the test says."""

    def __init__(self):
        self.error = None
        self.detail = ""
        self.wait_for_cancel = False
        self.started = threading.Event()
        self.ended = threading.Event()
        self.remaining = []

    def answer(
        self, method, body, *, envelope=None, admitted=None, remaining_seconds=None, cancellation=None
    ):
        request = read_question(body, METHODS[method].request)
        self.remaining.append(remaining_seconds)
        self.started.set()
        try:
            if self.wait_for_cancel:
                cancelled = threading.Event()
                cancellation.on_cancel(cancelled.set)
                assert cancelled.wait(AMPLE_SECONDS)
                raise CancelledError
            if self.error is not None:
                raise self.error
        finally:
            self.ended.set()
        response = AllocateResponse(
            allocation=Allocation(
                termination=Termination(reason=TerminationReason.UNDETERMINED, detail=self.detail),
                provenance=Provenance(),
            ),
            request_id=request.request_id,
        )
        message = wire.to_message(response, METHODS[method].response)
        return AnswerBytes(message.SerializeToString(), Ending("UNDETERMINED"))


def accept_all(_, found=()):
    warnings = (Warning(code=next(iter(WarningCode)), message="m"),)
    return ValidatePortfolioResponse(violations=found, violation_count=len(found), warnings=warnings)


@pytest.fixture
def allocator():
    return StubAnswerer()


@asynccontextmanager
async def serving(allocator, **options):
    defaults = {"listen_address": "127.0.0.1:0", "maximum_concurrent_calls": 4, "drain_seconds": 0.0}
    server = Server(ServerOptions(**defaults | options), AllocationServicer(allocator, accept_all))
    address = await server.start()
    async with aio.insecure_channel(address) as channel:
        yield server, channel
    await server.stop()


def request(request_id="", extra=b""):
    instance = AllocateRequest(problem=sixty_forty_with_overlay(), request_id=request_id)
    return wire.to_message(instance, allocation_service_pb2.AllocateRequest).SerializeToString() + extra


def call(channel, body, method="Allocate", **options):
    """Bytes in, bytes out."""
    return channel.unary_unary(f"{SERVICE}/{method}")(body, **{"timeout": AMPLE_SECONDS} | options)


async def refused(channel, body, **options):
    """Code, the one ErrorInfo and all details of a refusal."""
    with pytest.raises(aio.AioRpcError) as caught:
        await call(channel, body, **options)
    trailer = dict(caught.value.trailing_metadata())["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(trailer)
    assert status.code == caught.value.code().value[0]
    assert status.message == caught.value.details()
    infos = [unpacked(detail, error_details_pb2.ErrorInfo) for detail in status.details]
    (info,) = [info for info in infos if info is not None]
    assert info.domain == "counterpoise"
    return caught.value.code(), info, status


def unpacked(packed, kind):
    detail = kind()
    return detail if packed.Unpack(detail) else None


async def eventually(condition):
    limit = time.monotonic() + AMPLE_SECONDS
    while not condition():
        assert time.monotonic() < limit
        await asyncio.sleep(0.005)


async def test_an_answer_comes_back(allocator):
    async with serving(allocator) as (_, channel):
        response = allocation_service_pb2.AllocateResponse.FromString(await call(channel, request("mine")))
    assert response.request_id == "mine"
    assert response.allocation.termination.reason == TerminationReason.UNDETERMINED


def test_every_method_of_the_contract_has_its_work(allocator):
    service = allocation_service_pb2.DESCRIPTOR.services_by_name["AllocationService"]
    assert set(AllocationServicer(allocator, accept_all).methods) == {
        method.name for method in service.methods if not method.server_streaming
    }


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (WorkerLost("w"), grpc.StatusCode.UNAVAILABLE, "WORKER_LOST"),
        (DeadlinePassed(), grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_PASSED"),
        (ValueError("postgres://secret"), grpc.StatusCode.INTERNAL, "INTERNAL_BUG"),
        (MemoryError(), grpc.StatusCode.INTERNAL, "INTERNAL_BUG"),
        (
            RequestInvalid((Violation(field="portfolio.nav_amount", reason=ErrorReason.FIELD_MISSING),)),
            grpc.StatusCode.INVALID_ARGUMENT,
            "REQUEST_INVALID",
        ),
    ],
)
async def test_what_a_use_case_raises_has_its_status(allocator, error, code, reason):
    allocator.error = error
    async with serving(allocator) as (_, channel):
        got, info, status = await refused(channel, request())
    assert (got, info.reason) == (code, reason)
    assert "secret" not in str(status)


async def test_a_bug_is_logged_under_the_number_that_the_caller_gets(allocator):
    allocator.error = ValueError("what happened")
    with structlog.testing.capture_logs() as lines:
        async with serving(allocator) as (_, channel):
            _, info, _ = await refused(channel, request("mine"))
    (bug,) = [line for line in lines if line["event"] == "internal error"]
    assert bug["error_id"] == info.metadata["errorId"]
    assert bug["exc_info"]
    (line,) = [line for line in lines if line["event"] == "call"]
    assert line["errorId"] == bug["error_id"]
    assert (line["code"], line["reason"], line["request_id"]) == ("INTERNAL", "INTERNAL_BUG", "mine")


@pytest.mark.parametrize("method", ["Allocate", "ValidatePortfolio"])
async def test_garbage_is_an_invalid_argument(allocator, method):
    async with serving(allocator) as (_, channel):
        code, info, _ = await refused(channel, b"\xff\xff", method=method)
    assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_MALFORMED")


async def test_unknown_fields_are_refused_together_with_other_mistakes(allocator):
    body = allocation_service_pb2.AllocateRequest(problem={}).SerializeToString() + UNKNOWN
    async with serving(allocator) as (_, channel):
        code, info, status = await refused(channel, body)
    assert (code, info.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID")
    (bad,) = [bad for bad in (unpacked(d, error_details_pb2.BadRequest) for d in status.details) if bad]
    reasons = [item.reason for item in bad.field_violations]
    assert reasons[0] == "FIELD_UNKNOWN"
    assert "FIELD_MISSING" in reasons
    assert int(info.metadata["violationCount"]) == len(reasons) > 1
    assert not allocator.started.is_set()


async def test_unknown_fields_are_enough_to_refuse(allocator):
    async with serving(allocator) as (_, channel):
        code, info, _ = await refused(channel, request(extra=UNKNOWN))
    assert (code, info.metadata["violationCount"]) == (grpc.StatusCode.INVALID_ARGUMENT, "1")


async def test_unknown_fields_are_violations_for_validate(allocator):
    async with serving(allocator) as (_, channel):
        body = await call(channel, request(extra=UNKNOWN), method="ValidatePortfolio")
    response = allocation_service_pb2.ValidatePortfolioResponse.FromString(body)
    assert "#3000" in [violation.field for violation in response.violations]


async def test_a_full_server_refuses_at_once_and_still_answers_health_checks(allocator):
    allocator.wait_for_cancel = True
    async with serving(allocator, maximum_concurrent_calls=2) as (_, channel):
        waiting = [call(channel, request()) for _ in range(2)]
        await eventually(lambda: len(allocator.remaining) == 2)
        code, info, status = await refused(channel, request())
        assert (code, info.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "SERVER_BUSY")
        assert any(unpacked(detail, error_details_pb2.RetryInfo) for detail in status.details)
        check = health_pb2_grpc.HealthStub(channel).Check
        assert (await check(health_pb2.HealthCheckRequest())).status == health_pb2.HealthCheckResponse.SERVING
        for waiter in waiting:
            waiter.cancel()
        allocator.wait_for_cancel = False
        # The places are free again as soon as the threads have noticed.
        while True:
            try:
                assert await call(channel, request())
                break
            except aio.AioRpcError as error:
                assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED  # noqa: PT017


async def test_an_answer_above_the_limit_is_refused_without_an_invitation_to_retry(allocator):
    allocator.detail = "x" * (4 << 20)
    async with serving(allocator) as (_, channel):
        code, info, status = await refused(channel, request())
    assert (code, info.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "RESPONSE_TOO_LARGE")
    assert not any(unpacked(detail, error_details_pb2.RetryInfo) for detail in status.details)


async def test_a_request_above_the_limit_is_refused(allocator):
    async with serving(allocator) as (_, channel):
        with pytest.raises(aio.AioRpcError) as caught:
            await call(channel, request(extra=b"\0" * (10 << 20)))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_the_use_case_learns_the_time_that_is_left(allocator):
    async with serving(allocator) as (_, channel):
        await call(channel, request(), timeout=20.0)
        await call(channel, request(), timeout=None)
    # A deadline travels as a rounded timeout.
    assert 10.0 < allocator.remaining[0] <= 21.0
    assert allocator.remaining[1] is None


@pytest.mark.parametrize("by", ["deadline", "caller"])
async def test_a_caller_who_is_gone_ends_the_work(allocator, by):
    allocator.wait_for_cancel = True
    with structlog.testing.capture_logs() as lines:
        async with serving(allocator) as (_, channel):
            waiter = call(channel, request("mine"), timeout=0.3 if by == "deadline" else AMPLE_SECONDS)
            await eventually(allocator.started.is_set)
            if by == "caller":
                waiter.cancel()
            with pytest.raises((aio.AioRpcError, asyncio.CancelledError)):
                await waiter
            start = time.monotonic()
            await eventually(allocator.ended.is_set)
            assert time.monotonic() - start < 0.5
            await eventually(lambda: any(line["event"] == "call" for line in lines))
    (line,) = [line for line in lines if line["event"] == "call"]
    assert line["code"] == ("DEADLINE_EXCEEDED" if by == "deadline" else "CANCELLED")


async def test_a_draining_server_refuses_new_calls_and_ends_the_old_ones_after_their_time(allocator):
    allocator.wait_for_cancel = True
    async with serving(allocator, drain_seconds=0.5) as (server, channel):
        old = call(channel, request())
        await eventually(allocator.started.is_set)
        health = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        assert (await health.read()).status == health_pb2.HealthCheckResponse.SERVING
        stopping = asyncio.create_task(server.stop())
        assert (await health.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        code, info, _ = await refused(channel, request())
        assert (code, info.reason) == (grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")
        with pytest.raises(aio.AioRpcError) as caught:
            await old
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        await stopping


async def test_a_draining_server_lets_calls_end(allocator):
    async with serving(allocator, drain_seconds=AMPLE_SECONDS) as (server, channel):
        hold = threading.Event()
        answer = allocator.answer

        def slow(*arguments, **options):
            assert hold.wait(AMPLE_SECONDS)
            return answer(*arguments, **options)

        allocator.answer = slow
        old = call(channel, request())
        await eventually(lambda: server.call_count == 1)
        stopping = asyncio.create_task(server.stop())
        await asyncio.sleep(0.1)
        hold.set()
        assert await old
        await stopping


async def test_calls_that_wait_at_the_door_of_a_draining_server_are_refused_and_not_dropped(allocator):
    async with serving(allocator, drain_seconds=AMPLE_SECONDS, maximum_concurrent_calls=64) as (
        server,
        channel,
    ):
        assert await call(channel, request())
        # On one event loop none of these is read before the drain begins.
        waiting = [call(channel, request()) for _ in range(64)]
        stopping = asyncio.create_task(server.stop())
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        await stopping
    assert {
        (error.code(), b"SHUTTING_DOWN" in error.trailing_metadata()["grpc-status-details-bin"])
        for error in ended
    } == {(grpc.StatusCode.UNAVAILABLE, True)}


async def test_two_servers_do_not_share_a_port(allocator):
    servicer = AllocationServicer(allocator, accept_all)
    first = Server(
        ServerOptions(listen_address="127.0.0.1:0", maximum_concurrent_calls=1, drain_seconds=0), servicer
    )
    address = await first.start()
    second = Server(
        ServerOptions(listen_address=address, maximum_concurrent_calls=1, drain_seconds=0), servicer
    )
    with pytest.raises(ListenError, match=address):
        await second.start()
    await first.stop()


async def test_the_log_has_one_line_per_call_without_contents(allocator):
    with structlog.testing.capture_logs() as lines:
        async with serving(allocator) as (_, channel):
            await call(channel, request("x" * 100))
    (line,) = [line for line in lines if line["event"] == "call"]
    assert line["request_id"] == "x" * 64
    assert set(line) == {
        "event", "log_level", "method", "code", "request_id", "termination", "duration_ms",
        "principal", "tenant", "authenticated",
    }  # fmt: skip
