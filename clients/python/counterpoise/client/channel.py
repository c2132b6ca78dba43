"""The connection of the client that waits: it does what the steps of a call say."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import Protocol, TypeVar, cast

import grpc

from counterpoise.client.calls import Call
from counterpoise.client.exchange import Outcome, Pause, Send, Step, exchange, parsed
from counterpoise.client.questions import Page
from counterpoise.client.settings import Settings
from counterpoise.client.statuses import FailedCall, closed_client, error_of
from counterpoise.client.sweep_calls import ending_with_errors
from counterpoise.client.tracing import Metadata, call_span
from counterpoise.client.watching import Watch
from counterpoise.model import WatchRebalanceRunsResponse

Answer = TypeVar("Answer")
Item = TypeVar("Item")


class _Answers(Protocol):
    """What a stream answers."""

    def __iter__(self) -> Iterator[bytes]:
        """Messages as they come."""

    def cancel(self) -> bool:
        """End the call."""


class Channel:
    """A connection; safe to share between threads, and to be closed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._closed = False
        target, credentials, options = settings.target, settings.credentials, settings.channel_options
        self._channel = (
            grpc.insecure_channel(target, options=options)
            if credentials is None
            else grpc.secure_channel(target, credentials, options=options)
        )

    def close(self) -> None:
        """Ends calls that still run; calls from then on raise an error."""
        self._closed = True
        self._channel.close()

    def run(self, call: Call[Answer], timeout_seconds: float | None) -> Answer:
        """The answer of a call, after as many attempts as it takes."""
        settings = self.settings
        timeout_seconds = settings.timeout_of(call, timeout_seconds)
        return self.drive(exchange(call, timeout_seconds=timeout_seconds, retry=settings.retry))

    def drive(self, steps: Generator[Step, Outcome, Answer]) -> Answer:
        """What steps come to that send and pause."""
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as answered:
                return cast("Answer", answered.value)
            try:
                outcome = self._do(step)
            except BaseException as stopped:
                # The steps hear that nobody waits any more, and end what they have open.
                steps.throw(stopped)
                raise

    def items(self, first: Call[Page[Item]], timeout_seconds: float | None) -> Iterator[Item]:
        """Everything on all pages; a page is asked for when the one before is used up."""
        following: Call[Page[Item]] | None = first
        while following is not None:
            page = self.run(following, timeout_seconds)
            yield from page.items
            following = page.following

    def stream(
        self, call: Call[Answer], timeout_seconds: float | None, messages: Iterator[bytes] | None = None
    ) -> Iterator[Answer]:
        """Answers of a call as they come; `messages` are what it is asked, where that is a stream, too.

        Nothing is tried again. Leaving the iterator ends the call. An error in `messages` ends what is asked;
        it is raised after the answers to what came before.
        """
        if self._closed:
            raise closed_client()
        errors: list[Exception] = []
        ended: Exception | None = None
        asked = None if messages is None else ending_with_errors(messages, errors)
        with call_span(call.rpc.path) as span:
            metadata = (*self.settings.metadata, *span.metadata)
            try:
                answers = self._streamed(call, timeout_seconds, asked, metadata)
                try:
                    for answer in answers:
                        yield call.read(parsed(call, answer))
                finally:
                    answers.cancel()
            except grpc.RpcError as failed:
                ended = error_of(cast("FailedCall", failed))
            # What went wrong with the messages is why the call ended, whatever the server said to it.
            ended = errors[0] if errors else ended
            if ended is not None:
                raise ended
            span.answered()

    def _streamed(
        self,
        call: Call[Answer],
        timeout_seconds: float | None,
        messages: Iterator[bytes] | None,
        metadata: Metadata,
    ) -> _Answers:
        path = call.rpc.path
        if messages is None:
            method: grpc.UnaryStreamMultiCallable[bytes, bytes] = self._channel.unary_stream(path)
            return method(call.request, timeout=timeout_seconds, metadata=metadata)
        both: grpc.StreamStreamMultiCallable[bytes, bytes] = self._channel.stream_stream(path)
        return both(messages, timeout=timeout_seconds, metadata=metadata)

    def watch(self, watch: Watch) -> Iterator[WatchRebalanceRunsResponse]:
        """Messages of a stream, across interruptions, until the caller leaves or the server ends it."""
        method: grpc.UnaryStreamMultiCallable[bytes, bytes] = self._channel.unary_stream(watch.path)
        while True:
            if self._closed:
                raise closed_client()
            with call_span(watch.path) as span:
                metadata = (*self.settings.metadata, *span.metadata)
                try:
                    messages = method(watch.request, timeout=watch.timeout_seconds, metadata=metadata)
                    try:
                        for message in messages:
                            yield watch.read(message)
                    finally:
                        messages.cancel()
                except grpc.RpcError as failed:
                    error = error_of(cast("FailedCall", failed))
                    span.failed(error)
                else:
                    span.answered()
                    return
            time.sleep(watch.pause_seconds(error))

    def _do(self, step: Step) -> Outcome:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        return self._send(step)

    def _send(self, step: Send) -> Outcome:
        method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(step.path)
        try:
            metadata = (*self.settings.metadata, *step.metadata)
            response = method(step.request, timeout=step.timeout_seconds, metadata=metadata)
        except ValueError:
            if self._closed:
                raise closed_client() from None
            raise
        except grpc.RpcError as failed:
            return error_of(cast("FailedCall", failed))
        return response
