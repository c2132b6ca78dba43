"""Trading away from current holdings."""

from __future__ import annotations

import numpy as np

from counterpoise.model import LimitKey, TurnoverCount, TurnoverMeasure, Unit
from optimizer.measures.book import Book
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import ConvexRows, SparseRows, Trades, no_rows


def measure_turnover(book: Book, measure: TurnoverMeasure, limit_id: str) -> Constraint:
    """Sum of |h - current| over the lines in scope, or half of it, NAV fraction."""
    lines = book.universe.lines_in(measure.lines)
    counted = 0.5 if measure.count is TurnoverCount.ONE_WAY else 1.0
    sizes = SparseRows(1, np.zeros(len(lines), dtype=np.intp), lines, np.full(len(lines), counted))
    return Constraint(
        keys=(LimitKey(limit_id=limit_id),),
        unit=Unit.NAV_FRACTION,
        rows=ConvexRows(np.zeros(1), no_rows(1), trades=Trades(book.current, sizes, no_rows(1))),
    )
