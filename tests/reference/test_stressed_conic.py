"""Optima and prices under scenarios against the same problems as cvxpy has them from the definitions."""

import dataclasses

import pytest

from counterpoise.model import Side
from tests.answers import assert_optimal, objective, optimality
from tests.problems.stressed import stressed
from tests.reference.conic import ConicStatus
from tests.reference.conic_stress import solve_stress
from tests.reference.stress_faults import stress_book
from tests.reference.stress_members import stressed as of_stress

SEEDS_PER_CHUNK = 30
CHUNKS = 5
FIRST = 10_000
RELATIVE = 1e-5
STEP = 1e-3
SMALLEST_PRICE = 1e-3
SOLVER = 2e-8
"""What the second solver's optimum may be off by."""


def seeds(chunk):
    return range(FIRST + SEEDS_PER_CHUNK * chunk, FIRST + SEEDS_PER_CHUNK * (chunk + 1))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_other_solver_finds_a_better_portfolio_or_a_smaller_bound(allocate, chunk):
    wrong = []
    for seed in seeds(chunk):
        problem = stressed(seed)
        allocation = allocate(problem)
        assert_optimal(allocation)
        conic = solve_stress(problem, stress_book(problem, allocation))
        if conic.status != ConicStatus.OPTIMAL:
            wrong.append(f"{seed}: certified, while the conic form is {conic.solver_status}")
            continue
        room = RELATIVE * max(abs(conic.objective), 0.01)
        if abs(objective(allocation) - conic.objective) > room:
            wrong.append(f"{seed}: objective {objective(allocation)}, conic {conic.objective}")
        better = 1 if problem.objective.maximizes else -1
        if better * (conic.objective - optimality(allocation).objective_bound) > room:
            bound = optimality(allocation).objective_bound
            wrong.append(f"{seed}: bound {bound} is beaten by {conic.objective}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_price_lies_between_what_loosening_brings_and_what_tightening_costs(allocate, chunk):
    wrong, confirmed = [], 0
    for seed in list(seeds(chunk))[::2]:
        problem = stressed(seed, scenarios=8)
        allocation = allocate(problem)
        assert_optimal(allocation)
        book = stress_book(problem, allocation)
        for limit_id, side, price in dearest(problem, allocation):
            loosened = improvement(problem, allocation, moved(problem, limit_id, side, STEP), book)
            tightened = improvement(problem, allocation, moved(problem, limit_id, side, -STEP), book)
            room = SOLVER + optimality(allocation).relative_gap * optimality(allocation).gap_scale
            if loosened > price * STEP + room or tightened > -price * STEP + room:
                found = f"{loosened / STEP} and {-tightened / STEP}"
                wrong.append(f"{seed}: {limit_id} {side.name} is priced {price}, steps say {found}")
            confirmed += 1
    assert not wrong, "\n".join(wrong)
    assert confirmed >= SEEDS_PER_CHUNK // 4


def dearest(problem, allocation, most=2):
    """The sides of limits of stress with the highest prices; members of one limit move together."""
    kinds = {limit.limit_id for limit in problem.mandate.limits if of_stress(limit)}
    prices: dict[tuple[str, Side], float] = {}
    for report in allocation.limits:
        for side, price in ((Side.LOWER, report.lower_shadow_price), (Side.UPPER, report.upper_shadow_price)):
            if report.key.limit_id in kinds and price is not None:
                key = (report.key.limit_id, side)
                prices[key] = prices.get(key, 0.0) + price
    ordered = sorted(prices.items(), key=lambda item: -item[1])[:most]
    return [(limit_id, side, price) for (limit_id, side), price in ordered if price > SMALLEST_PRICE]


def moved(problem, limit_id, side, step):
    """The problem with one side of a limit loosened by a step, or tightened where it is negative."""

    def change(limit):
        if limit.limit_id != limit_id:
            return limit
        if side == Side.LOWER:
            return dataclasses.replace(limit, lower=limit.lower - step)
        return dataclasses.replace(limit, upper=limit.upper + step)

    limits = tuple(change(limit) for limit in problem.mandate.limits)
    return dataclasses.replace(problem, mandate=dataclasses.replace(problem.mandate, limits=limits))


def improvement(problem, allocation, other, book):
    """How much better the optimum of the other problem is; far worse where there is none."""
    conic = solve_stress(other, book)
    if conic.status == ConicStatus.INFEASIBLE:
        return -1.0
    assert conic.status == ConicStatus.OPTIMAL, conic.solver_status
    better = 1 if problem.objective.maximizes else -1
    return better * (conic.objective - objective(allocation))
