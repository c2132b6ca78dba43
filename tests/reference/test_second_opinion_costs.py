"""The second opinion on costs, uncertainty, budgets and units, against closed forms."""

import dataclasses
import math

import numpy as np
import pytest

from counterpoise.model import (
    AlphaBasis,
    AlphaUncertainty,
    Driver,
    DriverUnit,
    DriverValue,
    ExpectedReturn,
    FactorForm,
    LineScope,
    MaximizeNetReturn,
    MinimizeRisk,
    Objective,
    PremiumUncertainty,
    RectangularMatrix,
    RiskModel,
    SymmetricMatrix,
)
from tests.golden_problems import CASH, funded, market, overlay, problem_of, tier
from tests.problems.worked_books import BUDGET_SHARES, budget_problem, rebalance
from tests.problems.worked_sleeves import sleeve_problem
from tests.reference.book import TOTAL, Book
from tests.reference.conic import solve_conic
from tests.reference.numbers import read_numbers
from tests.reference.risk_budget import risk_budget

WEIGHTS = [0.2322628217979151, 0.5393033604964126, 0.22843381770567228]
ALL = LineScope(all_lines=True)
NET_RETURN = Objective(maximize_net_return=MaximizeNetReturn())


def driver(name, excess=0.03):
    return Driver(driver_id=name, expected_return=ExpectedReturn(annual_excess=excess))


def test_the_risk_budget_of_the_worked_example():
    problem = budget_problem(total_fraction=1.0)
    budget = risk_budget(problem, read_numbers(problem), problem.objective.goal)
    assert budget.target == pytest.approx(WEIGHTS, abs=1e-12)
    assert budget.risk_shares(budget.target) == pytest.approx(BUDGET_SHARES, abs=1e-12)
    assert budget.distance(budget.target) == pytest.approx(0.0, abs=1e-14)
    assert solve_conic(problem).positions[:3] == pytest.approx(WEIGHTS, abs=1e-5)


def test_distance_from_a_budget_is_least_at_the_budget():
    problem = budget_problem(annual_volatility=0.04)
    budget = risk_budget(problem, read_numbers(problem), problem.objective.goal)
    assert budget.volatility(budget.target) == pytest.approx(0.04, abs=1e-14)
    generator = np.random.default_rng(1)
    for _ in range(200):
        assert budget.distance(budget.target * generator.uniform(0.5, 2.0, 3)) > 0


def test_trade_of_a_rebalance():
    answer = solve_conic(rebalance(premium=0.03, linear_rate=0.005, impact=0.05, years=2.0))
    trade = ((0.03 * 2 - 0.005) / (1.5 * 0.05)) ** 2
    assert answer.positions[0] == pytest.approx(0.4 + trade, abs=1e-5)


def test_sleeves_of_equal_alpha_are_mixed_for_the_least_error():
    lines = []
    for name, error in (("one", 0.02), ("two", 0.04)):
        line = sleeve_problem(basis=AlphaBasis(annual_over_beta=0.03)).portfolio.lines[0]
        sleeve = dataclasses.replace(line.alpha_sleeve, annual_alpha_error=error)
        lines.append(
            dataclasses.replace(
                line, line_id=name, minimum_fraction=None, maximum_fraction=None, alpha_sleeve=sleeve
            )
        )
    matrix = SymmetricMatrix.from_square(("two", "one"), np.array([[1.0, 0.25], [0.25, 1.0]]))
    uncertainty = AlphaUncertainty(weight=0.5, error_correlation=matrix)
    equity = market((driver("equity"),), np.array([0.16]), np.eye(1))
    objective = dataclasses.replace(NET_RETURN, alpha_uncertainty=uncertainty)
    answer = solve_conic(problem_of("sleeves", equity, tuple(lines), (), objective=objective))
    errors = np.array([0.02, 0.04])
    omega = np.outer(errors, errors) * np.array([[1.0, 0.25], [0.25, 1.0]])
    mix = np.linalg.inv(omega).sum(axis=1)
    mix = mix / mix.sum()
    assert answer.positions == pytest.approx(mix, abs=1e-5)
    assert answer.objective == pytest.approx(CASH + 0.03 - 0.5 * math.sqrt(mix @ omega @ mix), abs=1e-9)


def test_premium_uncertainty_spreads_funds_of_equal_premium():
    errors = np.array([0.01, 0.02])
    uncertainty = PremiumUncertainty(
        weight=1.0,
        annual_errors=(DriverValue(driver_id="two", value=0.02), DriverValue(driver_id="one", value=0.01)),
    )
    problem = problem_of(
        "premia",
        market((driver("one"), driver("two")), np.array([0.1, 0.1]), np.eye(2)),
        (funded("one", "one"), funded("two", "two")),
        (),
        objective=dataclasses.replace(NET_RETURN, premium_uncertainty=uncertainty),
    )
    mix = errors**-2 / (errors**-2).sum()
    assert solve_conic(problem).positions == pytest.approx(mix, abs=1e-5)


