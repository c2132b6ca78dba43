"""The connection of the client for asyncio: it does what the steps of a call say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Iterator
from typing import TypeVar, cast

import grpc

from counterpoise.client.calls import Call
from counterpoise.client.exchange import Outcome, Pause, Send, Step, exchange, parsed
from counterpoise.client.questions import Page
from counterpoise.client.settings import Settings
from counterpoise.client.statuses import closed_client, error_of
from counterpoise.client.sweep_calls import ending_with_errors
from counterpoise.client.tracing import Metadata, call_span
from counterpoise.client.watching import Watch
from counterpoise.model import WatchRebalanceRunsResponse

Answer = TypeVar("Answer")
Item = TypeVar("Item")


class AsyncChannel:
    """As `Channel`, for one event loop: that of the first call."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._channel: grpc.aio.Channel | None = None
        self._closed = False

    async def close(self) -> None:
        """Ends calls that still run; calls from then on raise an error."""
        self._closed = True
        if self._channel is not None:
            await self._channel.close()

    async def run(self, call: Call[Answer], timeout_seconds: float | None) -> Answer:
        """The answer of a call, after as many attempts as it takes."""
        settings = self.settings
        timeout_seconds = settings.timeout_of(call, timeout_seconds)
        return await self.drive(exchange(call, timeout_seconds=timeout_seconds, retry=settings.retry))

    async def drive(self, steps: Generator[Step, Outcome, Answer]) -> Answer:
        """What steps come to that send and pause."""
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as answered:
                return cast("Answer", answered.value)
            try:
                outcome = await self._do(step)
            except BaseException as stopped:
                # The steps hear that nobody waits any more, and end what they have open.
                steps.throw(stopped)
                raise

    async def items(self, first: Call[Page[Item]], timeout_seconds: float | None) -> AsyncIterator[Item]:
        """Everything on all pages; a page is asked for when the one before is used up."""
        following: Call[Page[Item]] | None = first
        while following is not None:
            page = await self.run(following, timeout_seconds)
            for item in page.items:
                yield item
            following = page.following

    async def stream(
        self, call: Call[Answer], timeout_seconds: float | None, messages: Iterator[bytes] | None = None
    ) -> AsyncIterator[Answer]:
        """As `Channel.stream`."""
        channel = self._open()
        errors: list[Exception] = []
        ended: Exception | None = None
        asked = None if messages is None else ending_with_errors(messages, errors)
        with call_span(call.rpc.path) as span:
            metadata = (*self.settings.metadata, *span.metadata)
            try:
                answers = _streamed(channel, call, timeout_seconds, asked, metadata)
                try:
                    async for answer in answers:
                        yield call.read(parsed(call, answer))
                finally:
                    answers.cancel()
            except grpc.aio.AioRpcError as failed:
                ended = error_of(failed)
            # What went wrong with the messages is why the call ended, whatever the server said to it.
            ended = errors[0] if errors else ended
            if ended is not None:
                raise ended
            span.answered()

    async def watch(self, watch: Watch) -> AsyncIterator[WatchRebalanceRunsResponse]:
        """Messages of a stream, across interruptions, until the caller leaves or the server ends it."""
        while True:
            with call_span(watch.path) as span:
                try:
                    messages = self._stream(watch, span.metadata)
                    try:
                        async for message in messages:
                            yield watch.read(message)
                    finally:
                        messages.cancel()
                except grpc.aio.AioRpcError as failed:
                    error = error_of(failed)
                    span.failed(error)
                else:
                    span.answered()
                    return
            await asyncio.sleep(watch.pause_seconds(error))

    async def _do(self, step: Step) -> Outcome:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        return await self._send(step)

    async def _send(self, step: Send) -> Outcome:
        method: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = self._open().unary_unary(step.path)
        try:
            metadata = (*self.settings.metadata, *step.metadata)
            response = await method(step.request, timeout=step.timeout_seconds, metadata=metadata)
        except grpc.aio.AioRpcError as failed:
            return error_of(failed)
        return response

    def _stream(self, watch: Watch, metadata: Metadata) -> grpc.aio.UnaryStreamCall[bytes, bytes]:
        method: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = self._open().unary_stream(watch.path)
        metadata = (*self.settings.metadata, *metadata)
        return method(watch.request, timeout=watch.timeout_seconds, metadata=metadata)

    def _open(self) -> grpc.aio.Channel:
        if self._closed:
            raise closed_client()
        # Opened by the first call, because a channel takes hold of the event loop that runs then.
        if self._channel is None:
            target, credentials = self.settings.target, self.settings.credentials
            options = self.settings.channel_options
            self._channel = (
                grpc.aio.insecure_channel(target, options=options)
                if credentials is None
                else grpc.aio.secure_channel(target, credentials, options=options)
            )
        return self._channel


def _streamed(
    channel: grpc.aio.Channel,
    call: Call[Answer],
    timeout_seconds: float | None,
    messages: Iterator[bytes] | None,
    metadata: Metadata,
) -> grpc.aio.UnaryStreamCall[bytes, bytes] | grpc.aio.StreamStreamCall[bytes, bytes]:
    path = call.rpc.path
    if messages is None:
        method: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(path)
        return method(call.request, timeout=timeout_seconds, metadata=metadata)
    both: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = channel.stream_stream(path)
    return both(messages, timeout=timeout_seconds, metadata=metadata)
