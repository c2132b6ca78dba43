"""The covariance that a risk number is for: the normal one, or that of bad times."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from counterpoise.model import (
    FloatArray,
    MarketModel,
    TotalPortfolio,
    UniformStress,
    covariance_factor,
    joint_stress,
)
from optimizer.measures.convex import read_only
from optimizer.measures.residual_risk import Residuals


@dataclass(frozen=True, eq=False)
class RiskSpace:
    """Loadings of n lines on K things, a factor of their covariance, and the lines' residuals.

    The things are the D drivers, in a uniform stress followed by the returns of the sleeves.
    """

    loadings: FloatArray
    """Shape (n, K)."""
    factor: FloatArray
    """L with covariance L L', shape (K, columns)."""
    residuals: Residuals
    repaired_by: float = 0.0
    """Largest change of a correlation that a repair made; 0 for none."""

    def __post_init__(self) -> None:
        """Makes the arrays read-only: many measures share them."""
        read_only(self.loadings)
        read_only(self.factor)

    def with_zeros(self, exposures: FloatArray) -> FloatArray:
        """Exposures to drivers, and none to sleeves, shape (K,)."""
        return np.concatenate([exposures, np.zeros(len(self.factor) - len(exposures))])


def stressed_space(market: MarketModel, portfolio: TotalPortfolio, normal: RiskSpace) -> RiskSpace:
    """The space of the stressed regime; raises ValueError where the risk model has none."""
    stressed = market.risk_model.stressed_correlation
    if stressed is None:
        raise ValueError("risk model: set stressed_correlation")
    if stressed.uniform is not None:
        return _uniform(market, portfolio, stressed.uniform, normal)
    matrix, change = market.risk_model.stressed_covariance(market.driver_ids)
    return RiskSpace(normal.loadings, covariance_factor(matrix), normal.residuals, change)


def _uniform(
    market: MarketModel, portfolio: TotalPortfolio, stress: UniformStress, normal: RiskSpace
) -> RiskSpace:
    """Sleeves by their returns, whose residuals are within; every other line by its drivers."""
    loadings, residuals = normal.loadings, normal.residuals
    covariance = market.risk_model.covariance(market.driver_ids)
    sleeves = np.flatnonzero([line.alpha_sleeve is not None for line in portfolio.lines])
    growth = np.isin(market.driver_ids, stress.growth_driver_ids)
    matrix, change = joint_stress(
        covariance, loadings[sleeves], residuals.size[sleeves], stress.correlation, growth
    )
    own = np.zeros((len(loadings), len(sleeves)))
    own[sleeves, np.arange(len(sleeves))] = 1.0
    through, sizes = loadings.copy(), residuals.size.copy()
    through[sleeves] = 0.0
    sizes[sleeves] = 0.0
    return RiskSpace(
        np.concatenate([through, own], axis=1),
        covariance_factor(matrix),
        replace(residuals, size=sizes),
        change,
    )
