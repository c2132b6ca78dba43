"""What a sleeve did in windows of bad times."""

from __future__ import annotations

import numpy as np

from counterpoise.model import FloatArray, StressCorrelation, StressWindow
from optimizer.evidence.sample import Sample
from optimizer.evidence.table import Table

_FEWEST_PERIODS = 3
_HIGH = 0.5


def report_stress(table: Table, sample: Sample) -> tuple[StressCorrelation, ...]:
    """One for each window with a period of the sample that ends in it, in their order.

    Correlation is of treated excess returns with the market's; the return is of those that were reported.
    """
    return tuple(
        _window(table, sample, window, inside)
        for window in table.question.stress_windows
        if len(inside := _inside(table, sample, window))
    )


def moves_with_stress(correlations: tuple[StressCorrelation, ...]) -> bool:
    """Whether a correlation is above 0.5."""
    return any(item.correlation is not None and item.correlation > _HIGH for item in correlations)


def _inside(table: Table, sample: Sample, window: StressWindow) -> list[int]:
    dates = [table.dates[int(period)] for period in sample.periods]
    return [index for index, date in enumerate(dates) if window.first_date <= date <= window.last_date]


def _window(table: Table, sample: Sample, window: StressWindow, inside: list[int]) -> StressCorrelation:
    reported = table.reported[sample.sleeve_id][sample.periods[inside]]
    return StressCorrelation(
        window_id=window.window_id,
        period_count=len(inside),
        correlation=_correlation(sample.outcome[inside], sample.of(table.market_id)[inside]),
        compounded_return=float(np.prod(1.0 + reported)) - 1.0,
    )


def _correlation(returns: FloatArray, market: FloatArray) -> float | None:
    """None with fewer than three periods, or where one does not move."""
    if len(returns) < _FEWEST_PERIODS or np.ptp(returns) == 0.0 or np.ptp(market) == 0.0:
        return None
    return float(np.corrcoef(returns, market)[0, 1])
