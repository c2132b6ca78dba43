"""Soft limits of stress beyond reach: they are missed by no more than they must be, and by what is said."""

import dataclasses

import pytest

from counterpoise.model import SoftLimit, WarningCode
from tests.answers import assert_optimal, optimality
from tests.problems.stressed_contradictions import KINDS, contradictions
from tests.reference.conic_stress import least_soft_violation
from tests.reference.stress_faults import misses, stress_book
from tests.reference.stress_stated import limits, rooted, unequal, violations

FIRST = 40_000
PER_KIND = 5
LEVEL = 2e-6
"""What a priority may be above the least that is possible, and what the second solver may be off by."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS)
def test_a_soft_limit_is_missed_by_no_more_than_it_must_be(allocate, kind):
    wrong = []
    for seed, problem, limit_id in contradictions(kind, FIRST, PER_KIND):
        softer = softened(problem, limit_id)
        wrong += [f"{seed}: {limit_id}: {fault}" for fault in faults(softer, allocate(softer))]
    assert not wrong, "\n".join(wrong)


def softened(problem, limit_id):
    soft = tuple(
        dataclasses.replace(limit, soft=SoftLimit(priority=1)) if limit.limit_id == limit_id else limit
        for limit in problem.mandate.limits
    )
    mandate = dataclasses.replace(problem.mandate, limits=soft)
    return dataclasses.replace(problem, mandate=mandate)


def faults(problem, allocation):
    assert_optimal(allocation)
    book = stress_book(problem, allocation)
    yield from misses(book)
    yield from unequal(limits(book, allocation.limits), absolute=rooted(book))
    yield from unequal(violations(book, allocation.limits), absolute=rooted(book))
    (stage,) = optimality(allocation).soft_stages
    least = least_soft_violation(problem)
    room = LEVEL * max(1.0, least)
    if abs(stage.violation - least) > room:
        yield f"missed by {stage.violation}, must be by {least}"
    if stage.violation_bound > least + room:
        yield f"bound {stage.violation_bound} is beaten by {least}"
    if WarningCode.SOFT_LIMIT_MISSED not in {warning.code for warning in allocation.warnings}:
        yield "no warning of the missed limit"
