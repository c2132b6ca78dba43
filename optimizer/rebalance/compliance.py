"""Whether trades keep every hard limit on holdings and prices of today: by measures, nothing is solved."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from counterpoise.model import AllocationProblem, FloatArray, LimitKey, StructuralRule, TradePlan
from optimizer.certificate.residuals import VIOLATION_TOLERANCE, worst_residual
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

    Contracts count as contracts and money as money, whatever they have become as fractions of NAV. A limit
    that is broken without the trades, and less with them, is no breach of theirs; nor are bounds of lines
    that they leave alone.
    """
    book = open_book(problem)
    hard = [constraint for constraint in constraints_of(book) if constraint.priority == 0]
    before = settled(book, book.current[: book.line_count], hard)
    after = settled(book, positions_after(book, plan), hard)
    box = _of_traded(book, box_of(book), plan, after)
    tolerance = max(tolerance_fraction, VIOLATION_TOLERANCE)
    found = [_breach(book, box, [constraint], (before, after), tolerance) for constraint in hard]
    found.append(_breach(book, box, [], (before, after), tolerance))
    return tuple(
        sorted((item for item in found if item is not None), key=lambda item: -item.distance_fraction)
    )


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


def _breach(
    book: Book,
    box: Box,
    constraints: list[Constraint],
    states: tuple[FloatArray, FloatArray],
    tolerance: float,
) -> Breach | None:
    boxes = box if not constraints else _open(box)
    before, after = (worst_residual(book, boxes, constraints, variables) for variables in states)
    if after.key is None:
        return None
    if after.key.structural_rule is StructuralRule.CAPITAL_BUDGET:
        tolerance = max(tolerance, BALANCE_TOLERANCE)
    broken = after.violation > tolerance
    mended = after.key == before.key and after.violation < before.violation
    return Breach(after.key, after.violation) if broken and not mended else None


def _of_traded(book: Book, box: Box, plan: TradePlan, after: FloatArray) -> Box:
    """The box with lines that are not traded, and postings, free."""
    traded = {trade.line_id for trade in plan.trades}
    idle = np.array([line_id not in traded for line_id in book.problem.portfolio.line_ids])
    lower, upper = box.lower.copy(), box.upper.copy()
    lower[: book.line_count][idle] = np.minimum(lower, after)[: book.line_count][idle]
    upper[: book.line_count][idle] = np.maximum(upper, after)[: book.line_count][idle]
    return replace(box, lower=lower, upper=upper)


def _open(box: Box) -> Box:
    """No bounds at all: what is looked at is a limit."""
    count = len(box.lower)
    return replace(box, lower=np.full(count, -np.inf), upper=np.full(count, np.inf))
