"""Random rebalances: a portfolio, the one to get to, and what whole contracts there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace

import numpy as np

from counterpoise.model import (
    Allocation,
    AllocationProblem,
    FloatArray,
    LineKind,
    MaximizeNetReturn,
    MinimizeRisk,
    Objective,
)
from tests.answers import positions
from tests.problems.draw import Draw
from tests.problems.everything import everything
from tests.problems.randomized import random_problem
from tests.problems.stressed import stressed

Allocate = Callable[[AllocationProblem], Allocation]

MOST_LINES = 30
SETTINGS = {"holding_period_years", "alpha_uncertainty", "premium_uncertainty"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Rebalance:
    """Positions before and after; the problem's current positions are those before."""

    name: str
    problem: AllocationProblem
    start: FloatArray
    end: FloatArray
    contract_amounts: dict[int, float]


def rebalances(allocate: Allocate) -> Iterator[Rebalance]:
    """One after the other: of three kinds of problem, some after a drift, some in contracts.

    What is held is the best for another goal under the same limits; after a drift markets have moved since.
    """
    seed = 0
    while True:
        for kind, make in (("everything", everything), ("stressed", stressed), ("random", random_problem)):
            problem = make(seed)
            if len(problem.portfolio.lines) <= MOST_LINES:
                yield from _rebalance(allocate, problem, f"{kind} {seed}", Draw(seed))
        seed += 1


def _rebalance(allocate: Allocate, problem: AllocationProblem, name: str, draw: Draw) -> Iterator[Rebalance]:
    held = allocate(replace(problem, objective=_other(problem.objective)))
    if not held.positions:
        return
    start = _in_order(problem, held)
    if draw.chance(0.5):
        start, name = drifted(draw, problem, start), f"{name} drifted"
    contracts = {}
    if draw.chance(0.5):
        contracts, name = _contracts(draw, problem), f"{name} in contracts"
        start = rounded(problem, start, contracts)
    lines = tuple(
        replace(line, current_fraction=float(fraction))
        for line, fraction in zip(problem.portfolio.lines, start, strict=True)
    )
    problem = replace(problem, portfolio=replace(problem.portfolio, lines=lines))
    wanted = allocate(problem)
    if wanted.positions:
        end = rounded(problem, _in_order(problem, wanted), contracts)
        yield Rebalance(name=name, problem=problem, start=start, end=end, contract_amounts=contracts)


def _other(objective: Objective) -> Objective:
    """Another goal with the same settings."""
    settings = {field.name: getattr(objective, field.name) for field in fields(objective)}
    kept = {name: value for name, value in settings.items() if name in SETTINGS}
    if objective.minimize_risk is None:
        return Objective(**kept, minimize_risk=MinimizeRisk())
    return Objective(**kept, maximize_net_return=MaximizeNetReturn())


def _in_order(problem: AllocationProblem, allocation: Allocation) -> FloatArray:
    fractions = positions(allocation)
    return np.array([fractions[line_id] for line_id in problem.portfolio.line_ids])


def drifted(draw: Draw, problem: AllocationProblem, start: FloatArray) -> FloatArray:
    """Positions after returns of up to a tenth; what overlays gain lands in the first tier there is."""
    lines = problem.portfolio.lines
    tiers = [row for row, line in enumerate(lines) if line.kind is LineKind.RESERVE_TIER]
    moved, gain = start.copy(), 0.0
    for row, line in enumerate(lines):
        if line.kind in (LineKind.RESERVE_TIER, LineKind.CREDIT_LINE):
            continue
        change = float(start[row]) * draw.between(-0.1, 0.1)
        if line.capital_per_unit == 0.0:
            if not tiers:
                continue
            moved[tiers[0]] += change
        moved[row] += change
        gain += change
    return np.asarray(moved / (1.0 + gain))


def _contracts(draw: Draw, problem: AllocationProblem) -> dict[int, float]:
    """Notional of one contract of every overlay."""
    nav = problem.portfolio.nav_amount
    return {
        row: nav * draw.magnitude(1e-4, 2e-2)
        for row, line in enumerate(problem.portfolio.lines)
        if line.overlay is not None
    }


def rounded(problem: AllocationProblem, held: FloatArray, contracts: dict[int, float]) -> FloatArray:
    """Positions in whole contracts, towards zero."""
    nav, held = problem.portfolio.nav_amount, held.copy()
    for row, amount in contracts.items():
        held[row] = np.trunc(held[row] * nav / amount + 1e-9 * np.sign(held[row])) * amount / nav
    return held
