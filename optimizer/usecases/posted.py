"""What is posted as margin behind a given portfolio, where nobody says."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from counterpoise.model import FloatArray
from optimizer.measures.book import Book
from optimizer.measures.margin import initial_margins
from optimizer.measures.structure import structural_constraints

_SHORT = 1e3
"""What margin that nothing covers weighs against cash that is posted."""


def with_postings(book: Book, positions: FloatArray) -> FloatArray:
    """Positions, then the postings that cover most margin and, of those, leave most cash free.

    A linear program over the collateral rules at these positions, shape (n + E,).
    """
    postings, pools = len(book.postings.tier), len(book.problem.portfolio.margin_pools)
    if not postings:
        return positions
    # Columns: postings, then margin of each pool that nothing covers.
    cost = np.concatenate([book.same_day[book.postings.tier], np.full(pools, _SHORT)])
    fixed = np.concatenate([positions, np.zeros(postings)])
    rows, bounds = [], []
    for constraint in structural_constraints(book):
        if not np.any(constraint.rows.linear.column >= book.line_count):
            continue
        block = np.zeros((len(constraint.keys), postings + pools))
        own = constraint.rows.linear.column >= book.line_count
        np.add.at(
            block,
            (constraint.rows.linear.row[own], constraint.rows.linear.column[own] - book.line_count),
            constraint.rows.linear.coefficient[own],
        )
        covers = bool(constraint.keys[0].margin_pool_id) and not constraint.keys[0].line_id
        if covers:
            block[np.arange(pools), postings + np.arange(pools)] = -1.0
        rows.append(block)
        bounds.append(-constraint.values(fixed))
    solved = linprog(cost, A_ub=np.concatenate(rows), b_ub=np.concatenate(bounds), method="highs")
    if solved.x is None:
        # A tier below zero can post nothing at all.
        return fixed
    return np.concatenate([positions, solved.x[:postings]])


def uncovered(book: Book, variables: FloatArray) -> FloatArray:
    """Initial margin of each pool that what is posted does not cover, NAV fraction, shape (pools,)."""
    posted = book.postings
    value = np.bincount(
        posted.pool,
        (1.0 - posted.haircut) * variables[book.line_count :],
        minlength=len(book.problem.portfolio.margin_pools),
    )
    return np.maximum(initial_margins(book, variables) - value, 0.0)
