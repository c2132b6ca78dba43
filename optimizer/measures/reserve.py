"""The reserve rule: reserve beyond rate times absolute notional."""

from __future__ import annotations

import numpy as np

from counterpoise.model import LimitKey, LineKind, ReserveMeasure, Unit
from optimizer.measures.book import Book
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import ConvexRows, single_row


def measure_reserve(book: Book, measure: ReserveMeasure, limit_id: str) -> Constraint:
    """Sum c - [sum y unless posted margin counts] - sum rho |n|, NAV fraction.

    n are overlays and unfunded sleeves. Concave: the rows hold its negative.
    """
    named = {item.line_id: item.value for item in measure.rates}
    rates = np.zeros(book.line_count)
    for index in np.flatnonzero(book.pool >= 0):
        rates[index] = named.get(book.problem.portfolio.lines[index].line_id, measure.default_rate)
    linear = np.zeros(book.variable_count)
    linear[: book.line_count] = -1.0 * book.is_kind(LineKind.RESERVE_TIER)
    if not measure.posted_margin_counts:
        linear[book.line_count :] = 1.0
    return Constraint(
        keys=(LimitKey(limit_id=limit_id),),
        unit=Unit.NAV_FRACTION,
        rows=ConvexRows(np.zeros(1), single_row(linear), absolute=single_row(rates)),
        sign=-1.0,
    )
