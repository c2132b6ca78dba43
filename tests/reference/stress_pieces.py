"""What proofs share: margins that are at least what their multipliers make of them, in exact arithmetic."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction

from counterpoise.model import (
    InfeasibilityProof,
    MarginPool,
    Scenario,
)
from tests.reference.exact_box import exact
from tests.reference.exact_terms import Total
from tests.reference.stress_book import StressBook
from tests.reference.stress_margin import rate, rows_of

ONE = Fraction(1)
LoseKey = tuple[str, str, int]


@dataclass
class Summed:
    """The weighted sum so far, and how often each margin is in it."""

    total: Total = field(default_factory=Total)
    initial: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    variation: dict[LoseKey, Fraction] = field(default_factory=lambda: defaultdict(Fraction))


def scenario_of(book: StressBook, name: str) -> Scenario | None:
    return next((each for each in book.problem.scenarios if each.scenario_id == name), None)


def add_initial(book: StressBook, proof: InfeasibilityProof, summed: Summed) -> None:
    """Rates times absolute positions, or scans that are weighed no more than the margin is."""
    pieces = {piece.margin_pool_id: piece for piece in proof.pieces if not piece.horizon_trading_days}
    for pool in book.problem.portfolio.margin_pools:
        times, name = summed.initial[pool.margin_pool_id], pool.margin_pool_id
        if pool.outright is not None:
            for row in rows_of(book, pool):
                line = book.lines[row]
                summed.total.kink[line.line_id] += times * exact(rate(line))
        elif name in pieces:
            assert pool.scan is not None, (
                f"{name}: the proof of a pool that measures risk is not checked here"
            )
            weights = [exact(value) for value in pieces[name].components]
            _check_sum(name, weights, times)
            for weight, scan in zip(weights, pool.scan.scan_scenarios, strict=True):
                for moved in scan.returns:
                    summed.total.slope[moved.line_id] -= weight * exact(moved.value)


def add_variation(book: StressBook, proof: InfeasibilityProof, summed: Summed) -> None:
    """A pool's loss, weighed no more than its variation margin is; days with equal returns share a piece."""
    pools = {pool.margin_pool_id: pool for pool in book.problem.portfolio.margin_pools}
    for piece in proof.pieces:
        if not piece.horizon_trading_days:
            continue
        pool = pools[piece.margin_pool_id]
        own = _moves(book, pool, piece.scenario_id, piece.horizon_trading_days)
        times = sum(
            (
                value
                for (pool_id, name, day), value in summed.variation.items()
                if (pool_id, name) == (piece.margin_pool_id, piece.scenario_id)
                and _alike(_moves(book, pool, name, day), own)
            ),
            Fraction(0),
        )
        (component,) = (exact(value) for value in piece.components)
        _check_sum(f"{piece.margin_pool_id} in {piece.scenario_id}", [component], times)
        for line_id, r in own.items():
            summed.total.slope[line_id] -= component * exact(r)


def _moves(book: StressBook, pool: MarginPool, name: str, day: int) -> dict[str, float]:
    returns = book.returns(scenario_of(book, name), day)
    return {book.lines[row].line_id: returns[row] for row in rows_of(book, pool)}


def _alike(one: dict[str, float], other: dict[str, float]) -> bool:
    """The same returns up to the rounding of an interpolation."""
    return all(abs(r - other[line_id]) <= 1e-14 for line_id, r in one.items())


def _check_sum(name: str, weights: list[Fraction], times: Fraction) -> None:
    """Nonnegative weights that sum to no more than what they speak for, up to rounding."""
    assert min(weights) >= 0, f"{name}: a multiplier is negative"
    assert sum(weights) <= times * (1 + Fraction(1, 10**9)), (
        f"{name}: {float(sum(weights))} of {float(times)}"
    )
