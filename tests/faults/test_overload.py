"""Long solves, passing deadlines and messages that are costly to read: nobody else waits for them."""

import asyncio
import time
import zlib
from pathlib import Path

import grpc
import pytest
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from counterpoise.v1.allocation_service_pb2 import AllocateRequest
from tests.golden_problems import pension
from tests.loading import AMPLE_SECONDS, body_of, ended
from tests.problems import generate
from tests.problems.sized import ProblemSize
from tests.serving import serving
from tests.unit.optimizer.service.wire_bytes import field_number, tagged

DEADLINE_SECONDS = 0.2
PROMISED_SECONDS = 0.25
SLACK_SECONDS = 0.5  # a machine that runs other tests meanwhile
LARGE = ProblemSize(1000, 200, 800, 3, 100)
VALIDATE = "/counterpoise.v1.AllocationService/ValidatePortfolio"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server") / "log") as running:
        yield running


@pytest.fixture
def large_body(request):
    """Allocate's request that takes a second or so: each test has its own, which no worker has seen."""
    return body_of(generate(LARGE, seed=1 + zlib.crc32(request.node.name.encode()) % 1000))


async def test_light_calls_and_health_wait_behind_no_solve(server, large_body):
    light = body_of(pension())
    async with aio.insecure_channel(server.address) as channel:
        await ended(channel, light, method=VALIDATE)
        solving = [asyncio.create_task(ended(channel, large_body)) for _ in range(3)]
        await asyncio.sleep(0.2)
        found = [await ended(channel, light, method=VALIDATE) for _ in range(5)]
        check = health_pb2_grpc.HealthStub(channel).Check
        assert await check(health_pb2.HealthCheckRequest(), timeout=AMPLE_SECONDS)
        assert all(one.answered for one in found)
        # None of those has been answered yet: nothing was waited for.
        assert not any(one.done() for one in solving)
        assert [one.answered for one in await asyncio.gather(*solving)] == [True] * 3


def worker_pids(server):
    """Children of the server's fork server: in its session, with a parent in it that is not the server."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state, parent, _, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(session) == server.process.pid and state not in {"Z", "X"}:
            parents[int(entry.name)] = int(parent)
    return {pid for pid, parent in parents.items() if parent in parents and parent != server.process.pid}


async def test_at_the_deadline_the_worker_is_gone_and_the_next_call_has_a_new_one(server, large_body):
    small = body_of(pension())
    async with aio.insecure_channel(server.address) as channel:
        assert (await ended(channel, small)).answered
        (doomed,) = worker_pids(server)
        call = await ended(channel, large_body, timeout_seconds=DEADLINE_SECONDS)
        assert call.code is grpc.StatusCode.DEADLINE_EXCEEDED
        while doomed in worker_pids(server):
            assert time.monotonic() < call.start + DEADLINE_SECONDS + PROMISED_SECONDS + SLACK_SECONDS
            await asyncio.sleep(0.005)
        assert (await ended(channel, small)).answered


async def test_a_deadline_that_passes_in_the_queue_ends_no_other_work(server, large_body):
    async with aio.insecure_channel(server.address) as channel:
        await ended(channel, body_of(pension()))
        (worker,) = worker_pids(server)
        first = asyncio.create_task(ended(channel, large_body))
        await asyncio.sleep(0.1)
        second = await ended(channel, body_of(pension()), timeout_seconds=DEADLINE_SECONDS)
        assert second.code is grpc.StatusCode.DEADLINE_EXCEEDED
        assert not first.done()
        assert (await first).answered
        assert worker_pids(server) == {worker}


async def test_a_message_of_a_million_empty_parts_is_refused_while_others_are_answered(server):
    lines = tagged(field_number(AllocateRequest, "problem.portfolio.lines"), b"") * 2_000_000
    portfolio = tagged(field_number(AllocateRequest, "problem.portfolio"), lines)
    body = tagged(field_number(AllocateRequest, "problem"), portfolio)
    async with aio.insecure_channel(server.address) as channel:
        flood = asyncio.create_task(ended(channel, body))
        check = health_pb2_grpc.HealthStub(channel).Check
        assert await check(health_pb2.HealthCheckRequest(), timeout=AMPLE_SECONDS)
        refused = await flood
        assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID")
        assert (await ended(channel, body_of(pension()))).answered
