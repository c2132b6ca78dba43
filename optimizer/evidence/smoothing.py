"""Are reported returns smoothed, and what they were before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from statsmodels.tsa.stattools import q_stat

from counterpoise.model import FloatArray, SmoothingReport, SmoothingTreatment
from optimizer.evidence.filters import (
    geltner_weights,
    moving_average_weights,
    undo_geltner,
    undo_moving_average,
)
from optimizer.evidence.numbers import volatility
from optimizer.evidence.sample import Sample
from optimizer.evidence.table import Table

_LEVEL = 0.01
_LAG_COUNT = 3
_MOST_VARIANCE = 1.1
"""Reported variance over the true one: smoothing takes some away, and an estimate adds little to it."""


@dataclass(frozen=True)
class Smoothing:
    """What was found in the reported excess returns of a sleeve, and what was done about it."""

    autocorrelation: float
    p_value: float
    smoothed: bool
    """Whether the test finds it, whatever was done."""
    treatment: SmoothingTreatment
    weights: tuple[float, ...]
    treated: FloatArray
    """Excess returns after the treatment, shape (periods,)."""


def treat_smoothing(table: Table, sleeve_id: str) -> Smoothing:
    """Tests all that is known of a sleeve, also where a factor is not, and treats it as asked.

    Ljung-Box over lags 1 to 3 at 1 %, and a first autocorrelation above zero. Where that is not, nothing is
    smoothed, and a filter would take volatility away instead of giving it back.
    """
    reported = table.excess[sleeve_id]
    first, p_value = _autocorrelation(table, reported)
    smoothed = p_value < _LEVEL and first > 0.0
    asked = table.question.smoothing or SmoothingTreatment.WHERE_TESTED
    if asked is SmoothingTreatment.WHERE_TESTED:
        asked = SmoothingTreatment.GELTNER if smoothed else SmoothingTreatment.NONE
    if first <= 0.0:
        asked = SmoothingTreatment.NONE
    weights: tuple[float, ...] = ()
    treated = reported
    if asked is SmoothingTreatment.GETMANSKY_LO_MAKAROV:
        found = moving_average_weights(table, reported)
        if found is None or sum(weight**2 for weight in found) > _MOST_VARIANCE:
            asked = SmoothingTreatment.GELTNER
        else:
            weights, treated = found, undo_moving_average(table, reported, found)
    if asked is SmoothingTreatment.GELTNER:
        weights, treated = geltner_weights(first), undo_geltner(table, reported, first)
    return Smoothing(first, p_value, smoothed, asked, weights, treated)


def report_smoothing(table: Table, sample: Sample, smoothing: Smoothing) -> SmoothingReport:
    """Volatilities before and after are over the periods of the sample."""
    return SmoothingReport(
        autocorrelation=smoothing.autocorrelation,
        p_value=smoothing.p_value,
        treatment=smoothing.treatment,
        weights=smoothing.weights,
        annual_reported_volatility=volatility(
            table.excess[sample.sleeve_id][sample.periods], table.periods_per_year
        ),
        annual_volatility=volatility(sample.outcome, table.periods_per_year),
    )


def _autocorrelation(table: Table, reported: FloatArray) -> tuple[float, float]:
    """First sample autocorrelation, and the probability of the Ljung-Box statistic over three lags.

    Products are of neighbours on the calendar, so that returns on two sides of a gap are none.
    """
    known = ~np.isnan(reported)
    if known.sum() <= _LAG_COUNT or np.ptp(reported[known]) == 0.0:
        return 0.0, 1.0
    away = reported - float(reported[known].mean())
    products = [np.nansum(away * table.lagged(away, lag)) for lag in range(1, _LAG_COUNT + 1)]
    correlations = np.array(products) / float(np.nansum(away**2))
    p_values = q_stat(correlations, int(known.sum()))[1]
    return float(correlations[0]), float(p_values[-1])
