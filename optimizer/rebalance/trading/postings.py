"""Postings behind given positions that keep the limits which read them, where any do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.optimize import linprog

from counterpoise.model import FloatArray
from optimizer.certificate.residuals import VIOLATION_TOLERANCE
from optimizer.measures.book import Book
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import SparseRows
from optimizer.usecases.posted import with_postings

_ROUNDS = 20
_BROKEN = 1e3
"""What a limit that is broken weighs against cash that is posted."""
_ANY = 1e-3
"""What anything else that is posted weighs."""


def reads_postings(constraint: Constraint, line_count: int) -> bool:
    """Whether postings enter a limit."""
    rows = constraint.rows
    parts: list[SparseRows | None] = [rows.linear, rows.absolute, rows.logarithm]
    if constraint.over is not None:
        parts.append(constraint.over.linear)
    return any(part is not None and bool(np.any(part.column >= line_count)) for part in parts)


def settled(book: Book, positions: FloatArray, constraints: Sequence[Constraint]) -> FloatArray:
    """Positions, then postings: those that leave most cash free, unless a limit wants others.

    Of `constraints` those count that are hard and read postings. They are convex, so a linear program over
    postings is cut where it breaks them (Kelley 1960) until it does not; where nothing keeps them all, the
    postings that miss them least are returned, shape (n + E,).
    """
    best = with_postings(book, positions)
    reading = [item for item in constraints if item.priority == 0 and reads_postings(item, book.line_count)]
    least = _worst(reading, best)
    if not len(book.postings.tier) or least <= VIOLATION_TOLERANCE:
        return best
    variables, rows, bounds = best, [], []
    for _ in range(_ROUNDS):
        for slope, value in _tangents(book, reading, variables):
            rows.append(slope)
            bounds.append(float(slope @ variables[book.line_count :]) - value)
        found = _solved(book, positions, np.array(rows), np.array(bounds))
        if found is None:
            return best
        variables = np.concatenate([positions, found])
        worst = _worst(reading, variables)
        if worst < least:
            best, least = variables, worst
        if worst <= 0.5 * VIOLATION_TOLERANCE:
            break
    return best


def _worst(constraints: Sequence[Constraint], variables: FloatArray) -> float:
    parts = [item.excess(side, variables) for item in constraints for side in item.sides]
    return max((float(np.max(part, initial=0.0)) for part in parts), default=0.0)


def _tangents(
    book: Book, constraints: Sequence[Constraint], variables: FloatArray
) -> Iterator[tuple[FloatArray, float]]:
    """Slope in postings and value of every excess at a point."""
    for constraint in constraints:
        for side in constraint.sides:
            excess = constraint.excess(side, variables)
            for member in range(len(excess)):
                one = np.zeros(len(excess))
                one[member] = 1.0
                slope = constraint.rows.slope(variables, one)
                if constraint.over is not None:
                    slope = slope - constraint.bound(side) * constraint.over.slope(variables, one)
                else:
                    # Excess is this many times the convex rows, less what does not move.
                    slope = slope * constraint.orientation(side)
                own = slope[book.line_count :]
                if np.any(own != 0.0):
                    yield own, float(excess[member])


def _solved(book: Book, positions: FloatArray, rows: FloatArray, bounds: FloatArray) -> FloatArray | None:
    count = len(book.postings.tier)
    cost = np.append(_ANY + book.same_day[book.postings.tier], _BROKEN)
    free = [(0.0, max(float(positions[tier]), 0.0)) for tier in book.postings.tier]
    solved = linprog(
        cost,
        A_ub=np.hstack([rows, -np.ones((len(rows), 1))]),
        b_ub=bounds,
        bounds=[*free, (0.0, None)],
        method="highs",
    )
    return None if solved.x is None else np.asarray(solved.x[:count])
