"""Why a sleeve counts as what it does, in words with the numbers behind them."""

from __future__ import annotations

from counterpoise.model import (
    DEFAULT_CHARGE_R_SQUARED,
    DEFAULT_CONFIDENCE,
    DEFAULT_MINIMUM_OBSERVATION_COUNT,
    DEFAULT_PRIOR_ANNUAL_ERROR,
    DEFAULT_PRIOR_ANNUAL_MEAN,
    DEFAULT_RECLASSIFY_R_SQUARED,
    AlphaCaptureQuestion,
    AlphaEvidence,
    AlphaPrior,
    AlphaQuestion,
    EvidenceReason,
    EvidenceRule,
    FactorRegression,
    HistoryQuestion,
    PerformanceReport,
    RiskModelQuestion,
    RollingRegression,
    SleeveClass,
    SmoothingReport,
)
from counterpoise.wording.figures import fixed, percent
from counterpoise.wording.words import PERIODS, SLEEVE_VERDICTS, UNPROVEN_VERDICTS, say

_HIGH_CORRELATION = 0.5


def thresholds(question: HistoryQuestion) -> tuple[float, float]:
    """R-squared from which alpha is charged for beta, and above which it is beta."""
    rule = _rule(question)
    charge, reclassify = rule.charge_r_squared, rule.reclassify_r_squared
    return (
        DEFAULT_CHARGE_R_SQUARED if charge is None else charge,
        DEFAULT_RECLASSIFY_R_SQUARED if reclassify is None else reclassify,
    )


def confidence(question: HistoryQuestion) -> float:
    """Confidence of intervals."""
    given = None if isinstance(question, RiskModelQuestion) else question.confidence
    return DEFAULT_CONFIDENCE if given is None else given


def _rule(question: HistoryQuestion) -> EvidenceRule:
    given = None if isinstance(question, AlphaCaptureQuestion) else question.evidence_rule
    return given or EvidenceRule()


def prior(question: AlphaQuestion | RiskModelQuestion) -> str:
    """What was believed of alpha before the history, as given or by default, without a full stop."""
    given = question.prior or AlphaPrior(
        annual_mean=DEFAULT_PRIOR_ANNUAL_MEAN, annual_error=DEFAULT_PRIOR_ANNUAL_ERROR
    )
    return (
        f"shrunk towards a prior of {percent(given.annual_mean)} % give or take "
        f"{percent(given.annual_error)} % a year"
    )


def verdict(evidence: AlphaEvidence) -> str:
    """What a sleeve is, and what is wrong with its alpha: `alpha`, or `not beta; alpha not proven`.

    The class goes by what factors explain, which says nothing about the sign of the rest. Of a beta nothing
    more is said. `no verdict` where there is too little data.
    """
    sleeve_class = evidence.sleeve_class
    if sleeve_class is None:
        return "no verdict"
    doubt = _doubt(evidence)
    if not doubt or sleeve_class is SleeveClass.BETA:
        return say(sleeve_class, SLEEVE_VERDICTS)
    return f"{say(sleeve_class, UNPROVEN_VERDICTS)}; {doubt}"


def _doubt(evidence: AlphaEvidence) -> str:
    """What speaks against an alpha above zero; empty where nothing does."""
    if EvidenceReason.ALPHA_NOT_POSITIVE in evidence.reasons:
        is_nothing = evidence.regression is not None and evidence.regression.annual_alpha == 0.0
        return "alpha not above zero" if is_nothing else "alpha below zero"
    return "alpha not proven" if EvidenceReason.ALPHA_NOT_SIGNIFICANT in evidence.reasons else ""


def rolling_explained(item: AlphaEvidence, window: RollingRegression, question: AlphaQuestion) -> float:
    """R-squared of a window, adjusted as that of the verdict, no less than 0.

    1 - (1 - R2) (n - 1) / (n - k - 1), where n is the length of the window, and k the number of terms:
    each factor with each of its lags.
    """
    periods = question.rolling_period_count or 0
    terms = len(item.regression.loadings) if item.regression is not None else len(question.factor_ids)
    freedom = periods - terms - 1
    if freedom <= 0:
        return window.r_squared
    return max(1.0 - (1.0 - window.r_squared) * (periods - 1) / freedom, 0.0)


