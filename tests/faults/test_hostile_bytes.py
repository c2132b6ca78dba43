"""Few bytes that cost much to look at: the server goes on, and so do the others.

What each of these took before there was a bound: health checks were silent for seconds.
"""

import asyncio
from contextlib import suppress
from pathlib import Path

import grpc
import pytest
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from counterpoise.v1.allocation_service_pb2 import (
    AllocateBatchRequest,
    AllocateRequest,
    TraceFrontierRequest,
    ValidatePortfolioRequest,
)
from tests.faults.figures import note_seconds
from tests.loading import AMPLE_SECONDS
from tests.long_calls import reason_of, short_request
from tests.processes import cpu_seconds
from tests.serving import serving
from tests.unit.optimizer.service.wire_bytes import field_number, tagged, varint

SERVICE = "/counterpoise.v1.AllocationService"
MEGABYTES = 3_000_000
SILENT_SECONDS = 1.5  # on a machine that runs other tests meanwhile; 3 to 16 without the bounds
SPENT_SECONDS = 0.15  # of computing, by the server's process itself, health checks included
ATTACK_SECONDS = 4.0
UNKNOWN = varint(3000 << 3) + b"\x00"


def within(message_type, path, content):
    """Content in the message on a path."""
    names = path.split(".")
    for depth in range(len(names), 0, -1):
        content = tagged(field_number(message_type, ".".join(names[:depth])), content)
    return content


def flooded(message_type, path, piece):
    return within(message_type, path, piece * (MEGABYTES // len(piece)))


def piled(message_type, path, piece):
    """The last message on a path, again and again."""
    return within(message_type, path, piece) * 400_000


EMPTY_LIMIT = tagged(field_number(AllocateBatchRequest, "header.mandate.limits"), b"")
HOSTILE = {
    "a problem in pieces": ("TraceFrontier", piled(TraceFrontierRequest, "problem", b"x\x00")),
    "numbers without end": ("TraceFrontier", b"\x78\x00" * 2_000_000),
    "an unknown flood": ("TraceFrontier", flooded(TraceFrontierRequest, "problem.mandate", UNKNOWN)),
    "an unknown header": ("AllocateBatch", flooded(AllocateBatchRequest, "header", UNKNOWN)),
    "a header in pieces": ("AllocateBatch", piled(AllocateBatchRequest, "header", b"x\x00")),
    "a header of nothing": (
        "AllocateBatch",
        within(AllocateBatchRequest, "header.mandate", EMPTY_LIMIT * 120_000),
    ),
    "an unknown item": ("AllocateBatch", flooded(AllocateBatchRequest, "item.mandate", UNKNOWN)),
    "an item of nothing": (
        "AllocateBatch",
        within(AllocateBatchRequest, "item.mandate", EMPTY_LIMIT * 120_000),
    ),
}
UNARY = {
    "a problem in pieces": ("Allocate", piled(AllocateRequest, "problem", b"x\x00")),
    "an unknown flood": ("ValidatePortfolio", flooded(ValidatePortfolioRequest, "problem.mandate", UNKNOWN)),
    "a problem of nothing, and no time": (
        "Allocate",
        within(AllocateRequest, "problem.mandate", EMPTY_LIMIT * 120_000)
        + within(AllocateRequest, "parameters.time_limit", varint(2 << 3) + varint(50_000_000)),
    ),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server") / "log") as running:
        yield running


async def probe(channel, seconds):
    """How long health checks take, one after the other, until the task is cancelled."""
    check = health_pb2_grpc.HealthStub(channel).Check
    while True:
        begun = asyncio.get_running_loop().time()
        answer = await check(health_pb2.HealthCheckRequest(), timeout=AMPLE_SECONDS)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        seconds.append(asyncio.get_running_loop().time() - begun)
        await asyncio.sleep(0.03)


async def attack(channel, method, body):
    """The reason of a refusal; empty where the call ended otherwise."""
    try:
        if method == "TraceFrontier":
            call = channel.unary_stream(f"{SERVICE}/{method}")(body, timeout=ATTACK_SECONDS)
        elif method == "AllocateBatch":
            call = channel.stream_stream(f"{SERVICE}/{method}")(iter([body]), timeout=ATTACK_SECONDS)
        else:
            await channel.unary_unary(f"{SERVICE}/{method}")(body, timeout=ATTACK_SECONDS / 4)
            return ""
        async for _ in call:
            pass
    except aio.AioRpcError as error:
        return reason_of(error)
    return ""


async def beside(server, attacks):
    """What the server's own process computed while that went on beside health checks, and what came of it."""
    options = (("grpc.use_local_subchannel_pool", 1),)
    async with (
        aio.insecure_channel(server.address, options=options) as health,
        aio.insecure_channel(server.address, options=options) as channel,
    ):
        seconds, spent = [], cpu_seconds(server.process.pid)
        probing = asyncio.create_task(probe(health, seconds))
        reasons = await asyncio.gather(*(attack(channel, *one) for one in attacks))
        # What the callers left behind goes on, if anything does.
        allocate = channel.unary_unary(f"{SERVICE}/Allocate")
        assert await allocate(short_request(), timeout=AMPLE_SECONDS)
        spent = cpu_seconds(server.process.pid) - spent
        probing.cancel()
        with suppress(asyncio.CancelledError):
            await probing
    note_seconds("health beside hostile bytes", seconds)
    assert max(seconds) < SILENT_SECONDS
    return spent, reasons


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_sweeps_and_batches_leave_health_checks_alone(server, name):
    spent, _ = await beside(server, [HOSTILE[name]])
    assert spent < SPENT_SECONDS


@pytest.mark.parametrize("name", UNARY)
async def test_hostile_calls_leave_health_checks_alone(server, name):
    spent, _ = await beside(server, [UNARY[name]] * 4)
    assert spent < 4 * SPENT_SECONDS


@pytest.mark.parametrize("name", ["a problem in pieces", "numbers without end", "a header in pieces"])
async def test_bytes_that_nobody_needs_to_read_are_refused_unread(server, name):
    _, (reason,) = await beside(server, [HOSTILE[name]])
    assert reason == "REQUEST_INVALID"


async def test_a_batch_with_ids_without_end_goes_on(server):
    """Refused items end nothing, and nothing of them is kept."""
    bodies = [
        within(AllocateBatchRequest, "item.request_id", f"{number}".encode().rjust(MEGABYTES, b"x"))
        for number in range(60)
    ]
    async with aio.insecure_channel(server.address) as channel:
        call = channel.stream_stream(f"{SERVICE}/AllocateBatch")(iter(bodies), timeout=AMPLE_SECONDS)
        before = resident_megabytes(server.process.pid)
        answers = [answer async for answer in call]
        grown = resident_megabytes(server.process.pid) - before
        assert len(answers) == len(bodies)
        assert all(len(answer) < 5_000 for answer in answers)
        assert await call.code() is grpc.StatusCode.OK
    assert grown < len(bodies) * MEGABYTES / 1e6 / 2


def resident_megabytes(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
