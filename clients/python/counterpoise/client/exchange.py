"""One call from first attempt to answer, free of input and output.

`exchange` is a generator: it yields what to do next (`Send` or `Pause`) and is sent what came of it.
The two clients differ only in how they do it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

from google.protobuf.message import DecodeError

from counterpoise import wire
from counterpoise.client.calls import Call
from counterpoise.client.tracing import Metadata, call_span
from counterpoise.errors import (
    CallStatus,
    CounterpoiseError,
    MessageTooLarge,
    ServerBusy,
    ServiceError,
    StatusCode,
    Unavailable,
)

Answer = TypeVar("Answer")

MESSAGE_LIMIT_BYTES = 4 * 1024 * 1024
"""Largest request and largest answer, as at the service."""


@dataclass(frozen=True, kw_only=True)
class Retry:
    """How often and how patiently to try again; every try is within the call's timeout.

    Only what is safe is tried again: a service that was not reached, lost its worker or is going down,
    and one that is full and says when to come back. Pauses double from `first_pause_seconds` up to
    `longest_pause_seconds`, each shortened at random by up to a half, so that clients that failed
    together do not return together. `attempts` counts the first one; 1 never tries again.
    """

    attempts: int = 4
    first_pause_seconds: float = 0.1
    longest_pause_seconds: float = 2.0

    def pause_seconds(self, failures: int, error: CounterpoiseError) -> float | None:
        """Seconds to wait after this many failures; None when trying again is not for this error."""
        if failures >= self.attempts:
            return None
        if isinstance(error, ServerBusy) and error.status.retry_delay is not None:
            # Never earlier than asked.
            return error.status.retry_delay.total_seconds() * random.uniform(1.0, 1.25)  # noqa: S311  # nosec B311
        if isinstance(error, Unavailable):
            pause = min(self.first_pause_seconds * 2.0 ** (failures - 1), self.longest_pause_seconds)
            return pause * random.uniform(0.5, 1.0)  # noqa: S311  # nosec B311
        return None


@dataclass(frozen=True, kw_only=True)
class Send:
    """Send a request; to be answered with the response's bytes or the error that it ended with."""

    path: str
    request: bytes
    timeout_seconds: float
    metadata: Metadata = ()
    """What travels beside the request, besides what the client always sends."""


@dataclass(frozen=True, kw_only=True)
class Pause:
    """Wait; to be answered with None."""

    seconds: float


Step = Send | Pause
Outcome = bytes | CounterpoiseError | None


def exchange(
    call: Call[Answer], *, timeout_seconds: float, retry: Retry, now: Callable[[], float] = time.monotonic
) -> Generator[Step, Outcome, Answer]:
    """Steps of one call; returns what the call reads from the response.

    Raises what the last attempt ended with, and what reading the response raises.
    """
    if len(call.request) > MESSAGE_LIMIT_BYTES:
        size = len(call.request) / 2**20
        details = f"the request has {size:.2f} MiB, more than the 4 MiB that a message may have"
        raise MessageTooLarge(CallStatus(code=StatusCode.RESOURCE_EXHAUSTED, details=details))
    response = yield from _attempts(call, timeout_seconds=timeout_seconds, retry=retry, now=now)
    return call.read(parsed(call, response))


def _attempts(
    call: Call[Answer], *, timeout_seconds: float, retry: Retry, now: Callable[[], float]
) -> Generator[Step, Outcome, bytes]:
    """Steps up to a response's bytes, all in one span."""
    deadline = now() + timeout_seconds
    failures = 0
    with call_span(call.rpc.path) as span:
        while True:
            # Rounded up to a millisecond, because a timeout of zero is refused before anything is sent.
            left = max(deadline - now(), 0.001)
            span.attempt(failures + 1)
            outcome = yield Send(
                path=call.rpc.path, request=call.request, timeout_seconds=left, metadata=span.metadata
            )
            if isinstance(outcome, bytes):
                span.answered()
                return outcome
            if outcome is None:
                raise TypeError("an attempt ends with bytes or with an error")
            failures += 1
            pause = retry.pause_seconds(failures, outcome)
            if pause is None or now() + pause >= deadline:
                raise outcome
            yield Pause(seconds=pause)


def parsed(call: Call[Answer], response: bytes) -> object:
    """The dataclass of a response's bytes; raises ServiceError for bytes of something else."""
    try:
        return wire.to_model(call.rpc.response_type.FromString(response))
    except DecodeError:
        name = call.rpc.response_type.DESCRIPTOR.full_name
        details = f"the answer's bytes are not a {name}"
        raise ServiceError(CallStatus(code=StatusCode.INTERNAL, details=details)) from None
