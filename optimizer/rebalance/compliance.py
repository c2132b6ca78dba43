"""Whether trades keep every hard limit on holdings and prices of today: by measures, nothing is solved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from counterpoise.model import AllocationProblem, BoolArray, FloatArray, LimitKey, StructuralRule, TradePlan
from optimizer.certificate.residuals import VIOLATION_TOLERANCE, box_key, violation_scale
from optimizer.measures.book import Book, open_book
from optimizer.measures.box import Box, box_of
from optimizer.measures.constraint import Constraint
from optimizer.measures.limits import constraints_of
from optimizer.rebalance.trading.postings import settled

BALANCE_TOLERANCE = 1e-4
"""How far holdings that use capital may be from NAV, fraction of it: what rounding and accruals come to."""


@dataclass(frozen=True)
class Breach:
    """A hard limit that trades would break, and the distance in NAV fractions that would mend it."""

    key: LimitKey
    distance_fraction: float


def breaches_of(
    problem: AllocationProblem, plan: TradePlan, tolerance_fraction: float = 0.0
) -> tuple[Breach, ...]:
    """Hard limits that the trades would break on a marked problem, the worst first.

    Contracts count as contracts and money as money, whatever they have become as fractions of NAV. Each
    member of a limit, each side and each bound is looked at by itself: one that is broken without the trades,
    and less with them, is no breach of theirs; nor are bounds of lines that they leave alone. What uses
    capital has to sum to NAV in any case.
    """
    book = open_book(problem)
    hard = [constraint for constraint in constraints_of(book) if constraint.priority == 0]
    box = box_of(book)
    before = settled(book, book.current[: book.line_count], hard)
    after = settled(book, positions_after(book, plan), hard)
    tolerance = max(tolerance_fraction, VIOLATION_TOLERANCE)
    found = [*_of_limits(box, hard, (before, after), tolerance)]
    found += _of_bounds(book, box, plan, (before, after), tolerance)
    return tuple(sorted(found, key=lambda breach: -breach.distance_fraction))


def positions_after(book: Book, plan: TradePlan) -> FloatArray:
    """Positions with the trades done, fractions of today's NAV, shape (n,)."""
    portfolio = book.problem.portfolio
    rows = {line_id: index for index, line_id in enumerate(portfolio.line_ids)}
    positions = book.current[: book.line_count].copy()
    for trade in plan.trades:
        overlay = portfolio.lines[rows[trade.line_id]].overlay
        amount = trade.amount
        if trade.contract_count is not None and overlay is not None and overlay.contract_amount is not None:
            amount = trade.contract_count * overlay.contract_amount
        positions[rows[trade.line_id]] += amount / portfolio.nav_amount
    return positions


def _of_limits(
    box: Box, hard: Sequence[Constraint], states: tuple[FloatArray, FloatArray], tolerance: float
) -> Iterator[Breach]:
    free = box.lower < box.upper
    for constraint in hard:
        rule = constraint.keys[0].structural_rule
        for side in constraint.sides:
            before, after = (
                constraint.excess(side, variables) / violation_scale(constraint, variables, free)
                for variables in states
            )
            broken = after > tolerance
            if rule is StructuralRule.CAPITAL_BUDGET:
                broken = after > BALANCE_TOLERANCE
            else:
                broken &= ~_mended(before, after)
            for member in np.flatnonzero(broken):
                yield Breach(constraint.keys[member], float(after[member]))


def _of_bounds(
    book: Book, box: Box, plan: TradePlan, states: tuple[FloatArray, FloatArray], tolerance: float
) -> Iterator[Breach]:
    """Bounds of the lines that are traded."""
    count, ids = book.line_count, book.problem.portfolio.line_ids
    traded = {trade.line_id for trade in plan.trades}
    for line in range(count):
        if ids[line] not in traded:
            continue
        for below in (True, False):
            before, after = (
                box.lower[line] - variables[line] if below else variables[line] - box.upper[line]
                for variables in states
            )
            if after > tolerance and not _mended(before, after):
                yield Breach(box_key(book, box, line, below=below), float(after))


def _mended(before: FloatArray, after: FloatArray) -> BoolArray:
    """Whether a breach is smaller by more than rounding."""
    return np.asarray(after < before - VIOLATION_TOLERANCE, dtype=bool)
