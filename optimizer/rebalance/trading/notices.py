"""Redemptions: from notice to money, as the liquidity of a line says."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from counterpoise.model import Line, LineKind, RedemptionNotice
from optimizer.reports.weekdays import weekday_after

_NEXT_DAY = 1
"""Money of the next day is a sale that settles, no redemption by notice."""

_ROUNDING = 1e-9
"""Of a position: what a share may fall short by and still cover an amount."""


@dataclass(frozen=True)
class Settlement:
    """When a trade is money."""

    trading_days: int
    covered: bool = True
    """Whether the liquidity of the line covers the whole amount by then."""


def settlement_of(line: Line, available: float, change: float) -> Settlement:
    """When a change of a position is money; NAV fractions.

    What brings money, a sale or a draw of credit, waits for the first horizon at which the line's share of
    what is `available`, the position or the undrawn commitment, covers it; where none does, for the last.
    Done on day 0: what costs money or needs margin alone, and sales of tiers that may pay variation margin
    and of lines without liquidity that are no tiers. Other tiers without liquidity are money on day 1.
    """
    money = -line.capital_per_unit * change
    tier = line.reserve_tier
    if money <= 0.0 or (tier is not None and tier.variation_margin_eligible):
        return Settlement(0)
    if not line.liquidity:
        return Settlement(0 if tier is None else 1)
    for point in line.liquidity:
        if point.available_share * available >= money - _ROUNDING * abs(available):
            return Settlement(point.horizon_trading_days)
    return Settlement(line.liquidity[-1].horizon_trading_days, covered=False)


def notice_for(
    line: Line, current: float, change: float, as_of_date: datetime.date
) -> RedemptionNotice | None:
    """The notice that a sale needs; None for purchases, and where the money is there by the next day.

    `current` and `change` are NAV fractions. Notice is given on the as-of date; the payment date counts
    Mondays to Fridays from it, and is unset beyond the calendar.
    """
    if line.kind is LineKind.CREDIT_LINE or not line.liquidity:
        return None
    settlement = settlement_of(line, current, change)
    if settlement.covered and settlement.trading_days <= _NEXT_DAY:
        return None
    return RedemptionNotice(
        notice_date=as_of_date,
        trading_days=settlement.trading_days,
        payment_date=weekday_after(as_of_date, settlement.trading_days),
        covered=settlement.covered,
    )
