"""Problems with known optima over every unit's documented range: certified at the optimum, or refused.

COUNTERPOISE_TEST_PORTFOLIOS says how many.
"""

import os
from dataclasses import replace

import pytest

from counterpoise.model import TerminationReason
from tests.answers import book_of, describe, objective
from tests.faults.figures import note
from tests.problems.known_optimum import known_optimum
from tests.reference.comparison import book_faults, hard_violations, largest_slope

COUNT = int(os.environ.get("COUNTERPOISE_TEST_PORTFOLIOS", "2000"))
CHUNKS = 10
REFUSED_AT_MOST = 0.01
LARGEST_VIOLATION = 1e-6
LARGEST_GAP = 1e-5
LEAST_GAP_SCALE = 0.01
ROUNDING = 1e-12


def faults(known, allocation):
    """Where an optimal answer is not the optimum that the prices prove."""
    yield from book_faults(known.problem, allocation, largest_violation=LARGEST_VIOLATION)
    book, value = book_of(known.problem, allocation), objective(allocation)
    # What it misses limits by is worth its price.
    missed = max(hard_violations(book).values()) * largest_slope(book) * known.prices
    rounding = ROUNDING * max(abs(known.objective), known.prices, 1.0)
    better = value - known.objective if known.problem.objective.maximizes else known.objective - value
    if better > missed + rounding:
        yield f"{value} is better than the optimum {known.objective}, {missed} being explained"
    if -better > LARGEST_GAP * max(abs(value), LEAST_GAP_SCALE) + missed + rounding:
        yield f"{value} is worse than the optimum {known.objective}"


@pytest.mark.timeout(300 + COUNT // 4)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_known_optima_are_found_or_refused(allocate, chunk):
    refused, wrong = [], []
    seeds = range(COUNT * chunk // CHUNKS, COUNT * (chunk + 1) // CHUNKS)
    for seed in seeds:
        known = known_optimum(seed)
        allocation = allocate(known.problem)
        if allocation.termination.reason is TerminationReason.OPTIMAL:
            wrong += [f"{seed}: {fault}" for fault in faults(known, allocation)]
        elif allocation.termination.reason is TerminationReason.INFEASIBLE:
            wrong.append(f"{seed}: a feasible problem came back {describe(allocation)}")
        else:
            refused.append(f"{seed}: {describe(allocation)}")
    note({"portfolios": len(seeds), "refused": len(refused)})
    assert not wrong, "\n".join(wrong)
    assert len(refused) <= max(REFUSED_AT_MOST * len(seeds), 1), "\n".join(refused)


@pytest.mark.parametrize("seed", range(5))
def test_a_value_beside_the_optimum_is_a_fault(allocate, seed):
    known = known_optimum(seed)
    allocation = allocate(known.problem)
    assert not list(faults(known, allocation))
    beside = 3 * LARGEST_GAP * max(abs(known.objective), LEAST_GAP_SCALE) + 1e-6 * known.prices
    for said in (known.objective - beside, known.objective + beside):
        assert list(faults(replace(known, objective=said), allocation))