def test_longs_pay_what_shorts_do_not_receive():
    """A spread of 30 basis points that shorts are paid only 10 of: a hedge of either sign."""
    for premium, sign in ((0.02, 1.0), (-0.02, -1.0), (0.002, 0.0)):
        future = overlay("future", "one", margin_rate=0.05, minimum=-0.5, maximum=0.5)
        terms = dataclasses.replace(
            future.overlay, annual_financing_spread=0.003, annual_short_financing_spread=0.001
        )
        problem = problem_of(
            "future",
            market((driver("one", premium),), np.array([0.15]), np.eye(1)),
            (dataclasses.replace(future, overlay=terms), tier("cash", posts=True)),
            (),
        )
        answer = solve_conic(problem)
        assert answer.positions[0] == pytest.approx(0.5 * sign, abs=1e-6)
        earned = 0.5 * (abs(premium) - 0.003) if sign > 0 else 0.5 * (abs(premium) + 0.001) if sign < 0 else 0
        assert answer.objective == pytest.approx(CASH + earned, abs=1e-8)


def test_margin_posted_in_cash_earns_less():
    future = overlay("future", "one", margin_rate=0.2, minimum=0.5, maximum=0.5)
    problem = problem_of(
        "credit",
        market((driver("one"),), np.array([0.15]), np.eye(1)),
        (future, tier("cash", posts=True)),
        (),
    )
    pools = tuple(
        dataclasses.replace(pool, annual_margin_credit_spread=0.004)
        for pool in problem.portfolio.margin_pools
    )
    problem = dataclasses.replace(
        problem, portfolio=dataclasses.replace(problem.portfolio, margin_pools=pools)
    )
    assert solve_conic(problem).objective == pytest.approx(CASH + 0.5 * 0.03 - 0.1 * 0.004, abs=1e-9)


def test_basis_points_and_factors_are_the_same_risk():
    """A bond of eight years on a rate of 100 basis points: 8 % a year, against shares by one factor."""
    rate = Driver(
        driver_id="rate",
        unit=DriverUnit.BASIS_POINT,
        expected_return=ExpectedReturn(annual_basis_points=-25.0),
    )
    form = FactorForm(
        loadings=RectangularMatrix(
            row_ids=("shares", "rate"), column_ids=("growth",), values=np.array([0.15, 60.0])
        ),
        specific_volatilities=(
            DriverValue(driver_id="rate", value=80.0),
            DriverValue(driver_id="shares", value=0.0),
        ),
    )
    base = market((rate, driver("shares")), np.array([100.0, 0.15]), np.eye(2))
    model = dataclasses.replace(base, risk_model=RiskModel(factor_form=form))
    bonds = dataclasses.replace(
        funded("bonds", "rate"), loadings=(DriverValue(driver_id="rate", value=-0.0008),)
    )
    problem = problem_of(
        "bonds",
        model,
        (bonds, funded("shares", "shares")),
        (),
        objective=Objective(minimize_risk=MinimizeRisk()),
    )
    covariance = np.array([[0.08**2, -0.0008 * 60 * 0.15], [-0.0008 * 60 * 0.15, 0.15**2]])
    mix = np.linalg.inv(covariance).sum(axis=1)
    mix = mix / mix.sum()
    answer = solve_conic(problem)
    assert answer.positions == pytest.approx(mix, abs=1e-5)
    assert answer.objective == pytest.approx(math.sqrt(mix @ covariance @ mix), abs=1e-9)
    book = Book(problem, np.array([0.5, 0.5]), {})
    assert book.net_return() == pytest.approx(CASH + 0.5 * 25 * 0.0008 + 0.5 * 0.03, abs=1e-15)


def test_residuals_that_move_together_do_not_diversify():
    sleeves = [
        dataclasses.replace(
            sleeve_problem(basis=AlphaBasis(annual_over_beta=0.0), residual_volatility=0.06).portfolio.lines[
                0
            ],
            line_id=name,
        )
        for name in ("a", "b")
    ]
    for correlation in (-1.0, 0.0, 0.5, 1.0):
        base = market((driver("equity"),), np.array([0.16]), np.eye(1))
        matrix = SymmetricMatrix.from_square(("b", "a"), np.array([[1.0, correlation], [correlation, 1.0]]))
        risk_model = dataclasses.replace(base.risk_model, sleeve_residual_correlation=matrix)
        model = dataclasses.replace(base, risk_model=risk_model)
        problem = problem_of(
            "residuals", model, tuple(sleeves), (), objective=Objective(minimize_risk=MinimizeRisk())
        )
        expected = 0.06 * 0.5 * math.sqrt(2 + 2 * correlation)
        assert Book(problem, np.array([0.5, 0.5]), {}).volatility(TOTAL) == pytest.approx(expected, abs=1e-12)
        assert solve_conic(problem).objective == pytest.approx(expected, abs=1e-8)
