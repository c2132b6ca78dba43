"""Where the money of a step comes from and lands: the reserve tiers that balance trades."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from counterpoise.model import FloatArray, IndexArray, LineKind
from optimizer.measures.book import Book
from optimizer.measures.box import Box


def balancing_lines(book: Book) -> IndexArray:
    """Lines that balance trades, in line order, shape (cash,).

    The reserve tiers that may pay variation margin; where there are none, the first reserve tier; of a
    portfolio without a reserve none, so that trades have to pay for each other.
    """
    eligible = np.flatnonzero(book.same_day > 0.0)
    return eligible if len(eligible) else np.flatnonzero(book.is_kind(LineKind.RESERVE_TIER))[:1]


@dataclass(frozen=True, eq=False)
class Cash:
    """The balancing lines between the start and the end of a rebalance.

    They move from start to end in step with the trades. What money there is beyond that lands in the first
    of them, as far as its bounds allow, then in the next; where it runs out they pay in the same order.
    """

    lines: IndexArray
    start: FloatArray
    """What they hold at the start, NAV fraction, shape (cash,)."""
    end: FloatArray
    lower: FloatArray
    upper: FloatArray

    def split(self, money: float, progress: float) -> FloatArray:
        """What each holds when trades have brought `money`, and `progress` in [0, 1] of them is done."""
        held = (1.0 - progress) * self.start + progress * self.end
        return self.landed(held, money + float(self.start.sum() - held.sum()))

    def landed(self, held: FloatArray, money: float) -> FloatArray:
        """What each holds once money has come, or gone where it is below zero."""
        held = held.copy()
        for place in range(len(held)):
            low, high = min(self.lower[place], held[place]), max(self.upper[place], held[place])
            moved = float(np.clip(held[place] + money, low, high)) - held[place]
            held[place] += moved
            money -= moved
        if len(held):
            # No tier has room for the rest: the first one breaks its bound, and the limits say so.
            held[0] += money
        return held


def open_cash(book: Book, box: Box, start: FloatArray, end: FloatArray) -> Cash:
    """The balancing lines of a book between two portfolios, positions of shape (n,)."""
    lines = balancing_lines(book)
    return Cash(lines, start[lines], end[lines], box.lower[lines], box.upper[lines])
