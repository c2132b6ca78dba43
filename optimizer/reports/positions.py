"""Positions and who holds each unit of capital."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from counterpoise.model import CapitalUse, FloatArray, LineKind, Position
from optimizer.measures.book import Book
from optimizer.measures.margin import margins_alone
from optimizer.measures.returns import one_off_costs


def report_positions(book: Book, variables: FloatArray) -> tuple[Position, ...]:
    """One for every line, in the order of the problem."""
    nav = book.problem.portfolio.nav_amount
    costs = one_off_costs(book, variables)
    return tuple(
        Position(
            line_id=line.line_id,
            kind=line.kind,
            fraction=float(fraction),
            amount=float(fraction * nav),
            capital_fraction=float(fraction * capital),
            change_fraction=None
            if line.current_fraction is None
            else float(fraction - line.current_fraction),
            initial_margin_fraction=float(margin) if pool >= 0 else None,
            trading_cost_fraction=None if line.trading_cost is None else float(cost),
        )
        for line, fraction, capital, pool, margin, cost in zip(
            book.problem.portfolio.lines,
            variables[: book.line_count],
            book.capital,
            book.pool,
            margins_alone(book, variables),
            costs,
            strict=True,
        )
    )


def report_capital_uses(book: Book, variables: FloatArray) -> tuple[CapitalUse, ...]:
    """Who holds each unit of capital: lines, and for tiers what is posted where; zeros left out."""
    nav = book.problem.portfolio.nav_amount
    return tuple(
        CapitalUse(line_id=line_id, margin_pool_id=pool_id, fraction=fraction, amount=fraction * nav)
        for line_id, pool_id, fraction in _uses(book, variables)
        if fraction != 0.0
    )


def _uses(book: Book, variables: FloatArray) -> Iterator[tuple[str, str, float]]:
    posted = book.postings
    for index, line in enumerate(book.problem.portfolio.lines):
        held = float(variables[index] * book.capital[index])
        if line.kind is LineKind.RESERVE_TIER:
            for posting in np.flatnonzero(posted.tier == index):
                fraction = float(variables[book.line_count + posting])
                held -= fraction
                yield (
                    line.line_id,
                    book.problem.portfolio.margin_pools[posted.pool[posting]].margin_pool_id,
                    fraction,
                )
        yield line.line_id, "", held
