"""Calls at a rate that does not wait for answers, over plain channels, and what became of each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc import aio

from counterpoise import wire
from counterpoise.model import AllocateRequest, AllocationProblem
from counterpoise.v1 import allocation_service_pb2

ALLOCATE = "/counterpoise.v1.AllocationService/Allocate"
AMPLE_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Ended:
    """One call: when it was made on the monotonic clock, how long it took, and its end."""

    start: float
    seconds: float
    code: grpc.StatusCode
    reason: str = ""
    retry_seconds: float | None = None

    @property
    def answered(self) -> bool:
        """Whether it had its answer."""
        return self.code is grpc.StatusCode.OK


def body_of(problem: AllocationProblem) -> bytes:
    """Allocate's request about a problem, as it travels."""
    request = AllocateRequest(problem=problem)
    return wire.to_message(request, allocation_service_pb2.AllocateRequest).SerializeToString()


async def ended(
    channel: aio.Channel,
    body: bytes,
    tenant: str = "default",
    timeout_seconds: float = AMPLE_SECONDS,
    method: str = ALLOCATE,
) -> Ended:
    """Make a call and see it end."""
    start = time.monotonic()
    try:
        await channel.unary_unary(method)(
            body, timeout=timeout_seconds, metadata=(("x-counterpoise-tenant", tenant),)
        )
    except aio.AioRpcError as error:
        reason, retry_seconds = _details(error)
        seconds = time.monotonic() - start
        return Ended(
            start=start, seconds=seconds, code=error.code(), reason=reason, retry_seconds=retry_seconds
        )
    return Ended(start=start, seconds=time.monotonic() - start, code=grpc.StatusCode.OK)


async def closed_loop(channel: aio.Channel, body: bytes, *, callers: int, seconds: float) -> list[Ended]:
    """Callers that wait for each answer before they ask again."""
    limit = time.monotonic() + seconds

    async def ask() -> list[Ended]:
        found = []
        while time.monotonic() < limit:
            found.append(await ended(channel, body))
        return found

    return [one for found in await asyncio.gather(*(ask() for _ in range(callers))) for one in found]


async def open_loop(
    channel: aio.Channel, body: bytes, *, rate: float, seconds: float, tenant: str = "default"
) -> list[Ended]:
    """Calls at a steady rate a second, whatever becomes of them; returns once all have ended."""
    start, calls = time.monotonic(), []
    for number in range(round(rate * seconds)):
        await asyncio.sleep(max(start + number / rate - time.monotonic(), 0.0))
        calls.append(asyncio.create_task(ended(channel, body, tenant)))
    return list(await asyncio.gather(*calls))


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def _details(error: aio.AioRpcError) -> tuple[str, float | None]:
    trailer = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    if not isinstance(trailer, bytes):
        return "", None
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    details = status_pb2.Status.FromString(trailer).details
    invited = any(detail.Unpack(retry) for detail in details)
    reason = info.reason if any(detail.Unpack(info) for detail in details) else ""
    return reason, retry.retry_delay.ToMilliseconds() / 1000 if invited else None
