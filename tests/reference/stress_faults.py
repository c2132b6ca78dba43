"""An answer under stress beside the simulation: limits that it breaks, and numbers that are not its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from counterpoise.model import Allocation, AllocationProblem, Limit
from tests.answers import positions
from tests.reference.stress_book import StressBook
from tests.reference.stress_measured import coverages, leverages, pools, volatilities
from tests.reference.stress_members import StressMember, members
from tests.reference.stress_reports import orders, stresses
from tests.reference.stress_stated import limits, rooted, same_constraint, unequal, warned
from tests.reference.stress_structure import largest_slope, structural_misses

LARGEST_MISS = 1.01e-7
"""What an answer may miss a constraint by, where its slope is one at most."""


def stress_book(problem: AllocationProblem, allocation: Allocation) -> StressBook:
    """Positions and postings of an answer, under the scenarios of its problem."""
    fractions = positions(allocation)
    postings = {
        (posted.line_id, pool.margin_pool_id): posted.value
        for pool in allocation.pool_margins
        for posted in pool.posted_fractions
    }
    h = np.array([fractions[line_id] for line_id in problem.portfolio.line_ids])
    return StressBook(problem, h, postings)


def misses(book: StressBook) -> Iterator[str]:
    """Rules and limits that the positions break by more than a certificate allows."""
    for name, miss in structural_misses(book).items():
        if miss > LARGEST_MISS and miss > LARGEST_MISS * _structural_slope(book):
            yield f"{name} is missed by {miss}"
    for limit in book.problem.mandate.limits:
        for member in members(book, limit):
            if limit.soft is not None or member.violation <= LARGEST_MISS:
                continue
            slope = largest_slope(book, partial(_excess, limit, member))
            if member.violation > LARGEST_MISS * max(1.0, slope):
                yield f"{member.key} is missed by {member.violation}, at a slope of {slope}"


def answer_faults(problem: AllocationProblem, allocation: Allocation) -> Iterator[str]:
    """Everything that the simulation does not say."""
    book = stress_book(problem, allocation)
    yield from misses(book)
    yield from unequal(limits(book, allocation.limits), absolute=rooted(book))
    yield from unequal(leverages(book, allocation.leverage_figures))
    yield from unequal(pools(book, allocation.pool_margins), absolute=rooted(book))
    if allocation.reserve is None or allocation.risk is None:
        yield "an answer without a report on the reserve or on risk"
        return
    figures = allocation.reserve.coverage_figures
    yield from unequal(coverages(book, figures, book.days()), absolute=rooted(book))
    yield from unequal(volatilities(book, allocation.risk.figures), absolute=1e-8)
    yield from unequal(stresses(book, allocation.stresses, book.days()), absolute=rooted(book))
    yield from orders(book, allocation.stresses, book.days())
    yield from warned(book, allocation.warnings)


def _structural_slope(book: StressBook) -> float:
    """Default cap by what lines count in it, cover by what pools ask for a unit."""
    weights = [1.0]
    for line in book.lines:
        if line.overlay is not None:
            weights.append(line.overlay.leverage_weight or 1.0)
        if line.alpha_sleeve is not None:
            weights.append(line.alpha_sleeve.look_through_leverage or 1.0)
    return max(weights)


def _excess(limit: Limit, member: StressMember, book: StressBook) -> float:
    """How a constraint that is missed is enforced: value less bound, times what is left of NAV."""
    key = same_constraint(member.key)
    other = next(item for item in members(book, limit) if same_constraint(item.key) == key)
    bound = limit.lower if limit.lower is not None and member.value < limit.lower else limit.upper
    return (other.value - (bound or 0.0)) * other.nav
