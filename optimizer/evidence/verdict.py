"""What a sleeve counts as, and why."""

from __future__ import annotations

from collections.abc import Iterator

from counterpoise.model import (
    DEFAULT_MINIMUM_OBSERVATION_COUNT,
    AlphaQuestion,
    EvidenceReason,
    EvidenceRule,
    FactorRegression,
    SleeveClass,
)
from optimizer.evidence.sample import Sample

_FEWEST = 24
_PERIODS_A_COEFFICIENT = 3

_BECAUSE = {
    SleeveClass.ALPHA: EvidenceReason.FACTORS_EXPLAIN_LITTLE,
    SleeveClass.ALPHA_AND_BETA: EvidenceReason.FACTORS_EXPLAIN_MUCH,
    SleeveClass.BETA: EvidenceReason.FACTORS_EXPLAIN_MOST,
}


def is_enough(question: AlphaQuestion, sample: Sample) -> bool:
    """Whether there is enough for a verdict: 24 periods and months, three periods a coefficient."""
    periods = max(_FEWEST, _PERIODS_A_COEFFICIENT * sample.coefficient_count)
    return sample.period_count >= periods and month_count(question, sample) >= _FEWEST


def month_count(question: AlphaQuestion, sample: Sample) -> int:
    """Whole months of the sample, by its number of periods: part of a month is none."""
    return 12 * sample.period_count // question.history.frequency.periods_per_year


def reasons_of(
    question: AlphaQuestion, sample: Sample, sleeve_class: SleeveClass, regression: FactorRegression
) -> Iterator[EvidenceReason]:
    """Why it counts as that, and what the regression itself says of its alpha."""
    yield _BECAUSE[sleeve_class]
    if regression.annual_alpha_lower <= 0.0 <= regression.annual_alpha_upper:
        yield EvidenceReason.ALPHA_NOT_SIGNIFICANT
    if regression.annual_alpha <= 0.0:
        yield EvidenceReason.ALPHA_NOT_POSITIVE
    rule = question.evidence_rule or EvidenceRule()
    wanted = rule.minimum_observation_count
    if month_count(question, sample) < (DEFAULT_MINIMUM_OBSERVATION_COUNT if wanted is None else wanted):
        yield EvidenceReason.HISTORY_SHORT
