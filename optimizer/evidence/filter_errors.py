"""How far loadings on desmoothed returns are off because the filter is estimated, too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import signal
from statsmodels.stats.sandwich_covariance import S_hac_simple

from counterpoise.model import FloatArray
from optimizer.evidence.sample import Sample
from optimizer.evidence.table import Table


@dataclass(frozen=True)
class FilterError:
    """The error of the p parameters of a filter, to first order; zero in periods without a treated return."""

    response: FloatArray
    """Derivatives of treated returns by each parameter, shape (periods, p)."""
    influence: FloatArray
    """What each period adds to the error of each estimate, shape (periods, p)."""


def geltner_error(table: Table, reported: FloatArray, autocorrelation: float) -> FilterError:
    """Of rho, the least-squares slope of a return on the one before, both less their mean."""
    before = table.lagged(reported, 1)
    away, away_before = reported - np.nanmean(reported), before - np.nanmean(reported)
    innovations = away - autocorrelation * away_before
    response = (reported - before) / (1.0 - autocorrelation) ** 2
    return _filter_error(innovations, -away_before[:, None], response[:, None])


def moving_average_error(table: Table, reported: FloatArray, weights: tuple[float, ...]) -> FilterError:
    """Of theta_1 / theta_0 and theta_2 / theta_0, by maximum likelihood.

    A true return is its mean plus g e_t with g = 1 + a_1 + a_2 and innovations e_t = r_t - m - a_1 e_{t-1} -
    a_2 e_{t-2}. The first two periods of each run count for nothing, as they are lost to the filter.
    """
    polynomial = np.array(weights) / weights[0]
    lags = range(1, len(weights))
    innovations = np.full(len(reported), np.nan)
    slopes = np.full((len(reported), len(lags)), np.nan)
    for run in table.runs(reported):
        found = signal.lfilter([1.0], polynomial, reported[run] - np.nanmean(reported))
        kept = slice(min(run.start + len(lags), run.stop), run.stop)
        innovations[kept] = found[len(lags) :]
        for lag in lags:
            earlier = np.zeros(lag + 1)
            earlier[lag] = -1.0
            slopes[kept, lag - 1] = signal.lfilter(earlier, polynomial, found)[len(lags) :]
    response = innovations[:, None] + polynomial.sum() * slopes
    return _filter_error(innovations, slopes, response)


def _filter_error(innovations: FloatArray, slopes: FloatArray, response: FloatArray) -> FilterError:
    """Influence of least sums of squared innovations e: -e de (de' de)^-1; `slopes` are de, (periods, p)."""
    slopes, innovations = np.nan_to_num(slopes), np.nan_to_num(innovations)
    influence = -innovations[:, None] * slopes @ np.linalg.pinv(slopes.T @ slopes)
    return FilterError(np.nan_to_num(response), influence)


def coefficient_errors(
    sample: Sample, coefficients: FloatArray, error_lag_count: int, filter_error: FilterError
) -> FloatArray:
    """Newey-West errors of intercept and loadings, shape (1 + terms,), that count the error of the filter.

    A coefficient is off by (X'X)^-1 X'u and, to first order, by (X'X)^-1 X'J times the error of the
    parameters, J their response: the sum over periods of one influence, whose long-run variance has Bartlett
    weights and T / (T - k) (Newey and McFadden 1994, two-step estimation). Without the second part these are
    the errors of the regression.
    """
    design = np.column_stack([np.ones(sample.period_count), sample.factors])
    spread = np.linalg.pinv(design.T @ design)
    influence = filter_error.influence @ (spread @ design.T @ filter_error.response[sample.periods]).T
    residuals = sample.outcome - design @ coefficients
    influence[sample.periods] += residuals[:, None] * design @ spread
    counted = np.any(filter_error.influence != 0.0, axis=1)
    counted[sample.periods] = True
    freedom = sample.period_count / (sample.period_count - sample.coefficient_count)
    return np.sqrt(freedom * np.diag(S_hac_simple(influence[counted], nlags=error_lag_count)))
