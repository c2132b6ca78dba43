"""Requests and responses of the calls."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterpoise.model.allocation import Allocation
from counterpoise.model.capture import AlphaCapture, AlphaCaptureQuestion, StructureReport
from counterpoise.model.estimation import CovarianceReport, LineEstimate, RiskModelQuestion
from counterpoise.model.evidence import AlphaEvidence, AlphaQuestion
from counterpoise.model.market import MarketModel
from counterpoise.model.problem import AllocationProblem
from counterpoise.model.reports import (
    LeverageFigure,
    LimitReport,
    PoolMargin,
    Provenance,
    ReserveReport,
    RiskReport,
    Warning,
)
from counterpoise.model.solve import SolveParameters
from counterpoise.model.stress import StressReport
from counterpoise.model.violation import Violation

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class AllocateRequest:
    """Request of Allocate."""

    problem: AllocationProblem
    parameters: SolveParameters | None = None
    request_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Execution:
    """Facts of one execution; never part of the answer."""

    queue_duration: datetime.timedelta | None = None
    solve_duration: datetime.timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class AllocateResponse:
    """Response of Allocate."""

    allocation: Allocation
    request_id: str = ""
    execution: Execution | None = None


@dataclass(frozen=True, kw_only=True)
class ValidatePortfolioRequest:
    """Request of ValidatePortfolio."""

    problem: AllocationProblem
    maximum_violation_count: int | None = None


@dataclass(frozen=True, kw_only=True)
class ValidatePortfolioResponse:
    """Response of ValidatePortfolio."""

    violations: tuple[Violation, ...] = ()
    violation_count: int = 0
    warnings: tuple[Warning, ...] = ()
    problem_sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class StressPortfolioRequest:
    """Request of StressPortfolio: the current positions of the problem's lines are measured."""

    problem: AllocationProblem
    request_id: str = ""


@dataclass(frozen=True, kw_only=True)
class StressPortfolioResponse:
    """Response of StressPortfolio."""

    stresses: tuple[StressReport, ...] = ()
    leverage_figures: tuple[LeverageFigure, ...] = ()
    pool_margins: tuple[PoolMargin, ...] = ()
    risk: RiskReport | None = None
    limits: tuple[LimitReport, ...] = ()
    warnings: tuple[Warning, ...] = ()
    provenance: Provenance
    request_id: str = ""

    if TYPE_CHECKING:
        # Given to the class by `counterpoise.notebook`: the model knows no frames.
        def stresses_frame(self) -> pd.DataFrame:
            """Scenarios indexed by id: losses, calls, what is unpaid, first shortfall."""

        def payments_frame(self) -> pd.DataFrame:
            """What pays the call of each scenario, in order."""

        def notices_frame(self) -> pd.DataFrame:
            """Last days for notice by scenario and line."""

        def pool_margins_frame(self) -> pd.DataFrame:
            """Initial and variation margin by pool and scenario."""

        def leverage_frame(self) -> pd.DataFrame:
            """Leverage by definition, today and after every scenario."""

        def risk_frame(self) -> pd.DataFrame:
            """Euler shares of the volatilities."""

        def volatilities_frame(self) -> pd.DataFrame:
            """Volatilities by statistic and regime."""

        def limits_frame(self) -> pd.DataFrame:
            """Limits indexed by key, without prices."""


@dataclass(frozen=True, kw_only=True)
class MeasureLiquidityRequest:
    """Request of MeasureLiquidity: the current positions of the problem's lines are measured."""

    problem: AllocationProblem
    horizon_trading_days: tuple[int, ...] = ()
    request_id: str = ""


@dataclass(frozen=True, kw_only=True)
class MeasureLiquidityResponse:
    """Response of MeasureLiquidity."""

    reserve: ReserveReport | None = None
    stresses: tuple[StressReport, ...] = ()
    pool_margins: tuple[PoolMargin, ...] = ()
    warnings: tuple[Warning, ...] = ()
    provenance: Provenance
    request_id: str = ""

    if TYPE_CHECKING:
        # Given to the class by `counterpoise.notebook`: the model knows no frames.
        def stresses_frame(self) -> pd.DataFrame:
            """Scenarios indexed by id: losses, calls, what is unpaid, first shortfall."""

        def payments_frame(self) -> pd.DataFrame:
            """What pays the call of each scenario, in order."""

        def notices_frame(self) -> pd.DataFrame:
            """Last days for notice by scenario and line."""

        def pool_margins_frame(self) -> pd.DataFrame:
            """Initial and variation margin by pool and scenario."""

        def reserve_frame(self) -> pd.DataFrame:
            """The reserve, indexed by part."""

        def coverage_frame(self) -> pd.DataFrame:
            """Sources and needs by scenario and horizon."""


