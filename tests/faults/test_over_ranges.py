"""Ordinary problems with units over their documented ranges: 99 in 100 are certified, none wrongly.

COUNTERPOISE_TEST_PORTFOLIOS says how many.
"""

import os

import pytest

from counterpoise.model import TerminationReason
from tests.answers import describe
from tests.faults.figures import note
from tests.problems.over_ranges import over_ranges
from tests.reference.comparison import book_faults, proof_faults
from tests.reference.conic import ConicStatus, solve_conic

COUNT = int(os.environ.get("COUNTERPOISE_TEST_PORTFOLIOS", "2000"))
CHUNKS = 20
REFUSED_AT_MOST = 0.01
LARGEST_VIOLATION = 1e-6
EVERY_SO_MANY_BY_THE_CONIC_FORM = 5


@pytest.mark.timeout(600 + COUNT // 4)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_units_over_their_ranges(allocate, chunk):
    refused, wrong = [], []
    seeds = range(COUNT * chunk // CHUNKS, COUNT * (chunk + 1) // CHUNKS)
    for seed in seeds:
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
    note({"portfolios": len(seeds), "refused": len(refused)})
    assert not wrong, "\n".join(wrong)
    assert len(refused) <= max(REFUSED_AT_MOST * len(seeds), 1), "\n".join(refused)
