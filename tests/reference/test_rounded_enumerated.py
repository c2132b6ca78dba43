"""Whole contracts against every combination of counts, the rest in closed form."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass

import numpy as np
import pytest

from counterpoise.model import (
    AllocationProblem,
    ContractTerms,
    Driver,
    ExpectedReturn,
    FloatArray,
    Line,
    MaximizeUtility,
    Objective,
)
from optimizer.measures.book import open_book
from optimizer.rebalance.trading.rounding import round_positions
from tests.answers import assert_optimal, positions
from tests.golden_problems import funded, gross_limit, market, overlay, problem_of, tier

NAV = 50e6
GROSS = 1.2
MARGIN_RATE = 0.3
FEE = 0.004
COUNTS = range(-41, 42)
"""All that the cap on leverage leaves."""


@dataclass(frozen=True)
class Made:
    """A fund on the first driver, a future on each of two, and cash."""

    problem: AllocationProblem
    premia: FloatArray
    covariance: FloatArray
    aversion: float
    sizes: FloatArray
    roll: float
    """What futures cost a year, per unit."""


def made(seed: int) -> Made:
    """Premia, risks and contracts at random."""
    generator = np.random.default_rng(seed)
    premia = generator.uniform(0.01, 0.06, 2)
    volatilities = generator.uniform(0.06, 0.2, 2)
    correlation = np.array([[1.0, 0.0], [0.0, 1.0]]) + generator.uniform(-0.4, 0.7) * (1 - np.eye(2))
    aversion = float(generator.uniform(2.0, 8.0))
    sizes = generator.uniform(0.03, 0.12, 2)
    # The fund is cheaper than its future, or it is not.
    roll = 0.5 * FEE if seed % 2 else 2.0 * FEE
    lines = [held_future(f"future-{name}", name, size, roll) for name, size in zip("ab", sizes, strict=True)]
    fund = dataclasses.replace(funded("fund", "a", annual_fee=FEE), current_fraction=0.111)
    problem = problem_of(
        "enumerated",
        market(
            tuple(
                Driver(driver_id=name, expected_return=ExpectedReturn(annual_excess=premium))
                for name, premium in zip("ab", premia, strict=True)
            ),
            volatilities,
            correlation,
        ),
        (fund, *lines, tier("cash", posts=True)),
        (gross_limit(GROSS),),
        nav_amount=NAV,
        objective=Objective(maximize_utility=MaximizeUtility(total_risk_aversion=aversion)),
    )
    covariance = np.diag(volatilities) @ correlation @ np.diag(volatilities)
    return Made(problem, premia, covariance, aversion, sizes, roll)


def held_future(line_id: str, driver_id: str, size: float, roll: float) -> Line:
    """A future in contracts, of which some are held that nobody wants."""
    line = overlay(line_id, driver_id, margin_rate=MARGIN_RATE, annual_roll_cost=roll)
    assert line.overlay is not None
    terms = ContractTerms(point_value_amount=10.0, price=size * NAV / 10.0)
    priced = dataclasses.replace(line.overlay, contract=terms)
    return dataclasses.replace(line, current_fraction=-3 * size, overlay=priced)


def best_of_counts(case: Made) -> float:
    """The best utility over all counts, the fund where its parabola is highest in what limits leave."""
    best = -np.inf
    for counts in itertools.product(COUNTS, COUNTS):
        futures = np.array(counts) * case.sizes
        used = float(np.abs(futures).sum())
        most = min(GROSS - used, 1.0 - MARGIN_RATE * used)
        if most >= 0.0:
            # d/df of (m_a - fee) f + m'u - g/2 (u + f e)'S(u + f e) is zero here.
            slope = case.premia[0] - FEE - case.aversion * float(case.covariance[0] @ futures)
            fund = min(max(slope / (case.aversion * case.covariance[0, 0]), 0.0), most)
            best = max(best, utility(case, fund, futures))
    return best


def utility(case: Made, fund: float, futures: FloatArray) -> float:
    """What a book earns over cash, less half the aversion times its variance."""
    exposures = futures + np.array([fund, 0.0])
    variance = float(exposures @ case.covariance @ exposures)
    paid = FEE * fund + case.roll * float(np.abs(futures).sum())
    return float(case.premia @ exposures) - paid - 0.5 * case.aversion * variance


@pytest.mark.parametrize("seed", range(25))
def test_no_combination_of_counts_is_better(allocate, seed):
    case = made(seed)
    allocation = allocate(case.problem)
    assert_optimal(allocation)
    target = np.array([positions(allocation)[name] for name in case.problem.portfolio.line_ids])
    book = open_book(case.problem)
    rounded = round_positions(book, target, None, seconds=30.0)
    assert rounded.worst_hard_violation < 1e-9
    counts = np.array([rounded.contract_counts[1], rounded.contract_counts[2]])
    futures = rounded.variables[1:3]
    assert futures == pytest.approx(counts * case.sizes, abs=1e-14)
    value = utility(case, float(rounded.variables[0]), futures)
    assert value == pytest.approx(best_of_counts(case), abs=3e-9)
    assert rounded.objective_loss == pytest.approx(
        utility(case, float(target[0]), target[1:3]) - value, abs=1e-12
    )
