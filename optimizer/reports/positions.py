"""Positions and who holds each unit of capital."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from counterpoise.model import CapitalUse, FloatArray, IndexArray, LineKind, Position, TotalPortfolio
from counterpoise.recall import Recall
from optimizer.measures.book import Book
from optimizer.reports.holdings import Holdings
from optimizer.reports.instances import instances
from optimizer.reports.listing import lines_of
from optimizer.reports.locked import locked

_POSITION: Final = (
    "line_id",
    "kind",
    "fraction",
    "amount",
    "capital_fraction",
    "change_fraction",
    "initial_margin_fraction",
    "trading_cost_fraction",
)
_USE: Final = ("line_id", "margin_pool_id", "fraction", "amount")


def report_positions(book: Book, variables: FloatArray) -> tuple[Position, ...]:
    """One for every line, in the order of the problem."""
    return positions_of(Holdings(book, variables))


def positions_of(holdings: Holdings) -> tuple[Position, ...]:
    """The same."""
    book, h = holdings.book, holdings.positions
    portfolio = book.problem.portfolio
    lines = lines_of(portfolio)
    fractions = h.tolist()
    margins = zip((book.pool >= 0).tolist(), holdings.margins_alone.tolist(), strict=True)
    costs = zip(lines.costed, holdings.trading_costs.tolist(), strict=True)
    return instances(
        Position,
        _POSITION,
        zip(
            lines.line_ids,
            lines.kinds,
            fractions,
            (h * portfolio.nav_amount).tolist(),
            (h * book.capital).tolist(),
            [
                None if now is None else fraction - now
                for fraction, now in zip(fractions, lines.current, strict=True)
            ],
            [margin if margined else None for margined, margin in margins],
            [cost if costed else None for costed, cost in costs],
            strict=True,
        ),
    )


def report_capital_uses(book: Book, variables: FloatArray) -> tuple[CapitalUse, ...]:
    """Who holds each unit of capital: lines, and for tiers what is posted where; zeros left out."""
    portfolio, count = book.problem.portfolio, book.line_count
    uses = _USES.get((portfolio,), lambda: locked(_uses(book, portfolio)))
    held = variables[:count] * book.capital
    posted = book.postings.tier[uses.postings]
    np.subtract.at(held, posted, variables[count:][uses.postings])
    fractions = np.concatenate([held, variables[count:]])[uses.order]
    amounts = fractions * portfolio.nav_amount
    shown = np.flatnonzero(fractions)
    names = [uses.names[index] for index in shown.tolist()]
    return instances(
        CapitalUse,
        _USE,
        [
            (line_id, pool_id, fraction, amount)
            for (line_id, pool_id), fraction, amount in zip(
                names, fractions[shown].tolist(), amounts[shown].tolist(), strict=True
            )
        ],
    )


@dataclass(frozen=True, eq=False)
class _Uses:
    """The uses of capital that a portfolio has, in the order in which they are shown."""

    names: tuple[tuple[str, str], ...]
    """Line and pool of each; no pool where the line keeps it."""
    order: IndexArray
    """Which variable each is, what tiers keep standing for them."""
    postings: IndexArray
    """Postings of reserve tiers."""


_USES: Final = Recall[_Uses](8)


def _uses(book: Book, portfolio: TotalPortfolio) -> _Uses:
    names, order, postings, posted = [], [], [], book.postings
    for index, line in enumerate(portfolio.lines):
        if line.kind is LineKind.RESERVE_TIER:
            for posting in np.flatnonzero(posted.tier == index).tolist():
                pool = portfolio.margin_pools[posted.pool[posting]]
                names.append((line.line_id, pool.margin_pool_id))
                order.append(book.line_count + posting)
                postings.append(posting)
        names.append((line.line_id, ""))
        order.append(index)
    return _Uses(tuple(names), np.array(order, dtype=np.intp), np.array(postings, dtype=np.intp))
