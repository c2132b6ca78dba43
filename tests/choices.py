"""Choices read from bytes: a fuzzer, or a seeded source, that writes the bytes makes the choices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """Reads choices off bytes, first to last; where they have ended every choice is the first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._read = 0

    @property
    def ended(self) -> bool:
        """Whether nothing is left to choose by."""
        return self._read >= len(self._data)

    def below(self, count: int) -> int:
        """A whole number from 0 to `count - 1`."""
        value, reach = 0, 1
        while reach < count:
            value = value << 8 | self._byte()
            reach <<= 8
        return value % count

    def one(self, items: Sequence[T]) -> T:
        """One of several."""
        return items[self.below(len(items))]

    def rest(self) -> bytes:
        """Everything that was not read."""
        left, self._read = self._data[self._read :], len(self._data)
        return left

    def _byte(self) -> int:
        if self.ended:
            return 0
        self._read += 1
        return self._data[self._read - 1]
