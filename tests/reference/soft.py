"""How far a book misses soft limits, priority by priority."""

from __future__ import annotations

from counterpoise.model import AllocationProblem, Limit
from tests.reference.book import Book
from tests.reference.scopes import violation_units


def priorities(problem: AllocationProblem) -> list[int]:
    """Priorities that some limit has, the first first."""
    return sorted({limit.soft.priority for limit in problem.mandate.limits if limit.soft is not None})


def violation_weight(problem: AllocationProblem, limit: Limit) -> float:
    """Weight of a soft limit over the largest weight of its priority."""
    weights = {
        other.limit_id: 1.0 if other.soft.violation_weight is None else other.soft.violation_weight
        for other in problem.mandate.limits
        if other.soft is not None and limit.soft is not None and other.soft.priority == limit.soft.priority
    }
    return weights[limit.limit_id] / max(weights.values())


def weighted_violations(book: Book) -> dict[int, float]:
    """Priority -> weighted sum of what its limits are missed by."""
    problem = book.problem
    totals = dict.fromkeys(priorities(problem), 0.0)
    for limit in problem.mandate.limits:
        if limit.soft is not None:
            factor = violation_weight(problem, limit) * violation_units(problem, limit)
            missed = sum(member.violation for member in book.members(limit))
            totals[limit.soft.priority] += factor * missed
    return totals
