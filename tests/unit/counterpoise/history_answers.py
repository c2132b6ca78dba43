"""Answers about the sample funds and the sample risk model, made up by hand so that parts sum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from counterpoise.model import (
    ActiveReturn,
    AlphaCapture,
    CaptureVerdict,
    CovarianceReport,
    DriverValue,
    EstimateRiskModelResponse,
    EvidenceReason,
    FactorPart,
    FeeReport,
    LineEstimate,
    MarketModel,
    MeasureAlphaCaptureResponse,
    Provenance,
    RegimeKind,
    RegimeReport,
    RiskModel,
    StressedCorrelation,
    StructureBenefit,
    StructureReport,
    SymmetricMatrix,
    VolatilityCorrelation,
    Warning,
    WarningCode,
)
from tests import sample_estimation, sample_evidence

PROVENANCE = Provenance(problem_sha256="0" * 64, server_version="0.1.0")


def capture_response() -> MeasureAlphaCaptureResponse:
    """A fund that adds value, one that fees eat, and one that is too young for a verdict."""
    skill, clone, young = sample_evidence.response().evidence
    picker = replace(skill, sleeve_id="picker", reasons=(EvidenceReason.FACTORS_EXPLAIN_MOST,))
    reasons = (EvidenceReason.FACTORS_EXPLAIN_MOST, EvidenceReason.ALPHA_NOT_SIGNIFICANT)
    return MeasureAlphaCaptureResponse(
        captures=(
            AlphaCapture(
                fund_id="picker",
                evidence=picker,
                active_return=_active(0.0417, 0.7, -0.0123, (0.004, 0.002), 0.048),
                fees=_fees(0.0864, 0.015, 0.0234, (0.016, 0.08)),
                verdict=CaptureVerdict.ADDS_VALUE,
                structure_benefit=StructureBenefit(
                    annual_benefit=0.0395, annual_alpha_over_break_even=0.04388888888888889
                ),
            ),
            AlphaCapture(
                fund_id="closet",
                evidence=replace(clone, sleeve_id="closet", reasons=reasons),
                active_return=_active(-0.0083, 0.98, -0.0012, (-0.0001, 0.004), -0.011),
                fees=_fees(-0.011, 0.0115, 0.0, (-0.0465, 0.0015)),
                verdict=CaptureVerdict.AMPLIFIES_NO_SKILL,
                structure_benefit=StructureBenefit(
                    annual_benefit=-0.02395, annual_alpha_over_break_even=-0.02661111111111111
                ),
            ),
            AlphaCapture(fund_id="young", evidence=replace(young, sleeve_id="young")),
        ),
        structure=StructureReport(
            annual_synthetic_cost=0.0046,
            annual_physical_cost=0.0009,
            alpha_share=0.9,
            annual_break_even_alpha=0.0037 / 0.9,
        ),
        warnings=(Warning(code=WarningCode.HISTORY_GAPS, message="closet: 2 periods of 60 are missing"),),
        provenance=PROVENANCE,
    )


def _active(
    total: float, beta: float, by_beta: float, parts: tuple[float, float], alpha: float
) -> ActiveReturn:
    return ActiveReturn(
        annual_active_return=total,
        annual_tracking_error=0.055,
        benchmark_beta=beta,
        annual_benchmark_part=by_beta,
        factor_parts=tuple(
            FactorPart(factor_id=name, annual_return=part)
            for name, part in zip(("duration", "credit"), parts, strict=True)
        ),
        annual_alpha=alpha,
    )


def _fees(gross: float, management: float, performance: float, interval: tuple[float, float]) -> FeeReport:
    fee = management + performance
    return FeeReport(
        annual_gross_alpha=gross,
        annual_management_fee=management,
        annual_performance_fee=performance,
        annual_naive_performance_fee=0.9 * performance,
        annual_fee=fee,
        annual_net_alpha=gross - fee,
        annual_net_alpha_lower=interval[0],
        annual_net_alpha_upper=interval[1],
        beta_share=0.695,
        annual_fee_for_beta=0.6 * fee,
        annual_active_fee=(fee - 0.695 * 0.0009) / 0.305,
    )


def estimate_response() -> EstimateRiskModelResponse:
    """The drivers of the sample with round numbers, calm and stressed; a third sleeve is too young."""
    ids = sample_estimation.DRIVER_IDS
    calm = _matrix(ids, (0.1, 0.2, -0.05))
    stressed = _matrix(ids, (-0.4, 0.75, -0.15))
    asked = sample_estimation.question()
    trend, credit, young = sample_evidence.response().evidence
    return EstimateRiskModelResponse(
        market=MarketModel(
            annual_risk_free_rate=asked.annual_risk_free_rate,
            drivers=asked.drivers,
            driver_groups=asked.driver_groups,
            risk_model=RiskModel(
                volatility_correlation=VolatilityCorrelation(
                    annual_volatilities=_values(ids, (0.165, 0.05, 0.15)),
                    correlation=_matrix(ids, (-0.05, 0.3, -0.1)),
                ),
                stressed_correlation=StressedCorrelation(correlation=stressed),
                sleeve_residual_correlation=_matrix(("trend", "credit", "young"), (0.12, 0.0, 0.0)),
            ),
        ),
        lines=(
            _line("trend", (0.05, -0.1, 0.3), 0.104, 0.1144, trend),
            _line("credit", (0.35, 0.02, 0.0), 0.06, 0.0831, credit),
            LineEstimate(line_id="young", evidence=replace(young, sleeve_id="young")),
        ),
        covariance=CovarianceReport(
            period_count=120,
            first_date=asked.history.dates[0],
            last_date=asked.history.dates[-1],
            missing_period_count=3,
            effective_period_count=120.0,
            eigenvalues=(1.35, 0.98, 0.67),
            condition_number=1.35 / 0.67,
            shrinkage=0.234,
            floored_column_ids=("bonds", "credit"),
            regimes=(
                _regime(RegimeKind.ALL, 120, (0.165, 0.045, 0.15), _matrix(ids, (-0.07, 0.39, -0.13))),
                _regime(RegimeKind.CALM, 90, (0.12, 0.04, 0.11), calm),
                _regime(RegimeKind.STRESSED, 30, (0.26, 0.06, 0.22), stressed),
            ),
        ),
        warnings=(Warning(code=WarningCode.ESTIMATE_UNCERTAIN, message="few stressed periods"),),
        provenance=PROVENANCE,
    )


def _matrix(ids: tuple[str, ...], below: tuple[float, float, float]) -> SymmetricMatrix:
    """Three by three, from what is below its diagonal, row by row."""
    first, second, third = below
    return SymmetricMatrix(axis_ids=ids, lower_triangle=np.array([1.0, first, 1.0, second, third, 1.0]))


def _values(ids: tuple[str, ...], values: tuple[float, ...]) -> tuple[DriverValue, ...]:
    return tuple(DriverValue(driver_id=name, value=value) for name, value in zip(ids, values, strict=True))


def _regime(
    kind: RegimeKind, periods: int, volatilities: tuple[float, ...], matrix: SymmetricMatrix
) -> RegimeReport:
    return RegimeReport(
        kind=kind,
        period_count=periods,
        annual_volatilities=_values(matrix.axis_ids, volatilities),
        correlation=matrix,
        mean_correlation=float(matrix.lower_triangle[[1, 3, 4]].mean()),
    )


def _line(
    line_id: str, loadings: tuple[float, ...], residual: float, volatility: float, evidence: object
) -> LineEstimate:
    return LineEstimate(
        line_id=line_id,
        loadings=_values(sample_estimation.DRIVER_IDS, loadings),
        annual_residual_volatility=residual,
        annual_volatility=volatility,
        evidence=replace(evidence, sleeve_id=line_id),
    )
