"""Shadow prices against re-solves with the bound moved, by the second solver.

The best objective is a concave function of the bounds (in the sense of improvement), and certified
multipliers with gap g bound it from above everywhere: moved by any d, the objective improves by at most
price * d + g. Checked for a step out and a step in, this puts the price between both one-sided
differences, up to g over the step.
"""

import math
from dataclasses import replace

import pytest

from counterpoise.model import StructuralRule, TerminationReason
from tests.answers import assert_optimal, limit_report, limit_reports, objective, optimality
from tests.golden_problems import EQUITY_MARKET, gross_limit, overlay, pension, problem_of, tier
from tests.problems import random_problem
from tests.problems.everything import everything
from tests.properties.moves import Move, box_moves, limit_moves
from tests.reference.conic import ConicStatus, solve_conic

STEP = 1e-4
SECOND_SOLVER_ERROR = 2e-9


def improvement(problem, base):
    """By how much a changed problem is better; minus infinity where nothing is allowed any more."""
    answer = solve_conic(problem)
    if answer.status != ConicStatus.OPTIMAL:
        return -math.inf
    return (answer.bound - base) * (1 if problem.objective.maximizes else -1)


def faults(problem, allocation, moves: list[Move], step):
    """Moves that gain more than their price says."""
    base = objective(allocation)
    proof = optimality(allocation)
    slack = proof.relative_gap * proof.gap_scale + SECOND_SOLVER_ERROR * max(1.0, abs(base))
    for move in moves:
        for distance in (step * move.size, -step * move.size):
            gained = improvement(move.apply(problem, distance), base)
            if gained > move.price * distance + slack + 1e-7 * abs(distance):
                yield f"{move.name} by {distance:+.1e}: gains {gained}, price {move.price}, slack {slack:.1e}"


@pytest.mark.parametrize("first", range(0, 60, 15))
def test_no_move_of_a_limit_gains_more_than_its_price(allocate, first):
    wrong = []
    for seed in range(first, first + 15):
        problem = random_problem(seed)
        allocation = allocate(problem)
        if allocation.termination.reason == TerminationReason.OPTIMAL:
            moves = limit_moves(problem, allocation) + box_moves(problem, allocation)
            wrong += [f"{seed}: {fault}" for fault in faults(problem, allocation, moves, STEP)]
    assert not wrong, "\n".join(wrong)


def all_hard(problem):
    limits = tuple(replace(limit, soft=None) for limit in problem.mandate.limits)
    return replace(problem, mandate=replace(problem.mandate, limits=limits))


@pytest.mark.parametrize("first", range(0, 80, 20))
def test_no_move_gains_more_than_its_price_with_everything_on(allocate, first):
    wrong, answered = [], 0
    for seed in range(first, first + 20):
        problem = all_hard(everything(seed))
        allocation = allocate(problem)
        if allocation.termination.reason == TerminationReason.OPTIMAL:
            answered += 1
            moves = limit_moves(problem, allocation)
            wrong += [f"{seed}: {fault}" for fault in faults(problem, allocation, moves, STEP)]
    assert answered >= 8
    assert not wrong, "\n".join(wrong)


def test_prices_are_never_negative_and_absent_on_free_sides(allocate):
    for seed in range(40):
        for report in allocate(random_problem(seed)).limits:
            for bound, slack, price in (
                (report.lower, report.lower_slack, report.lower_shadow_price),
                (report.upper, report.upper_slack, report.upper_shadow_price),
            ):
                assert (bound is None) == (slack is None) == (price is None), (seed, report)
                assert price is None or price >= 0, (seed, report)
            if report.lower is not None and report.lower == report.upper:
                assert min(report.lower_shadow_price, report.upper_shadow_price) == 0, (seed, report)


def test_a_limit_with_room_costs_nothing(allocate):
    for seed in range(40):
        allocation = allocate(random_problem(seed))
        if allocation.termination.reason != TerminationReason.OPTIMAL:
            continue
        proof = optimality(allocation)
        gap = proof.relative_gap * proof.gap_scale + 1e-12
        for report in allocation.limits:
            # Complementarity: slack times price is part of the gap.
            if report.lower_slack is not None:
                assert max(report.lower_slack, 0) * report.lower_shadow_price <= 1.01 * gap, (seed, report)
            if report.upper_slack is not None:
                assert max(report.upper_slack, 0) * report.upper_shadow_price <= 1.01 * gap, (seed, report)


@pytest.mark.parametrize("cap", [1.05, 1.1, 1.2, 1.25])
def test_the_pension_price_of_leverage_is_the_difference_quotient(allocate, cap):
    allocation = allocate(pension(gross_cap=cap))
    assert_optimal(allocation)
    more, less = (solve_conic(pension(gross_cap=cap + move)).objective for move in (STEP, -STEP))
    price = limit_report(allocation, "gross-cap").upper_shadow_price
    assert price == pytest.approx((more - less) / (2 * STEP), abs=1e-5)
    assert price == pytest.approx(0.0075 / 0.9, abs=1e-5)


def test_the_default_cap_has_the_price_of_the_same_cap_written_down(allocate):
    lines = (overlay("equity_future", "equity", margin_rate=0.1), tier("cash", posts=True))
    by_default = allocate(problem_of("open", EQUITY_MARKET, lines, ()))
    by_limit = allocate(problem_of("capped", EQUITY_MARKET, lines, (gross_limit(1.5),)))
    assert_optimal(by_default)
    assert_optimal(by_limit)
    (cap,) = (
        report
        for report in by_default.limits
        if report.key.structural_rule == StructuralRule.DEFAULT_LEVERAGE_CAP
    )
    # Cash is free here, so one more unit of leverage is one more unit of equity: 6 % over cash.
    assert cap.upper_shadow_price == pytest.approx(0.06, abs=1e-5)
    assert limit_report(by_limit, "gross-cap").upper_shadow_price == pytest.approx(0.06, abs=1e-5)


def test_a_target_is_priced_on_the_side_that_helps(allocate):
    allocation = allocate(pension())
    assert_optimal(allocation)
    (report,) = limit_reports(allocation, "keep-bonds")
    # One more unit of bonds brings its premium and takes capital for its reserve from alpha.
    assert report.lower_shadow_price == pytest.approx(0.006 - 0.005 + 0.1 * 0.015, abs=1e-5)
    assert report.upper_shadow_price == 0
