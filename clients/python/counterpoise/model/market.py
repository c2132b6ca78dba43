"""What the caller believes about markets: risk-free rate, drivers, risk model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from counterpoise.model.common import (
    BoolArray,
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


class CorrelationRepair(IntEnum):
    """What happens to a matrix of drivers that is not positive semidefinite."""

    REFUSE = 1
    CLIP_EIGENVALUES = 2


@dataclass(frozen=True, kw_only=True)
class UniformStress:
    """Sleeves move together and with growth: one correlation between their total returns."""

    correlation: float
    growth_driver_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StressedCorrelation:
    """The correlation of bad times; exactly one field is set."""

    correlation: SymmetricMatrix | None = None
    uniform: UniformStress | None = None


@dataclass(frozen=True, kw_only=True)
class RiskModel:
    """Covariance of the drivers' annual moves, and of sleeves' residuals.

    Exactly one of the last three fields is set.
    """

    sleeve_residual_correlation: SymmetricMatrix | None = None
    stressed_correlation: StressedCorrelation | None = None
    repair: CorrelationRepair | None = None
    volatility_correlation: VolatilityCorrelation | None = None
    annual_covariance: SymmetricMatrix | None = None
    factor_form: FactorForm | None = None

    def factor(self, driver_ids: tuple[str, ...]) -> FloatArray:
        """A factor L of the covariance S = L L' over `driver_ids`, shape (drivers, columns)."""
        if self.factor_form is not None:
            return self.factor_form.factor(driver_ids)
        return covariance_factor(self.covariance(driver_ids))

    def covariance(self, driver_ids: tuple[str, ...]) -> FloatArray:
        """Annual covariance S over `driver_ids`, repaired where asked, shape (drivers, drivers)."""
        return self.repaired_covariance(driver_ids)[0]

    def repaired_covariance(self, driver_ids: tuple[str, ...]) -> tuple[FloatArray, float]:
        """The covariance, and by how much the repair changed a correlation at most; 0 for none."""
        covariance = self._stated_covariance(driver_ids)
        if self.repair is not CorrelationRepair.CLIP_EIGENVALUES or self.factor_form is not None:
            return covariance, 0.0
        return repaired(covariance)

    def stressed_covariance(self, driver_ids: tuple[str, ...]) -> tuple[FloatArray, float]:
        """As `repaired_covariance` under a stressed correlation of all drivers."""
        stressed = self.stressed_correlation
        if stressed is None or stressed.correlation is None:
            raise ValueError("risk model: set stressed_correlation.correlation")
        volatility = np.sqrt(np.clip(self.covariance(driver_ids).diagonal(), 0.0, None))
        square = ordered_square(stressed.correlation, driver_ids)
        covariance = np.asarray(volatility[:, None] * square * volatility[None, :])
        if self.repair is not CorrelationRepair.CLIP_EIGENVALUES:
            return covariance, 0.0
        return repaired(covariance)

    def _stated_covariance(self, driver_ids: tuple[str, ...]) -> FloatArray:
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
        square = ordered_square(matrix, driver_ids)
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


def ordered_square(matrix: SymmetricMatrix, ids: tuple[str, ...]) -> FloatArray:
    """A matrix as a square array, rows and columns in the order of `ids`."""
    square = matrix.to_square() * 1.0
    if matrix.axis_ids == ids:
        return np.asarray(square)
    place = {axis_id: index for index, axis_id in enumerate(matrix.axis_ids)}
    order = [place[axis_id] for axis_id in ids]
    return np.asarray(square[np.ix_(order, order)])


_NEGATIVE = -1e-10
"""Eigenvalues of a correlation below this, times its largest, are no rounding."""


def repaired(covariance: FloatArray) -> tuple[FloatArray, float]:
    """A covariance with the same diagonal that is positive semidefinite, and the largest change.

    Negative eigenvalues of the correlation become zero, and its diagonal one again. The change is of an
    entry of the correlation; 0 where nothing had to be repaired.
    """
    volatility = np.sqrt(np.clip(covariance.diagonal(), 0.0, None))
    # What has no volatility has no correlation either.
    live = np.flatnonzero(volatility > 0.0)
    scale = np.outer(volatility[live], volatility[live])
    correlation = covariance[np.ix_(live, live)] / scale
    values, vectors = np.linalg.eigh(correlation)
    if values.min(initial=0.0) >= _NEGATIVE * values.max(initial=1.0):
        return covariance, 0.0
    clipped = (vectors * np.clip(values, 0.0, None)) @ vectors.T
    diagonal = np.sqrt(clipped.diagonal())
    clipped = clipped / np.outer(diagonal, diagonal)
    mended = np.zeros(covariance.shape)
    mended[np.ix_(live, live)] = scale * clipped
    return mended, float(np.abs(clipped - correlation).max())


def joint_stress(
    covariance: FloatArray,
    loadings: FloatArray,
    residual_volatilities: FloatArray,
    correlation: float,
    growth: BoolArray,
) -> tuple[FloatArray, float]:
    """Covariance of D drivers and the total returns of J sleeves in a uniform stress, and its repair.

    `loadings` B of the sleeves have shape (J, D), `growth` marks drivers, shape (D,). Sleeves have their
    whole volatility, the stressed correlation with each other and with growth drivers, and the normal
    one, B S over the volatilities, with other drivers. Shape (D + J, D + J).
    """
    drivers, through = len(covariance), loadings @ covariance
    driver = np.sqrt(np.clip(covariance.diagonal(), 0.0, None))
    sleeve = np.sqrt(np.clip((through * loadings).sum(axis=1), 0.0, None) + residual_volatilities**2)
    joint = np.zeros((drivers + len(sleeve), drivers + len(sleeve)))
    joint[:drivers, :drivers] = covariance
    cross = np.where(growth[None, :], correlation * sleeve[:, None] * driver[None, :], through)
    joint[drivers:, :drivers] = cross
    joint[:drivers, drivers:] = cross.T
    together = correlation * np.outer(sleeve, sleeve)
    np.fill_diagonal(together, sleeve**2)
    joint[drivers:, drivers:] = together
    return repaired(joint)
