"""Sweeps and batches against a server in this process, for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from grpc import aio

from counterpoise import wire
from counterpoise.model import AllocateBatchRequest, TraceFrontierRequest
from counterpoise.v1 import allocation_service_pb2
from optimizer.answering.executors import Crew, LocalCrew
from optimizer.service.server import Server, ServerOptions
from optimizer.service.sweeping import SweepServicer
from optimizer.workers import WorkerPool

AMPLE_SECONDS = 120.0
SERVICE = "/counterpoise.v1.AllocationService"


@asynccontextmanager
async def sweep_server(
    pool: WorkerPool,
    crew: Crew | None = None,
    time_limit_seconds: float = 60.0,
    drain_seconds: float = 5.0,
) -> AsyncIterator[tuple[Server, aio.Channel]]:
    """A server that has nothing but sweeps and batches, and a channel to it; the test may stop it first."""
    options = ServerOptions(
        listen_address="127.0.0.1:0", maximum_concurrent_calls=2, drain_seconds=drain_seconds
    )
    servicer = SweepServicer(pool, crew or LocalCrew(pool), time_limit_seconds=time_limit_seconds)
    server = Server(options, servicer)
    address = await server.start()
    try:
        async with aio.insecure_channel(address) as channel:
            yield server, channel
    finally:
        await server.stop()


@asynccontextmanager
async def serving_sweeps(
    pool: WorkerPool, crew: Crew | None = None, time_limit_seconds: float = 60.0
) -> AsyncIterator[aio.Channel]:
    """A channel to such a server."""
    async with sweep_server(pool, crew, time_limit_seconds) as (_, channel):
        yield channel


def frontier(channel: aio.Channel, request: TraceFrontierRequest, tenant: str = "default") -> Any:
    """The call, which is read point by point."""
    body = wire.to_message(request, allocation_service_pb2.TraceFrontierRequest).SerializeToString()
    method: Any = channel.unary_stream(
        f"{SERVICE}/TraceFrontier",
        response_deserializer=allocation_service_pb2.TraceFrontierResponse.FromString,
    )
    return method(body, timeout=AMPLE_SECONDS, metadata=(("x-counterpoise-tenant", tenant),))


def batch(channel: aio.Channel, requests: Iterable[AllocateBatchRequest]) -> Any:
    """The call, which sends every request and is read answer by answer."""
    bodies = [
        wire.to_message(request, allocation_service_pb2.AllocateBatchRequest).SerializeToString()
        for request in requests
    ]
    method: Any = channel.stream_stream(
        f"{SERVICE}/AllocateBatch",
        response_deserializer=allocation_service_pb2.AllocateBatchResponse.FromString,
    )
    return method(iter(bodies), timeout=AMPLE_SECONDS)


async def collected(call: Any) -> list[Any]:
    """Every answer of a call."""
    return [wire.to_model(message) async for message in call]
