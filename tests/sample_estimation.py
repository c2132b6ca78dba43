"""A question for a risk model out of made-up histories, and an answer of the kind that a service gives."""

from __future__ import annotations

import numpy as np

from counterpoise.model import (
    AlphaBasis,
    AlphaEvidence,
    AlphaPrior,
    AlphaSleeve,
    CovarianceReport,
    Driver,
    DriverGroup,
    DriverValue,
    EntityRef,
    EstimateRiskModelResponse,
    EvidenceReason,
    ExpectedAlpha,
    ExpectedReturn,
    FactorEvidence,
    FactorLoading,
    FactorRegression,
    Frequency,
    LedoitWolfCovariance,
    LineEstimate,
    MarketModel,
    MissingReturns,
    Provenance,
    RegimeKind,
    RegimeReport,
    ReturnBasis,
    ReturnHistory,
    RiskModel,
    RiskModelQuestion,
    SampleReport,
    SleeveClass,
    SmoothingReport,
    SmoothingTreatment,
    StressedCorrelation,
    StressRegime,
    SymmetricMatrix,
    TurbulentPeriods,
    VolatilityCorrelation,
    VolatilityFloor,
    Warning,
    WarningCode,
)
from tests.sample_evidence import column, month_ends

MONTHS = 120
CORRELATIONS = np.array([[1.0, -0.2, 0.3], [-0.2, 1.0, 0.0], [0.3, 0.0, 1.0]])
VOLATILITIES = np.array([0.16, 0.06, 0.15])
DRIVER_IDS = ("equity", "bonds", "commodities")
SLEEVE_IDS = ("trend", "credit")


def drivers() -> tuple[Driver, ...]:
    """Equity and commodities with premia over cash, bonds with a total return."""
    return (
        Driver(
            driver_id="equity",
            display_name="World equity",
            expected_return=ExpectedReturn(annual_excess=0.04),
        ),
        Driver(driver_id="bonds", expected_return=ExpectedReturn(annual_total=0.045)),
        Driver(driver_id="commodities", expected_return=ExpectedReturn(annual_excess=0.02)),
    )


def history(months: int = MONTHS) -> ReturnHistory:
    """Three drivers, of which bonds hold cash, two funds and cash.

    `trend` owes the drivers nothing, `credit` is made of equity for a third and smoothed.
    """
    draw = np.random.default_rng(11)
    covariance = CORRELATIONS * np.outer(VOLATILITIES, VOLATILITIES) / 12
    moves = draw.multivariate_normal([0.004, 0.001, 0.002], covariance, months + 1)
    noise = draw.normal(0, [0.03, 0.012], (months + 1, 2))
    noise[:, 1] += 0.1 * noise[:, 0]
    cash = 0.002 + 0.0005 * np.sin(np.arange(months) / 9)
    credit = 0.001 + 0.35 * moves[:, 0] + noise[:, 1]
    return ReturnHistory(
        frequency=Frequency.MONTHLY,
        dates=month_ends(months, 2014),
        columns=(
            column("equity", moves[1:, 0], ReturnBasis.EXCESS),
            column("bonds", cash + moves[1:, 1]),
            column("commodities", moves[1:, 2], ReturnBasis.EXCESS),
            column("trend", cash + 0.003 + noise[1:, 0]),
            column("credit", cash + 0.6 * credit[1:] + 0.4 * credit[:-1]),
            column("cash", cash),
        ),
    )


def question(months: int = MONTHS) -> RiskModelQuestion:
    """Three drivers and two sleeves, every optional field set; Ledoit and Wolf, and turbulent periods."""
    return RiskModelQuestion(
        history=history(months),
        annual_risk_free_rate=0.025,
        drivers=drivers(),
        sleeve_ids=SLEEVE_IDS,
        cash_id="cash",
        driver_groups=(DriverGroup(driver_group_id="growth", driver_ids=("equity", "commodities")),),
        missing_returns=MissingReturns.COMMON_PERIODS,
        stress_regime=StressRegime(turbulent=TurbulentPeriods(share=0.25)),
        volatility_floors=(
            VolatilityFloor(volatility_floor_id="bonds", column_ids=("bonds",), annual_volatility=0.05),
            VolatilityFloor(volatility_floor_id="hedge-funds", column_ids=SLEEVE_IDS, annual_volatility=0.06),
        ),
        smoothing=SmoothingTreatment.WHERE_TESTED,
        factor_lag_count=0,
        prior=AlphaPrior(annual_mean=0.0, annual_error=0.02),
        ledoit_wolf=LedoitWolfCovariance(),
    )


def response() -> EstimateRiskModelResponse:
    """Three drivers, calm and stressed, and two lines: one with a verdict, one floored and without."""
    dates = month_ends(MONTHS, 2014)
    return EstimateRiskModelResponse(
        market=_market(),
        lines=(_trend(), _credit()),
        covariance=CovarianceReport(
            period_count=118,
            first_date=dates[0],
            last_date=dates[-1],
            missing_period_count=2,
            gap_period_count=0,
            effective_period_count=118.0,
            eigenvalues=(1.4, 0.88, 0.72),
            condition_number=1.944,
            shrinkage=0.21,
            floored_column_ids=("credit",),
            regimes=(
                _regime(RegimeKind.ALL, 118, VOLATILITIES, 1.0),
                _regime(RegimeKind.CALM, 88, 0.8 * VOLATILITIES, 0.5),
                _regime(RegimeKind.STRESSED, 30, 1.6 * VOLATILITIES, 2.0),
            ),
        ),
        warnings=(
            Warning(
                code=WarningCode.HISTORY_GAPS,
                message="drivers: 2 periods lack a return of a driver or of cash",
            ),
            Warning(
                code=WarningCode.EVIDENCE_SHORT,
                message="credit: 20 periods are too few for a verdict",
                subjects=(EntityRef(column_id="credit"),),
            ),
        ),
        provenance=Provenance(problem_sha256="0" * 64, server_version="0.1.0"),
    )


