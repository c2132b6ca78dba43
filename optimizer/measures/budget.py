"""Risk budgets: given shares of the volatility that some lines have together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from counterpoise.model import FloatArray, IndexArray, MeetRiskBudget, RiskStatistic
from counterpoise.recall import Recall
from optimizer.measures.book import Book
from optimizer.measures.convex import ConvexRows, SparseRows, no_rows
from optimizer.measures.risk import Volatility, volatility

_STEPS = 200
_SHORTEST = 1e-12
_TOO_LARGE = 1e6
"""Times the size of a line alone: where volatilities cancel nothing stops the lines."""
_CONVERGED = 1e-9
"""Largest error of a share, over the sizes that it is the difference of."""


@dataclass(frozen=True, eq=False)
class RiskBudget:
    """Where the shares are met exactly at the size that is asked for."""

    lines: IndexArray
    shares: FloatArray
    positions: FloatArray
    """a*, NAV fractions."""
    volatility: float
    """s(a*), annual decimal."""

    def __post_init__(self) -> None:
        """Makes the arrays read-only: a budget is remembered and shared."""
        for array in (self.lines, self.shares, self.positions):
            array.flags.writeable = False


_BUDGETS: Final = Recall[RiskBudget](16)


def risk_budget(book: Book, goal: MeetRiskBudget) -> RiskBudget:
    """Solves for the budget free of scale, then scales.

    Raises ValueError where the lines have no volatility of their own to share; validation refuses
    such lines.
    """
    return _BUDGETS.get((book.universe, goal), lambda: _risk_budget(book, goal))


def _risk_budget(book: Book, goal: MeetRiskBudget) -> RiskBudget:
    place = book.universe.place
    lines = np.array([place[item.line_id] for item in goal.shares], dtype=np.intp)
    shares = np.array([item.value for item in goal.shares])
    components = np.concatenate([book.loadings[lines] @ book.factor, book.residuals.rows(lines)], axis=1)
    free = scale_free(components @ components.T, shares / shares.sum())
    deviation = float(np.linalg.norm(components.T @ free))
    size = (goal.total_fraction or 0.0) / float(free.sum())
    if goal.annual_volatility is not None:
        size = goal.annual_volatility / deviation
    return RiskBudget(lines, shares / shares.sum(), size * free, size * deviation)


def scale_free(covariance: FloatArray, shares: FloatArray) -> FloatArray:
    """The a > 0 with a_i (S a)_i = shares_i: the minimum of a'Sa/2 - sum shares_i ln a_i.

    Newton steps, halved until they stay above zero and the function falls.
    """
    deviation = np.sqrt(covariance.diagonal())
    if not np.all(deviation > 0.0):
        raise ValueError("a line of the risk budget has no volatility")
    correlation = covariance / np.outer(deviation, deviation)

    def value(a: FloatArray) -> float:
        return 0.5 * float(a @ correlation @ a) - float(shares @ np.log(a)) if np.all(a > 0.0) else np.inf

    a = np.sqrt(shares)
    for _ in range(_STEPS):
        if not np.all(a < _TOO_LARGE):
            raise ValueError("the risk budget was not found: the lines' volatilities cancel")
        slope = correlation @ a - shares / a
        step = np.linalg.solve(correlation + np.diag(shares / a**2), slope)
        fall = float(slope @ step)
        length, now = 1.0, value(a)
        while length > _SHORTEST and not value(a - length * step) <= now - 0.1 * length * fall:
            length *= 0.5
        if length <= _SHORTEST:
            break
        a = a - length * step
    size = a * (np.abs(correlation) @ a)
    if np.any(np.abs(a * (correlation @ a) - shares) > _CONVERGED * np.maximum(size, 1.0)):
        raise ValueError("the risk budget was not found")
    return np.asarray(a / deviation)


def budget_rows(book: Book, budget: RiskBudget) -> ConvexRows:
    """s(a) / s(a*) - 1 - sum shares ln(a / a*), ratio: zero at a*, above zero elsewhere."""
    count = len(budget.lines)
    constant = float(budget.shares @ np.log(budget.positions)) - 1.0
    return ConvexRows(
        np.array([constant]),
        no_rows(1),
        norm=_scoped(book, budget.lines).scaled(1.0 / budget.volatility),
        logarithm=SparseRows(1, np.zeros(count, dtype=np.intp), budget.lines, budget.shares),
    )


def realised_shares(book: Book, lines: IndexArray, variables: FloatArray) -> FloatArray:
    """Euler shares of the volatility that these lines have together; zeros where they have none."""
    norm = _scoped(book, lines)
    image = norm.image(variables)
    variance = float(image @ image)
    if variance <= 0.0:
        return np.zeros(len(lines))
    return np.asarray((variables * norm.adjoint(image))[lines] / variance)


def volatility_of(book: Book, lines: IndexArray, variables: FloatArray) -> float:
    """Volatility that these lines have together, annual decimal."""
    norm = _scoped(book, lines)
    return norm.length(norm.image(variables))


def _scoped(book: Book, lines: IndexArray) -> Volatility:
    mask = np.zeros(book.line_count)
    mask[lines] = 1.0
    return replace(volatility(book, RiskStatistic.TOTAL_VOLATILITY), line_mask=mask)
