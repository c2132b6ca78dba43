"""Unknowns of a problem, and margins as cvxpy expressions of them; vectors have one entry per state.

A state is a scenario, or None for the base state. What does not depend on positions is read from a book.
"""

from __future__ import annotations

import cvxpy as cp
import numpy as np

from counterpoise.model import (
    AllocationProblem,
    FloatArray,
    MarginPool,
    Scenario,
)
from tests.reference.conic_structure import factor_of
from tests.reference.risk import line_covariance
from tests.reference.stress_book import StressBook
from tests.reference.stress_margin import multiplier, rate, rows_of
from tests.reference.structure import collateral_keys

State = Scenario | None


class Unknowns:
    """Positions h and postings y of a problem, and a book without positions for everything that is known."""

    def __init__(self, problem: AllocationProblem, like: StressBook | None = None) -> None:
        self.problem = problem
        self.lines = problem.portfolio.lines
        self.book = StressBook(problem, np.zeros(len(self.lines)), {}, like=like)
        self.h = cp.Variable(len(self.lines))
        self.keys = collateral_keys(problem)
        self.y = cp.Variable(len(self.keys), nonneg=True) if self.keys else None
        self.pools = problem.portfolio.margin_pools

    def returns(self, state: State, day: int) -> FloatArray:
        """Return of every line by a day."""
        return np.array(self.book.returns(state, day))

    def after(self, states: list[State]) -> FloatArray:
        """Return of every line after each scenario, shape (states, lines)."""
        return np.array([self.book.after(state) for state in states])

    def posted(self, counts: dict[str, float], *, by: int = 0) -> cp.Expression:
        """Sum of postings times the number of their tier (`by` 0) or pool (1); others count nothing."""
        if self.y is None:
            return cp.Constant(0.0)
        return cp.sum(cp.multiply([counts.get(key[by], 0.0) for key in self.keys], self.y))


def nav(unknowns: Unknowns, states: list[State]) -> cp.Expression:
    """NAV after each scenario."""
    return 1 + unknowns.after(states) @ unknowns.h


def initial_margin(unknowns: Unknowns, pool: MarginPool, states: list[State]) -> cp.Expression:
    """Initial margin of a pool in each state."""
    rows, h = rows_of(unknowns.book, pool), unknowns.h
    if pool.outright is not None:
        rates = [
            [multiplier(state, pool, unknowns.lines[row]) * rate(unknowns.lines[row]) for row in rows]
            for state in states
        ]
        return np.array(rates) @ cp.abs(h[rows])
    if pool.scan is not None:
        scans = np.array(
            [
                [
                    next(x.value for x in scan.returns if x.line_id == unknowns.lines[row].line_id)
                    for row in rows
                ]
                for scan in pool.scan.scan_scenarios
            ]
        )
        today = cp.pos(cp.max(-scans @ h[rows]))
    elif pool.risk is not None:
        covariance = line_covariance(unknowns.problem, unknowns.book.numbers, rows)
        years = pool.risk.margin_period_trading_days / 252
        today = pool.risk.volatility_multiple * years**0.5 * cp.norm(factor_of(covariance).T @ h[rows])
    else:
        raise ValueError(f"{pool.margin_pool_id} has no method")
    return cp.hstack([multiplier(state, pool) * today for state in states])


def variation_margin(unknowns: Unknowns, returns: FloatArray) -> cp.Expression:
    """Variation margin of all pools, for each row of returns of lines."""
    total: cp.Expression = cp.Constant(np.zeros(len(returns)))
    for pool in unknowns.pools:
        rows = rows_of(unknowns.book, pool)
        if rows:
            total += cp.pos(-(returns[:, rows] @ unknowns.h[rows]))
    return total
