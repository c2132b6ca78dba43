"""Old inputs: marks of positions, and the evidence behind alphas."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence

from counterpoise.command.subjects import Subjects
from counterpoise.model import (
    DEFAULT_MAXIMUM_EVIDENCE_AGE_DAYS,
    DEFAULT_MAXIMUM_VALUATION_AGE_DAYS,
    Line,
    Warning,
)

_OF_A_MARK = "the mark of"
_OF_EVIDENCE = "the evidence behind the alpha"


def is_of_evidence(warning: Warning) -> bool:
    """Whether a warning about an old input is about the evidence behind an alpha."""
    return warning.message.startswith(_OF_EVIDENCE)


def old_inputs(given: Sequence[Warning], subjects: Subjects) -> tuple[list[str], list[Warning]]:
    """A sentence about marks, one about evidence, and the warnings that are about neither."""
    mandate, lines = subjects.problem.mandate, subjects.lines
    rule, days = mandate.evidence_rule, mandate.maximum_valuation_age_days
    most_of_marks = DEFAULT_MAXIMUM_VALUATION_AGE_DAYS if days is None else days
    days = rule.maximum_evidence_age_days if rule is not None else None
    most_of_evidence = DEFAULT_MAXIMUM_EVIDENCE_AGE_DAYS if days is None else days
    marks = _older({key: line.valuation_date for key, line in lines.items()}, most_of_marks, subjects)
    evidence = _older({key: _last_observed(line) for key, line in lines.items()}, most_of_evidence, subjects)
    # A line with an old mark and old evidence has two warnings, and no code tells them apart. A page that has
    # left evidence out has marks alone.
    if not any(is_of_evidence(warning) for warning in given) and any(
        warning.message.startswith(_OF_A_MARK) for warning in given
    ):
        evidence = {}
    warned = Counter(line.line_id for warning in given if (line := subjects.line_of(warning)))
    explained = {key for key, count in warned.items() if count == (key in marks) + (key in evidence)}
    rest = [
        warning
        for warning in given
        if (line := subjects.line_of(warning)) is None or line.line_id not in explained
    ]
    marks, evidence = ({key: ages[key] for key in ages if key in explained} for ages in (marks, evidence))
    as_of = subjects.problem.portfolio.as_of_date
    told = []
    if marks:
        whose, old = subjects.one_or_many(list(marks), "line"), _days(marks, most_of_marks)
        are = "marks are" if len(marks) > 1 else "mark is"
        told.append(f"{whose} {are} {old} old on {as_of}{_than(marks, most_of_marks, subjects)}")
    if evidence:
        whose, old = subjects.one_or_many(list(evidence), "sleeve"), _days(evidence, most_of_evidence)
        told.append(
            f"{whose} evidence ends {old} before {as_of}{_than(evidence, most_of_evidence, subjects)}"
        )
    return told, rest


def _older(dates: Mapping[str, datetime.date | None], most: int, subjects: Subjects) -> dict[str, int]:
    """Ages in days of what is older than allowed, by line."""
    as_of = subjects.problem.portfolio.as_of_date
    ages = {key: (as_of - date).days for key, date in dates.items() if date is not None}
    return {key: days for key, days in ages.items() if days > most}


def _last_observed(line: Line) -> datetime.date | None:
    return line.alpha_sleeve.evidence.last_observation_date if line.alpha_sleeve is not None else None


def _days(ages: Mapping[str, int], most: int) -> str:
    """The age of the one, or what all are older than."""
    if len(ages) > 1:
        return f"more than {most} days"
    return f"{next(iter(ages.values()))} days"


def _than(ages: Mapping[str, int], most: int, subjects: Subjects) -> str:
    """What one age is compared with; of several, the oldest and the names."""
    if len(ages) < 2:
        return f", more than {most}"
    first = max(subjects.by_size(list(ages)), key=lambda key: ages[key])
    return f" (oldest: {subjects.names.line(first)}, {ages[first]} days){subjects.named(list(ages))}"
