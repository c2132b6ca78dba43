"""A stream that goes on after interruptions, free of input and output.

The two clients differ only in how they open a stream and how they wait.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace

from counterpoise.client.exchange import Retry, parsed
from counterpoise.client.run_calls import watch_runs
from counterpoise.errors import CounterpoiseError
from counterpoise.model import WatchRebalanceRunsResponse

_PATIENCE_SECONDS = 60.0
"""How long a service may be gone: a restart takes longer than a call is retried, for which somebody waits."""


class Watch:
    """One watch of runs: from where it goes on, after which errors, and for how long.

    Pauses are those of `retry`; its attempts do not count, except that one attempt never tries again. A
    message that arrives starts the patience again.
    """

    def __init__(
        self,
        parent: str,
        resume_token: str,
        *,
        timeout_seconds: float | None,
        retry: Retry,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parent, self._now = parent, now
        self._retry = replace(retry, attempts=sys.maxsize) if retry.attempts > 1 else retry
        self._call = watch_runs(parent, resume_token)
        self._failures = 0
        self._lost_since = 0.0
        self._deadline = now() + timeout_seconds if timeout_seconds is not None else None

    @property
    def path(self) -> str:
        """Where the stream is asked for."""
        return self._call.rpc.path

    @property
    def request(self) -> bytes:
        """What asks for everything after the last message that arrived."""
        return self._call.request

    @property
    def timeout_seconds(self) -> float | None:
        """What is left of the caller's time; None where the caller gave no end."""
        return max(self._deadline - self._now(), 0.001) if self._deadline is not None else None

    def read(self, response: bytes) -> WatchRebalanceRunsResponse:
        """A message of the stream; from now on the stream goes on after it."""
        message = self._call.read(parsed(self._call, response))
        self._failures = 0
        if message.resume_token:
            self._call = watch_runs(self._parent, message.resume_token)
        return message

    def pause_seconds(self, error: CounterpoiseError) -> float:
        """How long to wait before the stream is asked for again; raises the error where it is not."""
        self._failures += 1
        if self._failures == 1:
            self._lost_since = self._now()
        pause = self._retry.pause_seconds(self._failures, error)
        last = self._lost_since + _PATIENCE_SECONDS
        if self._deadline is not None:
            last = min(last, self._deadline)
        if pause is None or self._now() + pause >= last:
            raise error
        return pause
