"""Watching runs over real connections: news in time, no place and no thread of other calls."""

import asyncio
import threading
import time
from contextlib import asynccontextmanager

import grpc
import pytest
import structlog
from google.rpc import error_details_pb2, status_pb2
from grpc import aio

from counterpoise import wire
from counterpoise.model import ErrorReason, GetRebalanceJobRequest, WatchRebalanceRunsRequest
from counterpoise.v1 import rebalance_service_pb2
from optimizer.service.connections import Connections
from optimizer.service.monitor import MonitorServicer
from optimizer.service.rebalance import RebalanceServicer
from optimizer.service.server import Server, ServerOptions
from optimizer.service.streams import StreamRunner
from optimizer.usecases.errors import Refused
from tests.rebalance_requests import JOB
from tests.unit.optimizer.service.rebalancing import StandIn

AMPLE_SECONDS = 30.0
QUICK_SECONDS = 0.01
LASTING = Connections(age_seconds=None)
SERVICE = "/counterpoise.v1.RebalanceService"


@pytest.fixture
def calls():
    return StandIn()


@pytest.fixture
def lines():
    with structlog.testing.capture_logs() as captured:
        yield captured


@asynccontextmanager
async def serving(calls, *, concurrent_calls=2, connections=LASTING, **streams):
    options = ServerOptions(
        listen_address="127.0.0.1:0",
        maximum_concurrent_calls=concurrent_calls,
        drain_seconds=AMPLE_SECONDS,
        connections=connections,
    )
    server = Server(
        options, RebalanceServicer(calls.by_name, calls.changes_of_runs), MonitorServicer(calls.by_name)
    )
    server._streams = StreamRunner(**{"poll_seconds": QUICK_SECONDS} | streams)
    address = await server.start()
    async with aio.insecure_channel(address) as channel:
        yield server, channel
    await server.stop()


def watch(channel, parent=JOB, token="", timeout=AMPLE_SECONDS):
    body = wire.to_message(
        WatchRebalanceRunsRequest(parent=parent, resume_token=token),
        rebalance_service_pb2.WatchRebalanceRunsRequest,
    ).SerializeToString()
    return channel.unary_stream(f"{SERVICE}/WatchRebalanceRuns")(body, timeout=timeout)


async def watching(channel, **options):
    """A stream that is told of everything from now on."""
    stream = watch(channel, **options)
    await stream.initial_metadata()
    return stream


async def news(stream):
    answer = rebalance_service_pb2.WatchRebalanceRunsResponse.FromString(await stream.read())
    return answer.rebalance_run.name.rpartition("/")[2]


def get_job(channel):
    body = wire.to_message(GetRebalanceJobRequest(name=JOB), rebalance_service_pb2.GetRebalanceJobRequest)
    return channel.unary_unary(f"{SERVICE}/GetRebalanceJob")(body.SerializeToString(), timeout=AMPLE_SECONDS)


