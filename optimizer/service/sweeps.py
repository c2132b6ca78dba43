"""Calls with many answers that end: sweeps, and batches whose questions come as a stream, too.

Such a call holds no thread. Its work is for the event loop to hand out and for workers to do, a few chunks
at a time; how many are under way follows from how fast the caller reads.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any, Protocol, TypeAlias, runtime_checkable

import grpc
from grpc import aio

from optimizer.service.admission import Admission
from optimizer.service.calls import Call, logged_bug, open_call, write_line
from optimizer.service.errors import SHUTTING_DOWN, Refusal, refusal_of
from optimizer.service.status import abort
from optimizer.telemetry.call_metrics import CallMetrics

MAXIMUM_SWEEPS = 16
"""Sweeps and batches of one tenant; see `Admission`. All that are let in go on at once, in turns."""
_RETRY_SECONDS = 1.0
"""What a refused caller is told to wait: sweeps last longer than solves."""

Answers: TypeAlias = AsyncGenerator[bytes, None]
"""Bytes of responses; raises what `refusal_of` knows. Closing it ends the work."""
Sweep: TypeAlias = Callable[[bytes, Call], Answers]
"""From the bytes of one request to its answers."""
Batch: TypeAlias = Callable[[AsyncIterator[bytes], Call], Answers]
"""From the bytes of many requests, read as there is room for them, to their answers."""


@runtime_checkable
class Sweeping(Protocol):
    """A servicer with calls of many answers."""

    @property
    def sweeps(self) -> Mapping[str, Sweep]:
        """What answers each method with one request, by its name in the contract."""

    @property
    def batches(self) -> Mapping[str, Batch]:
        """What answers each method with a stream of requests."""


class SweepRunner:
    """Runs such calls; belongs to one event loop."""

    def __init__(self, metrics: CallMetrics | None = None, *, limit: int = MAXIMUM_SWEEPS) -> None:
        self._metrics = metrics or CallMetrics()
        self.admission = Admission(limit, retry_seconds=_RETRY_SECONDS)

    def handlers(self, servicer: Sweeping) -> dict[str, grpc.RpcMethodHandler[bytes, bytes]]:
        """Handlers of a servicer's methods, by name."""
        sweeps = {name: self._sweep(name, opening) for name, opening in servicer.sweeps.items()}
        return sweeps | {name: self._batch(name, opening) for name, opening in servicer.batches.items()}

    def _sweep(self, method: str, opening: Sweep) -> grpc.RpcMethodHandler[bytes, bytes]:
        async def handle(body: bytes, context: aio.ServicerContext[bytes, bytes]) -> None:
            await self._handle(method, context, lambda call: opening(body, call))

        return grpc.unary_stream_rpc_method_handler(handle)

    def _batch(self, method: str, opening: Batch) -> grpc.RpcMethodHandler[bytes, bytes]:
        async def handle(_: object, context: aio.ServicerContext[bytes, bytes]) -> None:
            await self._handle(method, context, lambda call: opening(_messages(context), call))

        return grpc.stream_stream_rpc_method_handler(handle)

    async def _handle(
        self,
        method: str,
        context: aio.ServicerContext[bytes, bytes],
        opening: Callable[[Call], Answers],
    ) -> None:
        call = open_call(method, context, self._metrics)
        try:
            refusal = self.admission.enter(call.cancellation, call.principal.tenant)
            refusal = refusal or await self._admitted(call, context, opening)
        except asyncio.CancelledError:
            late = call.deadline is not None and time.monotonic() >= call.deadline
            write_line(call, "DEADLINE_EXCEEDED" if late else "CANCELLED", None)
            raise
        if refusal is not None:
            write_line(call, refusal.code.name, refusal)
            await abort(context, refusal)
        write_line(call, "OK", None)

    async def _admitted(
        self,
        call: Call,
        context: aio.ServicerContext[bytes, bytes],
        opening: Callable[[Call], Answers],
    ) -> Refusal | None:
        """Sends answers until there are no more; why it ends before."""
        sent = 0
        try:
            async with aclosing(opening(call)) as answers:
                async for answer in answers:
                    await context.write(answer)
                    sent += 1
        except asyncio.CancelledError:
            # Either the caller has gone, or the server ends what its drain left.
            if call.cancellation.cancelled:
                return SHUTTING_DOWN
            raise
        except Exception as error:  # noqa: BLE001 - `refusal_of` knows what each of them means
            refusal = refusal_of(error, draining=self.admission.closed)
            return logged_bug(call, refusal) if "errorId" in refusal.metadata else refusal
        finally:
            # What is still under way has nobody who waits for it.
            call.cancellation.cancel()
            call.facts["answer_count"] = sent
            self.admission.leave(call.cancellation)
        return None


async def _messages(context: aio.ServicerContext[bytes, bytes]) -> AsyncIterator[bytes]:
    end: Any = aio.EOF
    while (message := await context.read()) is not end:
        yield message
