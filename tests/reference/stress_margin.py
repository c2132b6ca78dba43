"""Initial margin today and under stress, and variation margin, pool by pool."""

from __future__ import annotations

import math

from counterpoise.model import Line, MarginPool, Scenario
from tests.reference.risk import residual_variance
from tests.reference.stress_book import StressBook, pool_of


def rows_of(book: StressBook, pool: MarginPool) -> list[int]:
    """Rows of the lines that a pool margins."""
    return [row for row, line in enumerate(book.lines) if pool_of(line) == pool.margin_pool_id]


def multiplier(scenario: Scenario | None, pool: MarginPool, line: Line | None = None) -> float:
    """Margin under stress over today's: the line's own, else its pool's, else 1."""
    if scenario is None:
        return 1.0
    of_pool = 1.0
    for item in scenario.margin_multipliers:
        if line is not None and item.line_id == line.line_id:
            return item.multiplier
        if item.margin_pool_id == pool.margin_pool_id:
            of_pool = item.multiplier
    return of_pool


def initial_margin(book: StressBook, pool: MarginPool, scenario: Scenario | None = None) -> float:
    """Initial margin of a pool, NAV fraction; today without a scenario."""
    rows = rows_of(book, pool)
    if pool.outright is not None:
        return sum(
            multiplier(scenario, pool, book.lines[row]) * rate(book.lines[row]) * abs(book.h[row])
            for row in rows
        )
    today = _scanned(book, pool, rows) if pool.scan is not None else _measured(book, pool, rows)
    return multiplier(scenario, pool) * today


def variation_margin(book: StressBook, pool: MarginPool, scenario: Scenario | None, day: int) -> float:
    """What the pool's lines lose by a day, at least nothing."""
    returns = book.returns(scenario, day)
    return max(0.0, -sum(returns[row] * book.h[row] for row in rows_of(book, pool)))


def all_initial(book: StressBook, scenario: Scenario | None = None) -> float:
    """Initial margin of all pools."""
    return sum(initial_margin(book, pool, scenario) for pool in book.problem.portfolio.margin_pools)


def all_variation(book: StressBook, scenario: Scenario | None, day: int) -> float:
    """Variation margin of all pools; what one gains pays for no other."""
    return sum(variation_margin(book, pool, scenario, day) for pool in book.problem.portfolio.margin_pools)


def margin_increase(book: StressBook, scenario: Scenario) -> float:
    """What pools ask for beyond today's initial margin; one that asks for less gives nothing to others."""
    return sum(
        max(0.0, initial_margin(book, pool, scenario) - initial_margin(book, pool))
        for pool in book.problem.portfolio.margin_pools
    )


def rate(line: Line) -> float:
    """Initial margin of an outright pool's line, fraction of notional."""
    if line.overlay is not None:
        return line.overlay.initial_margin_rate or 0.0
    if line.alpha_sleeve is not None and line.alpha_sleeve.unfunded_account is not None:
        return line.alpha_sleeve.unfunded_account.initial_margin_rate or 0.0
    raise ValueError(f"{line.line_id} is not margined")


def _scanned(book: StressBook, pool: MarginPool, rows: list[int]) -> float:
    """The largest loss over the scans, at least zero."""
    worst = 0.0
    for scan in pool.scan.scan_scenarios if pool.scan is not None else ():
        by_line = {item.line_id: item.value for item in scan.returns}
        worst = max(worst, -sum(by_line[book.lines[row].line_id] * book.h[row] for row in rows))
    return worst


def _measured(book: StressBook, pool: MarginPool, rows: list[int]) -> float:
    """Multiple times the volatility of the pool's lines over the margin period of 252nds of a year."""
    if pool.risk is None:
        raise ValueError(f"{pool.margin_pool_id} has no method")
    exposure = [
        sum(float(book.numbers.loadings[row, column]) * book.h[row] for row in rows)
        for column in range(len(book.problem.market.drivers))
    ]
    variance = residual_variance(book.problem, book.plain.h, rows) if rows else 0.0
    for i, one in enumerate(exposure):
        for j, other in enumerate(exposure):
            variance += one * float(book.numbers.covariance[i, j]) * other
    years = pool.risk.margin_period_trading_days / 252
    return pool.risk.volatility_multiple * math.sqrt(years) * math.sqrt(max(variance, 0.0))
