"""How much of a limit is used."""

from __future__ import annotations

from counterpoise.model import LimitReport, LiquidityCoverageMeasure, ReserveMeasure, ReserveReport
from counterpoise.wording.names import Names
from counterpoise.wording.stressed import Stressed

_FIRST_DAY = 1


def used_share(
    limit: LimitReport, reserve: ReserveReport | None, given: Stressed, names: Names
) -> float | None:
    """Share of a limit that is used, 1 at its bound and above 1 where a soft limit is missed."""
    lower, upper, value = limit.lower, limit.upper, limit.value
    if lower is not None and upper is not None:
        half = (upper - lower) / 2
        return abs(value - (upper + lower) / 2) / half if half > 0 else 1.0
    if upper is not None and upper > 0:
        return max(value / upper, 0.0)
    if lower is not None and lower > 0 and value > 0:
        return lower / value
    there = _there(limit, reserve, given, names) if lower == 0 else None
    if there is not None:
        return (there - value) / there if there > 0 else 1.0
    return 1.0 if limit.binding else None


def _there(limit: LimitReport, reserve: ReserveReport | None, given: Stressed, names: Names) -> float | None:
    """What there is of what a limit from zero on keeps: reserve, or money by a horizon; None for others."""
    stated = names.stated(limit.key)
    if stated is None or reserve is None:
        return None
    if isinstance(stated.measure, ReserveMeasure):
        return reserve.reserve_fraction if stated.measure.posted_margin_counts else reserve.free_fraction
    if not isinstance(stated.measure, LiquidityCoverageMeasure):
        return None
    day = limit.key.horizon_trading_days
    for figure in given.coverage(limit.key.scenario_id):
        if figure.horizon_trading_days == (day or _FIRST_DAY):
            return figure.same_day_cash_fraction if day == 0 else figure.source_fraction
    return None
