"""What a period does to holdings before anybody trades: earnings, drift, financing, fees, calls.

Capital lines earn their whole return and keep it. Overlays and unfunded sleeves earn their return over cash
on notional, settled in cash through the reserve, and their notional drifts with it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from counterpoise.backtest.table import ReturnTable
from counterpoise.model import Line, TotalPortfolio


@dataclass(frozen=True)
class Earned:
    """Holdings after a period, what was earned by source, and what each pool settles in cash."""

    holdings: dict[str, float]
    earnings: dict[str, float]
    settled: dict[str, float]
    """Money by pool, from the portfolio's side; below zero is variation margin to pay."""


def earn(
    portfolio: TotalPortfolio,
    table: ReturnTable,
    period: int,
    holdings: dict[str, float],
    margins: dict[str, float],
) -> Earned:
    """One period. `margins` is initial margin by pool, which earns less where its pool takes a spread."""
    after: dict[str, float] = {}
    earnings: defaultdict[str, float] = defaultdict(float)
    settled: defaultdict[str, float] = defaultdict(float)
    cash, per_year = float(table.cash[period]), table.per_year
    for line in portfolio.lines:
        held = holdings[line.line_id]
        if line.margin_pool_id:
            excess = table.excess(line, period)
            source = "overlays" if line.overlay is not None else "sleeves"
            gain, carry = held * excess, _carry(line, held) / per_year
            earnings[source] += gain
            earnings["financing and roll"] -= carry
            settled[line.margin_pool_id] += gain - carry
            after[line.line_id] = held * (1.0 + excess)
        elif line.credit_line is not None:
            interest = held * (cash + line.credit_line.annual_borrowing_spread / per_year)
            earnings["borrowing"] -= interest
            after[line.line_id] = held + interest
        else:
            parts = _capital_parts(line, table, period, held)
            for source, money in parts.items():
                earnings[source] += money
            after[line.line_id] = held + sum(parts.values())
    for pool in portfolio.margin_pools:
        spread = (pool.annual_margin_credit_spread or 0.0) / per_year * margins.get(pool.margin_pool_id, 0.0)
        earnings["margin credit"] -= spread
        settled[pool.margin_pool_id] -= spread
    return Earned(after, dict(earnings), dict(settled))


def _carry(line: Line, notional: float) -> float:
    """What a margined line pays a year beside its gains: financing (shorts receive theirs) and roll."""
    overlay = line.overlay
    if overlay is None:
        return 0.0
    spread = overlay.annual_financing_spread
    if notional < 0.0 and overlay.annual_short_financing_spread is not None:
        spread = overlay.annual_short_financing_spread
    return spread * notional + overlay.annual_roll_cost * abs(notional)


def _capital_parts(line: Line, table: ReturnTable, period: int, held: float) -> dict[str, float]:
    cash, per_year = float(table.cash[period]), table.per_year
    if line.reserve_tier is not None:
        excess = table.excess(line, period)
        drag = line.reserve_tier.annual_cash_drag / per_year if line.line_id not in table.own else 0.0
        return {"cash": held * cash, "reserve": held * (excess - drag)}
    if line.funded_beta is not None:
        fee = line.funded_beta.annual_fee / per_year
        return {"cash": held * cash, "funded beta": held * table.excess(line, period), "fees": -held * fee}
    return {"cash": held * cash, "sleeves": held * table.excess(line, period)}
