"""Position of lines, NAV fraction."""

from __future__ import annotations

import numpy as np

from counterpoise.model import Aggregation, LimitKey, PositionMeasure, Unit
from optimizer.measures.book import Book
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import ConvexRows, SparseRows, no_rows


def measure_position(book: Book, measure: PositionMeasure, limit_id: str) -> Constraint:
    """H of each line in scope, their sum, or the sum of |h|."""
    lines = book.universe.lines_in(measure.lines)
    ones = np.ones(len(lines))
    if measure.aggregation is Aggregation.EACH:
        line_ids = book.problem.portfolio.line_ids
        rows = SparseRows(len(lines), np.arange(len(lines)), lines, ones)
        return Constraint(
            keys=tuple(LimitKey(limit_id=limit_id, line_id=line_ids[index]) for index in lines),
            unit=Unit.NAV_FRACTION,
            rows=ConvexRows(np.zeros(len(lines)), rows),
        )
    total = SparseRows(1, np.zeros(len(lines), dtype=np.intp), lines, ones)
    absolute = measure.aggregation is Aggregation.ABSOLUTE_SUM
    return Constraint(
        keys=(LimitKey(limit_id=limit_id),),
        unit=Unit.NAV_FRACTION,
        rows=ConvexRows(np.zeros(1), no_rows(1), absolute=total)
        if absolute
        else ConvexRows(np.zeros(1), total),
    )
