"""Moments and quotients that are numbers for every sample."""

from __future__ import annotations

import numpy as np

from counterpoise.model import FloatArray

_NOTHING = 1e-12
"""Returns that move less than this a period do not move."""


def volatility(returns: FloatArray, periods_per_year: int) -> float:
    """Sample standard deviation of returns, annual decimal; 0 with fewer than two."""
    return float(np.sqrt(periods_per_year) * returns.std(ddof=1)) if len(returns) > 1 else 0.0


def quotient(numerator: float, denominator: float) -> float:
    """Their quotient, 0 over a denominator that rounding alone keeps from zero."""
    return numerator / denominator if denominator > _NOTHING else 0.0


def slope(outcome: FloatArray, market: FloatArray) -> float | None:
    """Least-squares slope with an intercept; None where the market does not move."""
    centred = market - market.mean()
    if len(market) < 2 or np.ptp(market) < _NOTHING:
        return None
    return float(centred @ (outcome - outcome.mean()) / (centred @ centred))
