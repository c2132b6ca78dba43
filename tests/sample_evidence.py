"""A question to five years of made-up histories, and an answer of the kind that a service gives."""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np

from counterpoise.model import (
    AlphaBasis,
    AlphaEvidence,
    AlphaPrior,
    AlphaQuestion,
    AlphaSleeve,
    DriverValue,
    EvidenceReason,
    ExpectedAlpha,
    FactorEvidence,
    FactorLoading,
    FactorRegression,
    Frequency,
    PerformanceReport,
    Provenance,
    ReturnBasis,
    ReturnColumn,
    ReturnHistory,
    RollingRegression,
    SampleReport,
    SleeveClass,
    SmoothingReport,
    SmoothingTreatment,
    StressCorrelation,
    StressWindow,
    VerifyAlphaResponse,
    Warning,
    WarningCode,
)

MONTHS = 60


def month_ends(count: int, year: int = 2019) -> tuple[datetime.date, ...]:
    """Last days of so many months from January of a year on."""
    firsts = [datetime.date(year + index // 12, index % 12 + 1, 1) for index in range(1, count + 1)]
    return tuple(first - datetime.timedelta(days=1) for first in firsts)


def column(column_id: str, returns: object, basis: ReturnBasis = ReturnBasis.TOTAL) -> ReturnColumn:
    """A column without missing periods."""
    return ReturnColumn(column_id=column_id, basis=basis, returns=np.asarray(returns, dtype=float))


def history(months: int = MONTHS) -> ReturnHistory:
    """Two funds, cash, and two factors over cash: `skill` owes them nothing, `clone` is made of them."""
    draw = np.random.default_rng(7)
    equity, bonds = draw.normal(0.006, 0.04, months), draw.normal(0.001, 0.012, months)
    cash = 0.002 + 0.0005 * np.sin(np.arange(months) / 9)
    skill = cash + 0.004 + draw.normal(0, 0.015, months)
    clone = cash + 0.8 * equity + 0.3 * bonds + draw.normal(0, 0.003, months)
    return ReturnHistory(
        frequency=Frequency.MONTHLY,
        dates=month_ends(months),
        columns=(
            column("skill", skill),
            column("clone", clone),
            column("equity", equity, ReturnBasis.EXCESS),
            column("bonds", bonds, ReturnBasis.EXCESS),
            column("cash", cash),
        ),
    )


def question(months: int = MONTHS) -> AlphaQuestion:
    """Both funds against both factors, every optional field set."""
    return AlphaQuestion(
        history=history(months),
        sleeve_ids=("skill", "clone"),
        factor_ids=("equity", "bonds"),
        cash_id="cash",
        market_id="equity",
        smoothing=SmoothingTreatment.WHERE_TESTED,
        confidence=0.95,
        rolling_period_count=36,
        stress_windows=(
            StressWindow(
                window_id="2020-crash",
                first_date=datetime.date(2020, 2, 1),
                last_date=datetime.date(2020, 4, 30),
            ),
        ),
        prior=AlphaPrior(annual_mean=0.0, annual_error=0.02),
    )


def with_column(asked: AlphaQuestion, index: int, **changes: object) -> AlphaQuestion:
    """The question with a changed column."""
    columns = list(asked.history.columns)
    columns[index] = replace(columns[index], **changes)
    return replace(asked, history=replace(asked.history, columns=tuple(columns)))


def response() -> VerifyAlphaResponse:
    """Alpha, beta, and a fund with too little data."""
    return VerifyAlphaResponse(
        evidence=(_skill(), _clone(), _young()),
        warnings=(Warning(code=WarningCode.HISTORY_GAPS, message="clone: 2 periods of 58 are missing"),),
        provenance=Provenance(problem_sha256="0" * 64, server_version="0.1.0"),
    )


def _skill() -> AlphaEvidence:
    dates = month_ends(MONTHS)
    return AlphaEvidence(
        sleeve_id="skill",
        sample=SampleReport(period_count=60, first_date=dates[0], last_date=dates[-1]),
        smoothing=SmoothingReport(
            autocorrelation=0.02,
            p_value=0.81,
            treatment=SmoothingTreatment.NONE,
            annual_reported_volatility=0.052,
            annual_volatility=0.052,
        ),
        regression=FactorRegression(
            annual_alpha=0.048,
            annual_alpha_error=0.016,
            alpha_t=3.0,
            annual_alpha_lower=0.0160,
            annual_alpha_upper=0.0800,
            r_squared=0.04,
            adjusted_r_squared=0.006,
            annual_residual_volatility=0.051,
            loadings=(
                FactorLoading(factor_id="equity", loading=0.05, error=0.04, t=1.25),
                FactorLoading(factor_id="bonds", loading=-0.1, error=0.1, t=-1.0),
            ),
            error_lag_count=3,
            appraisal_ratio=0.94,
            years_for_significance=4.5,
        ),
        performance=PerformanceReport(
            annual_excess_return=0.049,
            annual_volatility=0.052,
            sharpe_ratio=0.94,
            sortino_ratio=1.6,
            information_ratio=-0.15,
            beta=0.05,
            up_beta=0.02,
            down_beta=0.08,
            annual_jensen_alpha=0.046,
            maximum_drawdown=0.06,
        ),
        stress_correlations=(
            StressCorrelation(
                window_id="2020-crash", period_count=3, correlation=0.31, compounded_return=0.02
            ),
        ),
        rolling=tuple(
            RollingRegression(
                last_date=dates[index],
                annual_alpha=0.03 + 0.001 * (index - 35),
                r_squared=0.02 + 0.002 * (index - 35),
                loadings=(0.05, -0.1),
            )
            for index in range(35, MONTHS)
        ),
        sleeve_class=SleeveClass.ALPHA,
        reasons=(EvidenceReason.FACTORS_EXPLAIN_LITTLE,),
        annual_shrunk_alpha=0.0293,
        annual_shrunk_alpha_error=0.0125,
        alpha_sleeve=AlphaSleeve(
            expected_alpha=ExpectedAlpha(net_of_fees=AlphaBasis(annual_over_beta=0.0293)),
            evidence=FactorEvidence(r_squared=0.006, observation_count=60, last_observation_date=dates[-1]),
            annual_alpha_error=0.0125,
        ),
        loadings=(DriverValue(driver_id="equity", value=0.05), DriverValue(driver_id="bonds", value=-0.1)),
        annual_residual_volatility=0.051,
    )


def _clone() -> AlphaEvidence:
    dates = month_ends(MONTHS)
    return AlphaEvidence(
        sleeve_id="clone",
        sample=SampleReport(
            period_count=57,
            first_date=dates[1],
            last_date=dates[-1],
            missing_period_count=1,
            gap_period_count=1,
        ),
        smoothing=SmoothingReport(
            autocorrelation=0.44,
            p_value=0.0007,
            treatment=SmoothingTreatment.GETMANSKY_LO_MAKAROV,
            weights=(0.56, 0.2464, 0.1936),
            annual_reported_volatility=0.081,
            annual_volatility=0.13,
        ),
        regression=FactorRegression(
            annual_alpha=-0.011,
            annual_alpha_error=0.012,
            alpha_t=-0.92,
            annual_alpha_lower=-0.035,
            annual_alpha_upper=0.013,
            r_squared=0.91,
            adjusted_r_squared=0.907,
            annual_residual_volatility=0.039,
            loadings=(
                FactorLoading(factor_id="equity", lag=0, loading=0.7, error=0.03, t=23.3),
                FactorLoading(factor_id="equity", lag=1, loading=0.2, error=0.03, t=6.7),
                FactorLoading(factor_id="bonds", lag=0, loading=0.3, error=0.1, t=3.0),
                FactorLoading(factor_id="bonds", lag=1, loading=0.0, error=0.1, t=0.0),
            ),
            error_lag_count=3,
            appraisal_ratio=-0.28,
        ),
        performance=PerformanceReport(
            annual_excess_return=0.05,
            annual_volatility=0.13,
            sharpe_ratio=0.38,
            sortino_ratio=0.52,
            information_ratio=-0.2,
            beta=0.86,
            annual_jensen_alpha=-0.01,
            maximum_drawdown=0.22,
        ),
        stress_correlations=(
            StressCorrelation(window_id="2020-crash", period_count=2, compounded_return=-0.14),
        ),
        rolling=(
            RollingRegression(last_date=dates[-1], annual_alpha=-0.02, r_squared=0.9, loadings=(0.9, 0.3)),
        ),
        sleeve_class=SleeveClass.BETA,
        reasons=(
            EvidenceReason.FACTORS_EXPLAIN_MOST,
            EvidenceReason.ALPHA_NOT_SIGNIFICANT,
            EvidenceReason.ALPHA_NOT_POSITIVE,
            EvidenceReason.SMOOTHED,
            EvidenceReason.LAGGED_BETA,
        ),
        annual_shrunk_alpha=-0.0081,
        annual_shrunk_alpha_error=0.0103,
        alpha_sleeve=AlphaSleeve(
            expected_alpha=ExpectedAlpha(net_of_fees=AlphaBasis(annual_over_beta=-0.0081)),
            evidence=FactorEvidence(r_squared=0.907, observation_count=57, last_observation_date=dates[-1]),
            annual_alpha_error=0.0103,
        ),
        loadings=(DriverValue(driver_id="equity", value=0.9), DriverValue(driver_id="bonds", value=0.3)),
        annual_residual_volatility=0.039,
    )


def _young() -> AlphaEvidence:
    dates = month_ends(MONTHS)
    return AlphaEvidence(
        sleeve_id="young",
        sample=SampleReport(period_count=14, first_date=dates[-14], last_date=dates[-1]),
        smoothing=SmoothingReport(
            autocorrelation=0.1,
            p_value=0.6,
            treatment=SmoothingTreatment.NONE,
            annual_reported_volatility=0.1,
            annual_volatility=0.1,
        ),
        reasons=(EvidenceReason.TOO_LITTLE_DATA, EvidenceReason.HISTORY_SHORT),
    )
