"""What an answer must be, whatever was asked: certified with a proof that holds, or without positions."""

from __future__ import annotations

import math
from collections.abc import Iterator

from counterpoise.model import Allocation, AllocationProblem, Limit, RiskStatistic, TerminationReason
from tests.reference.comparison import book_faults
from tests.reference.stress_faults import answer_faults, misses, stress_book
from tests.reference.stress_stated import limits, rooted, unequal

LARGEST_VIOLATION = 1e-6
LARGEST_GAP = 1e-5
PLAIN_STATISTICS = {RiskStatistic.TOTAL_VOLATILITY, RiskStatistic.ACTIVE_VOLATILITY}
WITHOUT_POSITIONS = {
    TerminationReason.INFEASIBLE,
    TerminationReason.UNDETERMINED,
    TerminationReason.TIME_LIMIT,
}


def verdict_faults(
    problem: AllocationProblem, allocation: Allocation, *, largest_gap: float = LARGEST_GAP
) -> Iterator[str]:
    """Where an answer claims what it does not prove, or its own positions are not what it says of them."""
    reason, certificate = allocation.termination.reason, allocation.certificate
    if reason is TerminationReason.OPTIMAL:
        proof = None if certificate is None else certificate.optimality
        if proof is None or not proof.relative_gap <= largest_gap:
            yield f"optimal with the proof {proof}"
        if not all(math.isfinite(position.fraction) for position in allocation.positions):
            yield "a position is no number"
        elif is_stressed(problem):
            yield from answer_faults(problem, allocation)
        elif not all(map(_is_plain, problem.mandate.limits)):
            book = stress_book(problem, allocation)
            yield from misses(book)
            yield from unequal(limits(book, allocation.limits), absolute=rooted(book))
        else:
            yield from book_faults(problem, allocation, largest_violation=LARGEST_VIOLATION)
        return
    if reason not in WITHOUT_POSITIONS:
        yield f"ended with {reason}"
    if allocation.positions or allocation.objective is not None:
        yield f"{reason.name} with positions"
    if reason is TerminationReason.INFEASIBLE:
        found = None if certificate is None else certificate.infeasibility
        if found is None or not found.contradiction > found.error_bound >= 0.0:
            yield f"infeasible with the proof {found}"


def is_stressed(problem: AllocationProblem) -> bool:
    """Whether it takes the simulation of scenarios and margin calls to measure an answer."""
    return bool(problem.scenarios) or any(pool.outright is None for pool in problem.portfolio.margin_pools)


def _is_plain(limit: Limit) -> bool:
    """Whether plain loops measure it."""
    if limit.risk is not None:
        return limit.risk.statistic in PLAIN_STATISTICS and limit.risk.regime is None
    return limit.liquidity_coverage is None and limit.illiquid_share is None
