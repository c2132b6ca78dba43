"""What a period does to holdings before anybody trades: earnings, drift, financing, fees.

Capital lines earn their whole return and keep it. Overlays and unfunded sleeves earn their return over cash
on notional, settled in cash through the reserve, and their notional drifts with it. A column of its own is
what a line earns net: fees and drag are in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from counterpoise.backtest.posting import Posted
from counterpoise.backtest.table import ReturnTable
from counterpoise.model import Line, TotalPortfolio

Loadings = Mapping[str, Mapping[str, float]]
"""Of lines on drivers, by line and driver; of lines that are not named the stated ones count."""


@dataclass(frozen=True)
class Earned:
    """Holdings after a period, what was earned by source, and what each pool settles in cash."""

    holdings: dict[str, float]
    earnings: dict[str, float]
    settled: dict[str, float]
    """Money by pool, from the portfolio's side; below zero is variation margin to pay."""


def earn(
    portfolio: TotalPortfolio, table: ReturnTable, period: int, holdings: dict[str, float], loadings: Loadings
) -> Earned:
    """One period."""
    after: dict[str, float] = {}
    earnings: defaultdict[str, float] = defaultdict(float)
    settled: defaultdict[str, float] = defaultdict(float)
    cash, per_year = float(table.cash[period]), table.per_year
    for line in portfolio.lines:
        held = holdings[line.line_id]
        excess = table.excess(line, period, loadings.get(line.line_id))
        if line.margin_pool_id:
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
            cost = 0.0 if table.has_return(line, period) else _annual_cost(line) / per_year
            source = _SOURCES[line.reserve_tier is not None, line.funded_beta is not None]
            earnings["cash"] += held * cash
            earnings[source] += held * excess
            earnings["fees and drag"] -= held * cost
            after[line.line_id] = held * (1.0 + cash + excess - cost)
    return Earned(after, dict(earnings), dict(settled))


_SOURCES = {(True, False): "reserve", (False, True): "funded beta", (False, False): "sleeves"}


def charge_margin_credit(
    portfolio: TotalPortfolio, earned: Earned, posted: Posted, cash_ids: set[str], per_year: int
) -> Earned:
    """What cash earned less for being posted, of what was posted before the period."""
    settled, total = dict(earned.settled), 0.0
    for pool in portfolio.margin_pools:
        spread = (pool.annual_margin_credit_spread or 0.0) / per_year
        cash = sum(
            value
            for (line_id, pool_id), value in posted.posted.items()
            if pool_id == pool.margin_pool_id and line_id in cash_ids
        )
        settled[pool.margin_pool_id] = settled.get(pool.margin_pool_id, 0.0) - spread * cash
        total += spread * cash
    return Earned(earned.holdings, {**earned.earnings, "margin credit": -total}, settled)


def _carry(line: Line, notional: float) -> float:
    """What a margined line pays a year beside its gains: financing (shorts receive theirs) and roll."""
    overlay = line.overlay
    if overlay is None:
        return 0.0
    spread = overlay.annual_financing_spread
    if notional < 0.0 and overlay.annual_short_financing_spread is not None:
        spread = overlay.annual_short_financing_spread
    return spread * notional + overlay.annual_roll_cost * abs(notional)


def _annual_cost(line: Line) -> float:
    if line.reserve_tier is not None:
        return line.reserve_tier.annual_cash_drag
    return line.funded_beta.annual_fee if line.funded_beta is not None else 0.0
