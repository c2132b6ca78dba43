"""Soft limits that exclude each other: what each priority can reach is found again, stage after stage."""

import pytest

from counterpoise.model import TerminationReason
from tests.answers import describe, optimality
from tests.problems.lexicographic import lexicographic
from tests.reference.comparison import INCONCLUSIVE, book_faults, proof_faults
from tests.reference.lexicographic import solve_lexicographic

SEEDS_PER_CHUNK = 20
CHUNKS = 10
REFUSALS_PER_CHUNK = 1
TOLERANCE = 1e-6


@pytest.mark.timeout(600)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_priority_gains_at_the_expense_of_an_earlier_one(allocate, chunk):
    refused, wrong = [], []
    for seed in range(SEEDS_PER_CHUNK * chunk, SEEDS_PER_CHUNK * (chunk + 1)):
        problem = lexicographic(seed)
        allocation = allocate(problem)
        if allocation.termination.reason == TerminationReason.OPTIMAL:
            faults = [
                *first_stage_faults(problem, allocation),
                *book_faults(problem, allocation),
                *proof_faults(problem, allocation),
            ]
            wrong += [f"{seed}: {fault}" for fault in faults]
        elif allocation.termination.reason == TerminationReason.INFEASIBLE:
            wrong.append(f"{seed}: the hard limits can be met, but {describe(allocation)}")
        else:
            refused.append(f"{seed}: {describe(allocation)}")
    unclear = [fault for fault in wrong if INCONCLUSIVE in fault]
    assert len(unclear) <= 1, "\n".join(unclear)
    assert len(wrong) == len(unclear), "\n".join(wrong)
    assert len(refused) <= REFUSALS_PER_CHUNK, "\n".join(refused)


def first_stage_faults(problem, allocation):
    """Stages of the certificate against those that the second solver finds without the answer."""
    stages = {stage.priority: stage for stage in optimality(allocation).soft_stages}
    alone = solve_lexicographic(problem).violations
    assert stages.keys() == alone.keys()
    first = min(alone)
    size = max(1.0, alone[first])
    # Later stages move with what is left of the tolerance of earlier ones; the first does not.
    if abs(stages[first].violation - alone[first]) > 2 * TOLERANCE * size:
        yield f"priority {first} is missed by {stages[first].violation}, possible {alone[first]}"
    for priority, violation in alone.items():
        better = violation - stages[priority].violation
        earlier = [stages[other].violation - alone[other] for other in alone if other < priority]
        if better > 2e-6 * max(1.0, violation) and all(gain <= TOLERANCE for gain in earlier):
            # Only what an earlier priority gave up could have paid for it.
            yield f"priority {priority} is missed by {stages[priority].violation}, least is {violation}"
