"""What is drawn, sold and cut because the reserve is gone."""

from __future__ import annotations

from counterpoise.backtest.margin import margin_of
from counterpoise.backtest.plan import WalkForwardPlan
from counterpoise.backtest.posting import haircut_at, post
from counterpoise.model import Line, LineKind

_ROUNDING = 1e-9


def raise_money(
    plan: WalkForwardPlan, held: dict[str, float], cash: Line, uncovered: dict[str, float], unpaid: float
) -> tuple[dict[str, float], float]:
    """Draws credit and sells funded lines until the need is met; what pools are owed is paid at once.

    `uncovered` is initial margin without collateral, by pool: what is raised for it is held in the tier
    `cash` and counts there after its haircut. Sales cost the linear rate of the line and the plan's
    forced-sale rate. Changes `held`; returns money by line, and the cost.
    """
    sales: dict[str, float] = {}
    cost, needed = 0.0, unpaid
    for pool_id, margin in uncovered.items():
        haircut = haircut_at(cash, pool_id)
        needed += margin / (1.0 - haircut) if haircut is not None else 0.0
    for line in plan.problem.portfolio.lines:
        if line.credit_line is not None and needed > 0.0:
            drawn = min(needed, max(line.credit_line.committed_amount - held[line.line_id], 0.0))
            held[line.line_id] += drawn
            held[cash.line_id] += drawn
            sales[line.line_id] = drawn
            needed -= drawn
    rates = {
        line.line_id: min(_linear_rate(line) + plan.forced_sale_cost_rate, 1.0)
        for line in plan.problem.portfolio.lines
        if line.kind is LineKind.FUNDED_BETA
    }
    value = sum(held[name] * (1.0 - rate) for name, rate in rates.items())
    share = min(needed / value, 1.0) if value > 0.0 else 0.0
    for name, rate in rates.items():
        sold = share * held[name]
        held[name] -= sold
        held[cash.line_id] += sold * (1.0 - rate)
        cost += sold * rate
        sales[name] = sold
    held[cash.line_id] -= unpaid
    return {name: money for name, money in sales.items() if money > 0.0}, cost


def cut(
    plan: WalkForwardPlan, period: int, held: dict[str, float], rates: dict[str, float]
) -> tuple[dict[str, float], float]:
    """Cuts the lines of every pool in proportion to what its collateral covers.

    Changes `held`; returns the notional that went by line, and what cutting it cost.
    """
    portfolio = plan.problem.portfolio
    margins = margin_of(plan, period, held, rates)
    uncovered = post(portfolio, held, margins).uncovered
    gone: dict[str, float] = {}
    cost = 0.0
    for line in portfolio.lines:
        pool_id = line.margin_pool_id
        if uncovered.get(pool_id, 0.0) <= _ROUNDING * margins.get(pool_id, 0.0) or not held[line.line_id]:
            continue
        kept = held[line.line_id] * (1.0 - uncovered[pool_id] / margins[pool_id])
        gone[line.line_id] = abs(held[line.line_id] - kept)
        cost += _linear_rate(line) * gone[line.line_id]
        held[line.line_id] = kept
    return gone, cost


def _linear_rate(line: Line) -> float:
    return line.trading_cost.linear_rate if line.trading_cost is not None else 0.0
