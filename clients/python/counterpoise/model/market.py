"""What the caller believes about markets: risk-free rate, drivers, risk model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from counterpoise.model.common import (
    DriverValue,
    ExpectedReturn,
    FloatArray,
    RectangularMatrix,
    SymmetricMatrix,
    Unit,
)


class DriverUnit(IntEnum):
    """What a driver is measured in."""

    RETURN = 1
    BASIS_POINT = 2


@dataclass(frozen=True, kw_only=True)
class Driver:
    """A risk driver: an asset class or a factor; the caller decides."""

    driver_id: str
    display_name: str = ""
    expected_return: ExpectedReturn
    unit: DriverUnit | None = None

    @property
    def in_basis_points(self) -> bool:
        """Whether the driver is measured in basis points instead of decimal return."""
        return self.unit is DriverUnit.BASIS_POINT

    @property
    def exposure_unit(self) -> Unit:
        """The unit of exposures to the driver."""
        return Unit.NAV_FRACTION_PER_BASIS_POINT if self.in_basis_points else Unit.NAV_FRACTION


@dataclass(frozen=True, kw_only=True)
class DriverGroup:
    """A named set of drivers."""

    driver_group_id: str
    driver_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class VolatilityCorrelation:
    """Annual volatilities, in each driver's unit, and a correlation, each over every driver."""

    annual_volatilities: tuple[DriverValue, ...]
    correlation: SymmetricMatrix


@dataclass(frozen=True, kw_only=True)
class FactorForm:
    """A covariance F F' + diag(d d): loadings F of every driver on factors of unit variance."""

    loadings: RectangularMatrix
    specific_volatilities: tuple[DriverValue, ...]

    def factor(self, driver_ids: tuple[str, ...]) -> FloatArray:
        """[F, diag d] over `driver_ids`, without columns of zeros."""
        place = {driver_id: index for index, driver_id in enumerate(self.loadings.row_ids)}
        loadings = self.loadings.to_array()[[place[driver_id] for driver_id in driver_ids]]
        by_id = {item.driver_id: item.value for item in self.specific_volatilities}
        specific = np.diag([by_id[driver_id] for driver_id in driver_ids])
        return np.concatenate([loadings, specific[:, specific.any(axis=0)]], axis=1)


@dataclass(frozen=True, kw_only=True)
class RiskModel:
    """Covariance of the drivers' annual moves, and of sleeves' residuals.

    Exactly one of the last three fields is set.
    """

    sleeve_residual_correlation: SymmetricMatrix | None = None
    volatility_correlation: VolatilityCorrelation | None = None
    annual_covariance: SymmetricMatrix | None = None
    factor_form: FactorForm | None = None

    def factor(self, driver_ids: tuple[str, ...]) -> FloatArray:
        """A factor L of the covariance S = L L' over `driver_ids`, shape (drivers, columns)."""
        if self.factor_form is not None:
            return self.factor_form.factor(driver_ids)
        return covariance_factor(self.covariance(driver_ids))

    def covariance(self, driver_ids: tuple[str, ...]) -> FloatArray:
        """Annual covariance S over `driver_ids`, shape (drivers, drivers)."""
        if self.factor_form is not None:
            factor = self.factor_form.factor(driver_ids)
            return np.asarray(factor @ factor.T)
        if self.volatility_correlation is not None:
            matrix = self.volatility_correlation.correlation
            by_id = {item.driver_id: item.value for item in self.volatility_correlation.annual_volatilities}
            volatility = np.array([by_id[driver_id] for driver_id in driver_ids])
        elif self.annual_covariance is not None:
            matrix = self.annual_covariance
            volatility = np.ones(len(driver_ids))
        else:
            raise ValueError("risk model: set volatility_correlation, annual_covariance or factor_form")
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
