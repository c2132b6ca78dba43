"""Expected net return: one risk-free rate per unit of capital, then every term by line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from counterpoise.model import FloatArray, Line, LineKind, ReturnTermKind
from counterpoise.recall import Recall
from optimizer.measures.book import Book
from optimizer.measures.convex import ConvexRows, Trades, read_only, single_row

COSTS = (
    ReturnTermKind.FINANCING,
    ReturnTermKind.ROLL,
    ReturnTermKind.FEE,
    ReturnTermKind.CASH_DRAG,
    ReturnTermKind.BORROWING,
    ReturnTermKind.MARGIN_CREDIT,
    ReturnTermKind.TRADING_COST,
)
"""What is paid whatever markets do."""


@dataclass(frozen=True, eq=False)
class Charge:
    """What a term takes from the return, by variable: annual decimals, shape (n + E,) each.

    linear v + absolute |v| + traded |t| + impact |t|^1.5, t = v - current, all but the first >= 0.
    """

    linear: FloatArray
    absolute: FloatArray
    traded: FloatArray
    impact: FloatArray

    def __post_init__(self) -> None:
        """Makes the arrays read-only: charges are remembered and shared."""
        for array in (self.linear, self.absolute, self.traded, self.impact):
            read_only(array)

    def by_variable(self, variables: FloatArray, current: FloatArray) -> FloatArray:
        """The charge at v."""
        trade = np.abs(variables - current)
        held = self.linear * variables + self.absolute * np.abs(variables)
        return np.asarray(held + self.traded * trade + self.impact * trade**1.5)


def charges_of(book: Book) -> dict[ReturnTermKind, Charge]:
    """Every term but the cash term, rf on all capital, which is not by line.

    A long overlay pays its financing spread and a short one receives its own, which is not larger:
    s_long u+ - s_short u- = (s_long + s_short)/2 u + (s_long - s_short)/2 |u|.
    """
    years = book.problem.objective.holding_period_years
    traded = _charge(book) if years is None else _trading(book, years)
    return {**_standing_charges(book), ReturnTermKind.TRADING_COST: traded}


_STANDING: Final = Recall[dict[ReturnTermKind, Charge]](16)


def _standing_charges(book: Book) -> dict[ReturnTermKind, Charge]:
    """Of what is held: those of its universe under its evidence rule, whatever its goal."""
    return _STANDING.get((book.universe, book.weighed), lambda: _charges_of_holding(book))


def _charges_of_holding(book: Book) -> dict[ReturnTermKind, Charge]:
    return {
        ReturnTermKind.PREMIUM: _charge(book, linear=-book.universe.premium),
        ReturnTermKind.ALPHA: _charge(book, linear=-(book.alpha + book.fees)),
        ReturnTermKind.FINANCING: _charge(
            book,
            linear=book.universe.each(_mean_spread, LineKind.OVERLAY),
            absolute=book.universe.each(_half_width, LineKind.OVERLAY),
        ),
        ReturnTermKind.ROLL: _charge(book, absolute=book.universe.each(_roll, LineKind.OVERLAY)),
        ReturnTermKind.FEE: _charge(book, linear=book.universe.each(_fee, LineKind.FUNDED_BETA) + book.fees),
        ReturnTermKind.CASH_DRAG: _charge(book, linear=book.universe.each(_drag, LineKind.RESERVE_TIER)),
        ReturnTermKind.BORROWING: _charge(book, linear=book.universe.each(_borrowing, LineKind.CREDIT_LINE)),
        ReturnTermKind.MARGIN_CREDIT: _charge(book, by_posting=margin_credit(book)),
    }


def line_returns(book: Book, variables: FloatArray) -> dict[ReturnTermKind, FloatArray]:
    """Signed annual return of each line by kind of term, as fractions of NAV, shape (n,) each.

    What posted cash loses counts for the tier.
    """
    returns = {}
    for kind, charge in charges_of(book).items():
        paid = charge.by_variable(variables, book.current)
        by_line = -paid[: book.line_count]
        np.subtract.at(by_line, book.postings.tier, paid[book.line_count :])
        returns[kind] = by_line
    return returns


def charge_rows(book: Book, charges: Iterable[Charge], constant: float = 0.0) -> ConvexRows:
    """The sum of charges as one convex function."""
    every = tuple(charges)
    linear = np.sum([charge.linear for charge in every], axis=0)
    absolute = np.sum([charge.absolute for charge in every], axis=0)
    traded = np.sum([charge.traded for charge in every], axis=0)
    impact = np.sum([charge.impact for charge in every], axis=0)
    trades = None
    if traded.any() or impact.any():
        trades = Trades(book.current, single_row(traded), single_row(impact))
    return ConvexRows(np.array([constant]), single_row(linear), absolute=single_row(absolute), trades=trades)


def one_off_costs(book: Book, variables: FloatArray) -> FloatArray:
    """What the trades cost, once, NAV fraction by line, shape (n,)."""
    trade = np.abs(variables - book.current)[: book.line_count]
    return np.asarray(book.universe.each(_linear_rate) * trade + book.universe.each(_impact) * trade**1.5)


def reference_return(book: Book) -> float | None:
    """Risk-free rate and premia of the reference portfolio, annual decimal; None without one."""
    if book.reference is None:
        return None
    return book.problem.market.annual_risk_free_rate + float(book.reference @ book.premia)


def _charge(
    book: Book,
    *,
    linear: FloatArray | None = None,
    by_posting: FloatArray | None = None,
    absolute: FloatArray | None = None,
    traded: FloatArray | None = None,
    impact: FloatArray | None = None,
) -> Charge:
    count, postings = book.line_count, len(book.postings.tier)

    def spread(by_line: FloatArray | None) -> FloatArray:
        return np.concatenate([np.zeros(count) if by_line is None else by_line, np.zeros(postings)])

    of_lines = spread(linear)
    if by_posting is not None:
        of_lines[count:] = by_posting
    return Charge(of_lines, spread(absolute), spread(traded), spread(impact))


def _trading(book: Book, years: float) -> Charge:
    return _charge(
        book, traded=book.universe.each(_linear_rate) / years, impact=book.universe.each(_impact) / years
    )


def _mean_spread(line: Line) -> float:
    return 0.0 if line.overlay is None else line.overlay.annual_financing_spread - _half_width(line)


def _half_width(line: Line) -> float:
    if line.overlay is None or line.overlay.annual_short_financing_spread is None:
        return 0.0
    return 0.5 * (line.overlay.annual_financing_spread - line.overlay.annual_short_financing_spread)


def _roll(line: Line) -> float:
    return 0.0 if line.overlay is None else line.overlay.annual_roll_cost


def _fee(line: Line) -> float:
    return 0.0 if line.funded_beta is None else line.funded_beta.annual_fee


def _drag(line: Line) -> float:
    return 0.0 if line.reserve_tier is None else line.reserve_tier.annual_cash_drag


def _borrowing(line: Line) -> float:
    return 0.0 if line.credit_line is None else line.credit_line.annual_borrowing_spread


def _linear_rate(line: Line) -> float:
    return 0.0 if line.trading_cost is None else line.trading_cost.linear_rate


def _impact(line: Line) -> float:
    return 0.0 if line.trading_cost is None else line.trading_cost.impact_coefficient or 0.0


def margin_credit(book: Book) -> FloatArray:
    """Spread that posted cash loses, by posting; cash are tiers that may pay variation margin."""
    spreads = np.array(
        [pool.annual_margin_credit_spread or 0.0 for pool in book.problem.portfolio.margin_pools], dtype=float
    )
    return np.asarray(spreads[book.postings.pool] * book.same_day[book.postings.tier])
