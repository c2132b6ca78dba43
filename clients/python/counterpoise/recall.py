"""What was worked out from objects, remembered while the same objects come again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")


class Recall(Generic[V]):
    """Values by the identity of the objects that they were made from, the latest `maximum_count` of them.

    By identity, because comparing large problems costs as much as the work: whoever reads problems sees to
    it that equal parts are the same object. For immutable objects, and values that nobody changes.
    Thread-safe; two threads may both make a value that neither finds.
    """

    def __init__(self, maximum_count: int) -> None:
        self._maximum_count = maximum_count
        self._lock = threading.Lock()
        # Entries hold the objects, so that no other object can get their identity.
        self._entries: OrderedDict[tuple[int, ...], tuple[tuple[object, ...], V]] = OrderedDict()

    def get(self, objects: tuple[object, ...], make: Callable[[], V]) -> V:
        """The value of these objects, made where it is not remembered."""
        key = tuple(map(id, objects))
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
                return entry[1]
        value = make()
        with self._lock:
            self._entries[key] = (objects, value)
            if len(self._entries) > self._maximum_count:
                self._entries.popitem(last=False)
        return value
