"""Covariances out of returns: of the sample, with weights that halve, shrunk, and by a few factors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.covariance import ledoit_wolf

from counterpoise.model import FloatArray, RiskModelQuestion, repaired
from optimizer.evidence.drivers import DriverReturns
from optimizer.evidence.factors import factor_loadings

_STANDS_STILL = 1e-12
"""A volatility a period that is rounding."""


@dataclass(frozen=True)
class Covariance:
    """Volatilities and correlation of D drivers, and what is known about them."""

    volatilities: FloatArray
    """Of a period, where nothing else is said, shape (D,)."""
    correlation: FloatArray
    """Shape (D, D), with a diagonal of one."""
    effective_period_count: float
    """(sum w)^2 / sum w^2; where pairs count, the periods of the pair that has fewest."""
    loadings: FloatArray | None = None
    """Of standardised returns on factors of unit variance, shape (D, factors), where these make it."""
    shrinkage: float | None = None
    explained_share: float | None = None
    largest_correlation_change: float = 0.0


def estimate_covariance(question: RiskModelQuestion, drivers: DriverReturns) -> Covariance:
    """The covariance of returns over cash of a period, by the estimator that the question names."""
    if question.exponential is not None:
        ages = (drivers.places[-1] - drivers.places).astype(float)
        return exponential(drivers.returns, ages, question.exponential.half_life_periods)
    if question.ledoit_wolf is not None:
        return shrunk(drivers.returns)
    if question.factor is not None:
        return by_factors(drivers.returns, question.factor.factor_count)
    return sample(drivers.returns)


def sample(returns: FloatArray) -> Covariance:
    """Products of deviations from means over T - 1; returns have shape (T, D).

    Where returns are missing every pair counts over the periods that it has, its means over these, too; of
    what is then no covariance, eigenvalues of the correlation below zero become zero.
    """
    known = ~np.isnan(returns)
    if known.all():
        return Covariance(*split(np.atleast_2d(np.cov(returns, rowvar=False))), float(len(returns)))
    covariance, change = repaired(pairwise_covariance(returns))
    counts = known.T.astype(float) @ known
    return Covariance(*split(covariance), float(counts.min()), largest_correlation_change=change)


def pairwise_covariance(returns: FloatArray) -> FloatArray:
    """Covariance of every pair over its n common periods, n - 1 in the denominator, shape (D, D)."""
    known = (~np.isnan(returns)).astype(float)
    # Near zero, products and their means lose no digits against each other.
    away = np.where(known > 0.0, returns - np.nanmean(returns, axis=0), 0.0)
    counts, sums = known.T @ known, away.T @ known
    return np.asarray((away.T @ away - sums * sums.T / counts) / (counts - 1.0))


def exponential(returns: FloatArray, ages: FloatArray, half_life_periods: float) -> Covariance:
    """Weights w = 2^(-age / half-life), the weighted mean removed, and no bias.

    S = sum w (x - m)(x - m)' / (sum w - sum w^2 / sum w). Ages, shape (T,), are in periods of the calendar:
    a hole in the history makes nothing younger.
    """
    weights = np.exp2(-ages / half_life_periods)
    covariance = np.atleast_2d(np.cov(returns, rowvar=False, aweights=weights))
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    return Covariance(*split(covariance), effective)


def shrunk(returns: FloatArray) -> Covariance:
    """Volatilities of the sample, and (1 - s) R + s I with the share s of Ledoit and Wolf (2004).

    "A well-conditioned estimator for large-dimensional covariance matrices"; on standardised returns, so that
    drivers of low volatility count as much as others.
    """
    plain = sample(returns)
    correlation, shrinkage = shrunk_correlation(returns)
    return Covariance(
        plain.volatilities, correlation, plain.effective_period_count, shrinkage=float(shrinkage)
    )


def shrunk_correlation(returns: FloatArray) -> tuple[FloatArray, float]:
    """Correlation shrunk towards the identity, and the share of it, of series that all move."""
    covariance, shrinkage = ledoit_wolf(standardised(returns))
    return split(covariance)[1], float(shrinkage)


def by_factors(returns: FloatArray, factor_count: int) -> Covariance:
    """Volatilities of the sample, and R = L L' + diag(1 - sum over factors of l^2).

    Loadings L are those of a factor analysis of the correlation of the sample by maximum likelihood.
    """
    plain = sample(returns)
    loadings = factor_loadings(plain.correlation, factor_count)
    correlation = loadings @ loadings.T
    np.fill_diagonal(correlation, 1.0)
    return Covariance(
        plain.volatilities,
        correlation,
        plain.effective_period_count,
        loadings=loadings,
        explained_share=float((loadings**2).sum() / len(loadings)),
    )


def standardised(returns: FloatArray) -> FloatArray:
    """Less their means, over their standard deviations, T in the denominator; shape (T, D)."""
    return np.asarray((returns - returns.mean(axis=0)) / returns.std(axis=0))


def split(covariance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Volatilities, shape (D,), and correlation, shape (D, D); of what stands still it is 0 with others."""
    volatilities = np.sqrt(np.clip(covariance.diagonal(), 0.0, None))
    moves = volatilities > _STANDS_STILL
    scale = np.where(moves, volatilities, 1.0)
    correlation = np.where(np.outer(moves, moves), covariance / np.outer(scale, scale), 0.0)
    np.fill_diagonal(correlation, 1.0)
    return np.where(moves, volatilities, 0.0), np.clip(correlation, -1.0, 1.0)
