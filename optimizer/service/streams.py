"""Calls that answer until the caller leaves: asked for news again and again, idle between.

A stream holds no thread and no admission place of unary calls while it waits. Streams have places and
threads of their own, so that neither kind of call starves the other.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import NoReturn, Protocol, TypeVar, runtime_checkable

import grpc
from google.protobuf.message import Message
from grpc import aio

from optimizer.service.admission import Admission
from optimizer.service.calls import MAXIMUM_MESSAGE_BYTES, Call, logged_bug, open_call, write_line
from optimizer.service.errors import RESPONSE_TOO_LARGE, SHUTTING_DOWN, CallRefused, Refusal, refusal_of
from optimizer.service.status import abort
from optimizer.telemetry.call_metrics import CallMetrics

MAXIMUM_STREAMS = 64
POLL_SECONDS = 0.5
"""From one question for news to the next."""
_THREADS = 4
_RETRY_SECONDS = 5.0
"""What a refused watcher is told to wait: places get free when others leave, not when work ends."""

T = TypeVar("T")
Poll = Callable[[], Sequence[Message]]
"""What is new since the last time; may block, and raises what `refusal_of` knows."""
Opening = Callable[[bytes, Call], Poll]
"""From the bytes of a request to what is polled; raises what `refusal_of` knows."""


@runtime_checkable
class Streaming(Protocol):
    """A servicer that has streams."""

    @property
    def streams(self) -> dict[str, Opening]:
        """What opens each method that answers until the caller leaves, by its name in the contract."""


class StreamRunner:
    """Runs streams; belongs to one event loop."""

    def __init__(
        self,
        metrics: CallMetrics | None = None,
        *,
        limit: int = MAXIMUM_STREAMS,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._metrics = metrics or CallMetrics()
        self._admission = Admission(limit, retry_seconds=_RETRY_SECONDS)
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="stream")
        self._poll_seconds = poll_seconds
        self._closing = asyncio.Event()

    @property
    def count(self) -> int:
        """Streams that are open."""
        return self._admission.count

    def close(self) -> None:
        """Open no more; those that are open end within a moment."""
        self._admission.close()
        self._closing.set()

    def shut_down(self) -> None:
        """Let the threads go, once no stream is open."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def handler(self, method: str, opening: Opening) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Handler of a call with one request and answers until it ends."""

        async def handle(body: bytes, context: aio.ServicerContext[bytes, bytes]) -> None:
            call = open_call(method, context, self._metrics)
            try:
                refusal = self._admission.enter(call.cancellation, call.principal.tenant)
                refusal = refusal or await self._admitted(opening, body, call, context)
            except asyncio.CancelledError:
                late = call.deadline is not None and time.monotonic() >= call.deadline
                write_line(call, "DEADLINE_EXCEEDED" if late else "CANCELLED", None)
                raise
            write_line(call, refusal.code.name, refusal)
            await abort(context, refusal)

        return grpc.unary_stream_rpc_method_handler(handle)

    async def _admitted(
        self, opening: Opening, body: bytes, call: Call, context: aio.ServicerContext[bytes, bytes]
    ) -> Refusal:
        """Answers until the stream ends; why it does, unless it is cancelled."""
        try:
            await self._answer(opening, body, call, context)
        except Exception as error:  # noqa: BLE001 - `refusal_of` knows what each of them means
            refusal = refusal_of(error, draining=self._admission.closed)
            return logged_bug(call, refusal) if "errorId" in refusal.metadata else refusal
        finally:
            self._admission.leave(call.cancellation)

    async def _answer(
        self, opening: Opening, body: bytes, call: Call, context: aio.ServicerContext[bytes, bytes]
    ) -> NoReturn:
        poll = await self._in_thread(lambda: opening(body, call))
        news = await self._in_thread(lambda: _serialized(poll()))
        # The caller learns that it watches from now on, before there is anything to tell.
        await context.send_initial_metadata(())
        sent = 0
        while True:
            for answer in news:
                await context.write(answer)
            sent += len(news)
            call.facts["answer_count"] = sent
            await self._pause()
            news = await self._in_thread(lambda: _serialized(poll()))

    async def _pause(self) -> None:
        """Wait until the next question is due. Raises CallRefused once the server drains."""
        try:
            await asyncio.wait_for(self._closing.wait(), self._poll_seconds)
        except TimeoutError:
            return
        raise CallRefused(SHUTTING_DOWN)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.wrap_future(self._executor.submit(copy_context().run, work))


def _serialized(messages: Sequence[Message]) -> list[bytes]:
    answers = [message.SerializeToString() for message in messages]
    if any(len(answer) > MAXIMUM_MESSAGE_BYTES for answer in answers):
        raise CallRefused(RESPONSE_TOO_LARGE)
    return answers
