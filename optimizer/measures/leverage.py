"""The four leverage measures, over NAV. Cash equivalents never count."""

from __future__ import annotations

import numpy as np

from counterpoise.model import FloatArray, LeverageDefinition, LimitKey, LineKind, Unit
from optimizer.measures.book import Book
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import ConvexRows, SparseRows, Taxicab, single_row


def measure_leverage(book: Book, definition: LeverageDefinition, key: LimitKey) -> Constraint:
    """One leverage measure as a constraint without bounds, ratio."""
    return Constraint(keys=(key,), unit=Unit.RATIO, rows=leverage_rows(book, definition))


def leverage_rows(book: Book, definition: LeverageDefinition) -> ConvexRows:
    """One leverage measure as a convex function of positions."""
    match definition:
        case LeverageDefinition.GROSS_NOTIONAL:
            return _gross_notional(book)
        case LeverageDefinition.COMMITMENT:
            return _commitment(book)
        case LeverageDefinition.OVERLAY:
            overlay = book.is_kind(LineKind.OVERLAY).astype(float)
            accounts = _unfunded(book)
            return ConvexRows(np.zeros(1), single_row(accounts), absolute=single_row(overlay))
        case LeverageDefinition.NET:
            counted = (
                book.is_kind(LineKind.FUNDED_BETA)
                | book.is_kind(LineKind.OVERLAY)
                | book.is_kind(LineKind.ALPHA_SLEEVE)
            )
            return ConvexRows(np.zeros(1), single_row(counted.astype(float)))


def _gross_notional(book: Book) -> ConvexRows:
    """Sum p + sum k |u| + sum lev a + tiers that are not cash equivalents."""
    linear = book.is_kind(LineKind.FUNDED_BETA) + _look_through(book) + _counted_tiers(book)
    weight = np.zeros(book.line_count)
    for index, line in enumerate(book.problem.portfolio.lines):
        if line.overlay is not None:
            weight[index] = 1.0 if line.overlay.leverage_weight is None else line.overlay.leverage_weight
    return ConvexRows(np.zeros(1), single_row(linear), absolute=single_row(weight))


def _commitment(book: Book) -> ConvexRows:
    """Sum over underlyings of |funded + overlay| + sum lev a + tiers that are not cash equivalents.

    A line that is alone on its underlying enters by its own absolute value, lines that share one
    through the norm.
    """
    linear = _look_through(book) + _counted_tiers(book)
    beta = book.is_kind(LineKind.FUNDED_BETA) | book.is_kind(LineKind.OVERLAY)
    members = np.bincount(book.residuals.group, beta)
    shared = beta & (members[book.residuals.group] > 1.0)
    netted = np.flatnonzero(shared)
    _, underlying = np.unique(book.residuals.group[netted], return_inverse=True)
    norm = None
    if len(netted):
        count = int(underlying.max()) + 1
        rows = SparseRows(count, underlying.astype(np.intp), netted, np.ones(len(netted)))
        norm = Taxicab(rows, np.zeros(count), book.variable_count)
    return ConvexRows(
        np.zeros(1), single_row(linear), absolute=single_row((beta & ~shared).astype(float)), norm=norm
    )


def _look_through(book: Book) -> FloatArray:
    leverage = np.zeros(book.line_count)
    for index, line in enumerate(book.problem.portfolio.lines):
        if line.alpha_sleeve is not None:
            own = line.alpha_sleeve.look_through_leverage
            leverage[index] = 1.0 if own is None else own
    return leverage


def _counted_tiers(book: Book) -> FloatArray:
    return np.array(
        [
            float(line.reserve_tier is not None and not line.reserve_tier.cash_equivalent)
            for line in book.problem.portfolio.lines
        ]
    )


def _unfunded(book: Book) -> FloatArray:
    return (book.is_kind(LineKind.ALPHA_SLEEVE) & (book.pool >= 0)).astype(float)
