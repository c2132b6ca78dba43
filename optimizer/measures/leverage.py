"""The four leverage measures, over NAV. Cash equivalents never count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from counterpoise.model import (
    FloatArray,
    LeverageDefinition,
    LeverageMeasure,
    LimitKey,
    Line,
    LineKind,
    Unit,
)
from optimizer.measures.book import Book
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import ConvexRows, Piece, Pieces, SparseRows, no_rows, single_row, stacked
from optimizer.measures.norms import Taxicab
from optimizer.measures.shocks import Shock
from optimizer.measures.stress import stressed_nav
from optimizer.measures.universe import overlay_weight, own_leverage


def leverage_constraint(book: Book, definition: LeverageDefinition, key: LimitKey) -> Constraint:
    """Leverage in the base state as a constraint without bounds, ratio."""
    return Constraint(keys=(key,), unit=Unit.RATIO, rows=leverage_rows(book, definition))


def measure_leverage(book: Book, measure: LeverageMeasure, limit_id: str) -> Constraint:
    """Leverage in every state of the scope, ratio; after a scenario over stressed NAV."""
    if measure.scenarios is None:
        return leverage_constraint(book, measure.definition, LimitKey(limit_id=limit_id))
    shocks = book.shocks_in(measure.scenarios)
    rows = [leverage_rows(book, measure.definition, shock) for shock in shocks]
    return Constraint(
        keys=tuple(LimitKey(limit_id=limit_id, scenario_id=shock.scenario_id) for shock in shocks),
        unit=Unit.RATIO,
        rows=_joined(rows, shocks),
        over=stressed_nav(shocks),
    )


def _joined(rows: Sequence[ConvexRows], shocks: Sequence[Shock]) -> ConvexRows:
    """One row for each state; what nets on underlyings becomes a piece of its state."""
    empty = no_rows(1)
    netted = [
        (index, Piece(own.norm, scenario_id=shock.scenario_id))
        for index, (own, shock) in enumerate(zip(rows, shocks, strict=True))
        if own.norm is not None
    ]
    pieces = None
    if netted:
        row = np.array([index for index, _ in netted], dtype=np.intp)
        weights = SparseRows(len(rows), row, np.arange(len(row), dtype=np.intp), np.ones(len(row)))
        pieces = Pieces(tuple(piece for _, piece in netted), weights)
    return ConvexRows(
        np.zeros(len(rows)),
        stacked([own.linear for own in rows]),
        absolute=stacked([empty if own.absolute is None else own.absolute for own in rows]),
        pieces=pieces,
    )


def leverage_rows(book: Book, definition: LeverageDefinition, shock: Shock | None = None) -> ConvexRows:
    """What counts as leverage, as a convex function of positions.

    After a shock every position counts at what it is worth then, at least zero.
    """
    rows = _rows_today(book, definition)
    if shock is None:
        return rows
    worth = np.concatenate([np.maximum(1.0 + shock.final, 0.0), np.ones(len(book.postings.tier))])
    norm = rows.norm
    if isinstance(norm, Taxicab):
        norm = Taxicab(norm.rows.by_column(worth), norm.offset, norm.variable_count)
    absolute = None if rows.absolute is None else rows.absolute.by_column(worth)
    return ConvexRows(rows.constant, rows.linear.by_column(worth), absolute=absolute, norm=norm)


def _rows_today(book: Book, definition: LeverageDefinition) -> ConvexRows:
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
    weight = book.universe.each(overlay_weight, LineKind.OVERLAY)
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
    return book.universe.each(own_leverage, LineKind.ALPHA_SLEEVE)


def _counted_tiers(book: Book) -> FloatArray:
    return book.universe.each(_counted_tier, LineKind.RESERVE_TIER)


def _counted_tier(line: Line) -> float:
    return float(line.reserve_tier is not None and not line.reserve_tier.cash_equivalent)


def _unfunded(book: Book) -> FloatArray:
    return (book.is_kind(LineKind.ALPHA_SLEEVE) & (book.pool >= 0)).astype(float)
