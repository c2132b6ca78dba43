"""Why a sleeve counts as what it does, in words with the numbers behind them."""

from __future__ import annotations

from counterpoise.model import (
    DEFAULT_CHARGE_R_SQUARED,
    DEFAULT_CONFIDENCE,
    DEFAULT_MINIMUM_OBSERVATION_COUNT,
    DEFAULT_RECLASSIFY_R_SQUARED,
    AlphaCaptureQuestion,
    AlphaEvidence,
    EvidenceReason,
    EvidenceRule,
    FactorRegression,
    HistoryQuestion,
    PerformanceReport,
    RiskModelQuestion,
    SmoothingReport,
)
from counterpoise.wording.figures import fixed, percent
from counterpoise.wording.words import PERIODS, SLEEVE_VERDICTS, say

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


def verdict(evidence: AlphaEvidence) -> str:
    """`alpha`, `beta, not alpha`, or that there is no verdict."""
    return "no verdict" if evidence.sleeve_class is None else say(evidence.sleeve_class, SLEEVE_VERDICTS)


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
    explained = max(regression.adjusted_r_squared, 0.0)
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
        EvidenceReason.LAGGED_BETA: "earlier returns of the factors explain it, too: late beta, not skill",
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
