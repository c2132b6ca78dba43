"""Money by when: what lines bring, what is asked for, cash on the same day, and what is not money in time."""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.model import Line, LineKind, Scenario
from tests.reference.stress_book import StressBook, add_on, gate, pool_of, uses_capital
from tests.reference.stress_margin import all_initial, all_variation


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Sources by kind of line, and needs, NAV fractions."""

    reserve: float
    funded: float
    sleeves: float
    credit: float
    initial: float
    variation: float
    outflow: float
    same_day_cash: float

    @property
    def sources(self) -> float:
        """All money that is there."""
        return self.reserve + self.funded + self.sleeves + self.credit

    @property
    def need(self) -> float:
        """All money that is asked for."""
        return self.initial + self.variation + self.outflow


def available(line: Line, day: int) -> float:
    """Share of a position that is money by a day; of a credit line, of what is not drawn."""
    if pool_of(line):
        return 0.0
    if not line.liquidity:
        return 1.0 if line.reserve_tier is not None and day >= 1 else 0.0
    share = 0.0
    for point in line.liquidity:
        if point.horizon_trading_days <= day:
            share = point.available_share
    return share


def first_money(line: Line) -> int | None:
    """Trading days until a line is money in part; None where it never is."""
    if not line.liquidity:
        return 1 if line.reserve_tier is not None else None
    days = [point.horizon_trading_days for point in line.liquidity if point.available_share > 0]
    return min(days) if days else None


def source(book: StressBook, row: int, scenario: Scenario | None, day: int) -> float:
    """Money that a line brings by a day."""
    line = book.lines[row]
    let_go = (1.0 - gate(scenario, line)) * available(line, day)
    if line.credit_line is not None:
        committed = line.credit_line.committed_amount / book.problem.portfolio.nav_amount
        return let_go * (committed - book.h[row])
    if not uses_capital(line):
        return 0.0
    return (1.0 - add_on(scenario, line)) * let_go * (1.0 + book.returns(scenario, day)[row]) * book.h[row]


def outflow(book: StressBook, day: int) -> float:
    """Known outflows until a day."""
    amount = 0.0
    for flow in book.problem.portfolio.cash_flows:
        if flow.horizon_trading_days <= day:
            amount = flow.outflow_amount
    return amount / book.problem.portfolio.nav_amount


def figure(book: StressBook, scenario: Scenario | None, day: int) -> Figure:
    """Sources and needs within a horizon."""
    by_kind = dict.fromkeys(LineKind, 0.0)
    for row, line in enumerate(book.lines):
        by_kind[line.kind] += source(book, row, scenario, day)
    return Figure(
        reserve=by_kind[LineKind.RESERVE_TIER],
        funded=by_kind[LineKind.FUNDED_BETA],
        sleeves=by_kind[LineKind.ALPHA_SLEEVE],
        credit=by_kind[LineKind.CREDIT_LINE],
        initial=all_initial(book, scenario),
        variation=all_variation(book, scenario, day),
        outflow=outflow(book, day),
        same_day_cash=cash(book, scenario, day),
    )


def cash(book: StressBook, scenario: Scenario | None, day: int) -> float:
    """Tiers that may pay variation margin, at what they are worth by a day, less what they have posted."""
    total = 0.0
    for row, (line, r) in enumerate(zip(book.lines, book.returns(scenario, day), strict=True)):
        if line.reserve_tier is not None and line.reserve_tier.variation_margin_eligible:
            total += (1.0 + r) * book.h[row] - posted(book, line)
    return total


def posted(book: StressBook, tier: Line) -> float:
    """What a tier has posted to all pools, before haircuts."""
    return sum(value for (tier_id, _), value in book.postings.items() if tier_id == tier.line_id)


def same_day(book: StressBook, scenario: Scenario | None, multiple: float) -> float:
    """Cash beyond the variation margin of the first day that the multiple counts."""
    return cash(book, scenario, 1) - multiple * all_variation(book, scenario, 1)


def coverage(book: StressBook, scenario: Scenario | None, day: int, multiple: float) -> float:
    """Sources less the need that the multiple counts."""
    found = figure(book, scenario, day)
    return found.sources - multiple * found.need


def illiquid(book: StressBook, scenario: Scenario | None, day: int) -> float:
    """What cannot be money by a day, at what it is worth after the scenario; today's NAV fraction."""
    total = 0.0
    for row, (line, r) in enumerate(zip(book.lines, book.after(scenario), strict=True)):
        if uses_capital(line):
            stuck = 1.0 - (1.0 - gate(scenario, line)) * available(line, day)
            total += stuck * (1.0 + r) * book.h[row]
    return total
