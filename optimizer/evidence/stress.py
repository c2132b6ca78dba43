"""What a sleeve did in windows of bad times."""

from __future__ import annotations

import numpy as np

from counterpoise.model import FloatArray, StressCorrelation, StressWindow
from optimizer.evidence.sample import Sample
from optimizer.evidence.table import Table

_FEWEST_PERIODS = 3
_HIGH = 0.5
_FEWEST_FOR_A_REASON = 6
"""With three periods one independent series in three correlates by more than a half."""

_MOST_GROWTH = 700.0
"""Logarithm of the largest growth of wealth that a number can hold."""


def report_stress(table: Table, sample: Sample) -> tuple[StressCorrelation, ...]:
    """One for each window in which a return of the sleeve is known, in their order.

    Correlation is of treated excess returns of the sample with the market's; the return is of all that were
    reported.
    """
    return tuple(
        _window(table, sample, window, reported)
        for window in table.question.stress_windows
        if len(reported := _reported(table, sample, window))
    )


def moves_with_stress(correlations: tuple[StressCorrelation, ...]) -> bool:
    """Whether a correlation over enough periods is above 0.5."""
    return any(
        item.correlation is not None
        and item.correlation > _HIGH
        and item.period_count >= _FEWEST_FOR_A_REASON
        for item in correlations
    )


def _reported(table: Table, sample: Sample, window: StressWindow) -> FloatArray:
    """Returns of the sleeve in a window, as they came."""
    within = np.array([window.first_date <= date <= window.last_date for date in table.dates])
    returns = table.reported[sample.sleeve_id]
    return np.asarray(returns[within & ~np.isnan(returns)])


def _inside(table: Table, sample: Sample, window: StressWindow) -> list[int]:
    dates = [table.dates[int(period)] for period in sample.periods]
    return [index for index, date in enumerate(dates) if window.first_date <= date <= window.last_date]


def _window(table: Table, sample: Sample, window: StressWindow, reported: FloatArray) -> StressCorrelation:
    inside, growth = _inside(table, sample, window), float(np.log1p(reported).sum())
    return StressCorrelation(
        window_id=window.window_id,
        period_count=len(inside),
        correlation=_correlation(sample.outcome[inside], sample.of(table.market_id)[inside]),
        compounded_return=float(np.expm1(min(growth, _MOST_GROWTH))),
    )


def _correlation(returns: FloatArray, market: FloatArray) -> float | None:
    """None with fewer than three periods, or where one does not move."""
    if len(returns) < _FEWEST_PERIODS or np.ptp(returns) == 0.0 or np.ptp(market) == 0.0:
        return None
    return float(np.corrcoef(returns, market)[0, 1])
