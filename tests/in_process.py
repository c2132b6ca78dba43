"""The server's calls without gRPC and without processes: bytes in, an answer or a refusal out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future

from counterpoise.model import ErrorReason
from optimizer.answering.answerer import Answerer
from optimizer.service.allocation import AllocationServicer
from optimizer.service.calls import Call, Work
from optimizer.service.errors import refusal_of
from optimizer.service.identity import claimed
from optimizer.usecases.validate import validate_portfolio

TIME_LIMIT_SECONDS = 20.0


class InlinePool:
    """Stands in for the pool of workers: runs a task at once, where a fuzzer sees what it covers."""

    def submit(
        self,
        function,
        argument,
        *,
        timeout_seconds,
        cancellation=None,
        affinity=None,
        on_stint=None,
        on_note=None,
    ):
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


def open_server() -> Mapping[str, Work]:
    """What does the work of the allocation service's methods."""
    answerer = Answerer(InlinePool(), time_limit_seconds=TIME_LIMIT_SECONDS)
    return AllocationServicer(answerer, validate_portfolio).methods


def ask(work: Work, method: str, body: bytes) -> bytes | ErrorReason:
    """The response, or why there is none. Raises whatever the server would answer with INTERNAL."""
    call = Call(method=method, start=time.monotonic(), deadline=None, principal=claimed(()))
    try:
        return work(body, call)
    except Exception as error:
        refusal = refusal_of(error, draining=False)
        if refusal.reason is ErrorReason.INTERNAL_BUG:
            raise
        return refusal.reason
