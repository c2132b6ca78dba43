"""Positions of lines: each, their sum, or the sum of their absolute values."""

from __future__ import annotations

import numpy as np

from counterpoise.model import Aggregation, PositionMeasure
from optimizer.program.lines import Lines
from optimizer.program.rows import Rows, empty_rows, summed


def position(lines: Lines, measure: PositionMeasure, name: str) -> Rows:
    """Rows of a position limit, without bounds."""
    counted = lines.pick(np.array(measure.lines.select(lines.portfolio), dtype=np.intp))
    if measure.aggregation is Aggregation.EACH:
        return Rows(name, counted, np.zeros(counted.count))
    total = summed(counted)
    if measure.aggregation is Aggregation.SUM:
        return Rows(name, total, np.zeros(1))
    return Rows(name, empty_rows(1), np.zeros(1), absolute=total)
