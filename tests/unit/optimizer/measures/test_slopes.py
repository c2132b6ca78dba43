"""Slopes of every measure against finite differences, values against the second opinion."""

import numpy as np
import pytest

from counterpoise.model import LeverageDefinition, LineKind, MeetRiskBudget
from optimizer.measures.book import open_book
from optimizer.measures.leverage import leverage_rows
from optimizer.measures.limits import constraints_of
from optimizer.measures.objective import objective_of
from optimizer.measures.returns import line_returns
from tests.problems import random_problem
from tests.problems.everything import everything
from tests.problems.stressed import stressed
from tests.reference.book import Book as SecondOpinion
from tests.reference.structure import collateral_keys, structural_violations

PROBLEMS = [
    *(pytest.param(random_problem(seed), id=f"ordinary-{seed}") for seed in range(40)),
    *(pytest.param(everything(seed), id=f"everything-{seed}") for seed in range(40)),
]
STRESSED = [pytest.param(stressed(seed, scenarios=4), id=f"stressed-{seed}") for seed in range(40)]
STEP = 1e-6


def point(problem, book):
    """Positions away from the kinks of |h| and |h - current|, and postings."""
    random = np.random.default_rng(book.variable_count)
    h = random.uniform(0.05, 0.9, book.line_count)
    h = np.where(book.is_kind(LineKind.OVERLAY), h * random.choice([-1.0, 1.0], book.line_count), h)
    goal = problem.objective.goal
    if isinstance(goal, MeetRiskBudget):
        budgeted = [problem.portfolio.line_ids.index(item.line_id) for item in goal.shares]
        h[budgeted] = np.abs(h[budgeted])
    near = np.abs(h - book.current[: book.line_count]) < 0.01
    h = np.where(near, h + 0.03 * np.sign(h), h)
    y = random.uniform(0.01, 0.2, book.variable_count - book.line_count)
    postings = dict(zip(collateral_keys(problem), y, strict=True))
    return np.concatenate([h, y]), SecondOpinion(problem, h, postings)


def differences(function, variables):
    """Central differences by variable."""
    slopes = []
    for index in range(len(variables)):
        step = np.zeros(len(variables))
        step[index] = STEP
        slopes.append((function(variables + step) - function(variables - step)) / (2 * STEP))
    return np.array(slopes)


@pytest.mark.parametrize("problem", [*PROBLEMS, *STRESSED])
def test_slope_of_every_constraint_is_its_finite_difference(problem):
    book = open_book(problem)
    variables, _ = point(problem, book)
    random = np.random.default_rng(5)
    for constraint in constraints_of(book):
        weights = random.uniform(0.5, 2.0, len(constraint.keys))
        slope = constraint.rows.slope(variables, weights)
        wanted = differences(lambda v, w=weights, rows=constraint.rows: float(w @ rows.values(v)), variables)
        np.testing.assert_allclose(slope, wanted, atol=2e-7, err_msg=constraint.name)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_value_of_every_limit_agrees_with_the_second_opinion(problem):
    book = open_book(problem)
    variables, opinion = point(problem, book)
    named = {constraint.name: constraint for constraint in constraints_of(book)}
    for limit in problem.mandate.limits:
        constraint = named[f"limit/{limit.limit_id}"]
        members = opinion.members(limit)
        np.testing.assert_allclose(
            constraint.values(variables),
            [member.value for member in members],
            atol=1e-12,
            err_msg=limit.limit_id,
        )
        assert [(key.line_id, key.driver_id) for key in constraint.keys] == [
            (member.line_id, member.driver_id) for member in members
        ]


@pytest.mark.parametrize("problem", PROBLEMS)
def test_structural_excess_agrees_with_the_second_opinion(problem):
    book = open_book(problem)
    variables, opinion = point(problem, book)
    found = structural_violations(opinion)
    mine = [
        max(float(np.max(constraint.excess(side, variables), initial=0.0)), 0.0)
        for constraint in constraints_of(book)
        if constraint.name.startswith("rule/")
        for side in constraint.sides
    ]
    others = max(value for name, value in found.items() if not name.startswith("box "))
    assert max(mine) == pytest.approx(others, abs=1e-12)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_objective_and_its_tangent_agree_with_the_second_opinion(problem):
    book = open_book(problem)
    variables, opinion = point(problem, book)
    objective = objective_of(book)
    assert objective.sign * objective.value(variables) == pytest.approx(opinion.objective(), abs=1e-12)
    assert sum(objective.terms(variables).values()) == pytest.approx(opinion.objective(), abs=1e-12)
    slope = sum(part.rows.slope(variables, np.ones(1)) for part in objective.parts)
    if objective.variance is not None:
        image = objective.variance.image(variables)
        slope = slope + 2.0 * objective.half_aversion * objective.variance.adjoint(image)
    np.testing.assert_allclose(slope, differences(objective.value, variables), atol=1e-6)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_return_terms_sum_to_the_net_return_of_the_second_opinion(problem):
    book = open_book(problem)
    variables, opinion = point(problem, book)
    total = sum(float(returns.sum()) for returns in line_returns(book, variables).values())
    assert problem.market.annual_risk_free_rate + total == pytest.approx(opinion.net_return(), abs=1e-12)


@pytest.mark.parametrize("definition", LeverageDefinition)
def test_leverage_is_positively_homogeneous_and_zero_without_positions(definition):
    problem = random_problem(3)
    book = open_book(problem)
    variables, _ = point(problem, book)
    rows = leverage_rows(book, definition)
    assert rows.values(np.zeros(book.variable_count))[0] == 0.0
    assert rows.values(2.0 * variables)[0] == pytest.approx(2.0 * rows.values(variables)[0])
