"""Random problems with everything on, against a conic form and plain loops written without the service."""

import pytest

from counterpoise.model import TerminationReason
from tests.answers import describe
from tests.problems.everything import everything
from tests.reference.comparison import INCONCLUSIVE, book_faults, proof_faults
from tests.reference.conic import ConicStatus
from tests.reference.lexicographic import solve_lexicographic

SEEDS_PER_CHUNK = 50
CHUNKS = 20
REFUSALS_PER_CHUNK = 1


@pytest.mark.timeout(600)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_answers_agree_with_the_conic_form(allocate, chunk):
    refused, wrong = [], []
    for seed in range(SEEDS_PER_CHUNK * chunk, SEEDS_PER_CHUNK * (chunk + 1)):
        problem = everything(seed)
        allocation = allocate(problem)
        reason = allocation.termination.reason
        if reason == TerminationReason.OPTIMAL:
            faults = [*book_faults(problem, allocation), *proof_faults(problem, allocation)]
            wrong += [f"{seed}: {fault}" for fault in faults]
        elif reason == TerminationReason.INFEASIBLE:
            status = solve_lexicographic(problem).goal.status
            if status != ConicStatus.INFEASIBLE:
                wrong.append(f"{seed}: {describe(allocation)}, while the conic form is {status.name}")
        else:
            refused.append(f"{seed}: {describe(allocation)}")
    unclear = [fault for fault in wrong if INCONCLUSIVE in fault]
    assert len(unclear) <= 1, "\n".join(unclear)
    assert len(wrong) == len(unclear), "\n".join(wrong)
    assert len(refused) <= REFUSALS_PER_CHUNK, "\n".join(refused)
