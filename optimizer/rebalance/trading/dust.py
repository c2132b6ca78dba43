"""Trades that are there only because a solver stops somewhere: too small to be anybody's wish."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizer.certificate.residuals import VIOLATION_TOLERANCE, worst_residual
from optimizer.measures.book import Book
from optimizer.measures.box import box_of
from optimizer.measures.limits import constraints_of
from optimizer.measures.objective import objective_of
from optimizer.rebalance.trading.postings import settled
from optimizer.rebalance.trading.rounding import Rounded

DUST = 1e-6
"""Changes below this are none, NAV fraction: certified answers are good for a tenth of it."""


def without_dust(book: Book, rounded: Rounded) -> Rounded:
    """The same portfolio with tiny changes left out and cash taking the difference, if every limit allows."""
    count = book.line_count
    start, positions = book.current[:count], rounded.variables[:count].copy()
    cash = np.flatnonzero(book.same_day > 0.0)
    change = np.abs(positions - start)
    tiny = (change > 0.0) & (change < DUST)
    tiny[cash] = False
    if not tiny.any() or not len(cash):
        return rounded
    money = float(book.capital[:count][tiny] @ (positions - start)[tiny])
    positions[tiny] = start[tiny]
    positions[cash[0]] += money
    if abs(positions[cash[0]] - start[cash[0]]) < DUST * count:
        # Where nothing else is left, cash has nothing to balance.
        others = np.delete(np.abs(positions - start), cash)
        positions[cash[0]] = start[cash[0]] if not others.any() else positions[cash[0]]
    hard = [constraint for constraint in constraints_of(book) if constraint.priority == 0]
    variables = settled(book, positions, hard)
    violation = worst_residual(book, box_of(book), hard, variables).violation
    if violation > VIOLATION_TOLERANCE:
        return rounded
    objective = objective_of(book)
    worse = objective.value(variables) - objective.value(rounded.variables)
    return replace(
        rounded,
        variables=variables,
        objective_loss=rounded.objective_loss + worse,
        worst_hard_violation=violation,
    )
