"""Charges that separate by variable."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from counterpoise.model import FloatArray


@dataclass(frozen=True, eq=False)
class Charges:
    """linear v + absolute |h| + traded |h - current| + impact |h - current|^1.5; all but linear >= 0."""

    linear: FloatArray
    """By position, then by posting."""
    absolute: FloatArray
    """By position, as the next two."""
    traded: FloatArray
    impact: FloatArray

    @staticmethod
    def none(line_count: int, posting_count: int) -> Charges:
        """No charges."""
        zeros = np.zeros(line_count)
        return Charges(np.zeros(line_count + posting_count), zeros, zeros, zeros)

    def plus(self, by_line: FloatArray) -> Charges:
        """With this much more per unit of position."""
        linear = self.linear.copy()
        linear[: len(by_line)] += by_line
        return replace(self, linear=linear)
