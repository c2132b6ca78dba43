"""Opens the store when it is first needed: a server that only solves leaves no file behind."""

from __future__ import annotations

import threading
from collections.abc import Callable

from optimizer.rebalance.desk import Desk, refusing
from optimizer.store import Engine


class Opening:
    """The desk, once somebody needs it."""

    def __init__(self, open_store: Callable[[], Engine], desk_of: Callable[[Engine], Desk]) -> None:
        self._open_store = open_store
        self._desk_of = desk_of
        self._lock = threading.Lock()
        self._desk: Desk | None = None

    def desk(self) -> Desk:
        """The desk, opened by the first who asks. Raises Refused where the store cannot be used."""
        with self._lock, refusing():
            if self._desk is None:
                self._desk = self._desk_of(self._open_store())
            return self._desk

    def opened(self) -> Desk | None:
        """The desk, if anybody has needed it."""
        return self._desk

    def close(self) -> None:
        """Close the store's connections, if it is open."""
        with self._lock:
            if self._desk is not None:
                self._desk.engine.dispose()
                self._desk = None
