"""Trading days in lists: increasing, or none twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from counterpoise.model import CashFlow, ErrorReason, LiquidityPoint
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import shown


def check_increasing(points: Sequence[LiquidityPoint | CashFlow], place: Place, report: Report) -> None:
    """Reports a point whose horizon is not after the one before it."""
    last: int | None = None
    for index, point in enumerate(points):
        days = point.horizon_trading_days
        if not usable(days):
            continue
        if last is not None and days <= last:
            message = (
                f"{shown(days)} is not after {shown(last)}, the horizon before it; write horizons in order"
            )
            at = (*place, index, "horizon_trading_days")
            report.add(at, ErrorReason.NUMBER_OUT_OF_RANGE, message)
        last = days


def check_liquidity(points: Sequence[LiquidityPoint], place: Place, report: Report) -> None:
    """Horizons strictly increasing; where they are, what is money stays money."""
    check_increasing(points, place, report)
    last: float | None = None
    for index, point in enumerate(points):
        share = point.available_share
        # Points in another order have their shares in another order, too: that is one fault.
        if not usable(share) or not report.sound((*place, index, "horizon_trading_days")):
            continue
        if last is not None and share < last:
            message = f"{shown(share)} is below {shown(last)}, the share before it; write as much or more"
            at = (*place, index, "available_share")
            report.add(at, ErrorReason.NUMBER_OUT_OF_RANGE, message)
        last = share


def check_distinct(horizons: Iterable[int], place: Place, report: Report) -> int:
    """How many different horizons there are; reports those that come twice. Refused ones are passed over."""
    seen: set[int] = set()
    for index, days in enumerate(horizons):
        at = (*place, index)
        if not usable(days) or not report.sound(at):
            continue
        if days in seen:
            report.add(at, ErrorReason.ID_DUPLICATE, f"{shown(days)} comes twice; keep one")
        seen.add(days)
    return len(seen)
