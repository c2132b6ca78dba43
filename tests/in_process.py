"""The server's calls without gRPC and without processes: bytes in, an answer or a refusal out."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future

from google.protobuf.message import Message

from counterpoise.model import ErrorReason
from optimizer.service.allocation import AllocationServicer
from optimizer.service.calls import Call
from optimizer.service.errors import refusal_of
from optimizer.service.identity import claimed
from optimizer.usecases.allocate import Allocator
from optimizer.usecases.validate import validate_portfolio

TIME_LIMIT_SECONDS = 20.0


class InlinePool:
    """Stands in for the pool of workers: runs a task at once, where a fuzzer sees what it covers."""

    size = 1

    def submit(self, function, argument, *, timeout_seconds, cancellation=None, on_stint=None):
        """The task's result or exception, as a future that is done."""
        future: Future[object] = Future()
        if timeout_seconds <= 0:
            future.set_exception(TimeoutError())
            return future
        try:
            future.set_result(function(argument))
        except Exception as error:  # noqa: BLE001 - the caller gets it from the future, as from a worker
            future.set_exception(error)
        return future


def open_server() -> dict[str, Callable[[bytes, Call], Message]]:
    """What does the work of the allocation service's methods."""
    allocator = Allocator(InlinePool(), time_limit_seconds=TIME_LIMIT_SECONDS)
    return AllocationServicer(allocator, validate_portfolio).methods


def ask(work: Callable[[bytes, Call], Message], method: str, body: bytes) -> Message | ErrorReason:
    """The response, or why there is none. Raises whatever the server would answer with INTERNAL."""
    call = Call(method=method, start=time.monotonic(), deadline=None, principal=claimed(()))
    try:
        return work(body, call)
    except Exception as error:
        refusal = refusal_of(error, draining=False)
        if refusal.reason is ErrorReason.INTERNAL_BUG:
            raise
        return refusal.reason
