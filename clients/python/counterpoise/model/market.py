"""What the caller believes about markets: risk-free rate, drivers, risk model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from counterpoise.model.common import DriverValue, ExpectedReturn, FloatArray, SymmetricMatrix


@dataclass(frozen=True, kw_only=True)
class Driver:
    """A risk driver: an asset class or a factor; the caller decides."""

    driver_id: str
    display_name: str = ""
    expected_return: ExpectedReturn


@dataclass(frozen=True, kw_only=True)
class DriverGroup:
    """A named set of drivers."""

    driver_group_id: str
    driver_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class VolatilityCorrelation:
    """Annual volatilities (decimals) and a correlation, each over every driver."""

    annual_volatilities: tuple[DriverValue, ...]
    correlation: SymmetricMatrix


@dataclass(frozen=True, kw_only=True)
class RiskModel:
    """Covariance of the drivers' annual returns, in one of two forms. Exactly one is set."""

    volatility_correlation: VolatilityCorrelation | None = None
    annual_covariance: SymmetricMatrix | None = None

    def covariance(self, driver_ids: tuple[str, ...]) -> FloatArray:
        """Annual covariance S over `driver_ids`, shape (drivers, drivers)."""
        if self.volatility_correlation is not None:
            matrix = self.volatility_correlation.correlation
            by_id = {item.driver_id: item.value for item in self.volatility_correlation.annual_volatilities}
            volatility = np.array([by_id[driver_id] for driver_id in driver_ids])
        elif self.annual_covariance is not None:
            matrix = self.annual_covariance
            volatility = np.ones(len(driver_ids))
        else:
            raise ValueError("risk model: set volatility_correlation or annual_covariance")
        square = matrix.to_square() * 1.0
        if matrix.axis_ids != driver_ids:
            place = {axis_id: index for index, axis_id in enumerate(matrix.axis_ids)}
            order = [place[driver_id] for driver_id in driver_ids]
            square = square[np.ix_(order, order)]
        return np.asarray(volatility[:, None] * square * volatility[None, :])


@dataclass(frozen=True, kw_only=True)
class MarketModel:
    """What the caller believes about markets. Shared by many portfolios, changes daily."""

    annual_risk_free_rate: float
    drivers: tuple[Driver, ...]
    risk_model: RiskModel
    driver_groups: tuple[DriverGroup, ...] = ()

    @property
    def driver_ids(self) -> tuple[str, ...]:
        """Ids of the drivers, in order."""
        return tuple(driver.driver_id for driver in self.drivers)


def covariance_factor(covariance: FloatArray) -> FloatArray:
    """A factor L of a covariance S = L L', shape (drivers, rank bound).

    Volatilities times a factor of the correlation: lower triangular (Cholesky) where that is
    positive definite, else from its eigenvectors, with eigenvalues below zero taken as zero.
    Volatility of exposures x is then |L'x|.
    """
    volatility = np.sqrt(np.clip(covariance.diagonal(), 0.0, None))
    scale = np.where(volatility > 0.0, volatility, 1.0)
    correlation = covariance / np.outer(scale, scale)
    try:
        factor = np.linalg.cholesky(correlation)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(correlation)
        factor = vectors * np.sqrt(np.clip(values, 0.0, None))
    return np.asarray(scale[:, None] * factor)
