"""How many calls at a time: a full server says so at once instead of letting everybody wait."""

from __future__ import annotations

import threading
import time

from optimizer.service.errors import SHUTTING_DOWN, Refusal, busy
from optimizer.workers import Cancellation

RETRY_SECONDS = 0.25
"""What a refused caller is told to wait: longer than a usual solve, short for a person."""


class Admission:
    """Counts the calls that hold a place; thread-safe."""

    def __init__(self, limit: int, *, retry_seconds: float = RETRY_SECONDS) -> None:
        self._limit = limit
        self._retry_seconds = retry_seconds
        self._lock = threading.Lock()
        self._inside: set[Cancellation] = set()
        self._closed = False
        self._last_knock = time.monotonic()

    @property
    def closed(self) -> bool:
        """Whether the server is draining."""
        return self._closed

    @property
    def count(self) -> int:
        """Calls inside."""
        return len(self._inside)

    @property
    def quiet_seconds(self) -> float:
        """Time since a call last came, let in or not, or since the doors closed."""
        return time.monotonic() - self._last_knock

    def enter(self, call: Cancellation) -> Refusal | None:
        """Let a call in, or say why not."""
        with self._lock:
            self._last_knock = time.monotonic()
            if self._closed:
                return SHUTTING_DOWN
            if len(self._inside) >= self._limit:
                return busy(self._retry_seconds)
            self._inside.add(call)
            return None

    def leave(self, call: Cancellation) -> None:
        """The call's place is free again."""
        with self._lock:
            self._inside.discard(call)

    def close(self) -> None:
        """Let nobody in from now on."""
        with self._lock:
            self._closed = True
            self._last_knock = time.monotonic()

    def cancel_all(self) -> None:
        """End what is still inside."""
        with self._lock:
            calls = list(self._inside)
        for call in calls:
            call.cancel()
