"""The numbers of one series: known, in decimals, and returns rather than prices."""

from __future__ import annotations

import numpy as np

from counterpoise.model import ErrorReason, FloatArray, Frequency, ReturnColumn
from counterpoise.validate.ranges import PERIOD_RETURN
from counterpoise.validate.report import Place, Report
from counterpoise.validate.text import shown

_LARGEST_VOLATILITY = 3.0
"""Annual decimal: above it a series is not in decimals."""
_LARGEST_MEDIAN = 0.5
"""Of absolute returns: above it a series is not in decimals."""
_LEAST_PRICE = 0.5
"""Mean of a series that never falls below zero, above which it holds prices."""
_NORMAL = 1.4826
"""Standard deviation of normal numbers over their median absolute deviation."""
_IN_DECIMALS = "returns are decimals, of which 0.01 is 1 %"


def check_series(column: ReturnColumn, frequency: Frequency | None, place: Place, report: Report) -> None:
    """Some return is known; none is a price, in percent, or outside the range."""
    returns = np.asarray(column.returns, dtype=float)
    periods = np.flatnonzero(column.known())
    known, at = returns[periods], (*place, "returns")
    if not len(known):
        message = f"no return of {shown(column.column_id)} is known; leave the column out, or fill it"
        report.add(at, ErrorReason.HISTORY_TOO_SHORT, message)
        return
    with np.errstate(over="ignore", invalid="ignore"):
        flaw = _unit_flaw(known, frequency)
    if flaw:
        message = f"{shown(column.column_id)}: {flaw}"
        report.add(at, ErrorReason.NUMBER_OUT_OF_RANGE, message)
        return
    outside = (known < PERIOD_RETURN.least) | (known > PERIOD_RETURN.most)
    for period in periods[outside].tolist():
        message = PERIOD_RETURN.refusal(returns[period])
        report.add((*at, period), ErrorReason.NUMBER_OUT_OF_RANGE, message)


def _unit_flaw(known: FloatArray, frequency: Frequency | None) -> str:
    """Why the series as a whole cannot be decimal returns; empty where it can."""
    mean = float(np.mean(known))
    if np.all(known > 0) and mean > _LEAST_PRICE:
        return (
            f"all above 0, {mean:.6g} on average, which are prices, not returns; write price over the price "
            f"before, less 1: {_IN_DECIMALS}"
        )
    median = float(np.median(np.abs(known)))
    if median > _LARGEST_MEDIAN:
        return f"half of the returns are above {100 * median:.4g} % in size, as if in percent; {_IN_DECIMALS}"
    if frequency is None:
        return ""
    volatility = _usual_size(known) * frequency.periods_per_year**0.5
    if volatility > _LARGEST_VOLATILITY:
        return (
            f"a volatility of {100 * volatility:.4g} % a year by its usual moves, as if in percent; "
            f"{_IN_DECIMALS}"
        )
    return ""


def _usual_size(known: FloatArray) -> float:
    """Standard deviation by the median absolute deviation, which no crash and no single mistake inflates.

    The median is over moves alone, weighted with their share of periods: many series stand still at times.
    """
    away = np.abs(known - np.median(known))
    moves = away[away > 0]
    if not len(moves):
        return 0.0
    share = len(moves) / len(away)
    return _NORMAL * float(np.median(moves)) * float(np.sqrt(share))
