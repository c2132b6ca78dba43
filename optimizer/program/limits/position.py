"""Positions of lines: each, their sum, or the sum of their absolute values."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from counterpoise.model import Aggregation, PositionMeasure

from optimizer.program.lines import Lines
from optimizer.program.rows import Rows


def position(lines: Lines, measure: PositionMeasure, name: str) -> Rows:
    """Rows of a position limit, without bounds."""
    counted = lines.pick(np.array(measure.lines.select(lines.portfolio), dtype=np.intp))
    if measure.aggregation is Aggregation.EACH:
        return Rows(name, counted, np.zeros(counted.shape[0]))
    total = sp.csr_array(counted.sum(axis=0)[None, :])
    if measure.aggregation is Aggregation.SUM:
        return Rows(name, total, np.zeros(1))
    nothing = sp.csr_array((1, lines.width))
    return Rows(name, nothing, np.zeros(1), absolute=sp.csr_array(total[:, : lines.count]))
