"""Calm and stressed periods, and how drivers move in each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from counterpoise.model import (
    BoolArray,
    DriverValue,
    FloatArray,
    RegimeKind,
    RegimeReport,
    RiskModelQuestion,
    StressPeriods,
    SymmetricMatrix,
)
from optimizer.evidence.covariance import Covariance, sample, split
from optimizer.evidence.drivers import DriverReturns

_SMALLEST_EIGENVALUE = 1e-10
"""Of a correlation, over the largest: directions that move less are made up of others, and rounding."""


@dataclass(frozen=True)
class Regime:
    """Some of the periods, and how drivers move in them."""

    kind: RegimeKind
    period_count: int
    covariance: Covariance


def find_regimes(question: RiskModelQuestion, drivers: DriverReturns) -> tuple[Regime, ...]:
    """All periods; where the question says which ones are stressed, calm and stressed ones, too.

    Calm and stressed are told apart among periods with a return of every driver. Each period counts once,
    whatever the estimator of the risk model.
    """
    found = [Regime(RegimeKind.ALL, len(drivers.returns), sample(drivers.returns))]
    common = drivers.returns[drivers.common]
    is_stressed = _stressed(question, drivers)
    if is_stressed is not None:
        for kind, chosen in ((RegimeKind.CALM, ~is_stressed), (RegimeKind.STRESSED, is_stressed)):
            found.append(Regime(kind, int(chosen.sum()), sample(common[chosen])))
    return tuple(found)


def turbulence(returns: FloatArray) -> FloatArray:
    """Squared Mahalanobis distance (x - m)' S^+ (x - m) of every period, shape (T,).

    m and S are mean and covariance of all periods (Kritzman and Li 2010, "Skulls, financial turbulence, and
    risk management"); S^+ leaves out directions in which drivers never move.
    """
    away = returns - returns.mean(axis=0)
    volatilities, correlation = split(np.atleast_2d(np.cov(returns, rowvar=False)))
    scaled = away / np.where(volatilities > 0.0, volatilities, 1.0)
    inverse = np.linalg.pinv(correlation, rcond=_SMALLEST_EIGENVALUE, hermitian=True)
    return np.asarray(((scaled @ inverse) * scaled).sum(axis=1))


def report_regime(regime: Regime, drivers: DriverReturns) -> RegimeReport:
    """Annual volatilities, correlation, and its mean over pairs."""
    correlation, ids = regime.covariance.correlation, drivers.driver_ids
    pairs = correlation[np.tril_indices(len(ids), -1)]
    return RegimeReport(
        kind=regime.kind,
        period_count=regime.period_count,
        annual_volatilities=driver_values(
            ids, np.sqrt(drivers.periods_per_year) * regime.covariance.volatilities
        ),
        correlation=SymmetricMatrix.from_square(ids, correlation),
        mean_correlation=float(pairs.mean()) if len(pairs) else 0.0,
    )


def driver_values(ids: tuple[str, ...], values: FloatArray) -> tuple[DriverValue, ...]:
    """Numbers, shape (D,), with the drivers that they are of."""
    return tuple(
        DriverValue(driver_id=name, value=float(value)) for name, value in zip(ids, values, strict=True)
    )


def _stressed(question: RiskModelQuestion, drivers: DriverReturns) -> BoolArray | None:
    """Which of the common periods are stressed; None where the question names none."""
    regime = question.stress_regime
    if regime is not None and regime.turbulent is not None:
        distances = turbulence(drivers.returns[drivers.common])
        return _largest(distances, regime.turbulent.count(len(distances)))
    if regime is not None and regime.periods is not None:
        return _inside(drivers, regime.periods)[drivers.common]
    return None


def _largest(distances: FloatArray, count: int) -> BoolArray:
    """The largest so many; of equal ones the earlier."""
    chosen = np.zeros(len(distances), dtype=bool)
    chosen[np.argsort(-distances, kind="stable")[:count]] = True
    return chosen


def _inside(drivers: DriverReturns, periods: StressPeriods) -> BoolArray:
    """Which periods end in a window."""
    return np.array(
        [
            any(window.first_date <= date <= window.last_date for window in periods.windows)
            for date in drivers.dates
        ]
    )
