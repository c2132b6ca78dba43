"""What the service said of the sample question to active funds, numbers to ten digits."""

from __future__ import annotations

import datetime

from counterpoise.model import (
    ActiveReturn,
    AlphaCapture,
    AlphaEvidence,
    CaptureVerdict,
    DriverValue,
    EntityRef,
    EvidenceReason,
    FactorLoading,
    FactorPart,
    FactorRegression,
    FeeReport,
    MeasureAlphaCaptureResponse,
    PerformanceReport,
    Provenance,
    SampleReport,
    SleeveClass,
    SmoothingReport,
    SmoothingTreatment,
    StructureBenefit,
    StructureReport,
    Warning,
    WarningCode,
)


def response() -> MeasureAlphaCaptureResponse:
    """Skill, an index at the price of skill, and a fund with too little data."""
    return MeasureAlphaCaptureResponse(
        captures=(_picker(), _closet(), _young()),
        structure=StructureReport(
            annual_synthetic_cost=0.004635,
            annual_physical_cost=0.0009,
            alpha_share=0.9,
            annual_break_even_alpha=0.00415,
        ),
        warnings=(
            Warning(
                code=WarningCode.HISTORY_GAPS,
                message=(
                    "closet: between 2019-01-31 and 2023-12-31 2 periods lack a return and 0 have no "
                    "date; the regression is over the other 58"
                ),
                subjects=(EntityRef(column_id="closet"),),
            ),
        ),
        provenance=Provenance(
            problem_sha256="8f2e0f4b12350346b6f1a5c4c221d3f3b1629b4c4fc88330ae2c2c98738b8a2b",
            server_version="0.1.0",
        ),
    )


def _picker() -> AlphaCapture:
    return AlphaCapture(
        fund_id="picker",
        evidence=AlphaEvidence(
            sleeve_id="picker",
            sample=SampleReport(
                period_count=60, first_date=datetime.date(2019, 1, 31), last_date=datetime.date(2023, 12, 31)
            ),
            smoothing=SmoothingReport(
                autocorrelation=0.1212715869,
                p_value=0.45004604,
                treatment=SmoothingTreatment.NONE,
                annual_reported_volatility=0.09202023698,
                annual_volatility=0.09202023698,
            ),
            regression=FactorRegression(
                annual_alpha=0.04705658791,
                annual_alpha_error=0.01614298761,
                alpha_t=2.914986311,
                annual_alpha_lower=0.01471829781,
                annual_alpha_upper=0.07939487802,
                r_squared=0.8463259202,
                adjusted_r_squared=0.8380933802,
                annual_residual_volatility=0.03702675482,
                loadings=(
                    FactorLoading(
                        factor_id="equity", loading=0.6802557877, error=0.04359786364, t=15.6029615
                    ),
                    FactorLoading(
                        factor_id="duration", loading=0.2821060232, error=0.1129573564, t=2.497455963
                    ),
                    FactorLoading(
                        factor_id="credit", loading=-0.1366147506, error=0.07792522074, t=-1.753151923
                    ),
                ),
                error_lag_count=3,
                appraisal_ratio=1.270880695,
                years_for_significance=2.476568962,
            ),
            performance=PerformanceReport(
                annual_excess_return=0.08308837228,
                annual_volatility=0.09202023698,
                sharpe_ratio=0.902935865,
                sortino_ratio=1.548137917,
                information_ratio=0.7197426814,
                beta=0.6810682876,
                up_beta=0.5462011307,
                down_beta=0.6111669002,
                annual_jensen_alpha=0.05325764762,
                maximum_drawdown=0.1498866117,
            ),
            sleeve_class=SleeveClass.BETA,
            reasons=(EvidenceReason.FACTORS_EXPLAIN_MOST,),
            loadings=(
                DriverValue(driver_id="equity", value=0.6802557877),
                DriverValue(driver_id="duration", value=0.2821060232),
                DriverValue(driver_id="credit", value=-0.1366147506),
            ),
            annual_residual_volatility=0.03702675482,
        ),
        active_return=ActiveReturn(
            annual_active_return=0.03928846968,
            annual_tracking_error=0.05458682762,
            benchmark_beta=0.6802557877,
            annual_benchmark_part=-0.01400476536,
            factor_parts=(
                FactorPart(factor_id="duration", annual_return=0.005903528764),
                FactorPart(factor_id="credit", annual_return=0.0003331183582),
            ),
            annual_alpha=0.04705658791,
        ),
        fees=FeeReport(
            annual_gross_alpha=0.08427364379,
            annual_management_fee=0.015,
            annual_performance_fee=0.02221705588,
            annual_naive_performance_fee=0.02106108563,
            annual_fee=0.03721705588,
            annual_net_alpha=0.04705658791,
            annual_net_alpha_lower=0.01471829781,
            annual_net_alpha_upper=0.07939487802,
            beta_share=0.6946723619,
            annual_fee_for_beta=0.01869415511,
            annual_active_fee=0.1198445413,
        ),
        verdict=CaptureVerdict.ADDS_VALUE,
        structure_benefit=StructureBenefit(
            annual_benefit=0.03861592912, annual_alpha_over_break_even=0.04290658791
        ),
    )


