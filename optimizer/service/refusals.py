"""Refusals of access on their way into the records, without anybody waiting for them."""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from types import TracebackType
from typing import Final

import structlog

from optimizer.service.access import OnRefusal
from optimizer.service.identity import Principal

MOST_WAITING: Final = 1_000
RETRY_SECONDS: Final = 1.0
_ATTEMPTS: Final = 60
_CLOSE_SECONDS: Final = 5.0
_log = structlog.get_logger(__name__)

_Refused = tuple[Principal | None, str, str]


class RefusalWriter:
    """Gives refusals to a function that may block, one after the other, in a thread of its own.

    What that function cannot take now is tried again for a minute. Where more than `most_waiting` wait,
    further ones are lost: they are counted, and the log says so once. Use as a context manager: leaving
    writes what waits.
    """

    def __init__(
        self, write: OnRefusal, *, most_waiting: int = MOST_WAITING, retry_seconds: float = RETRY_SECONDS
    ) -> None:
        self._write = write
        self._retry_seconds = retry_seconds
        self._waiting: queue.Queue[_Refused | None] = queue.Queue(most_waiting)
        self._closing = threading.Event()
        self._lost_lock = threading.Lock()
        self._lost_count = 0
        self._thread = threading.Thread(target=self._run, name="refusals", daemon=True)

    @property
    def lost_count(self) -> int:
        """Refusals that were not written, and will not be."""
        return self._lost_count

    def __enter__(self) -> RefusalWriter:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        try:
            self._waiting.put(None, timeout=_CLOSE_SECONDS)
        except queue.Full:
            pass
        else:
            self._thread.join(_CLOSE_SECONDS)
        # What still waits is lost with the process.
        with suppress(queue.Empty):
            while True:
                if self._waiting.get_nowait() is not None:
                    self._lose()
        if self._lost_count:
            _log.warning("refusals that were not recorded", count=self._lost_count)

    def note(self, principal: Principal | None, method: str, cause: str) -> None:
        """Take a refusal; never waits and never raises."""
        try:
            self._waiting.put_nowait((principal, method, cause))
        except queue.Full:
            self._lose()

    def _lose(self) -> None:
        with self._lost_lock:
            self._lost_count += 1
            first = self._lost_count == 1
        if first:
            _log.warning("refusals are not recorded: too many wait, or they cannot be written")

    def _run(self) -> None:
        while (refused := self._waiting.get()) is not None:
            if not self._written(refused):
                self._lose()

    def _written(self, refused: _Refused) -> bool:
        for attempt in range(_ATTEMPTS):
            try:
                self._write(*refused)
            except Exception:  # noqa: BLE001 - whatever it was, the next refusal has its turn
                if attempt == 0:
                    _log.exception("a refusal cannot be recorded")
                if self._closing.wait(self._retry_seconds):
                    return False
            else:
                return True
        return False
