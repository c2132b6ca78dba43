"""Random portfolios under random scenarios against a simulation in plain loops."""

import pytest

from counterpoise.model import TerminationReason
from tests.answers import describe
from tests.problems.stressed import stressed
from tests.reference.stress_faults import answer_faults

SEEDS_PER_CHUNK = 100
CHUNKS = 5
REFUSALS_PER_CHUNK = 1


@pytest.mark.timeout(600)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_what_is_reported_is_what_happens(allocate, chunk):
    refused, wrong = [], []
    for seed in range(SEEDS_PER_CHUNK * chunk, SEEDS_PER_CHUNK * (chunk + 1)):
        problem = stressed(seed)
        allocation = allocate(problem)
        reason = allocation.termination.reason
        if reason == TerminationReason.OPTIMAL:
            wrong += [f"{seed}: {fault}" for fault in answer_faults(problem, allocation)]
        elif reason == TerminationReason.INFEASIBLE:
            wrong.append(f"{seed}: a feasible problem came back {describe(allocation)}")
        else:
            refused.append(f"{seed}: {describe(allocation)}")
    assert not wrong, "\n".join(wrong)
    assert len(refused) <= REFUSALS_PER_CHUNK, "\n".join(refused)
