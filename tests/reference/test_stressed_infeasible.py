"""Limits of stress that no portfolio can meet come back INFEASIBLE, with a proof that adds up."""

import numpy as np
import pytest

from counterpoise.model import (
    ExposureMeasure,
    IlliquidShareMeasure,
    LeverageDefinition,
    LeverageMeasure,
    LiquidityCoverageMeasure,
    PositionMeasure,
    ReserveMeasure,
    ScenarioLossMeasure,
    TerminationReason,
)
from tests.answers import describe
from tests.problems.stressed_contradictions import KINDS, contradictions
from tests.reference.conic import ConicStatus
from tests.reference.conic_stress import solve_stress
from tests.reference.stress_book import StressBook
from tests.reference.stress_proof import least_violation

FIRST = 30_000
PER_KIND = 8
ADDED_UP = (
    LiquidityCoverageMeasure,
    ScenarioLossMeasure,
    LeverageMeasure,
    IlliquidShareMeasure,
    ExposureMeasure,
    PositionMeasure,
    ReserveMeasure,
)
"""What is added up again in exact arithmetic: measures without a norm or a tail."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_met_is_infeasible(allocate, kind):
    wrong, undecided = [], []
    for seed, problem, limit_id in contradictions(kind, FIRST, PER_KIND):
        second = solve_stress(problem).status
        assert second in {ConicStatus.INFEASIBLE, ConicStatus.UNKNOWN}, (kind, seed)
        undecided += [seed] if second == ConicStatus.UNKNOWN else []
        wrong += [f"{seed}: {limit_id}: {fault}" for fault in faults(problem, allocate(problem))]
    assert not wrong, "\n".join(wrong)
    # The second solver may fail; that it cannot decide says nothing against the proof.
    assert len(undecided) <= 1, undecided


def faults(problem, allocation):
    if allocation.termination.reason != TerminationReason.INFEASIBLE:
        yield describe(allocation)
        return
    proof = allocation.certificate.infeasibility
    if not proof.contradiction > proof.error_bound >= 0:
        yield f"contradiction {proof.contradiction}, error {proof.error_bound}"
    if abs(sum(item.weight for item in proof.weights) - 1) > 1e-9:
        yield f"weights sum to {sum(item.weight for item in proof.weights)}"
    if added_up(problem, proof):
        book = StressBook(problem, np.zeros(len(problem.portfolio.lines)), {})
        least = float(least_violation(book, proof))
        # The boxes of the sum are wider than those of the proof.
        if not 0 < least <= proof.contradiction + 1e-9:
            yield f"added up the proof is {least}, said {proof.contradiction}"


def added_up(problem, proof):
    """Whether the proof names only what is added up again in exact arithmetic."""
    if any(pool.risk is not None for pool in problem.portfolio.margin_pools):
        return False
    named = {item.key.limit_id for item in proof.weights}
    limits = [limit for limit in problem.mandate.limits if limit.limit_id in named]
    if any(limit.leverage and limit.leverage.definition == LeverageDefinition.COMMITMENT for limit in limits):
        return False
    return all(isinstance(limit.measure, ADDED_UP) for limit in limits)
