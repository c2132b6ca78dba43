"""Initial margin today and under stress, and variation margin, pool by pool."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from counterpoise.model import FloatArray, RiskMargin, RiskStatistic, ScanMargin
from optimizer.measures.book import Book
from optimizer.measures.convex import Piece, Pieces, SparseRows, single_row, stacked, weighted_count
from optimizer.measures.norms import Largest
from optimizer.measures.risk import Volatility, volatility
from optimizer.measures.shocks import Shock


@dataclass(frozen=True, eq=False)
class Margin:
    """A sum over pools: absolute'|h| for those margined by rate, weight times piece for the others."""

    absolute: FloatArray
    """Shape (n,)."""
    pieces: tuple[Piece, ...]
    weights: FloatArray
    """Shape (pieces,)."""

    def value(self, variables: FloatArray) -> float:
        """The margin at v, NAV fraction."""
        by_rate = float(self.absolute @ np.abs(variables[: len(self.absolute)]))
        of_pieces = [piece.value(variables) for piece in self.pieces]
        return by_rate + float(self.weights @ np.array(of_pieces, dtype=float))


def initial_margin(book: Book, pool: int, shock: Shock | None = None) -> Margin:
    """Initial margin of one pool, today or in a scenario.

    By rate: sum of multiplier times rate times |h|. Scanning: the multiplier times the largest loss.
    Risk: the multiplier times a multiple of the pool's volatility.
    """
    members = book.pool == pool
    absolute = np.where(members, book.margin_rate, 0.0)
    piece = pool_piece(book, pool)
    if piece is None:
        return Margin(absolute if shock is None else absolute * shock.line_multiplier, (), np.zeros(0))
    weight = 1.0 if shock is None else float(shock.pool_multiplier[pool])
    return Margin(np.zeros(book.line_count), (piece,), np.array([weight]))


def pool_piece(book: Book, pool: int) -> Piece | None:
    """Today's initial margin of a pool that scans or measures risk; None for one by rate."""
    if pool not in book.pool_pieces:
        book.pool_pieces[pool] = _piece(book, pool)
    return book.pool_pieces[pool]


def _piece(book: Book, pool: int) -> Piece | None:
    terms = book.problem.portfolio.margin_pools[pool]
    if terms.scan is not None:
        return Piece(_scanned(book, terms.scan), terms.margin_pool_id)
    if terms.risk is not None:
        mask = (book.pool == pool).astype(float)
        return Piece(_volatility(book, terms.risk, mask), terms.margin_pool_id)
    return None


def _scanned(book: Book, scan: ScanMargin) -> Largest:
    """The largest loss over the scans, at least zero."""
    place = {line_id: index for index, line_id in enumerate(book.problem.portfolio.line_ids)}
    rows = []
    for scenario in scan.scan_scenarios:
        losses = np.zeros(book.line_count)
        for item in scenario.returns:
            losses[place[item.line_id]] = -item.value
        rows.append(single_row(losses))
    return Largest(stacked(rows), book.variable_count)


def _volatility(book: Book, terms: RiskMargin, mask: FloatArray) -> Volatility:
    """A multiple of the volatility of the pool's lines, drivers and residuals."""
    norm = volatility(book, RiskStatistic.TOTAL_VOLATILITY)
    return replace(norm, line_mask=mask).scaled(terms.annual_multiple)


def variation_margin(book: Book, pool: int, shock: Shock, trading_days: int) -> Piece | None:
    """What a pool has lost by a horizon, or zero where it has gained; None where nothing moves."""
    losses = np.where(book.pool == pool, -shock.returns(trading_days), 0.0)
    if not losses.any():
        return None
    pools = book.problem.portfolio.margin_pools
    day = min(trading_days, shock.last_day)
    norm = Largest(single_row(losses), book.variable_count)
    return Piece(norm, pools[pool].margin_pool_id, shock.scenario_id, day)


def variation_margins(book: Book, shock: Shock, trading_days: int) -> Iterator[Piece]:
    """Of every pool that something moves."""
    for pool in range(len(book.problem.portfolio.margin_pools)):
        piece = variation_margin(book, pool, shock, trading_days)
        if piece is not None:
            yield piece


def initial_margins(book: Book, variables: FloatArray) -> FloatArray:
    """Initial margin of each pool today, NAV fraction, shape (pools,)."""
    pools = range(len(book.problem.portfolio.margin_pools))
    return np.array([initial_margin(book, pool).value(variables) for pool in pools], dtype=float)


def stressed_margins(book: Book, variables: FloatArray, shock: Shock, today: FloatArray) -> FloatArray:
    """The same in a scenario, given today's, shape (pools,)."""
    margined = np.flatnonzero(book.pool >= 0)
    by_rate = (book.margin_rate * shock.line_multiplier * np.abs(variables[: book.line_count]))[margined]
    whole = weighted_count(book.pool[margined], by_rate, len(today))
    rated = np.array([pool_piece(book, pool) is None for pool in range(len(today))], dtype=bool)
    return np.where(rated, whole, shock.pool_multiplier * today)


def variation_values(book: Book, variables: FloatArray, shock: Shock, trading_days: int) -> FloatArray:
    """Variation margin of each pool by a horizon, NAV fraction >= 0, shape (pools,)."""
    margined = np.flatnonzero(book.pool >= 0)
    losses = -(shock.returns(trading_days) * variables[: book.line_count])[margined]
    lost = weighted_count(book.pool[margined], losses, len(book.problem.portfolio.margin_pools))
    return np.maximum(lost, 0.0)


def margins_alone(book: Book, variables: FloatArray) -> FloatArray:
    """Initial margin that each line would need alone in its pool, NAV fraction, shape (n,)."""
    alone = book.margin_rate * np.abs(variables[: book.line_count])
    for line in np.flatnonzero((book.pool >= 0) & (book.margin_rate == 0.0)):
        piece = pool_piece(book, int(book.pool[line]))
        if piece is not None:
            single = np.zeros(book.variable_count)
            single[line] = variables[line]
            alone[line] = piece.value(single)
    return np.asarray(alone)


@dataclass(frozen=True, eq=False)
class MarginRows:
    """Rows of margins: coefficients of |h|, and weighted pieces where there are any."""

    absolute: SparseRows
    pieces: Pieces | None


def rows_of(margins: Sequence[Margin]) -> MarginRows:
    """One row for each margin."""
    absolute = stacked([single_row(margin.absolute) for margin in margins])
    pieces = tuple(piece for margin in margins for piece in margin.pieces)
    if not pieces:
        return MarginRows(absolute, None)
    row = [index for index, margin in enumerate(margins) for _ in margin.pieces]
    weights = np.concatenate([margin.weights for margin in margins])
    at = np.arange(len(pieces), dtype=np.intp)
    entries = SparseRows(len(margins), np.array(row, dtype=np.intp), at, weights)
    return MarginRows(absolute, Pieces(pieces, entries))
