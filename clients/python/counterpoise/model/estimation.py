"""Risk models out of return histories."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

from counterpoise.model.common import DriverValue, SymmetricMatrix
from counterpoise.model.evidence import AlphaEvidence, AlphaPrior, SmoothingTreatment, StressWindow
from counterpoise.model.history import ReturnHistory
from counterpoise.model.mandate import EvidenceRule
from counterpoise.model.market import Driver, DriverGroup, UniformStress
from counterpoise.model.portfolio import AlphaSleeve, Line

if TYPE_CHECKING:
    from pathlib import Path

    from counterpoise.model.violation import Violation


LEAST_PERIODS_OF_A_REGIME = 12
"""Calm and stressed periods each; two more than drivers where that is more."""
_ROUNDING = 1e-9


class MissingReturns(IntEnum):
    """What is done where drivers have returns over different periods."""

    COMMON_PERIODS = 1
    PAIRWISE = 2


class RegimeKind(IntEnum):
    """Which periods a regime is."""

    ALL = 1
    CALM = 2
    STRESSED = 3


@dataclass(frozen=True, kw_only=True)
class SampleCovariance:
    """Covariance of the sample."""


@dataclass(frozen=True, kw_only=True)
class ExponentialCovariance:
    """Covariance with weights that halve over so many periods."""

    half_life_periods: float


@dataclass(frozen=True, kw_only=True)
class LedoitWolfCovariance:
    """Correlation shrunk towards the identity by the share of Ledoit and Wolf (2004)."""


@dataclass(frozen=True, kw_only=True)
class FactorCovariance:
    """Correlation by a factor analysis of standardised returns, by maximum likelihood."""

    factor_count: int


@dataclass(frozen=True, kw_only=True)
class StressPeriods:
    """Bad times by date."""

    windows: tuple[StressWindow, ...]


@dataclass(frozen=True, kw_only=True)
class TurbulentPeriods:
    """Bad times by Mahalanobis distance (Kritzman and Li, 2010): the share of periods where it is largest."""

    share: float

    def count(self, period_count: int) -> int:
        """How many of so many periods are bad times: the share of them, rounded up."""
        return math.ceil(self.share * period_count - _ROUNDING)


@dataclass(frozen=True, kw_only=True)
class StressRegime:
    """Which periods are bad times, or what is said of them; exactly one field is set."""

    periods: StressPeriods | None = None
    turbulent: TurbulentPeriods | None = None
    uniform: UniformStress | None = None


@dataclass(frozen=True, kw_only=True)
class VolatilityFloor:
    """A least volatility of columns, such as one by style."""

    volatility_floor_id: str
    column_ids: tuple[str, ...]
    annual_volatility: float


@dataclass(frozen=True, kw_only=True)
class RiskModelQuestion:
    """A covariance of drivers, a stressed correlation, and sleeves' loadings, residual risk and alpha.

    Exactly one of the last four fields is set. Unset fields read as they say.
    """

    history: ReturnHistory
    annual_risk_free_rate: float
    drivers: tuple[Driver, ...]
    sleeve_ids: tuple[str, ...] = ()
    cash_id: str = ""
    driver_groups: tuple[DriverGroup, ...] = ()
    missing_returns: MissingReturns | None = None
    stress_regime: StressRegime | None = None
    volatility_floors: tuple[VolatilityFloor, ...] = ()
    smoothing: SmoothingTreatment | None = None
    factor_lag_count: int | None = None
    prior: AlphaPrior | None = None
    evidence_rule: EvidenceRule | None = None
    sample: SampleCovariance | None = None
    exponential: ExponentialCovariance | None = None
    ledoit_wolf: LedoitWolfCovariance | None = None
    factor: FactorCovariance | None = None

    if TYPE_CHECKING:
        # Given to the class by `counterpoise.notebook`: the model knows no files and no rules.
        @staticmethod
        def from_yaml(path: str | Path) -> RiskModelQuestion:
            """Reads a question file (YAML or JSON); raises `InvalidProblem` with every violation."""

        def validate(self) -> tuple[Violation, ...]:
            """Every violation, in the order of the fields; empty when a server would take it."""


@dataclass(frozen=True, kw_only=True)
class LineEstimate:
    """One sleeve as a line of a portfolio takes it."""

    line_id: str = ""
    loadings: tuple[DriverValue, ...] = ()
    annual_residual_volatility: float = 0.0
    annual_volatility: float = 0.0
    evidence: AlphaEvidence | None = None

    def applied_to(self, line: Line) -> Line:
        """An alpha sleeve as its history tells it; other terms of the line stay.

        Loadings and residual volatility are those of the estimate, and so are the expected alpha, which is
        over betas and after fees, its error and its evidence. Fees are dropped, as nothing is charged on an
        alpha after fees. Where too little data gave the evidence no alpha sleeve, the line keeps its stated
        alpha, fees, error and evidence. Raises ValueError where the line has another id, or is no sleeve.
        """
        if line.line_id != self.line_id or line.alpha_sleeve is None:
            raise ValueError(f"line {line.line_id}: not the alpha sleeve {self.line_id} of the estimate")
        return replace(
            line,
            loadings=self.loadings,
            annual_residual_volatility=self.annual_residual_volatility,
            alpha_sleeve=self._believed(line.alpha_sleeve),
        )

    def _believed(self, stated: AlphaSleeve) -> AlphaSleeve:
        found = self.evidence.alpha_sleeve if self.evidence is not None else None
        if found is None:
            return stated
        return replace(
            stated,
            expected_alpha=found.expected_alpha,
            evidence=found.evidence,
            annual_alpha_error=found.annual_alpha_error,
            fees=None,
        )


@dataclass(frozen=True, kw_only=True)
class RegimeReport:
    """Volatilities and correlation of drivers over some of the periods, before floors."""

    kind: RegimeKind
    period_count: int = 0
    annual_volatilities: tuple[DriverValue, ...] = ()
    correlation: SymmetricMatrix | None = None
    mean_correlation: float = 0.0


@dataclass(frozen=True, kw_only=True)
class CovarianceReport:
    """What is known about the covariance of drivers."""

    period_count: int = 0
    first_date: datetime.date | None = None
    last_date: datetime.date | None = None
    missing_period_count: int = 0
    gap_period_count: int = 0
    effective_period_count: float = 0.0
    eigenvalues: tuple[float, ...] = ()
    condition_number: float | None = None
    shrinkage: float | None = None
    explained_share: float | None = None
    largest_correlation_change: float = 0.0
    floored_column_ids: tuple[str, ...] = ()
    regimes: tuple[RegimeReport, ...] = ()
