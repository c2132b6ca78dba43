"""Everything that a history says of one sleeve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from counterpoise.model import (
    AlphaBasis,
    AlphaEvidence,
    AlphaSleeve,
    DriverValue,
    EvidenceReason,
    ExpectedAlpha,
    FactorEvidence,
    FactorRegression,
    SmoothingTreatment,
    sleeve_class_of,
)
from optimizer.evidence.belief import prior_of, shrink
from optimizer.evidence.performance import falls_with_the_market, report_performance
from optimizer.evidence.regression import can_test_lags, is_determined, lags_explain, regress
from optimizer.evidence.rolling import report_rolling
from optimizer.evidence.sample import Sample, report_sample, take_sample
from optimizer.evidence.smoothing import Smoothing, report_smoothing, treat_smoothing
from optimizer.evidence.stress import moves_with_stress, report_stress
from optimizer.evidence.table import Table
from optimizer.evidence.verdict import is_enough, month_count, reasons_of


def weigh_sleeve(table: Table, sleeve_id: str) -> AlphaEvidence:
    """Undoes smoothing, regresses, and gives a verdict where there is enough data. Raises SeriesCollinear."""
    question = table.question
    smoothing = treat_smoothing(table, sleeve_id)
    sample = take_sample(table, sleeve_id, smoothing.treated, _lag_count(table, smoothing))
    prior = prior_of(question)
    evidence = AlphaEvidence(
        sleeve_id=sleeve_id,
        sample=report_sample(table, sample),
        smoothing=report_smoothing(table, sample, smoothing),
        regression=regress(question, sample, smoothing.filter_error),
        performance=report_performance(table, sample),
        stress_correlations=report_stress(table, sample),
        rolling=report_rolling(table, sample),
        reasons=(EvidenceReason.TOO_LITTLE_DATA,),
        annual_shrunk_alpha=prior.annual_mean,
        annual_shrunk_alpha_error=prior.annual_error,
    )
    if evidence.regression is None or not is_enough(table.question, sample):
        return evidence
    return _judged(table, sample, smoothing, evidence, evidence.regression)


def _lag_count(table: Table, smoothing: Smoothing) -> int:
    """Earlier periods of factors: one unless given, where smoothed returns are left as they are."""
    if table.question.factor_lag_count is not None:
        return table.question.factor_lag_count
    return int(smoothing.smoothed and smoothing.treatment is SmoothingTreatment.NONE)


def _judged(
    table: Table,
    sample: Sample,
    smoothing: Smoothing,
    evidence: AlphaEvidence,
    regression: FactorRegression,
) -> AlphaEvidence:
    question = table.question
    explained = regression.verdict_r_squared
    sleeve_class = sleeve_class_of(explained, question.evidence_rule)
    alpha, error = shrink(prior_of(question), regression)
    return replace(
        evidence,
        sleeve_class=sleeve_class,
        reasons=(
            *reasons_of(question, sample, sleeve_class, regression),
            *_further_reasons(table, sample, smoothing, evidence),
        ),
        annual_shrunk_alpha=alpha,
        annual_shrunk_alpha_error=error,
        alpha_sleeve=AlphaSleeve(
            expected_alpha=ExpectedAlpha(net_of_fees=AlphaBasis(annual_over_beta=alpha)),
            evidence=FactorEvidence(
                r_squared=explained,
                observation_count=month_count(question, sample),
                last_observation_date=table.dates[int(sample.periods[-1])],
            ),
            annual_alpha_error=error,
        ),
        loadings=_summed_loadings(question.factor_ids, regression),
        annual_residual_volatility=regression.annual_residual_volatility,
    )


def _further_reasons(
    table: Table, sample: Sample, smoothing: Smoothing, evidence: AlphaEvidence
) -> Iterator[EvidenceReason]:
    if smoothing.smoothed:
        yield EvidenceReason.SMOOTHED
    if _has_lagged_beta(table, sample, smoothing):
        yield EvidenceReason.LAGGED_BETA
    if falls_with_the_market(table, sample):
        yield EvidenceReason.DOWN_BETA
    if moves_with_stress(evidence.stress_correlations):
        yield EvidenceReason.MOVES_WITH_STRESS


def _has_lagged_beta(table: Table, sample: Sample, smoothing: Smoothing) -> bool:
    """Tests the lags of the regression, or one lag where it has none; not without the periods for it."""
    lagged = sample
    if not any(term.lag for term in sample.terms):
        lagged = take_sample(table, sample.sleeve_id, smoothing.treated, 1)
    return can_test_lags(lagged) and is_determined(lagged) and lags_explain(lagged)


def _summed_loadings(factor_ids: tuple[str, ...], regression: FactorRegression) -> tuple[DriverValue, ...]:
    return tuple(
        DriverValue(
            driver_id=factor_id,
            value=float(
                np.sum([item.loading for item in regression.loadings if item.factor_id == factor_id])
            ),
        )
        for factor_id in factor_ids
    )
