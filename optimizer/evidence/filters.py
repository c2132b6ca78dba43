"""Filters that undo smoothing: Geltner's, and that of Getmansky, Lo and Makarov."""

from __future__ import annotations

import numpy as np
from scipy import optimize, signal
from statsmodels.tsa.innovations.arma_innovations import arma_innovations

from counterpoise.model import FloatArray
from optimizer.evidence.table import Table

_LARGEST_ROOT = 0.99
"""A moving average whose inverse forgets more slowly than this is taken as not invertible."""
_SMALLEST_REST = 1e-3
_MOST_WEIGHTS = 12
_LAG_COUNT = 2


def undo_geltner(table: Table, reported: FloatArray, autocorrelation: float) -> FloatArray:
    """x_t = (r_t - rho r_{t-1}) / (1 - rho), shape (periods,); the first period of every run is lost.

    Geltner (1993), "Estimating market values from appraised values without assuming an efficient market".
    """
    return (reported - autocorrelation * table.lagged(reported, 1)) / (1.0 - autocorrelation)


def geltner_weights(autocorrelation: float) -> tuple[float, ...]:
    """Weights (1 - rho) rho^j of true returns in the reported one; the last holds all that are left."""
    weights: list[float] = []
    rest = 1.0
    while abs(rest) > _SMALLEST_REST and len(weights) < _MOST_WEIGHTS - 1:
        weights.append((1.0 - autocorrelation) * rest)
        rest *= autocorrelation
    return (*weights, rest)


def moving_average_weights(table: Table, reported: FloatArray) -> tuple[float, ...] | None:
    """Weights theta_0, theta_1, theta_2 of true returns in the reported one, which sum to 1, or None.

    Gaussian maximum likelihood of an MA(2) in demeaned returns, the variance concentrated out, added up over
    unbroken runs (Getmansky, Lo and Makarov 2004); runs of two or fewer say nothing of it. Of the moving
    averages that are equally likely the invertible one is taken; None where there is none, or the search
    does not end.
    """
    values = reported[~np.isnan(reported)]
    runs = _by_length(table, (reported - values.mean()) / values.std())
    if not runs:
        return None
    start = min(_starts(), key=lambda point: _conditional_loss(point, runs))
    found = optimize.minimize(
        _exact_loss,
        start,
        args=(runs,),
        method="L-BFGS-B",
        bounds=[(-0.999, 0.999)] * _LAG_COUNT,
        options={"ftol": 1e-11, "gtol": 1e-7},
    )
    polynomial = np.array([1.0, *_moving_average(found.x)])
    if not np.isfinite(found.fun) or np.abs(np.roots(polynomial)).max(initial=0.0) > _LARGEST_ROOT:
        return None
    return tuple(float(weight) for weight in polynomial / polynomial.sum())


def undo_moving_average(table: Table, reported: FloatArray, weights: tuple[float, ...]) -> FloatArray:
    """True returns, shape (periods,), from r_t - m = sum_j theta_j (x_{t-j} - m), m the mean of r.

    Before each run true returns are taken at their mean; its first two periods, which hang on that, are lost.
    """
    mean = np.nanmean(reported)
    true = np.full(len(reported), np.nan)
    for run in table.runs(reported):
        true[run] = mean + signal.lfilter([1.0], weights, reported[run] - mean)
        true[run.start : min(run.start + _LAG_COUNT, run.stop)] = np.nan
    return true


def _by_length(table: Table, returns: FloatArray) -> list[FloatArray]:
    """Runs of neighbouring returns, shape (length, runs) for each length.

    Innovations of runs of one length have the same weights. T periods hold fewer than sqrt(2 T) lengths, so
    that a history in a thousand pieces takes little longer than a whole one.
    """
    by_length: dict[int, list[FloatArray]] = {}
    for run in table.runs(returns):
        if run.stop - run.start > _LAG_COUNT:
            by_length.setdefault(run.stop - run.start, []).append(returns[run])
    return [np.column_stack(runs) for runs in by_length.values()]


def _moving_average(point: FloatArray) -> FloatArray:
    """The invertible MA(2) of two numbers within (-1, 1): its partial autocorrelations, signs turned."""
    return np.array([point[0] * (1.0 + point[1]), point[1]])


def _starts() -> list[FloatArray]:
    steps = np.linspace(-0.8, 0.8, 9)
    return [np.array([first, second]) for first in steps for second in steps]


def _conditional_loss(point: FloatArray, runs: list[FloatArray]) -> float:
    """Sum of squared innovations with none before a run: quick, and near enough to start from."""
    polynomial = [1.0, *_moving_average(point)]
    return sum(float(np.sum(signal.lfilter([1.0], polynomial, run, axis=0) ** 2)) for run in runs)


def _exact_loss(point: FloatArray, runs: list[FloatArray]) -> float:
    """Minus the logarithm of the likelihood, up to a constant, divided by the number of periods."""
    squares, logarithms, count = 0.0, 0.0, 0
    for run in runs:
        innovations, errors = arma_innovations(run, ma_params=_moving_average(point))
        squares += float(np.sum(innovations**2 / errors[:, None]))
        logarithms += run.shape[1] * float(np.sum(np.log(errors)))
        count += run.size
    return 0.5 * float(np.log(squares / count)) + 0.5 * logarithms / count
