"""Tenants and connections that take more than their share: the others notice little.

The server is real, and so are its connections. What answers takes a known time, so that the capacity is
known, whatever else the machine does.
"""

import asyncio
import sys
import time
from contextlib import asynccontextmanager

import grpc
import pytest
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from counterpoise.model import ValidatePortfolioResponse
from optimizer.answering.methods import Ending
from optimizer.answering.tasks import AnswerBytes
from optimizer.service.access import Gate
from optimizer.service.allocation import AllocationServicer
from optimizer.service.connections import STREAMS_PER_CONNECTION, Connections
from optimizer.service.server import Server, ServerOptions
from tests.loading import ALLOCATE, AMPLE_SECONDS, body_of, closed_loop, ended, open_loop
from tests.problems import SIZES, generate

PLACES = 2
ANSWER_SECONDS = 0.05
CAPACITY = PLACES / ANSWER_SECONDS
LOAD_SECONDS = 4.0
OTHERS = ("fund-a", "fund-b", "fund-c")
SHARE = CAPACITY / (len(OTHERS) + 1)
HEADER_ONLY = 64
BODY = body_of(generate(SIZES[20], seed=1))


class SteadyAnswerer:
    """Takes the same time for every answer."""

    def answer(
        self, method, body, *, envelope=None, admitted=None, remaining_seconds=None, cancellation=None
    ):
        time.sleep(ANSWER_SECONDS)
        return AnswerBytes(b"", Ending("OPTIMAL"))


@asynccontextmanager
async def serving(**options):
    defaults = {
        "listen_address": "127.0.0.1:0",
        "maximum_concurrent_calls": 3 * PLACES,
        "places": PLACES,
        "drain_seconds": 0.0,
    }
    servicer = AllocationServicer(SteadyAnswerer(), lambda *_: ValidatePortfolioResponse(violation_count=0))
    server = Server(ServerOptions(**defaults | options), servicer)
    yield await server.start()
    await server.stop()


async def share_answered(channel, *, greedy):
    """What share of their calls the others have answered, and how the greedy tenant's calls ended."""
    loads = [
        open_loop(channel, BODY, rate=0.6 * SHARE, seconds=LOAD_SECONDS, tenant=tenant) for tenant in OTHERS
    ]
    if greedy:
        loads.append(open_loop(channel, BODY, rate=10 * SHARE, seconds=LOAD_SECONDS, tenant="greedy"))
    *others, last = await asyncio.gather(*loads)
    calls = [call for found in (others if greedy else [*others, last]) for call in found]
    return sum(call.answered for call in calls) / len(calls), last if greedy else []


async def test_a_tenant_at_ten_times_its_share_leaves_the_others_what_they_had():
    async with serving() as address, aio.insecure_channel(address) as channel:
        alone, _ = await share_answered(channel, greedy=False)
        beside, greedy = await share_answered(channel, greedy=True)
    assert alone > 0.9
    assert beside >= 0.95 * alone
    refused = [call for call in greedy if not call.answered]
    assert len(refused) > len(greedy) / 2
    assert {call.reason for call in refused} == {"SERVER_BUSY"}
    assert all(call.retry_seconds for call in refused)
    # What the others leave is the greedy tenant's: nothing lies idle for its sake.
    assert len(greedy) - len(refused) > 0.5 * SHARE * LOAD_SECONDS