def _closet() -> AlphaCapture:
    return AlphaCapture(
        fund_id="closet",
        evidence=AlphaEvidence(
            sleeve_id="closet",
            sample=SampleReport(
                period_count=58,
                first_date=datetime.date(2019, 1, 31),
                last_date=datetime.date(2023, 12, 31),
                missing_period_count=2,
            ),
            smoothing=SmoothingReport(
                autocorrelation=0.04926949493,
                p_value=0.5102507108,
                treatment=SmoothingTreatment.NONE,
                annual_reported_volatility=0.1262504622,
                annual_volatility=0.1262504622,
            ),
            regression=FactorRegression(
                annual_alpha=0.008432691598,
                annual_alpha_error=0.007320283232,
                alpha_t=1.151962476,
                annual_alpha_lower=-0.006243592638,
                annual_alpha_upper=0.02310897583,
                r_squared=0.9823429034,
                adjusted_r_squared=0.9813619536,
                annual_residual_volatility=0.01723586849,
                loadings=(
                    FactorLoading(
                        factor_id="equity", loading=0.9910719623, error=0.02155764852, t=45.97310144
                    ),
                    FactorLoading(
                        factor_id="duration", loading=0.03056581791, error=0.04671635885, t=0.6542851083
                    ),
                    FactorLoading(
                        factor_id="credit", loading=0.1622135045, error=0.03921404738, t=4.136617241
                    ),
                ),
                error_lag_count=3,
                appraisal_ratio=0.4892524913,
                years_for_significance=16.71067142,
            ),
            performance=PerformanceReport(
                annual_excess_return=0.04545009233,
                annual_volatility=0.1262504622,
                sharpe_ratio=0.3599994132,
                sortino_ratio=0.5281906459,
                information_ratio=0.4488666293,
                beta=1.004208405,
                up_beta=0.9995610208,
                down_beta=1.006789301,
                annual_jensen_alpha=0.008183572311,
                maximum_drawdown=0.2277598637,
            ),
            sleeve_class=SleeveClass.BETA,
            reasons=(
                EvidenceReason.FACTORS_EXPLAIN_MOST,
                EvidenceReason.ALPHA_NOT_SIGNIFICANT,
            ),
            loadings=(
                DriverValue(driver_id="equity", value=0.9910719623),
                DriverValue(driver_id="duration", value=0.03056581791),
                DriverValue(driver_id="credit", value=0.1622135045),
            ),
            annual_residual_volatility=0.01723586849,
        ),
        active_return=ActiveReturn(
            annual_active_return=0.008339747654,
            annual_tracking_error=0.01857956709,
            benchmark_beta=0.9910719623,
            annual_benchmark_part=-0.0003313225562,
            factor_parts=(
                FactorPart(factor_id="duration", annual_return=0.0006111787232),
                FactorPart(factor_id="credit", annual_return=-0.0003728001109),
            ),
            annual_alpha=0.008432691598,
        ),
        fees=FeeReport(
            annual_gross_alpha=0.008432691598,
            annual_management_fee=0.0115,
            annual_fee=0.0115,
            annual_net_alpha=-0.003067308402,
            annual_net_alpha_lower=-0.01774359264,
            annual_net_alpha_upper=0.01160897583,
            beta_share=0.8788801701,
            annual_fee_for_beta=0.01010712196,
            annual_active_fee=0.08841663546,
        ),
        verdict=CaptureVerdict.AMPLIFIES_NO_SKILL,
        structure_benefit=StructureBenefit(
            annual_benefit=-0.006495577562, annual_alpha_over_break_even=-0.007217308402
        ),
    )


def _young() -> AlphaCapture:
    return AlphaCapture(
        fund_id="young",
        evidence=AlphaEvidence(
            sleeve_id="young",
            sample=SampleReport(
                period_count=14, first_date=datetime.date(2022, 11, 30), last_date=datetime.date(2023, 12, 31)
            ),
            smoothing=SmoothingReport(
                autocorrelation=-0.02439614078,
                p_value=0.182429799,
                treatment=SmoothingTreatment.NONE,
                annual_reported_volatility=0.1607112218,
                annual_volatility=0.1607112218,
            ),
            regression=FactorRegression(
                annual_alpha=0.006167768268,
                annual_alpha_error=0.02525045962,
                alpha_t=0.244263604,
                annual_alpha_lower=-0.05009376184,
                annual_alpha_upper=0.06242929837,
                r_squared=0.9854240757,
                adjusted_r_squared=0.9810512984,
                annual_residual_volatility=0.02212258801,
                loadings=(
                    FactorLoading(factor_id="world", loading=1.023647644, error=0.03600530485, t=28.43046735),
                    FactorLoading(
                        factor_id="duration", loading=0.02746507536, error=0.1765311719, t=0.1555820146
                    ),
                    FactorLoading(
                        factor_id="credit", loading=0.05395069818, error=0.1118410261, t=0.4823873679
                    ),
                ),
                error_lag_count=3,
                appraisal_ratio=0.278799581,
                years_for_significance=51.46070812,
            ),
            performance=PerformanceReport(
                annual_excess_return=0.1784177119,
                annual_volatility=0.1607112218,
                sharpe_ratio=1.110175817,
                sortino_ratio=2.523393247,
                information_ratio=0.4528539151,
                beta=1.032172585,
                up_beta=0.9429054866,
                down_beta=0.9572277158,
                annual_jensen_alpha=0.003723827085,
                maximum_drawdown=0.05224554551,
            ),
            reasons=(EvidenceReason.TOO_LITTLE_DATA,),
        ),
        active_return=ActiveReturn(
            annual_active_return=0.009168995785,
            annual_tracking_error=0.02024713816,
            benchmark_beta=1.023647644,
            annual_benchmark_part=0.004002333398,
            factor_parts=(
                FactorPart(factor_id="duration", annual_return=-4.374975883e-05),
                FactorPart(factor_id="credit", annual_return=-0.0009573561219),
            ),
            annual_alpha=0.006167768268,
        ),
    )
