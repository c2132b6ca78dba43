"""All members at once say what each constraint says alone."""

import numpy as np
import pytest

from counterpoise.model import LimitKey, Side, Unit
from optimizer.certificate import Multiplier, open_case
from optimizer.certificate.bound import add_constraints, zero_lagrangian
from optimizer.certificate.members import Members
from optimizer.certificate.multipliers import projected
from optimizer.certificate.residuals import box_key, residual_of, violation_scale
from optimizer.measures.book import open_book
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import ConvexRows, Point, single_row
from tests.problems import random_problem
from tests.problems.everything import everything
from tests.problems.stressed import stressed

PROBLEMS = {
    **{f"random {seed}": lambda seed=seed: random_problem(seed) for seed in range(10)},
    **{f"everything {seed}": lambda seed=seed: everything(seed) for seed in range(15)},
    **{f"stressed {seed}": lambda seed=seed: stressed(seed, scenarios=6) for seed in range(15)},
}
parametrized = pytest.mark.parametrize("name", PROBLEMS)


def points(case):
    random = np.random.default_rng(3)
    for multiple in (1.0, 0.1, 0.001):
        yield multiple * random.uniform(case.box.lower, case.box.upper)


@parametrized
def test_the_excess_of_a_member_is_that_of_its_constraint_on_the_side_that_it_breaks_most(name):
    case = open_case(open_book(PROBLEMS[name]()))
    for variables in points(case):
        alone = [
            np.max([item.excess(side, variables) for side in item.sides], axis=0) for item in case.constraints
        ]
        together = Members(case.constraints).excess(Point(variables))
        assert together.tobytes() == np.concatenate(alone).tobytes()


@parametrized
def test_the_worst_residual_is_the_largest_over_all_constraints_and_boxes(name):
    case = open_case(open_book(PROBLEMS[name]()))
    free = case.box.lower < case.box.upper
    for variables in points(case):
        beyond = np.maximum(case.box.lower - variables, variables - case.box.upper)
        at = int(np.argmax(beyond))
        worst, key = 0.0, None
        if beyond[at] > 0.0:
            below = variables[at] < case.box.lower[at]
            worst, key = float(beyond[at]), box_key(case.book, case.box, at, below=below)
        for item in case.constraints:
            for side in item.sides:
                scaled = item.excess(side, variables) / violation_scale(item, variables, free)
                if scaled.max() > worst:
                    worst, key = float(scaled.max()), item.keys[int(np.argmax(scaled))]
        found = residual_of(case.book, case.box, Members(case.constraints), Point(variables))
        assert (found.violation, found.key) == (worst, key)


@parametrized
def test_weighted_rows_are_the_sum_of_those_of_each_constraint(name):
    case, random = open_case(open_book(PROBLEMS[name]())), np.random.default_rng(4)
    claimed = {
        (item.name, side): Multiplier(random.exponential(size=len(item.keys)))
        for item in case.constraints
        for side in item.sides
    }
    middle = 0.5 * (case.box.lower + case.box.upper)
    used = list(projected(case.constraints, claimed, middle))
    count = case.book.variable_count
    together = add_constraints(zero_lagrangian(count), Members(case.constraints), used, ())
    alone = zero_lagrangian(count)
    for item, side, multiplier in used:
        orientation, bound = item.orientation(side), item.bound(side)
        alone.add_rows(item.rows, multiplier.weights, orientation)
        if item.over is None:
            total = bound * float(multiplier.weights.sum())
            alone.add_constant(-orientation * item.sign * total, abs(total))
        else:
            alone.add_rows(item.over, abs(bound) * multiplier.weights, -np.sign(bound))
        if item.rows.norm is not None:
            alone.add_norm(item.rows.norm, multiplier.components)
    assert abs(together.constant - alone.constant) <= 1e-15 * alone.constant_size
    assert np.all(np.abs(together.linear - alone.linear) <= 1e-15 * alone.linear_size)
    for part in ("absolute", "traded", "impact", "linear_size", "constant_size"):
        np.testing.assert_allclose(getattr(together, part), getattr(alone, part), rtol=2e-15, atol=0.0)


def constraint(constant):
    rows = ConvexRows(np.array([constant]), single_row(np.array([1.0, 0.0])))
    return Constraint((LimitKey(limit_id="one"),), Unit.NAV_FRACTION, rows, upper=1.0)


def test_an_excess_that_is_no_number_is_no_small_one():
    case = open_case(open_book(random_problem(1)))
    variables = 0.5 * (case.box.lower + case.box.upper)
    found = residual_of(case.book, case.box, Members([constraint(np.nan)]), Point(variables))
    assert found.violation == np.inf


def test_a_side_without_a_bound_is_never_broken():
    free = Members([constraint(0.0)])
    assert free.excess(Point(np.array([-1e9, 0.0])))[0] == -1e9 - 1.0
    assert constraint(0.0).sides == (Side.UPPER,)
