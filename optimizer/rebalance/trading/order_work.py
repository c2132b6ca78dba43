"""What is to be traded: by line, in parts that can be told apart, from a day on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from counterpoise.model import FloatArray, IndexArray, LineKind, StepPurpose
from optimizer.measures.book import Book
from optimizer.rebalance.trading.lots import whole_contracts
from optimizer.rebalance.trading.notices import settlement_of
from optimizer.rebalance.trading.order_cash import Cash

NEGLIGIBLE = 1e-9
"""Changes below this are none, NAV fraction: what solvers leave."""

_LEAST_SHARE = 0.05
"""Of a trade: no part is smaller, and none leaves less."""

_LEAST_FRACTION = 1e-4
"""Of NAV: as above."""

_ROUNDING = 1e-9

PURPOSES = (
    StepPurpose.RAISE_RESERVE,
    StepPurpose.REDUCE_NOTIONAL,
    StepPurpose.ADD_NOTIONAL,
    StepPurpose.INVEST,
)
"""In the order in which they come."""


@dataclass(frozen=True, eq=False)
class Work:
    """The trades of a rebalance; arrays are by line, shape (n,)."""

    book: Book
    cash: Cash
    start: FloatArray
    """Positions before. Lines that do not trade are at their end already: what solvers leave, and what is
    left over of contracts that were not whole, is no trade."""
    end: FloatArray
    change: FloatArray
    """Of the lines that trade; zero for others and for cash."""
    contract_counts: IndexArray
    """Signed contracts to trade; zero for lines without contract terms."""
    days: IndexArray
    """Trading day from which a line's trade can be done."""

    @property
    def lines(self) -> IndexArray:
        """Lines that trade."""
        return np.flatnonzero(self.change)

    def positions(self, left: FloatArray) -> FloatArray:
        """Positions with shares of the trades left to do, cash included."""
        held = np.where(left > 0.0, self.start + (1.0 - left) * self.change, self.end)
        held[self.cash.lines] = self.cash.end
        if not left.any():
            return held
        size = np.abs(self.change)
        progress = 1.0 - float(left @ size) / float(size.sum())
        money = -float(self.book.capital @ ((1.0 - left) * self.change))
        held[self.cash.lines] = self.cash.split(money, progress)
        return held

    def after(self, left: FloatArray, parts: Mapping[int, float]) -> FloatArray:
        """Shares left once parts of lines are done."""
        left = left.copy()
        for line, part in parts.items():
            left[line] = 0.0 if part > left[line] - _ROUNDING else left[line] - part
        return left

    def whole(self, line: int, part: float, *, up: bool = False) -> float:
        """A share of a trade in whole contracts, rounded down, or up; any share of lines without."""
        count = abs(int(self.contract_counts[line]))
        if not count:
            return part
        return float(np.ceil(part * count - _ROUNDING) if up else np.floor(part * count + _ROUNDING)) / count

    def cut(self, line: int, left: float, most: float) -> float:
        """The largest part of at most `most` that is no sliver and leaves none; zero where there is none."""
        least = max(_LEAST_SHARE, _LEAST_FRACTION / abs(float(self.change[line])))
        part = self.whole(line, min(most, left - least))
        return part if part >= least - _ROUNDING else 0.0

    def legs(self, left: FloatArray, day: int) -> Iterator[tuple[int, float, StepPurpose]]:
        """What can be done on a day: line, share and purpose, the largest first within each purpose.

        Where a line goes through zero the part up to zero reduces notional, and the rest adds it.
        """
        found: list[tuple[int, float, int, float, StepPurpose]] = []
        for line in np.flatnonzero((left > 0.0) & (self.days <= day)).tolist():
            share, change = float(left[line]), float(self.change[line])
            if self.book.capital[line] != 0.0:
                brings = self.book.capital[line] * change < 0.0
                purpose = StepPurpose.RAISE_RESERVE if brings else StepPurpose.INVEST
            else:
                held = float(self.start[line]) + (1.0 - share) * change
                purpose = StepPurpose.REDUCE_NOTIONAL if held * change < 0.0 else StepPurpose.ADD_NOTIONAL
                if purpose is StepPurpose.REDUCE_NOTIONAL:
                    share = self._to_zero(line, share, held)
            found.append((PURPOSES.index(purpose), -share * abs(change), line, share, purpose))
        for _, _, line, share, purpose in sorted(found, key=lambda leg: leg[:3]):
            yield line, share, purpose

    def _to_zero(self, line: int, left: float, held: float) -> float:
        """The share that takes a position to zero, or all that is left where it does not get there."""
        share = abs(held) / abs(float(self.change[line]))
        return left if share >= left else self.cut(line, left, share) or left


def open_work(
    book: Book, cash: Cash, start: FloatArray, end: FloatArray, contract_amounts: Mapping[int, float]
) -> Work:
    """The trades between two portfolios.

    The contracts held are the nearest whole count to each portfolio's position.
    """
    nav, lines = book.problem.portfolio.nav_amount, book.problem.portfolio.lines
    change = np.where(np.abs(end - start) > NEGLIGIBLE, end - start, 0.0)
    change[cash.lines] = 0.0
    counts = np.zeros(book.line_count, dtype=np.intp)
    for line, amount in contract_amounts.items():
        counts[line] = whole_contracts(end[line] * nav / amount) - whole_contracts(start[line] * nav / amount)
        if counts[line] == 0:
            change[line] = 0.0
    days = np.zeros(book.line_count, dtype=np.intp)
    for line in np.flatnonzero(change).tolist():
        drawn = book.is_kind(LineKind.CREDIT_LINE)[line]
        available = float(book.committed[line] - start[line] if drawn else start[line])
        days[line] = settlement_of(lines[line], available, float(change[line])).trading_days
    return Work(
        book=book,
        cash=cash,
        start=np.where(change == 0.0, end, start),
        end=end,
        change=change,
        contract_counts=counts,
        days=days,
    )
