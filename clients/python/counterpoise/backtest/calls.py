"""Margin calls between decisions: what pools ask for, what pays, and what is left of the reserve."""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.backtest.earning import Earned
from counterpoise.backtest.plan import WalkForwardPlan
from counterpoise.backtest.records import Call, Reserve
from counterpoise.model import Line, LineKind, MarginPool, TotalPortfolio

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Settled:
    """Holdings after a period's calls, the calls, the reserve, and what was sold because it was gone."""

    holdings: dict[str, float]
    calls: tuple[Call, ...]
    reserve: Reserve
    margins: dict[str, float]
    forced_sales: dict[str, float]
    cost: float
    """Of forced sales."""


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
    return {
        pool.margin_pool_id: multiplier_of(plan, pool.margin_pool_id, period)
        * _base_margin(pool, portfolio, holdings, rates)
        for pool in portfolio.margin_pools
    }


def gross_notional(portfolio: TotalPortfolio, pool_id: str, holdings: dict[str, float]) -> float:
    """Sum of absolute notionals of the lines of a pool."""
    return sum(abs(holdings[line.line_id]) for line in portfolio.lines if line.margin_pool_id == pool_id)


def reserve_tiers(portfolio: TotalPortfolio) -> list[Line]:
    """Reserve tiers, those first that may pay variation margin."""
    tiers = [line for line in portfolio.lines if line.reserve_tier is not None]
    return sorted(tiers, key=lambda line: not _is_cash(line))


def settle(
    plan: WalkForwardPlan, period: int, earned: Earned, before: dict[str, float], rates: dict[str, float]
) -> Settled:
    """Pays or receives what pools settle, and sells what it takes where the reserve does not pay.

    Gains go to the first tier that may pay variation margin. Losses come from such tiers in their order, then
    from the others. What the reserve cannot pay, or cannot cover as initial margin after haircuts, is raised
    from credit lines and then, pro rata and at their trading costs, from funded lines; overlays are cut to
    what is covered then. `before` is initial margin by pool before the period.
    """
    portfolio = plan.problem.portfolio
    held, settled = dict(earned.holdings), earned.settled
    tiers = reserve_tiers(portfolio)
    calls = []
    gains = sum(money for money in settled.values() if money > 0.0)
    held[tiers[0].line_id] += gains
    after = margin_of(plan, period, held, rates)
    unpaid = 0.0
    for pool in portfolio.margin_pools:
        due = max(-settled.get(pool.margin_pool_id, 0.0), 0.0)
        increase = max(after[pool.margin_pool_id] - before.get(pool.margin_pool_id, 0.0), 0.0)
        payments, left = _pay(held, tiers, due)
        unpaid += left
        if due or increase:
            calls.append(
                Call(
                    margin_pool_id=pool.margin_pool_id,
                    variation_margin=due,
                    margin_increase=increase,
                    payments=payments,
                )
            )
    margin = sum(after.values())
    free = sum(_collateral(tier) * held[tier.line_id] for tier in tiers) - margin - unpaid
    dust = 1e-9 * max(sum(abs(money) for money in held.values()), 1.0)
    reserve = Reserve(
        value=sum(held[tier.line_id] for tier in tiers), margin=margin, free=free, exhausted=free < -dust
    )
    if not reserve.exhausted:
        return Settled(held, tuple(calls), reserve, after, {}, 0.0)
    sales, cost = _raise(portfolio, held, tiers[0], -free - unpaid, unpaid)
    cut = _cut(plan, period, held, tiers, rates)
    margins = margin_of(plan, period, held, rates)
    return Settled(held, tuple(calls), reserve, margins, {**sales, **cut}, cost)


def _base_margin(
    pool: MarginPool, portfolio: TotalPortfolio, holdings: dict[str, float], rates: dict[str, float]
) -> float:
    if pool.outright is None:
        share = rates.get(pool.margin_pool_id, 0.0)
        return share * gross_notional(portfolio, pool.margin_pool_id, holdings)
    return sum(
        (line.initial_margin_rate or 0.0) * abs(holdings[line.line_id])
        for line in portfolio.lines
        if line.margin_pool_id == pool.margin_pool_id
    )


def _is_cash(line: Line) -> bool:
    return line.reserve_tier is not None and line.reserve_tier.variation_margin_eligible


def _collateral(tier: Line) -> float:
    """Value as initial margin per unit: after the least haircut of the pools that take it, 0 without one."""
    terms = tier.reserve_tier.collateral_terms if tier.reserve_tier is not None else ()
    return 1.0 - min((item.haircut for item in terms), default=1.0)


def _pay(held: dict[str, float], tiers: list[Line], due: float) -> tuple[dict[str, float], float]:
    """Takes money from tiers in their order; returns who paid what, and what nobody paid."""
    payments = {}
    for tier in tiers:
        paid = min(due, max(held[tier.line_id], 0.0))
        if paid > 0.0:
            payments[tier.line_id] = paid
            held[tier.line_id] -= paid
            due -= paid
    return payments, due


def _raise(
    portfolio: TotalPortfolio, held: dict[str, float], cash: Line, uncovered: float, unpaid: float
) -> tuple[dict[str, float], float]:
    """Draws credit and sells funded lines until the need is met; what pools are owed is paid at once.

    `uncovered` is initial margin without collateral: what is raised for it counts after the haircut of the
    tier `cash`.
    """
    sales: dict[str, float] = {}
    cost, worth = 0.0, _collateral(cash)
    needed = unpaid + (uncovered / worth if worth > 0.0 else uncovered)
    for line in portfolio.lines:
        if line.credit_line is not None and needed > 0.0:
            drawn = min(needed, max(line.credit_line.committed_amount - held[line.line_id], 0.0))
            held[line.line_id] += drawn
            held[cash.line_id] += drawn
            sales[line.line_id] = drawn
            needed -= drawn
    rates = {
        line.line_id: line.trading_cost.linear_rate if line.trading_cost is not None else 0.0
        for line in portfolio.lines
        if line.kind is LineKind.FUNDED_BETA
    }
    raised = sum(held[name] * (1.0 - rate) for name, rate in rates.items())
    share = min(needed / raised, 1.0) if raised > 0.0 else 0.0
    for name, rate in rates.items():
        sold = share * held[name]
        held[name] -= sold
        held[cash.line_id] += sold * (1.0 - rate)
        cost += sold * rate
        sales[name] = sold
    held[cash.line_id] -= unpaid
    return {name: money for name, money in sales.items() if money > 0.0}, cost


def _cut(
    plan: WalkForwardPlan, period: int, held: dict[str, float], tiers: list[Line], rates: dict[str, float]
) -> dict[str, float]:
    """Cuts margined lines in proportion to what collateral covers; returns the notional that went."""
    margin = sum(margin_of(plan, period, held, rates).values())
    covered = max(sum(_collateral(tier) * held[tier.line_id] for tier in tiers), 0.0)
    if margin <= covered * (1.0 + _ROUNDING):
        return {}
    cut = {}
    for line in plan.problem.portfolio.lines:
        if line.margin_pool_id and held[line.line_id]:
            kept = held[line.line_id] * covered / margin
            cut[line.line_id] = abs(held[line.line_id] - kept)
            held[line.line_id] = kept
    return cut