async def end_of(stream):
    """Code and reason with which a stream ends, and its details."""
    trailer = dict(await stream.trailing_metadata())["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(trailer)
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    return await stream.code(), info.reason, status


def refused(reason):
    return Refused(ErrorReason[reason], "m")


async def eventually(condition):
    limit = time.monotonic() + AMPLE_SECONDS
    while not condition():
        assert time.monotonic() < limit
        await asyncio.sleep(0.005)


def line_of(lines, **facts):
    (line,) = [line for line in lines if line["event"] == "call" and facts.items() <= line.items()]
    return line


async def test_two_watch_one_leaves_and_the_drain_ends_the_other(calls, lines):
    async with serving(calls) as (server, channel):
        first, second = await watching(channel), await watching(channel)
        calls.happen(7)
        assert [await news(first), await news(second)] == ["7", "7"]
        first.cancel()
        await eventually(lambda: server._streams.count == 1)
        calls.happen(8)
        calls.happen(9)
        assert [await news(second), await news(second)] == ["8", "9"]
        stopping = asyncio.create_task(server.stop())
        assert (await end_of(second))[:2] == (grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")
        await stopping
    left = line_of(lines, code="CANCELLED")
    assert (left["method"], left["answer_count"]) == ("WatchRebalanceRuns", 1)
    drained = line_of(lines, reason="SHUTTING_DOWN")
    assert (drained["code"], drained["answer_count"], drained["tenant"]) == ("UNAVAILABLE", 3, "default")


async def test_a_drain_does_not_wait_for_streams_and_takes_no_new_ones(calls):
    async with serving(calls, poll_seconds=AMPLE_SECONDS) as (server, channel):
        stream = await watching(channel)
        start = time.monotonic()
        server._streams.close()
        assert (await end_of(stream))[1] == "SHUTTING_DOWN"
        assert (await end_of(watch(channel)))[:2] == (grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")
        assert time.monotonic() - start < AMPLE_SECONDS
        assert server._streams.count == 0


async def test_a_watcher_goes_on_where_it_was(calls):
    async with serving(calls) as (_, channel):
        for number in (1, 2, 3):
            calls.happen(number)
        stream = watch(channel, token="1")  # noqa: S106 - where to go on is no secret
        assert [await news(stream), await news(stream)] == ["2", "3"]
        fresh = await watching(channel)
        calls.happen(4)
        assert await news(fresh) == "4"
        stream.cancel()
        fresh.cancel()


async def test_streams_hold_no_place_and_no_thread_of_other_calls(calls):
    async with serving(calls, concurrent_calls=1, poll_seconds=AMPLE_SECONDS) as (server, channel):
        streams = [await watching(channel) for _ in range(8)]
        assert server.call_count == 0
        # More streams wait than there are threads for them.
        assert len(streams) > len(server._streams._executor._threads)
        assert await get_job(channel)
        for stream in streams:
            stream.cancel()


async def test_other_calls_are_answered_while_news_cannot_be_had(calls):
    hold, asking = threading.Event(), threading.Event()
    ask = calls.changes_of_runs

    def stuck(*arguments):
        asking.set()
        assert hold.wait(AMPLE_SECONDS)
        return ask(*arguments)

    calls.changes_of_runs = stuck
    async with serving(calls, concurrent_calls=1) as (_, channel):
        streams = [watch(channel) for _ in range(8)]
        await eventually(asking.is_set)
        assert await get_job(channel)
        hold.set()
        for stream in streams:
            await stream.initial_metadata()
            stream.cancel()


async def test_one_stream_too_many_is_told_when_to_come_back(calls):
    async with serving(calls, limit=2) as (server, channel):
        streams = [await watching(channel) for _ in range(2)]
        code, reason, status = await end_of(watch(channel))
        assert (code, reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "SERVER_BUSY")
        retry = error_details_pb2.RetryInfo()
        assert any(detail.Unpack(retry) for detail in status.details)
        assert retry.retry_delay.ToMilliseconds() > 0
        streams[0].cancel()
        await eventually(lambda: server._streams.count == 1)
        late = await watching(channel)
        late.cancel()
        streams[1].cancel()


async def test_a_deadline_ends_a_stream_and_its_place_is_free(calls, lines):
    async with serving(calls) as (server, channel):
        stream = watch(channel, timeout=0.3)
        with pytest.raises(aio.AioRpcError) as caught:
            await stream.read()
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await eventually(lambda: server._streams.count == 0)
        await eventually(lambda: any(line["event"] == "call" for line in lines))
    assert line_of(lines)["code"] == "DEADLINE_EXCEEDED"


async def test_who_has_left_is_not_asked_for(calls):
    async with serving(calls) as (server, channel):
        stream = await watching(channel)
        stream.cancel()
        await eventually(lambda: server._streams.count == 0)
        await asyncio.sleep(5 * QUICK_SECONDS)
        polls = calls.polls
        await asyncio.sleep(20 * QUICK_SECONDS)
        assert calls.polls == polls


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (
            Refused(ErrorReason.PAGE_TOKEN_INVALID, "m"),
            grpc.StatusCode.INVALID_ARGUMENT,
            "PAGE_TOKEN_INVALID",
        ),
        (Refused(ErrorReason.STORE_UNAVAILABLE, "m"), grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE"),
        (ValueError("postgres://secret"), grpc.StatusCode.INTERNAL, "INTERNAL_BUG"),
    ],
)
async def test_what_goes_wrong_on_the_way_ends_the_stream_with_its_reason(calls, lines, error, code, reason):
    async with serving(calls) as (server, channel):
        stream = await watching(channel)
        calls.error = error
        got, info, status = await end_of(stream)
        assert (got, info) == (code, reason)
        assert "secret" not in str(status)
        assert server._streams.count == 0
    assert line_of(lines)["reason"] == reason


async def test_a_request_that_breaks_the_contract_opens_no_stream(calls):
    async with serving(calls) as (server, channel):
        code, reason, _ = await end_of(watch(channel, parent="tenants/default"))
        assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID")
        garbage = channel.unary_stream(f"{SERVICE}/WatchRebalanceRuns")(b"\xff\xff", timeout=AMPLE_SECONDS)
        assert (await end_of(garbage))[1] == "REQUEST_MALFORMED"
        assert (server._streams.count, calls.polls) == (0, 0)


async def test_a_stream_ends_with_its_connection_and_is_resumed_on_another(calls):
    young = Connections(age_seconds=0.5, grace_seconds=0.5)
    async with serving(calls, connections=young) as (server, channel):
        stream = await watching(channel)
        calls.happen(1)
        assert await news(stream) == "1"
        with pytest.raises(aio.AioRpcError) as caught:
            await news(stream)
        # What the client takes for a reason to go on elsewhere.
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        await eventually(lambda: server._streams.count == 0)
        calls.happen(2)
        again = watch(channel, token="1")  # noqa: S106 - where to go on is no secret
        assert await news(again) == "2"
        again.cancel()
