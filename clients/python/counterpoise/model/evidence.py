"""Is it alpha? Questions to return histories, and what they say."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from counterpoise.model.common import DriverValue
from counterpoise.model.history import ReturnHistory
from counterpoise.model.mandate import EvidenceRule
from counterpoise.model.portfolio import AlphaSleeve
from counterpoise.model.verdicts import SleeveClass

if TYPE_CHECKING:
    from pathlib import Path

    from counterpoise.model.violation import Violation

DEFAULT_CONFIDENCE = 0.95
DEFAULT_PRIOR_ANNUAL_MEAN = 0.0
DEFAULT_PRIOR_ANNUAL_ERROR = 0.02
"""What fields of a question read as where they are unset."""


class SmoothingTreatment(IntEnum):
    """What is done about smoothed returns."""

    NONE = 1
    WHERE_TESTED = 2
    GELTNER = 3
    GETMANSKY_LO_MAKAROV = 4


class EvidenceReason(IntEnum):
    """What speaks for or against an alpha."""

    FACTORS_EXPLAIN_LITTLE = 1
    FACTORS_EXPLAIN_MUCH = 2
    FACTORS_EXPLAIN_MOST = 3
    ALPHA_NOT_SIGNIFICANT = 4
    ALPHA_NOT_POSITIVE = 5
    HISTORY_SHORT = 6
    TOO_LITTLE_DATA = 7
    SMOOTHED = 8
    LAGGED_BETA = 9
    DOWN_BETA = 10
    MOVES_WITH_STRESS = 11


@dataclass(frozen=True, kw_only=True)
class StressWindow:
    """A window of bad times, both days included."""

    window_id: str
    first_date: datetime.date
    last_date: datetime.date


@dataclass(frozen=True, kw_only=True)
class AlphaPrior:
    """A normal belief about an alpha before any history, annual decimals."""

    annual_mean: float
    annual_error: float


@dataclass(frozen=True, kw_only=True)
class AlphaQuestion:
    """A regression of every sleeve, over cash, on factors, over cash; unset fields read as they say."""

    history: ReturnHistory
    sleeve_ids: tuple[str, ...]
    factor_ids: tuple[str, ...]
    cash_id: str = ""
    market_id: str = ""
    smoothing: SmoothingTreatment | None = None
    factor_lag_count: int | None = None
    error_lag_count: int | None = None
    confidence: float | None = None
    rolling_period_count: int | None = None
    stress_windows: tuple[StressWindow, ...] = ()
    prior: AlphaPrior | None = None
    evidence_rule: EvidenceRule | None = None

    if TYPE_CHECKING:
        # Given to the class by `counterpoise.notebook`: the model knows no files and no rules.
        @staticmethod
        def from_yaml(path: str | Path) -> AlphaQuestion:
            """Reads a question file (YAML or JSON); raises `InvalidProblem` with every violation."""

        def validate(self) -> tuple[Violation, ...]:
            """Every violation, in the order of the fields; empty when a server would take it."""


@dataclass(frozen=True, kw_only=True)
class SampleReport:
    """Which part of a history counted."""

    period_count: int = 0
    first_date: datetime.date | None = None
    last_date: datetime.date | None = None
    missing_period_count: int = 0
    gap_period_count: int = 0


@dataclass(frozen=True, kw_only=True)
class SmoothingReport:
    """Smoothing of reported returns, and what was done about it."""

    autocorrelation: float = 0.0
    p_value: float = 0.0
    treatment: SmoothingTreatment
    weights: tuple[float, ...] = ()
    annual_reported_volatility: float = 0.0
    annual_volatility: float = 0.0


@dataclass(frozen=True, kw_only=True)
class FactorLoading:
    """A loading on one factor, of the same period or of an earlier one."""

    factor_id: str = ""
    lag: int = 0
    loading: float = 0.0
    error: float = 0.0
    t: float = 0.0


@dataclass(frozen=True, kw_only=True)
class FactorRegression:
    """A regression of excess returns on factors, annual decimals, with Newey-West errors."""

    annual_alpha: float = 0.0
    annual_alpha_error: float = 0.0
    alpha_t: float = 0.0
    annual_alpha_lower: float = 0.0
    annual_alpha_upper: float = 0.0
    r_squared: float = 0.0
    adjusted_r_squared: float = 0.0
    annual_residual_volatility: float = 0.0
    loadings: tuple[FactorLoading, ...] = ()
    error_lag_count: int = 0
    appraisal_ratio: float = 0.0
    years_for_significance: float | None = None

    @property
    def verdict_r_squared(self) -> float:
        """The R-squared of the verdict: adjusted for the number of terms, in [0, 1].

        Terms without any meaning explain k / (T - 1) of a sleeve over T periods, six of them a sixth of three
        years; adjusted they explain nothing on average.
        """
        return min(max(self.adjusted_r_squared, 0.0), 1.0)


@dataclass(frozen=True, kw_only=True)
class PerformanceReport:
    """Ratios and losses."""

    annual_excess_return: float = 0.0
    annual_volatility: float = 0.0
    sharpe_ratio: float = 0.0
    sortino_ratio: float = 0.0
    information_ratio: float = 0.0
    beta: float = 0.0
    up_beta: float | None = None
    down_beta: float | None = None
    annual_jensen_alpha: float = 0.0
    maximum_drawdown: float = 0.0


@dataclass(frozen=True, kw_only=True)
class StressCorrelation:
    """Correlation with the market in a stress window."""

    window_id: str = ""
    period_count: int = 0
    correlation: float | None = None
    compounded_return: float = 0.0


@dataclass(frozen=True, kw_only=True)
class RollingRegression:
    """A regression over one window."""

    last_date: datetime.date | None = None
    annual_alpha: float = 0.0
    r_squared: float = 0.0
    loadings: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AlphaEvidence:
    """What the history of one sleeve says; no class and no sleeve where there is too little data."""

    sleeve_id: str = ""
    sample: SampleReport | None = None
    smoothing: SmoothingReport | None = None
    regression: FactorRegression | None = None
    performance: PerformanceReport | None = None
    stress_correlations: tuple[StressCorrelation, ...] = ()
    rolling: tuple[RollingRegression, ...] = ()
    sleeve_class: SleeveClass | None = None
    reasons: tuple[EvidenceReason, ...] = ()
    annual_shrunk_alpha: float = 0.0
    annual_shrunk_alpha_error: float = 0.0
    alpha_sleeve: AlphaSleeve | None = None
    loadings: tuple[DriverValue, ...] = ()
    annual_residual_volatility: float = 0.0
