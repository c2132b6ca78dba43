"""Are reported returns smoothed, and what they were before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from statsmodels.tsa.stattools import q_stat

from counterpoise.model import (
    AlphaEvidence,
    FactorRegression,
    FloatArray,
    SmoothingReport,
    SmoothingTreatment,
)
from optimizer.evidence.filter_errors import FilterError, geltner_error, moving_average_error
from optimizer.evidence.filters import (
    geltner_weights,
    moving_average_weights,
    undo_geltner,
    undo_moving_average,
)
from optimizer.evidence.numbers import volatility
from optimizer.evidence.sample import Sample, take_sample
from optimizer.evidence.table import Table

_LEVEL = 0.01
_LAG_COUNT = 3
_LARGEST = 0.99
"""Autocorrelation: where returns are missing the estimate may be one or more, which no filter undoes."""
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
    filter_error: FilterError | None = None
    """How far the filter is off; None where none was used."""


def treat_smoothing(table: Table, sleeve_id: str) -> Smoothing:
    """Tests all that is known of a sleeve, also where a factor is not, and treats it as asked.

    Ljung-Box over lags 1 to 3 at 1 %, and a first autocorrelation above zero. Where that is not, nothing is
    smoothed, and a filter would take volatility away instead of giving it back. Where the test finds
    smoothing a moving average is undone, and Geltner's filter is used where that cannot be.
    """
    reported = table.excess[sleeve_id]
    first, p_value = _autocorrelation(table, reported)
    smoothed = p_value < _LEVEL and first > 0.0
    asked = table.question.smoothing or SmoothingTreatment.WHERE_TESTED
    if asked is SmoothingTreatment.WHERE_TESTED:
        asked = SmoothingTreatment.GETMANSKY_LO_MAKAROV if smoothed else SmoothingTreatment.NONE
    if first <= 0.0:
        asked = SmoothingTreatment.NONE
    weights: tuple[float, ...] = ()
    treated, error = reported, None
    if asked is SmoothingTreatment.GETMANSKY_LO_MAKAROV:
        found = moving_average_weights(table, reported)
        if found is None or sum(weight**2 for weight in found) > _MOST_VARIANCE:
            asked = SmoothingTreatment.GELTNER
        else:
            weights, treated = found, undo_moving_average(table, reported, found)
            error = moving_average_error(table, reported, found)
    if asked is SmoothingTreatment.GELTNER:
        weights, treated = geltner_weights(first), undo_geltner(table, reported, first)
        error = geltner_error(table, reported, first)
    return Smoothing(first, p_value, smoothed, asked, weights, treated, error)


def has_neighbours(table: Table, returns: FloatArray) -> bool:
    """Whether half of the returns, or more, have one of the period before: with fewer there is no test.

    `returns` has shape (periods,), not a number where none is known. Of n returns n - 1 can.
    """
    known = int(np.count_nonzero(~np.isnan(returns)))
    pairs = int(np.count_nonzero(~np.isnan(returns) & ~np.isnan(table.lagged(returns, 1))))
    return 2 * pairs >= known - 1


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


def treated_sample(table: Table, evidence: AlphaEvidence, regression: FactorRegression) -> Sample:
    """The treated returns that a regression was over, without estimating the treatment again."""
    smoothing, treated = evidence.smoothing, table.excess[evidence.sleeve_id]
    if smoothing is not None and smoothing.treatment is SmoothingTreatment.GELTNER:
        treated = undo_geltner(table, treated, smoothing.autocorrelation)
    if smoothing is not None and smoothing.treatment is SmoothingTreatment.GETMANSKY_LO_MAKAROV:
        treated = undo_moving_average(table, treated, smoothing.weights)
    return take_sample(table, evidence.sleeve_id, treated, max(item.lag for item in regression.loadings))


def _autocorrelation(table: Table, reported: FloatArray) -> tuple[float, float]:
    """First autocorrelation, and the p-value of the Ljung-Box statistic over three lags; 0 and 1 untested.

    Products are of neighbours on the calendar, so that returns on two sides of a gap are none. Of n returns,
    m of which have another k periods before, rho_k = (n - k) / m sum of products / sum of squares (Parzen
    1963), with a variance of about 1 / m in the statistic (Stoffer and Toloi 1992): the usual ones where
    none is missing.
    """
    known = ~np.isnan(reported)
    count = int(known.sum())
    if count <= _LAG_COUNT or np.ptp(reported[known]) == 0.0 or not has_neighbours(table, reported):
        return 0.0, 1.0
    away = reported - float(reported[known].mean())
    products = [away * table.lagged(away, lag) for lag in range(1, _LAG_COUNT + 1)]
    possible = count - np.arange(1, _LAG_COUNT + 1)
    pairs = np.array([np.count_nonzero(~np.isnan(product)) for product in products])
    summed = np.array([np.nansum(product) for product in products]) / float(np.nansum(away**2))
    correlations = np.clip(summed * possible / np.maximum(pairs, 1), -_LARGEST, _LARGEST)
    p_values = q_stat(correlations * np.sqrt(pairs / possible), count)[1]
    return float(correlations[0]), float(p_values[-1])
