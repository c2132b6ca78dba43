"""Rows gathered one family after the other."""

from __future__ import annotations

import numpy as np

from counterpoise.model import FloatArray, IndexArray
from optimizer.program.rows import Entries


class Stack:
    """Rows gathered one family after the other."""

    def __init__(self) -> None:
        self._parts: list[tuple[IndexArray, IndexArray, FloatArray]] = []
        self._bounds: list[FloatArray] = []
        self._count = 0

    def add(self, entries: Entries, bound: FloatArray) -> IndexArray:
        """Appends rows and says where they stand."""
        self._parts.append((entries.row + self._count, entries.column, entries.value))
        self._bounds.append(bound)
        self._count += entries.count
        return np.arange(self._count - entries.count, self._count)

    def entries(self) -> Entries:
        """All rows."""
        row, column, value = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        return Entries(self._count, row, column, value)

    def bounds(self) -> FloatArray:
        """All bounds."""
        return np.concatenate(self._bounds)
