"""A way to end work that somebody else is waiting for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError


class Cancellation:
    """Ends whatever was registered with it; safe to use from any thread, any number of times."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._callbacks: dict[object, Callable[[], None]] = {}

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    def cancel(self) -> None:
        """End the work: a running task's worker is killed, a queued task is dropped."""
        with self._lock:
            self._cancelled = True
            callbacks = list(self._callbacks.values())
            self._callbacks.clear()
        for callback in callbacks:
            callback()

    def raise_if_cancelled(self) -> None:
        """Raise `concurrent.futures.CancelledError` after `cancel`; for work between two tasks."""
        if self._cancelled:
            raise CancelledError

    def on_cancel(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back once on `cancel`, at once if that has happened already.

        Returns what takes the registration back, so that finished work is not held on to.
        """
        key = object()
        with self._lock:
            if not self._cancelled:
                self._callbacks[key] = callback
                return lambda: self._forget(key)
        callback()
        return lambda: None

    def _forget(self, key: object) -> None:
        with self._lock:
            self._callbacks.pop(key, None)