def _matrix(share: float) -> SymmetricMatrix:
    """The correlations of this page, each times a share."""
    square = share * CORRELATIONS
    np.fill_diagonal(square, 1.0)
    return SymmetricMatrix.from_square(DRIVER_IDS, square)


def _values(values: np.ndarray) -> tuple[DriverValue, ...]:
    return tuple(
        DriverValue(driver_id=name, value=float(value))
        for name, value in zip(DRIVER_IDS, values, strict=True)
    )


def _regime(kind: RegimeKind, months: int, volatilities: np.ndarray, share: float) -> RegimeReport:
    return RegimeReport(
        kind=kind,
        period_count=months,
        annual_volatilities=_values(volatilities),
        correlation=_matrix(share),
        mean_correlation=share * 0.1 / 3,
    )


def _market() -> MarketModel:
    asked = question()
    return MarketModel(
        annual_risk_free_rate=asked.annual_risk_free_rate,
        drivers=asked.drivers,
        driver_groups=asked.driver_groups,
        risk_model=RiskModel(
            sleeve_residual_correlation=SymmetricMatrix(
                axis_ids=SLEEVE_IDS, lower_triangle=np.array([1.0, 0.15, 1.0])
            ),
            stressed_correlation=StressedCorrelation(correlation=_matrix(2.0)),
            volatility_correlation=VolatilityCorrelation(
                annual_volatilities=_values(VOLATILITIES), correlation=_matrix(0.79)
            ),
        ),
    )


def _trend() -> LineEstimate:
    dates = month_ends(MONTHS, 2014)
    loadings = _values(np.array([0.02, -0.1, 0.05]))
    return LineEstimate(
        line_id="trend",
        loadings=loadings,
        annual_residual_volatility=0.104,
        annual_volatility=0.1045,
        evidence=AlphaEvidence(
            sleeve_id="trend",
            sample=SampleReport(period_count=118, first_date=dates[0], last_date=dates[-1]),
            smoothing=SmoothingReport(
                autocorrelation=-0.03,
                p_value=0.7,
                treatment=SmoothingTreatment.NONE,
                annual_reported_volatility=0.105,
                annual_volatility=0.105,
            ),
            regression=FactorRegression(
                annual_alpha=0.035,
                annual_alpha_error=0.033,
                alpha_t=1.06,
                annual_alpha_lower=-0.03,
                annual_alpha_upper=0.1,
                r_squared=0.03,
                adjusted_r_squared=0.004,
                annual_residual_volatility=0.104,
                loadings=tuple(
                    FactorLoading(factor_id=item.driver_id, loading=item.value, error=0.06)
                    for item in loadings
                ),
                error_lag_count=4,
                appraisal_ratio=0.34,
                years_for_significance=35.0,
            ),
            sleeve_class=SleeveClass.ALPHA,
            reasons=(EvidenceReason.FACTORS_EXPLAIN_LITTLE, EvidenceReason.ALPHA_NOT_SIGNIFICANT),
            annual_shrunk_alpha=0.0094,
            annual_shrunk_alpha_error=0.0171,
            alpha_sleeve=AlphaSleeve(
                expected_alpha=ExpectedAlpha(net_of_fees=AlphaBasis(annual_over_beta=0.0094)),
                evidence=FactorEvidence(
                    r_squared=0.004, observation_count=118, last_observation_date=dates[-1]
                ),
                annual_alpha_error=0.0171,
            ),
            loadings=loadings,
            annual_residual_volatility=0.104,
        ),
    )


def _credit() -> LineEstimate:
    dates = month_ends(MONTHS, 2014)
    loadings = _values(np.array([0.24, 0.0, 0.0]))
    return LineEstimate(
        line_id="credit",
        loadings=loadings,
        annual_residual_volatility=0.0461,
        annual_volatility=0.06,
        evidence=AlphaEvidence(
            sleeve_id="credit",
            sample=SampleReport(period_count=20, first_date=dates[-20], last_date=dates[-1]),
            smoothing=SmoothingReport(
                autocorrelation=0.2,
                p_value=0.3,
                treatment=SmoothingTreatment.NONE,
                annual_reported_volatility=0.05,
                annual_volatility=0.05,
            ),
            regression=FactorRegression(
                annual_alpha=0.01,
                annual_alpha_error=0.02,
                annual_residual_volatility=0.03,
                loadings=tuple(
                    FactorLoading(factor_id=item.driver_id, loading=item.value, error=0.09)
                    for item in loadings
                ),
            ),
            reasons=(EvidenceReason.TOO_LITTLE_DATA,),
            annual_shrunk_alpha_error=0.02,
        ),
    )
