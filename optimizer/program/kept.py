"""What follows from the same lines, kept by equal keys."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from typing import TypeVar, cast

import numpy as np

V = TypeVar("V")


class Kept:
    """Values by equal keys, the latest `maximum_count` of them; nobody can change their arrays.

    Beside `Recall`, which goes by identity: a limit that was read again is another object with the same
    measure. A key that has the identity of an object needs a value that holds the object.
    Thread-safe; two threads may both make a value that neither finds.
    """

    def __init__(self, maximum_count: int) -> None:
        self._maximum_count = maximum_count
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, object] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The value of this key, made where it is not kept. A key always stands for the same type."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return cast("V", self._values[key])
        value = make()
        settle(value)
        with self._lock:
            self._values[key] = value
            if len(self._values) > self._maximum_count:
                self._values.popitem(last=False)
        return value


def settle(value: object) -> None:
    """Makes the arrays of a value read-only: in dataclasses of the program, tuples and lists."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, tuple | list):
        for item in value:
            settle(item)
    elif is_dataclass(value) and type(value).__module__.startswith("optimizer.program"):
        for field in fields(value):
            if field.name != "inputs":
                settle(getattr(value, field.name))
