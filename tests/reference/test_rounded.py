"""Random portfolios in coarse contracts: limits by plain loops, whole counts, tickets, no worse than nearest.

COUNTERPOISE_TEST_LOTS sets how many.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pytest

from counterpoise.model import AllocationProblem, FloatArray, Line, TerminationReason, TradePolicy
from optimizer.measures.book import open_book
from optimizer.measures.limits import constraints_of
from optimizer.rebalance.trading.rounding import NotTradable, Rounded, nearest_repaired, round_positions
from tests.answers import positions
from tests.problems.lots import lots_case
from tests.reference.book import Book
from tests.reference.comparison import LARGEST_VIOLATION, hard_violations
from tests.reference.stress_book import StressBook
from tests.reference.stress_faults import misses
from tests.reference.structure import collateral_keys

CASES = int(os.environ.get("COUNTERPOISE_TEST_LOTS", "60"))
CHUNK = 20
REFUSALS_PER_CHUNK = 2
SECONDS = 5.0


@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(0, CASES, CHUNK))
def test_rounded_portfolios_keep_every_limit_and_are_no_worse_than_the_nearest(allocate, first):
    wrong, refused, gains = [], [], []
    for seed in range(first, min(first + CHUNK, CASES)):
        case = lots_case(seed)
        allocation = allocate(case.problem)
        if allocation.termination.reason != TerminationReason.OPTIMAL:
            refused.append(f"{seed}: {allocation.termination.reason.name}")
            continue
        found = positions(allocation)
        target = np.array([found[line_id] for line_id in case.problem.portfolio.line_ids])
        try:
            rounded = round_positions(open_book(case.problem), target, case.policy, seconds=SECONDS)
        except NotTradable as none:
            refused.append(f"{seed}: {none}")
            continue
        wrong += [f"{seed}: {fault}" for fault in faults(case.problem, case.policy, rounded)]
        if case.policy is None or not case.policy.band_fraction:
            gains += [(gain, seed) for gain in gained(case.problem, case.policy, target, rounded)]
    wrong += [f"{seed}: loses {-gain} more than the nearest" for gain, seed in gains if gain < -1e-9]
    assert max(gains)[0] > 1e-7
    assert not wrong, "\n".join(wrong)
    assert len(refused) <= REFUSALS_PER_CHUNK, "\n".join(refused)


def faults(problem: AllocationProblem, policy: TradePolicy | None, rounded: Rounded) -> Iterator[str]:
    """Everything that is wrong with a rounded portfolio."""
    policy = TradePolicy() if policy is None else policy
    h, posted = np.split(rounded.variables, [len(problem.portfolio.lines)])
    postings = dict(zip(collateral_keys(problem), map(float, posted), strict=True))
    if problem.scenarios:
        yield from misses(StressBook(problem, h, postings))
    else:
        for name, violation in hard_violations(Book(problem, h, postings)).items():
            if violation > LARGEST_VIOLATION:
                yield f"{name} is missed by {violation}"
    yield from untradable(problem, policy, h, rounded.contract_counts)


def untradable(
    problem: AllocationProblem, policy: TradePolicy, h: FloatArray, counts: dict[int, int]
) -> Iterator[str]:
    """Pinned lines that move, parts of contracts, trades below the ticket."""
    ticket = (policy.minimum_ticket_amount or 0.0) / problem.portfolio.nav_amount
    for index, (line, position) in enumerate(zip(problem.portfolio.lines, map(float, h), strict=True)):
        if line.minimum_fraction is not None and line.minimum_fraction == line.maximum_fraction:
            if position != line.minimum_fraction:
                yield f"{line.line_id} is pinned, and at {position}"
            continue
        now = float(line.current_fraction or 0.0)
        size = contract_size(problem, line)
        if size is not None:
            if abs(position - counts[index] * size) > 1e-14:
                yield f"{line.line_id}: {position} is not {counts[index]} contracts of {size}"
            now = round(now / size) * size
        free = line.reserve_tier is not None and line.reserve_tier.variation_margin_eligible
        if not free and 1e-12 < abs(position - now) < ticket * (1 - 1e-9):
            yield f"{line.line_id} trades {position - now}, less than the ticket of {ticket}"


def contract_size(problem: AllocationProblem, line: Line) -> float | None:
    """One contract over NAV, from its terms; None without any."""
    if line.overlay is None or line.overlay.contract is None:
        return None
    terms, years = line.overlay.contract, line.overlay.duration_years
    amount = terms.price * terms.point_value_amount
    if terms.dv01_amount is not None and years is not None:
        amount = terms.dv01_amount * 1e4 / years
    return amount / problem.portfolio.nav_amount


def gained(
    problem: AllocationProblem, policy: TradePolicy | None, target: FloatArray, rounded: Rounded
) -> Iterator[float]:
    """What nearest and repaired loses more, unless it gains by missing soft limits or is not there."""
    book = open_book(problem)
    try:
        nearest = nearest_repaired(book, target, policy)
    except NotTradable:
        return
    soft = [constraint for constraint in constraints_of(book) if constraint.priority > 0]
    missed, missed_by_nearest = (
        np.concatenate([np.zeros(1), *(constraint.violation(found.variables) for constraint in soft)])
        for found in (rounded, nearest)
    )
    if np.all(missed_by_nearest <= missed + 1e-9):
        yield nearest.objective_loss - rounded.objective_loss
