"""Trading away from current holdings."""

from __future__ import annotations

import numpy as np

from counterpoise.model import TurnoverCount, TurnoverMeasure
from optimizer.program.lines import Lines
from optimizer.program.rows import Rows, empty_rows, one_row


def turnover(lines: Lines, measure: TurnoverMeasure, name: str) -> Rows:
    """Sum of |h - current| over the lines in scope, or half of it; without bounds."""
    counted = np.zeros(lines.count)
    counted[list(measure.lines.select(lines.portfolio))] = (
        0.5 if measure.count is TurnoverCount.ONE_WAY else 1.0
    )
    return Rows(name, empty_rows(1), np.zeros(1), traded=one_row(counted))
