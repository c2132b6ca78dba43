"""What is at stake with counterparties: margin posted to them, positions that face them."""

from __future__ import annotations

import numpy as np

from counterpoise.model import CounterpartyExposure, CounterpartyMeasure, FloatArray, LimitKey, Unit
from optimizer.measures.book import Book
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import ConvexRows, SparseRows, no_rows


def measure_counterparty(book: Book, measure: CounterpartyMeasure, limit_id: str) -> Constraint:
    """Posted margin or gross position, one member for each counterparty, NAV fraction."""
    ids = measure.counterparty_ids
    return Constraint(
        keys=tuple(LimitKey(limit_id=limit_id, counterparty_id=name) for name in ids),
        unit=Unit.NAV_FRACTION,
        rows=counterparty_rows(book, ids, measure.exposure),
    )


def counterparty_rows(book: Book, ids: tuple[str, ...], exposure: CounterpartyExposure) -> ConvexRows:
    """Sum of postings before haircuts to the pools of each, or sum of |h| of the lines facing it."""
    place = {name: index for index, name in enumerate(ids)}
    zeros = np.zeros(len(ids))
    if exposure is CounterpartyExposure.POSTED_MARGIN:
        pools = book.problem.portfolio.margin_pools
        of_pool = np.array([place.get(pool.counterparty_id, -1) for pool in pools], dtype=np.intp)
        holder = of_pool[book.postings.pool]
        return ConvexRows(zeros, _ones(len(ids), holder, book.line_count))
    faced = book.problem.portfolio.counterparty_ids_of_lines()
    facing = np.array([place.get(name, -1) for name in faced], dtype=np.intp)
    return ConvexRows(zeros, no_rows(len(ids)), absolute=_ones(len(ids), facing, 0))


def _ones(count: int, row: np.ndarray[tuple[int], np.dtype[np.intp]], first: int) -> SparseRows:
    """Ones at (row, first + place) wherever the row is one."""
    at = np.flatnonzero(row >= 0)
    return SparseRows(count, row[at], first + at, np.ones(len(at)))


def counterparty_values(book: Book, variables: FloatArray) -> dict[str, tuple[float, float]]:
    """Posted margin and gross position by counterparty."""
    ids = tuple(item.counterparty_id for item in book.problem.portfolio.counterparties)
    posted, gross = (counterparty_rows(book, ids, kind).values(variables) for kind in CounterpartyExposure)
    return {name: (float(posted[at]), float(gross[at])) for at, name in enumerate(ids)}