@dataclass(frozen=True, kw_only=True)
class VerifyAlphaRequest:
    """Request of VerifyAlpha."""

    question: AlphaQuestion
    request_id: str = ""


@dataclass(frozen=True, kw_only=True)
class VerifyAlphaResponse:
    """Response of VerifyAlpha."""

    evidence: tuple[AlphaEvidence, ...] = ()
    warnings: tuple[Warning, ...] = ()
    provenance: Provenance
    request_id: str = ""

    if TYPE_CHECKING:
        # Given to the class by `counterpoise.notebook`: the model knows no frames.
        def evidence_frame(self) -> pd.DataFrame:
            """Sleeves indexed by id: class, alpha, R-squared, smoothing, ratios."""

        def loadings_frame(self) -> pd.DataFrame:
            """Loadings by sleeve, factor and lag."""

        def rolling_frame(self) -> pd.DataFrame:
            """Rolling alpha, R-squared and loadings by sleeve and last day."""


@dataclass(frozen=True, kw_only=True)
class MeasureAlphaCaptureRequest:
    """Request of MeasureAlphaCapture."""

    question: AlphaCaptureQuestion
    request_id: str = ""


@dataclass(frozen=True, kw_only=True)
class MeasureAlphaCaptureResponse:
    """Response of MeasureAlphaCapture."""

    captures: tuple[AlphaCapture, ...] = ()
    structure: StructureReport | None = None
    warnings: tuple[Warning, ...] = ()
    provenance: Provenance
    request_id: str = ""

    if TYPE_CHECKING:
        # Given to the class by `counterpoise.notebook`: the model knows no frames.
        def captures_frame(self) -> pd.DataFrame:
            """Funds indexed by id: verdict, active return, alpha before and after fees, benefit."""

        def active_return_frame(self) -> pd.DataFrame:
            """Parts of the active returns, which sum to them."""

        def fees_frame(self) -> pd.DataFrame:
            """Fees, what they are paid for, and alpha before and after them."""

        def structure_frame(self) -> pd.DataFrame:
            """What a portable structure costs; no rows without one."""


@dataclass(frozen=True, kw_only=True)
class EstimateRiskModelRequest:
    """Request of EstimateRiskModel."""

    question: RiskModelQuestion
    request_id: str = ""


@dataclass(frozen=True, kw_only=True)
class EstimateRiskModelResponse:
    """Response of EstimateRiskModel."""

    market: MarketModel | None = None
    lines: tuple[LineEstimate, ...] = ()
    covariance: CovarianceReport | None = None
    warnings: tuple[Warning, ...] = ()
    provenance: Provenance
    request_id: str = ""

    if TYPE_CHECKING:
        # Given to the class by `counterpoise.notebook`: the model knows no frames.
        def covariance_frame(self) -> pd.DataFrame:
            """What is known about the covariance: periods, condition, shrinkage, repair."""

        def regimes_frame(self) -> pd.DataFrame:
            """Volatilities by regime and driver."""

        def correlations_frame(self) -> pd.DataFrame:
            """Correlations by regime and pair of drivers."""

        def eigenvalues_frame(self) -> pd.DataFrame:
            """Eigenvalues of the correlation of drivers, the largest first."""

        def lines_frame(self) -> pd.DataFrame:
            """Sleeves indexed by id: class, volatilities, alpha."""

        def line_loadings_frame(self) -> pd.DataFrame:
            """Loadings by sleeve and driver."""


HistoryQuestion = AlphaQuestion | AlphaCaptureQuestion | RiskModelQuestion
"""Questions to return histories."""
HistoryRequest = VerifyAlphaRequest | MeasureAlphaCaptureRequest | EstimateRiskModelRequest
"""Requests about them."""
