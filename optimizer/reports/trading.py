"""What it takes to get from current holdings to the answer, and whom it leaves the portfolio facing."""

from __future__ import annotations

import math

import numpy as np

from counterpoise.model import CounterpartyReport, FloatArray, TradingReport
from optimizer.measures.book import Book
from optimizer.measures.counterparty import counterparty_values
from optimizer.measures.returns import one_off_costs


def report_trading(book: Book, variables: FloatArray) -> TradingReport | None:
    """Turnover and its cost, once; None where a current position is unknown."""
    if any(line.current_fraction is None for line in book.problem.portfolio.lines):
        return None
    traded = math.fsum(np.abs(variables - book.current)[: book.line_count])
    cost = math.fsum(one_off_costs(book, variables))
    return TradingReport(
        one_way_turnover_fraction=0.5 * traded,
        two_way_turnover_fraction=traded,
        cost_fraction=cost,
        cost_amount=cost * book.problem.portfolio.nav_amount,
    )


def report_counterparties(book: Book, variables: FloatArray) -> tuple[CounterpartyReport, ...]:
    """One for every counterparty, in the portfolio's order."""
    return tuple(
        CounterpartyReport(counterparty_id=name, posted_margin_fraction=posted, gross_position_fraction=gross)
        for name, (posted, gross) in counterparty_values(book, variables).items()
    )