@pytest.mark.parametrize("greedy_count", [2, 3])
async def test_a_modest_tenant_has_its_calls_answered_beside_several_at_ten_times_their_share(
    monkeypatch, greedy_count
):
    # Slower answers than above: as many calls as the greedy ones make are a load of their own.
    monkeypatch.setattr(sys.modules[__name__], "ANSWER_SECONDS", 0.1)
    share = PLACES / ANSWER_SECONDS / (greedy_count + 1)
    async with serving() as address, aio.insecure_channel(address) as channel:
        assert (await ended(channel, BODY)).answered
        greedy = asyncio.gather(
            *(
                open_loop(channel, BODY, rate=10 * share, seconds=LOAD_SECONDS, tenant=f"greedy-{number}")
                for number in range(greedy_count)
            )
        )
        # Once those fill the house.
        await asyncio.sleep(0.2 * LOAD_SECONDS)
        modest = await open_loop(channel, BODY, rate=0.5 * share, seconds=0.8 * LOAD_SECONDS, tenant="modest")
        found = await greedy
    assert sum(call.answered for call in modest) >= 0.95 * len(modest)
    for calls in found:
        assert sum(call.answered for call in calls) < len(calls) / 2
        assert all(call.retry_seconds for call in calls if not call.answered)


async def test_a_tenant_alone_has_the_whole_server():
    async with serving() as address, aio.insecure_channel(address) as channel:
        calls = await closed_loop(channel, BODY, callers=3 * PLACES, seconds=2.0)
    assert all(call.answered for call in calls)
    assert len(calls) / 2.0 > 0.5 * CAPACITY


@pytest.mark.parametrize("connection_count", [1, 4])
async def test_calls_that_never_send_their_message_hold_up_nobody(monkeypatch, connection_count):
    arrived = 0
    through = Gate.intercept_service

    async def counting(gate, continuation, details):
        nonlocal arrived
        arrived += 1
        return await through(gate, continuation, details)

    monkeypatch.setattr(Gate, "intercept_service", counting)
    each = HEADER_ONLY if connection_count == 1 else STREAMS_PER_CONNECTION - 8
    async with serving() as address, aio.insecure_channel(address) as channel:
        options = (("grpc.use_local_subchannel_pool", 1),)
        silent = [aio.insecure_channel(address, options=options) for _ in range(connection_count)]
        open_calls = [one.stream_unary(ALLOCATE)() for one in silent for _ in range(each)]
        limit = time.monotonic() + AMPLE_SECONDS
        while arrived < len(open_calls):
            assert time.monotonic() < limit
            await asyncio.sleep(0.01)
        # On a connection of their own, and on one with those that say nothing.
        for used in (channel, silent[0]):
            assert (await ended(used, BODY)).answered
            check = health_pb2_grpc.HealthStub(used).Check
            answer = await check(health_pb2.HealthCheckRequest(), timeout=AMPLE_SECONDS)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        assert not any(call.done() for call in open_calls)
        for call in open_calls:
            call.cancel()
        for one in silent:
            await one.close()


async def test_connections_come_of_age_without_losing_a_call():
    young = Connections(age_seconds=1.0, grace_seconds=5.0)
    async with serving(connections=young) as address, aio.insecure_channel(address) as channel:
        assert (await ended(channel, BODY)).answered
        start = time.monotonic()
        left = asyncio.create_task(channel.wait_for_state_change(grpc.ChannelConnectivity.READY))
        calls = await closed_loop(channel, BODY, callers=2, seconds=4.0)
        assert left.done()
        assert time.monotonic() - start < AMPLE_SECONDS
    assert all(call.answered for call in calls)


async def test_connections_live_on_where_no_age_is_set():
    ageless = Connections(age_seconds=None)
    async with serving(connections=ageless) as address, aio.insecure_channel(address) as channel:
        assert (await ended(channel, BODY)).answered
        left = asyncio.create_task(channel.wait_for_state_change(grpc.ChannelConnectivity.READY))
        assert all(call.answered for call in await closed_loop(channel, BODY, callers=1, seconds=2.0))
        assert not left.done()
        left.cancel()


async def test_a_call_that_is_under_way_when_its_connection_comes_of_age_has_its_answer(monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "ANSWER_SECONDS", 2.5)
    young = Connections(age_seconds=1.0, grace_seconds=30.0)
    async with serving(connections=young) as address, aio.insecure_channel(address) as channel:
        assert (await ended(channel, BODY)).answered
