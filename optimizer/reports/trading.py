"""What it takes to get from current holdings to the answer, and whom it leaves the portfolio facing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from counterpoise.model import CounterpartyExposure, CounterpartyReport, FloatArray, TradingReport
from counterpoise.recall import Recall
from optimizer.measures.book import Book
from optimizer.measures.convex import ConvexRows
from optimizer.measures.counterparty import counterparty_rows
from optimizer.reports.holdings import Holdings
from optimizer.reports.instances import instances
from optimizer.reports.listing import lines_of
from optimizer.reports.locked import locked

_COUNTERPARTY: Final = ("counterparty_id", "posted_margin_fraction", "gross_position_fraction")


def trading_of(holdings: Holdings) -> TradingReport | None:
    """Turnover and its cost, once; None where a current position is unknown."""
    portfolio = holdings.book.problem.portfolio
    if not lines_of(portfolio).all_current:
        return None
    traded = math.fsum(holdings.traded.tolist())
    cost = math.fsum(holdings.trading_costs.tolist())
    return TradingReport(
        one_way_turnover_fraction=0.5 * traded,
        two_way_turnover_fraction=traded,
        cost_fraction=cost,
        cost_amount=cost * portfolio.nav_amount,
    )


@dataclass(frozen=True, eq=False)
class _Facing:
    """Rows of what is posted to each counterparty and of the positions that face it."""

    ids: tuple[str, ...]
    posted: ConvexRows
    gross: ConvexRows


_FACING: Final = Recall[_Facing](8)


def report_counterparties(book: Book, variables: FloatArray) -> tuple[CounterpartyReport, ...]:
    """One for every counterparty, in the portfolio's order."""
    if not book.problem.portfolio.counterparties:
        return ()
    facing = _FACING.get((book.problem.portfolio,), lambda: locked(_facing(book)))
    posted, gross = facing.posted.values(variables), facing.gross.values(variables)
    return instances(
        CounterpartyReport, _COUNTERPARTY, zip(facing.ids, posted.tolist(), gross.tolist(), strict=True)
    )


def _facing(book: Book) -> _Facing:
    ids = tuple(item.counterparty_id for item in book.problem.portfolio.counterparties)
    return _Facing(
        ids,
        counterparty_rows(book, ids, CounterpartyExposure.POSTED_MARGIN),
        counterparty_rows(book, ids, CounterpartyExposure.GROSS_POSITION),
    )
