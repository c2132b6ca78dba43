"""Expected net return: one risk-free rate per unit of capital, then every term by line."""

from __future__ import annotations

import numpy as np

from counterpoise.model import FloatArray, ReturnTermKind
from optimizer.measures.book import Book


def line_return_rates(book: Book) -> dict[ReturnTermKind, FloatArray]:
    """Signed annual return per unit of position by kind of term, shape (n,) each.

    Roll costs are charged on absolute positions, every other term on signed ones: a long overlay
    pays its financing spread and a short one receives it. The cash term, rf on all capital, is not
    by line.
    """
    lines = book.problem.portfolio.lines
    count = book.line_count
    financing, roll, fee, drag, borrowing = (np.zeros(count) for _ in range(5))
    for index, line in enumerate(lines):
        if line.overlay is not None:
            financing[index] = -line.overlay.annual_financing_spread
            roll[index] = -line.overlay.annual_roll_cost
        elif line.funded_beta is not None:
            fee[index] = -line.funded_beta.annual_fee
        elif line.reserve_tier is not None:
            drag[index] = -line.reserve_tier.annual_cash_drag
        elif line.credit_line is not None:
            borrowing[index] = -line.credit_line.annual_borrowing_spread
    return {
        ReturnTermKind.PREMIUM: book.loadings @ book.premia,
        ReturnTermKind.ALPHA: book.alpha,
        ReturnTermKind.FINANCING: financing,
        ReturnTermKind.ROLL: roll,
        ReturnTermKind.FEE: fee,
        ReturnTermKind.CASH_DRAG: drag,
        ReturnTermKind.BORROWING: borrowing,
    }


def line_returns(book: Book, positions: FloatArray) -> dict[ReturnTermKind, FloatArray]:
    """Signed annual return of each line by kind of term, as fractions of NAV, shape (n,) each."""
    h = positions[: book.line_count]
    return {
        kind: rates * (np.abs(h) if kind is ReturnTermKind.ROLL else h)
        for kind, rates in line_return_rates(book).items()
    }


def reference_return(book: Book) -> float | None:
    """Risk-free rate and premia of the reference portfolio, annual decimal; None without one."""
    if book.reference is None:
        return None
    return book.problem.market.annual_risk_free_rate + float(book.reference @ book.premia)
