"""Margin calls between decisions: what pools ask for, what pays, and what is left of the reserve."""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.backtest.earning import Earned
from counterpoise.backtest.margin import margin_of
from counterpoise.backtest.plan import WalkForwardPlan
from counterpoise.backtest.posting import post, reserve_tiers
from counterpoise.backtest.records import Call, Reserve
from counterpoise.backtest.selling import cut, raise_money
from counterpoise.model import Line

DUST = 1e-9
"""Fraction of the reserve that is rounding."""


@dataclass(frozen=True)
class Settled:
    """Holdings after a period's calls, the calls, the reserve, and what was sold because it was gone."""

    holdings: dict[str, float]
    calls: tuple[Call, ...]
    reserve: Reserve
    forced_sales: dict[str, float]
    cost: float
    """Of forced sales and cuts."""


def settle(
    plan: WalkForwardPlan, period: int, earned: Earned, before: dict[str, float], rates: dict[str, float]
) -> Settled:
    """Pays or receives what pools settle, and sells what it takes where the reserve does not pay.

    Losses come from tiers that may pay variation margin, in their order, then from the others; gains go to
    the first such tier afterwards, so that one pool's do not pay another's losses. What the reserve cannot
    pay, or cannot cover as initial margin after haircuts, is raised from credit lines and then, pro rata,
    from funded lines; overlays are cut to what is covered then. `before` is initial margin before the period.
    """
    portfolio = plan.problem.portfolio
    held = dict(earned.holdings)
    tiers = reserve_tiers(portfolio)
    after = margin_of(plan, period, held, rates)
    calls, unpaid = [], 0.0
    for pool_id, margin in after.items():
        due = max(-earned.settled.get(pool_id, 0.0), 0.0)
        increase = max(margin - before.get(pool_id, 0.0), 0.0)
        payments, left = _pay(held, tiers, due)
        unpaid += left
        if due or increase:
            calls.append(
                Call(
                    margin_pool_id=pool_id,
                    variation_margin=due,
                    margin_increase=increase,
                    payments=payments,
                )
            )
    held[tiers[0].line_id] += sum(money for money in earned.settled.values() if money > 0.0)
    posted = post(portfolio, held, after)
    uncovered = sum(posted.uncovered.values())
    size = sum(held[tier.line_id] for tier in tiers) + sum(after.values()) + unpaid
    short = unpaid + uncovered
    reserve = Reserve(
        value=sum(held[tier.line_id] for tier in tiers),
        margin=sum(after.values()),
        free=-short if short > DUST * size else posted.free,
        exhausted=short > DUST * size,
    )
    if not reserve.exhausted:
        return Settled(held, tuple(calls), reserve, {}, 0.0)
    raised, cost = raise_money(plan, held, tiers[0], posted.uncovered, unpaid)
    kept, cut_cost = cut(plan, period, held, rates)
    held[tiers[0].line_id] -= cut_cost
    return Settled(held, tuple(calls), reserve, {**raised, **kept}, cost + cut_cost)


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
