"""What is posted as margin behind a given portfolio, where nobody says."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from counterpoise.model import FloatArray
from optimizer.measures.book import Book
from optimizer.measures.margin import initial_margins

_SHORT = 1e3
"""What margin that nothing covers weighs against cash that is posted."""

_ANY = 1e-3
"""What anything else that is posted weighs: no more than is asked for."""

_LONGEST_SECONDS = 10.0


def with_postings(book: Book, positions: FloatArray) -> FloatArray:
    """Positions, then the postings that cover most margin and, of those, leave most cash free.

    A linear program at these positions, shape (n + E,): per pool value posted plus what is missing is its
    margin, per tier no more than it holds, and shares of the value posted.
    """
    count = len(book.postings.tier)
    if not count:
        return positions
    posted, pools = book.postings, len(book.problem.portfolio.margin_pools)
    value = 1.0 - posted.haircut
    margin = initial_margins(book, np.concatenate([positions, np.zeros(count)]))
    # Columns: postings, what is missing by pool, and value posted by pool.
    each, pool = np.arange(count), np.arange(pools)
    covered = _matrix([(posted.pool, each, value), (pool, count + pool, np.ones(pools))], pools, count)
    totals = _matrix(
        [(posted.pool, each, value), (pool, count + pools + pool, -np.ones(pools))], pools, count
    )
    tiers, row = np.unique(posted.tier, return_inverse=True)
    supply = _matrix([(row, each, np.ones(count))], pools, count, rows=len(tiers))
    capped = np.flatnonzero(posted.maximum_share < 1.0)
    at = np.arange(len(capped))
    shares = _matrix(
        [
            (at, capped, value[capped]),
            (at, count + pools + posted.pool[capped], -posted.maximum_share[capped]),
        ],
        pools,
        count,
        rows=len(capped),
    )
    solved = linprog(
        np.concatenate([_ANY + book.same_day[posted.tier], np.full(pools, _SHORT), np.zeros(pools)]),
        A_ub=sp.vstack([supply, shares], format="csr"),
        b_ub=np.concatenate([np.maximum(positions[tiers], 0.0), np.zeros(len(capped))]),
        A_eq=sp.vstack([covered, totals], format="csr"),
        b_eq=np.concatenate([margin, np.zeros(pools)]),
        method="highs",
        options={"time_limit": _LONGEST_SECONDS},
    )
    return np.concatenate([positions, np.zeros(count) if solved.x is None else solved.x[:count]])


def _matrix(
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]], pools: int, count: int, rows: int | None = None
) -> sp.csr_array:
    row, column, value = (np.concatenate(part) for part in zip(*parts, strict=True))
    shape = (pools if rows is None else rows, count + 2 * pools)
    return sp.csr_array((value, (row, column)), shape=shape)


def uncovered(book: Book, variables: FloatArray) -> FloatArray:
    """Initial margin of each pool that what is posted does not cover, NAV fraction, shape (pools,)."""
    posted = book.postings
    value = np.bincount(
        posted.pool,
        (1.0 - posted.haircut) * variables[book.line_count :],
        minlength=len(book.problem.portfolio.margin_pools),
    )
    return np.maximum(initial_margins(book, variables) - value, 0.0)
