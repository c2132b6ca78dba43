"""Liquidity coverage: money by when against margin, variation margin and outflows under stress."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from counterpoise.model import FloatArray, LimitKey, LineKind, LiquidityCoverageMeasure, Unit
from optimizer.measures.book import Book
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import ConvexRows, Piece, Pieces, SparseRows, single_row, stacked
from optimizer.measures.margin import Margin, initial_margin, variation_margins
from optimizer.measures.shocks import Shock

SAME_DAY = 0
"""Horizon of the member that asks cash alone to pay the first day's variation margin."""


def money(book: Book, shock: Shock, trading_days: int, variables: FloatArray) -> FloatArray:
    """What each line brings within a horizon, NAV fraction, shape (n,)."""
    by_line = money_per_unit(book, shock, trading_days)
    return np.asarray(by_line * variables[: book.line_count] + undrawn(book, by_line))


def money_per_unit(book: Book, shock: Shock, trading_days: int) -> FloatArray:
    """Available and kept, times sold (1 + r) of lines that use capital; of credit lines less, shape (n,)."""
    available = shock.kept * book.available_shares(trading_days)
    worth = shock.sold * (1.0 + shock.returns(trading_days))
    return np.asarray(np.where(book.capital > 0.0, available * worth, available * book.capital))


def undrawn(book: Book, by_line: FloatArray) -> FloatArray:
    """Money that credit lines bring before anything is drawn, NAV fraction, shape (n,)."""
    return np.asarray(-np.where(book.is_kind(LineKind.CREDIT_LINE), by_line, 0.0) * book.committed)


@dataclass(frozen=True, eq=False)
class _Row:
    """One member: the convex negative of what it measures."""

    key: LimitKey
    constant: float
    linear: FloatArray
    absolute: FloatArray
    pieces: tuple[Piece, ...]
    weights: FloatArray


def measure_coverage(book: Book, measure: LiquidityCoverageMeasure, limit_id: str) -> Constraint:
    """Sources less the need, for every state and horizon of the limit, NAV fraction. Concave."""
    rows = list(_rows(book, measure, limit_id))
    names: dict[str, int] = {}
    pieces: list[Piece] = []
    row, column = [], []
    for index, own in enumerate(rows):
        for piece in own.pieces:
            if piece.name not in names:
                names[piece.name] = len(pieces)
                pieces.append(piece)
            row.append(index)
            column.append(names[piece.name])
    weights = np.concatenate([own.weights for own in rows])
    entries = SparseRows(len(rows), np.array(row, dtype=np.intp), np.array(column, dtype=np.intp), weights)
    return Constraint(
        keys=tuple(own.key for own in rows),
        unit=Unit.NAV_FRACTION,
        rows=ConvexRows(
            np.array([own.constant for own in rows]),
            stacked([single_row(own.linear) for own in rows]),
            absolute=stacked([single_row(own.absolute) for own in rows]),
            pieces=Pieces(tuple(pieces), entries) if pieces else None,
        ),
        sign=-1.0,
    )


def _rows(book: Book, measure: LiquidityCoverageMeasure, limit_id: str) -> Iterator[_Row]:
    multiple = 1.0 if measure.need_multiple is None else measure.need_multiple
    pools = range(len(book.problem.portfolio.margin_pools))
    for shock in book.shocks_in(measure.scenarios):
        margins = [initial_margin(book, pool, shock) for pool in pools]
        for days in measure.horizon_trading_days:
            key = LimitKey(limit_id=limit_id, scenario_id=shock.scenario_id, horizon_trading_days=days)
            yield _covered(book, shock, margins, multiple, key)
        if 1 in measure.horizon_trading_days:
            key = LimitKey(limit_id=limit_id, scenario_id=shock.scenario_id, horizon_trading_days=SAME_DAY)
            yield _paid_the_same_day(book, shock, multiple, key)


def _covered(book: Book, shock: Shock, margins: Sequence[Margin], multiple: float, key: LimitKey) -> _Row:
    """Multiple times the need, less the sources."""
    trading_days = key.horizon_trading_days or SAME_DAY
    by_line = money_per_unit(book, shock, trading_days)
    absolute = np.sum([np.zeros(book.line_count), *(margin.absolute for margin in margins)], axis=0)
    initial = [
        (piece, weight)
        for margin in margins
        for piece, weight in zip(margin.pieces, margin.weights, strict=True)
    ]
    variation = [(piece, 1.0) for piece in variation_margins(book, shock, trading_days)]
    return _Row(
        key,
        constant=multiple * book.problem.portfolio.outflow_fraction(trading_days)
        - float(undrawn(book, by_line).sum()),
        linear=_over_variables(book, -by_line),
        absolute=multiple * absolute,
        pieces=tuple(piece for piece, _ in (*initial, *variation)),
        weights=multiple * np.array([weight for _, weight in (*initial, *variation)], dtype=float),
    )


def _paid_the_same_day(book: Book, shock: Shock, multiple: float, key: LimitKey) -> _Row:
    """Multiple times the first day's variation margin, less cash at what it is worth that is not posted."""
    cash = book.same_day
    linear = _over_variables(book, -cash * (1.0 + shock.returns(1)))
    linear[book.line_count :] = cash[book.postings.tier]
    pieces = tuple(variation_margins(book, shock, 1))
    return _Row(key, 0.0, linear, np.zeros(book.line_count), pieces, np.full(len(pieces), multiple))


def _over_variables(book: Book, by_line: FloatArray) -> FloatArray:
    return np.concatenate([by_line, np.zeros(len(book.postings.tier))])
