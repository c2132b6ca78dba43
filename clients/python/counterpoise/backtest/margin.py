"""Initial margin between decisions, and at them: what pools ask for at the end of a period."""

from __future__ import annotations

from dataclasses import replace

from counterpoise.backtest.plan import WalkForwardPlan
from counterpoise.model import Line, MarginPool, TotalPortfolio

_MOST_RATE = 1.0
_MOST_MULTIPLE = 100.0


def multiplier_of(plan: WalkForwardPlan, pool_id: str, period: int) -> float:
    """Multiple of initial margin that a pool asks for at the end of a period."""
    date = plan.history.dates[period]
    found = [
        item.multiplier
        for item in plan.margin_periods
        if item.margin_pool_id == pool_id and item.first_date <= date <= item.last_date
    ]
    return max(found, default=1.0)


def margin_of(
    plan: WalkForwardPlan, period: int, holdings: dict[str, float], rates: dict[str, float]
) -> dict[str, float]:
    """Initial margin by pool. Pools that are not outright keep the share of gross notional in `rates`."""
    portfolio = plan.problem.portfolio
    margins = {}
    for pool in portfolio.margin_pools:
        multiplier = multiplier_of(plan, pool.margin_pool_id, period)
        margins[pool.margin_pool_id] = sum(
            min(_rate(pool, line, rates) * multiplier, _MOST_RATE) * abs(holdings[line.line_id])
            for line in portfolio.lines
            if line.margin_pool_id == pool.margin_pool_id
        )
    return margins


def gross_notional(portfolio: TotalPortfolio, pool_id: str, holdings: dict[str, float]) -> float:
    """Sum of absolute notionals of the lines of a pool."""
    return sum(abs(holdings[line.line_id]) for line in portfolio.lines if line.margin_pool_id == pool_id)


def line_margined(plan: WalkForwardPlan, line: Line, period: int) -> Line:
    """A line with the initial margin rate that its pool asks for on the day, at most 1."""
    rate = line.initial_margin_rate
    if rate is None:
        return line
    rate = min(rate * multiplier_of(plan, line.margin_pool_id, period), _MOST_RATE)
    if line.overlay is not None:
        return replace(line, overlay=replace(line.overlay, initial_margin_rate=rate))
    sleeve, account = line.alpha_sleeve, line.unfunded
    if sleeve is None or account is None:
        return line
    account = replace(account, initial_margin_rate=rate)
    return replace(line, alpha_sleeve=replace(sleeve, unfunded_account=account))


def pool_margined(plan: WalkForwardPlan, pool: MarginPool, period: int) -> MarginPool:
    """A pool that scans or measures risk, with what it asks for on the day; scans lose at most everything."""
    multiplier = multiplier_of(plan, pool.margin_pool_id, period)
    if pool.scan is not None:
        scans = tuple(
            replace(
                scan,
                returns=tuple(
                    replace(item, value=max(min(item.value * multiplier, _MOST_RATE), -_MOST_RATE))
                    for item in scan.returns
                ),
            )
            for scan in pool.scan.scan_scenarios
        )
        return replace(pool, scan=replace(pool.scan, scan_scenarios=scans))
    if pool.risk is not None:
        multiple = min(pool.risk.volatility_multiple * multiplier, _MOST_MULTIPLE)
        return replace(pool, risk=replace(pool.risk, volatility_multiple=multiple))
    return pool


def _rate(pool: MarginPool, line: Line, rates: dict[str, float]) -> float:
    if pool.outright is None:
        return rates.get(pool.margin_pool_id, 0.0)
    return line.initial_margin_rate or 0.0
