"""Ordinary problems with units over their documented ranges: 99 in 100 are certified, none wrongly."""

import pytest

from counterpoise.model import TerminationReason
from tests.answers import describe
from tests.problems.over_ranges import over_ranges
from tests.reference.comparison import book_faults, proof_faults
from tests.reference.conic import ConicStatus, solve_conic

SEEDS_PER_CHUNK = 100
CHUNKS = 20
REFUSALS_PER_CHUNK = 1
LARGEST_VIOLATION = 1e-6
EVERY_SO_MANY_BY_THE_CONIC_FORM = 5


@pytest.mark.timeout(600)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_units_over_their_ranges(allocate, chunk):
    refused, wrong = [], []
    for seed in range(SEEDS_PER_CHUNK * chunk, SEEDS_PER_CHUNK * (chunk + 1)):
        problem = over_ranges(seed)
        allocation = allocate(problem)
        if allocation.termination.reason == TerminationReason.OPTIMAL:
            faults = book_faults(problem, allocation, largest_violation=LARGEST_VIOLATION)
            wrong += [f"{seed}: {fault}" for fault in faults]
            if seed % EVERY_SO_MANY_BY_THE_CONIC_FORM == 0:
                wrong += [f"{seed}: {fault}" for fault in proof_faults(problem, allocation)]
        elif allocation.termination.reason == TerminationReason.INFEASIBLE:
            if solve_conic(problem).status != ConicStatus.INFEASIBLE:
                wrong.append(f"{seed}: {describe(allocation)}")
        else:
            refused.append(f"{seed}: {describe(allocation)}")
    assert not wrong, "\n".join(wrong)
    assert len(refused) <= REFUSALS_PER_CHUNK, "\n".join(refused)
