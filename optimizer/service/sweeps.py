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

from counterpoise.model import ErrorReason
from optimizer.service.admission import Admission
from optimizer.service.calls import Call, logged_bug, open_call, write_line
from optimizer.service.errors import SHUTTING_DOWN, CallRefused, Refusal, refusal_of
from optimizer.service.status import abort
from optimizer.telemetry.call_metrics import CallMetrics

MAXIMUM_SWEEPS = 16
"""Sweeps and batches of one tenant; see `Admission`. All that are let in go on at once, in turns."""
IDLE_SECONDS = 60.0
"""How long a batch may say nothing while none of its items is under way; it has a place meanwhile."""
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

    def __init__(
        self,
        metrics: CallMetrics | None = None,
        *,
        limit: int = MAXIMUM_SWEEPS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._metrics = metrics or CallMetrics()
        self._idle_seconds = idle_seconds
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
            traffic = _Traffic(self._idle_seconds)
            await self._handle(
                method, context, lambda call: traffic.sent(opening(traffic.received(context), call))
            )

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


class _Traffic:
    """What goes in and out of one batch; it notices when nothing does."""

    def __init__(self, idle_seconds: float) -> None:
        self._idle_seconds = idle_seconds
        self._latest = time.monotonic()
        self._open_items = -1
        """Items that have come and are not answered; the first message is no item."""

    async def received(self, context: aio.ServicerContext[bytes, bytes]) -> AsyncIterator[bytes]:
        """The messages. Raises CallRefused when none comes and nothing is under way."""
        while (message := await self._next(context)) is not None:
            self._latest = time.monotonic()
            self._open_items += 1
            yield message

    async def sent(self, answers: Answers) -> Answers:
        """The answers, noted when they have gone."""
        async with aclosing(answers):
            async for answer in answers:
                yield answer
                self._latest = time.monotonic()
                self._open_items -= 1

    async def _next(self, context: aio.ServicerContext[bytes, bytes]) -> bytes | None:
        async def read() -> bytes | None:
            end: Any = aio.EOF
            message = await context.read()
            return None if message is end else message

        reading, wait = asyncio.create_task(read()), self._idle_seconds
        try:
            # To stop a read half-way would end the call: it goes on while this looks at the clock.
            while not (await asyncio.wait({reading}, timeout=wait))[0]:
                left = self._latest + self._idle_seconds - time.monotonic()
                if self._open_items <= 0 and left <= 0.0:
                    raise CallRefused(_silent(self._idle_seconds))
                wait = left if left > 0.0 else self._idle_seconds
            return reading.result()
        finally:
            reading.cancel()


def _silent(seconds: float) -> Refusal:
    return Refusal(
        reason=ErrorReason.DEADLINE_PASSED,
        message=f"no message came for {seconds:.0f} s with every item answered;"
        " close the stream after the last item, or send the next one sooner",
    )
