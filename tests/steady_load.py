"""Callers that call all the time, and what became of every call."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from counterpoise import CounterpoiseError

AMPLE_SECONDS = 60.0
_POLL_SECONDS = 0.02


@dataclass
class SteadyLoad:
    """Counts of calls that ended, so far."""

    answered: int = 0
    failures: list[CounterpoiseError] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    def wait_for(self, more: int) -> None:
        """Returns when this many more calls have ended."""
        wanted, limit = self._ended() + more, time.monotonic() + AMPLE_SECONDS
        while self._ended() < wanted:
            assert time.monotonic() < limit, f"{self._ended()} calls ended, not {wanted}"
            time.sleep(_POLL_SECONDS)

    def _ended(self) -> int:
        with self._lock:
            return self.answered + len(self.failures)

    def _call_on(self, call: Callable[[], object]) -> None:
        while not self._over.is_set():
            try:
                call()
            except CounterpoiseError as error:
                with self._lock:
                    self.failures.append(error)
            else:
                with self._lock:
                    self.answered += 1


@contextmanager
def steady_load(*calls: Callable[[], object]) -> Iterator[SteadyLoad]:
    """Makes each call again and again, each in a thread of its own, until the end of the context."""
    load = SteadyLoad()
    threads = [threading.Thread(target=load._call_on, args=(call,), daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load._over.set()
        for thread in threads:
            thread.join(AMPLE_SECONDS)
