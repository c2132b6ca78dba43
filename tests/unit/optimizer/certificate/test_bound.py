"""The bound is a bound: for any multipliers, over every point of the box that is feasible."""

import numpy as np
import pytest

from counterpoise.model import StructuralRule
from optimizer.certificate import Claim, Multiplier, judge, open_case
from optimizer.certificate.bound import add_constraints, objective_lagrangian, zero_lagrangian
from optimizer.certificate.members import Members
from optimizer.certificate.multipliers import borne_pieces, objective_key, projected
from optimizer.measures.book import open_book
from optimizer.measures.box import Box
from tests.problems import random_case
from tests.reference.structure import collateral_keys


def arbitrary_multipliers(case, random):
    claimed = {}
    for constraint in case.constraints:
        for side in constraint.sides:
            weights = random.exponential(0.05, len(constraint.keys)) * random.integers(
                0, 2, len(constraint.keys)
            )
            size = 0 if constraint.rows.norm is None else len(constraint.rows.norm.offset)
            claimed[constraint.name, side] = Multiplier(weights, random.normal(size=size) if size else None)
    for part in case.objective.parts:
        if part.rows.norm is not None:
            size = len(part.rows.norm.offset)
            claimed[objective_key(part.kind)] = Multiplier(np.zeros(0), random.normal(size=size))
    return claimed


@pytest.mark.parametrize("seed", range(60))
def test_no_feasible_point_beats_the_bound_of_arbitrary_multipliers(seed):
    random = np.random.default_rng(seed)
    known = random_case(seed)
    case = open_case(open_book(known.problem))
    postings = [known.postings[key] for key in collateral_keys(known.problem)]
    feasible = np.concatenate([known.positions, postings])
    for _ in range(20):
        claimed = arbitrary_multipliers(case, random)
        anywhere = random.uniform(case.box.lower, case.box.upper)
        lagrangian = objective_lagrangian(case.objective, claimed, anywhere)
        used = list(projected(case.constraints, claimed, anywhere))
        add_constraints(lagrangian, Members(case.constraints), used, borne_pieces(used, claimed, anywhere))
        assert lagrangian.minimum(case.box) <= case.objective.value(feasible) + 1e-9


@pytest.mark.parametrize("extra", ["nothing", "trades", "impact", "logarithm"])
@pytest.mark.parametrize("seed", range(20))
def test_the_closed_form_of_one_variable_is_its_least_value_on_a_grid(seed, extra):
    random = np.random.default_rng(seed)
    count = 60
    lower = random.normal(size=count)
    upper = lower + random.exponential(size=count)
    current = random.normal(size=count)
    lagrangian = zero_lagrangian(count)
    lagrangian.linear = random.normal(size=count)
    lagrangian.absolute = random.exponential(size=count)
    lagrangian.current = current
    if extra != "nothing":
        lagrangian.traded = random.exponential(size=count)
    if extra == "impact":
        lagrangian.impact = random.exponential(size=count) * random.integers(0, 2, count)
    if extra == "logarithm":
        lower, upper = np.abs(lower) + 1e-3, np.abs(lower) + 1e-3 + upper - lower
        lagrangian.logarithm = random.exponential(size=count) * random.integers(0, 2, count)
    grid = np.linspace(lower, upper, 4001)
    trade = np.abs(grid - current)
    on_grid = lagrangian.linear * grid + lagrangian.absolute * np.abs(grid) + lagrangian.traded * trade
    on_grid = on_grid + lagrangian.impact * trade**1.5
    if extra == "logarithm":
        on_grid = on_grid - lagrangian.logarithm * np.log(grid)
    best = on_grid.min(axis=0)
    least = lagrangian.least_by_variable(bare_box(lower, upper))
    steepest = np.abs(np.diff(on_grid, axis=0)).max(axis=0)
    assert np.all(least <= best + 1e-12)
    assert np.all(least >= best - steepest)


def bare_box(lower, upper):
    rules = tuple(StructuralRule.LINE_BOX for _ in lower)
    nowhere = np.zeros(len(lower), dtype=bool)
    return Box(lower, upper, nowhere, nowhere, nowhere, rules, rules)


def test_weights_that_are_negative_or_not_finite_count_as_zero():
    case = open_case(open_book(random_case(1).problem))
    claimed = {
        (constraint.name, side): Multiplier(np.array([-1.0, np.nan, np.inf][: len(constraint.keys)]))
        for constraint in case.constraints
        for side in constraint.sides
        if len(constraint.keys) <= 3
    }
    middle = 0.5 * (case.box.lower + case.box.upper)
    assert list(projected(case.constraints, claimed, middle)) == []


@pytest.mark.parametrize("variables", [None, np.zeros(1), "nan"])
def test_what_is_no_point_is_no_claim(variables):
    case = open_case(open_book(random_case(1).problem))
    if isinstance(variables, str):
        variables = np.full(case.book.variable_count, np.nan)
    assert judge(case, Claim(variables, {}), 1e-5).verdict.name == "NO_CLAIM"


def test_a_ray_over_a_feasible_problem_proves_nothing():
    random = np.random.default_rng(5)
    for seed in range(30):
        case = open_case(open_book(random_case(seed).problem))
        for _ in range(10):
            claim = Claim(None, arbitrary_multipliers(case, random), infeasible=True)
            assert judge(case, claim, 1e-5).verdict.name == "RAY_NOT_VALID"


def test_box_prices_are_one_sided_slopes_of_the_bound():
    case = open_case(open_book(random_case(2).problem))
    lagrangian = objective_lagrangian(case.objective, {}, np.zeros(case.book.variable_count))
    lower_prices, upper_prices = lagrangian.box_prices(case.box)
    step = 1e-6
    base = lagrangian.least_by_variable(case.box)
    lowered = Box(case.box.lower - step, case.box.upper, *([None] * 5))
    raised = Box(case.box.lower, case.box.upper + step, *([None] * 5))
    gained_below = (base - lagrangian.least_by_variable(lowered)) / step
    gained_above = (base - lagrangian.least_by_variable(raised)) / step
    # Where the least value stays elsewhere nothing is gained; where it is at the bound the price is.
    np.testing.assert_array_less(gained_below, lower_prices + 1e-6)
    np.testing.assert_array_less(gained_above, upper_prices + 1e-6)
