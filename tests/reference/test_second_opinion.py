"""The second opinion itself, against published numbers and closed forms; no code of the server runs here."""

import dataclasses
import math

import numpy as np
import pytest

from counterpoise.model import (
    Driver,
    ExpectedReturn,
    LeverageDefinition,
    Limit,
    MaximizeNetReturn,
    MaximizeUtility,
    MinimizeRisk,
    Objective,
    RiskMeasure,
    RiskStatistic,
)
from tests.golden_problems import (
    euler_book,
    funded,
    gross_limit,
    market,
    overlay,
    pension,
    problem_of,
    retail,
    sixty_forty_with_overlay,
    tier,
    unlevered_seventy_thirty,
)
from tests.problems import SIZES, generate, random_case
from tests.reference.book import TOTAL, Book
from tests.reference.conic import ConicStatus, solve_conic
from tests.reference.structure import structural_violations

TWO = (
    Driver(driver_id="one", expected_return=ExpectedReturn(annual_excess=0.03)),
    Driver(driver_id="two", expected_return=ExpectedReturn(annual_total=0.06)),
)
VOLATILITIES = np.array([0.15, 0.08])
CORRELATION = np.array([[1.0, 0.25], [0.25, 1.0]])


def two_funds(objective, limits=(), residual=0.0):
    lines = (funded("one", "one", residual=residual), funded("two", "two", residual=residual))
    return problem_of("two", market(TWO, VOLATILITIES, CORRELATION), lines, limits, objective=objective)


def worst(book):
    limits = [member.violation for limit in book.problem.mandate.limits for member in book.members(limit)]
    return max([*structural_violations(book).values(), *limits])


@pytest.mark.parametrize(
    ("reserve_rate", "margin_rate", "posted_counts", "alpha"),
    [
        (0.1, 0.0666667, True, 0.27),
        (0.15, 0.0666667, True, 0.255),
        (0.0, 0.0466667, True, 0.286),
        (0.0, 0.0666667, True, 0.28),
        (0.1, 0.0466667, False, 0.256),
        (0.1, 0.0666667, False, 0.25),
    ],
)
def test_pension(reserve_rate, margin_rate, posted_counts, alpha):
    problem = pension(reserve_rate=reserve_rate, margin_rate=margin_rate, posted_counts=posted_counts)
    answer = solve_conic(problem)
    assert answer.positions[3] == pytest.approx(alpha, abs=1e-6)


def test_pension_under_a_tighter_cap():
    answer = solve_conic(pension(gross_cap=1.25))
    assert answer.positions[3] == pytest.approx(0.25, abs=1e-6)
    assert answer.positions[2] == pytest.approx(0.27778, abs=1e-5)
    assert answer.prices["gross-cap upper"] == pytest.approx(0.0075 / 0.9, abs=1e-6)


def test_retail():
    assert solve_conic(retail(posted_in_treasuries=True)).objective == pytest.approx(0.058, abs=1e-8)
    assert solve_conic(retail(posted_in_treasuries=False)).objective == pytest.approx(0.0568, abs=1e-8)
    assert solve_conic(unlevered_seventy_thirty()).objective == pytest.approx(0.058, abs=1e-8)


def test_gross_of_sixty_forty_with_an_overlay():
    problem = sixty_forty_with_overlay()
    answer = solve_conic(problem)
    assert Book(problem, *answer.book).leverage(LeverageDefinition.GROSS_NOTIONAL) == pytest.approx(1.3)


def test_euler_volatility():
    problem = euler_book()
    assert Book(problem, *solve_conic(problem).book).volatility(TOTAL) == pytest.approx(0.11819983079514115)


@pytest.mark.parametrize("residual", [0.0, 0.05])
def test_least_risk_of_two_funds(residual):
    covariance = np.outer(VOLATILITIES, VOLATILITIES) * CORRELATION + residual**2 * np.eye(2)
    inverse = np.linalg.inv(covariance)
    weights = inverse.sum(axis=1) / inverse.sum()
    answer = solve_conic(two_funds(Objective(minimize_risk=MinimizeRisk()), residual=residual))
    assert answer.positions == pytest.approx(weights, abs=1e-5)
    assert answer.objective == pytest.approx(1 / math.sqrt(inverse.sum()), abs=1e-9)


def test_most_return_under_a_risk_cap():
    cap = RiskMeasure(statistic=RiskStatistic.TOTAL_VOLATILITY)
    problem = problem_of(
        "capped",
        market(TWO[:1], VOLATILITIES[:1], np.eye(1)),
        (funded("one", "one"), tier("cash", posts=False)),
        (Limit(limit_id="risk", upper=0.06, risk=cap),),
        objective=Objective(maximize_net_return=MaximizeNetReturn()),
    )
    answer = solve_conic(problem)
    assert answer.positions[0] == pytest.approx(0.06 / 0.15, abs=1e-7)
    assert answer.prices["risk upper"] == pytest.approx(0.03 / 0.15, abs=1e-6)


@pytest.mark.parametrize(("premium", "sign"), [(0.02, 1.0), (-0.02, -1.0), (0.0005, 0.0)])
def test_utility_of_a_future_that_costs_its_roll_both_ways(premium, sign):
    roll, aversion, volatility = 0.001, 8.0, 0.15
    driver = Driver(driver_id="one", expected_return=ExpectedReturn(annual_excess=premium))
    problem = problem_of(
        "future",
        market((driver,), np.array([volatility]), np.eye(1)),
        (overlay("future", "one", margin_rate=0.05, annual_roll_cost=roll), tier("cash", posts=True)),
        (gross_limit(5.0),),
        objective=Objective(maximize_utility=MaximizeUtility(total_risk_aversion=aversion)),
    )
    expected = sign * (abs(premium) - roll) / (aversion * volatility**2) if sign else 0.0
    assert solve_conic(problem).positions[0] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("first", range(0, 120, 40))
def test_random_problems_are_feasible_by_construction(first):
    for seed in range(first, first + 40):
        case = random_case(seed)
        witness = Book(case.problem, case.positions, case.postings)
        assert worst(witness) <= 1e-12, seed
        answer = solve_conic(case.problem)
        assert answer.status == ConicStatus.OPTIMAL, seed
        assert answer.bound == pytest.approx(answer.objective, abs=1e-7, rel=1e-7), seed
        assert worst(Book(case.problem, *answer.book)) <= 1e-7, seed
        better = 1 if case.problem.objective.maximizes else -1
        assert better * (answer.objective - witness.objective()) >= -1e-7, seed


@pytest.mark.parametrize("lines", SIZES)
def test_sized_problems_have_an_optimum(lines):
    problem = generate(SIZES[lines], seed=lines)
    assert len(problem.portfolio.lines) == lines
    answer = solve_conic(problem)
    assert answer.status == ConicStatus.OPTIMAL
    assert worst(Book(problem, *answer.book)) <= 1e-7


def test_equal_seeds_give_equal_problems():
    assert random_case(7).problem == random_case(7).problem
    assert random_case(7).problem != random_case(8).problem


def test_a_limit_beyond_reach_is_infeasible():
    problem = pension()
    limits = (
        *problem.mandate.limits[1:],
        dataclasses.replace(problem.mandate.limits[0], lower=2.0, upper=2.0),
    )
    mandate = dataclasses.replace(problem.mandate, limits=limits)
    assert solve_conic(dataclasses.replace(problem, mandate=mandate)).status == ConicStatus.INFEASIBLE
