"""What follows from the same lines, kept by equal keys."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import fields, is_dataclass
from typing import Final, TypeVar, cast

import numpy as np
from scipy.sparse import csc_array, csc_matrix

V = TypeVar("V")

_NAMES: Final[dict[type, tuple[str, ...]]] = dict.fromkeys(
    (csc_array, csc_matrix), ("data", "indices", "indptr")
)


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
    """Makes the arrays of a value read-only: in dataclasses of the program, sequences, sparse columns."""
    kind = type(value)
    if kind is np.ndarray:
        cast("np.ndarray", value).flags.writeable = False
    elif kind is tuple or kind is list:
        for item in cast("Iterable[object]", value):
            settle(item)
    else:
        for name in _fields(kind):
            settle(getattr(value, name))


def _fields(kind: type) -> tuple[str, ...]:
    """Fields that can have arrays, of sparse columns and the program's own; nothing of the request's."""
    if kind not in _NAMES:
        own = is_dataclass(kind) and kind.__module__.startswith("optimizer.program")
        _NAMES[kind] = tuple(item.name for item in fields(kind) if item.name != "inputs") if own else ()
    return _NAMES[kind]