def counted(count: int, question: HistoryQuestion) -> str:
    """A number of periods: `60 months`."""
    return f"{count} {say(question.history.frequency, PERIODS)}{'s' if count != 1 else ''}"


def reasons(evidence: AlphaEvidence, question: HistoryQuestion) -> list[str]:
    """One sentence for every reason, without its full stop."""
    return [_reason(reason, evidence, question) for reason in evidence.reasons]


def _reason(reason: EvidenceReason, evidence: AlphaEvidence, question: HistoryQuestion) -> str:
    regression = evidence.regression or FactorRegression()
    performance = evidence.performance or PerformanceReport()
    charge, reclassify = thresholds(question)
    months = _rule(question).minimum_observation_count or DEFAULT_MINIMUM_OBSERVATION_COUNT
    # As the verdict takes it: adjusted for the number of terms, no less than nothing.
    explained = regression.verdict_r_squared
    explain = f"known factors explain {percent(explained, 1)} % of its variance"
    interval = f"{percent(regression.annual_alpha_lower)} % to {percent(regression.annual_alpha_upper)} %"
    words = {
        EvidenceReason.FACTORS_EXPLAIN_LITTLE: f"{explain}, less than {percent(charge, 0)} %",
        EvidenceReason.FACTORS_EXPLAIN_MUCH: (
            f"{explain}, {percent(charge, 0)} % or more: what they leave alone is alpha"
        ),
        EvidenceReason.FACTORS_EXPLAIN_MOST: (
            f"{explain}, more than {percent(reclassify, 0)} %: beta, which can be had without it"
        ),
        EvidenceReason.ALPHA_NOT_SIGNIFICANT: (
            f"the {percent(confidence(question), 0)} % interval of its alpha holds zero: {interval} a year"
        ),
        EvidenceReason.ALPHA_NOT_POSITIVE: (
            f"its alpha is not above zero: {percent(regression.annual_alpha)} % a year"
        ),
        EvidenceReason.HISTORY_SHORT: f"its history is shorter than {months} months",
        EvidenceReason.TOO_LITTLE_DATA: (
            "too few periods for any verdict: fewer than 24, or than three for each coefficient"
        ),
        EvidenceReason.SMOOTHED: _smoothed(evidence.smoothing),
        EvidenceReason.LAGGED_BETA: _late_beta(evidence),
        EvidenceReason.DOWN_BETA: _down_beta(performance),
        EvidenceReason.MOVES_WITH_STRESS: _with_stress(evidence),
    }
    return words.get(reason) or f"a reason newer than this client ({int(reason)})"


def _smoothed(report: SmoothingReport | None) -> str:
    if report is None:
        return "its reported returns are smoothed"
    return (
        f"its reported returns are smoothed: autocorrelation {fixed(report.autocorrelation, 2)}, which "
        f"chance gives with probability {_probability(report.p_value)}"
    )


def _late_beta(evidence: AlphaEvidence) -> str:
    if evidence.sleeve_class is SleeveClass.BETA:
        return "earlier returns of the factors explain it, too: late beta, not skill"
    return "earlier returns of the factors explain some of it, too: part of it may be late beta"


def _probability(number: float) -> str:
    return "below 0.0001" if number < 1e-4 else fixed(number, 4)


def _down_beta(performance: PerformanceReport) -> str:
    said = "it falls with the market more than it rises with it"
    up, down = performance.up_beta, performance.down_beta
    # The test has one line with a kink; over each half by itself slopes may say less.
    if up is None or down is None or down <= up:
        return said
    return f"{said}: beta {fixed(down, 2)} down, {fixed(up, 2)} up"


def _with_stress(evidence: AlphaEvidence) -> str:
    high = [
        f"{fixed(item.correlation, 2)} in {item.window_id}"
        for item in evidence.stress_correlations
        if item.correlation is not None and item.correlation > _HIGH_CORRELATION
    ]
    return f"it moves with the market in bad times{': correlation ' if high else ''}{', '.join(high)}"
