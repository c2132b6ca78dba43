"""The reserve rule: sum c - [posted] - sum rho |n| >= lower."""

from __future__ import annotations

import numpy as np

from counterpoise.model import ReserveMeasure
from optimizer.program.lines import Lines
from optimizer.program.rows import Rows, one_row


def reserve(lines: Lines, measure: ReserveMeasure, name: str) -> Rows:
    """The negative of the reserve beyond the rule, convex in positions; without bounds."""
    rates = {item.line_id: item.value for item in measure.rates}
    tied = lines.each(
        lambda line: rates.get(line.line_id, measure.default_rate) if line.margin_pool_id else 0.0
    )
    held = lines.each(lambda line: -1.0 if line.reserve_tier is not None else 0.0)
    posted = np.full(len(lines.postings), 0.0 if measure.posted_margin_counts else 1.0)
    return Rows(name, lines.row(held, posted), np.zeros(1), absolute=one_row(tied), concave=True)
