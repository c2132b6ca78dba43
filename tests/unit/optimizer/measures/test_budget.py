"""Risk budgets: the sizes at which shares are met, and a goal that is least there."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import (
    LineKind,
    LineValue,
    MeetRiskBudget,
    Objective,
    RiskStatistic,
    SymmetricMatrix,
)
from optimizer.measures.book import open_book
from optimizer.measures.budget import realised_shares, risk_budget, scale_free
from optimizer.measures.objective import objective_of
from optimizer.measures.risk import volatility
from tests.problems import SIZES, generate


def budgeted(size=None, correlated=True):
    """A realistic problem whose sleeves share risk, some of them correlated beyond their drivers."""
    problem = generate(SIZES[63], seed=2)
    sleeves = [line.line_id for line in problem.portfolio.lines if line.kind is LineKind.ALPHA_SLEEVE]
    shares = np.random.default_rng(1).uniform(0.5, 2.0, len(sleeves))
    shares /= shares.sum()
    values = tuple(LineValue(line_id=n, value=float(b)) for n, b in zip(sleeves, shares, strict=True))
    goal = MeetRiskBudget(shares=values, **(size or {"total_fraction": 0.3}))
    some = tuple(sleeves[::2])
    matrix = SymmetricMatrix.from_square(some, np.full((len(some),) * 2, 0.3) + 0.7 * np.eye(len(some)))
    model = problem.market.risk_model
    if correlated:
        model = replace(model, sleeve_residual_correlation=matrix)
    market = replace(problem.market, risk_model=model)
    return replace(problem, market=market, objective=Objective(meet_risk_budget=goal)), goal


@pytest.mark.parametrize("correlated", [True, False])
def test_every_line_has_its_share_where_the_budget_is_met(correlated):
    problem, goal = budgeted(correlated=correlated)
    book = open_book(problem)
    budget = risk_budget(book, goal)
    variables = np.zeros(book.variable_count)
    variables[budget.lines] = budget.positions
    np.testing.assert_allclose(realised_shares(book, budget.lines, variables), budget.shares, atol=1e-10)
    assert budget.positions.sum() == pytest.approx(0.3)
    norm = volatility(book, RiskStatistic.TOTAL_VOLATILITY)
    assert norm.length(norm.image(variables)) == pytest.approx(budget.volatility, rel=1e-12)


def test_a_budget_can_be_sized_by_its_volatility():
    problem, goal = budgeted({"annual_volatility": 0.02})
    assert risk_budget(open_book(problem), goal).volatility == pytest.approx(0.02, rel=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_the_goal_is_zero_at_the_budget_and_above_elsewhere(seed):
    problem, goal = budgeted()
    book = open_book(problem)
    budget = risk_budget(book, goal)
    variables = np.zeros(book.variable_count)
    variables[budget.lines] = budget.positions
    objective = objective_of(book)
    assert objective.value(variables) == pytest.approx(0.0, abs=1e-12)
    random = np.random.default_rng(seed)
    variables[budget.lines] *= random.uniform(0.5, 2.0, len(budget.lines))
    assert objective.value(variables) > 1e-4


@pytest.mark.parametrize("seed", range(10))
def test_scale_free_sizes_meet_shares_of_any_order_of_magnitude(seed):
    random = np.random.default_rng(seed)
    count = int(random.integers(1, 60))
    factor = random.normal(size=(count, count + 2))
    scale = 10 ** random.uniform(-3, 1, count)
    covariance = (factor * scale[:, None]) @ (factor * scale[:, None]).T
    shares = 10 ** random.uniform(-5, 0, count)
    shares /= shares.sum()
    sizes = scale_free(covariance, shares)
    assert np.all(sizes > 0.0)
    np.testing.assert_allclose(sizes * (covariance @ sizes), shares, atol=1e-9)


def test_lines_whose_risks_cancel_have_no_budget():
    with pytest.raises(ValueError, match="cancel"):
        scale_free(np.array([[1.0, -1.0], [-1.0, 1.0]]), np.array([0.5, 0.5]))
