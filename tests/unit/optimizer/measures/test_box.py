"""Boxes are finite, hold what the request says, and never cut what is feasible."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import StructuralRule
from optimizer.measures.book import open_book
from optimizer.measures.box import box_of, gross_cap
from tests.golden_problems import pension
from tests.problems import random_case


@pytest.mark.parametrize("seed", range(60))
def test_a_known_feasible_point_is_inside_every_box(seed):
    case = random_case(seed)
    book = open_book(case.problem)
    box = box_of(book)
    assert np.all(np.isfinite(box.lower))
    assert np.all(np.isfinite(box.upper))
    assert np.all(box.lower <= box.upper)
    h = case.positions
    assert np.all(h >= box.lower[: len(h)] - 1e-12)
    assert np.all(h <= box.upper[: len(h)] + 1e-12)


def test_capacity_is_the_upper_bound_where_it_is_the_tighter_one():
    problem = pension()
    lines = tuple(
        replace(
            line, alpha_sleeve=replace(line.alpha_sleeve, capacity_amount=0.2 * problem.portfolio.nav_amount)
        )
        if line.alpha_sleeve
        else line
        for line in problem.portfolio.lines
    )
    problem = replace(problem, portfolio=replace(problem.portfolio, lines=lines))
    box = box_of(open_book(problem))
    at = next(index for index, line in enumerate(lines) if line.alpha_sleeve)
    assert box.upper[at] == pytest.approx(0.2)
    assert box.upper_rule[at] is StructuralRule.SLEEVE_CAPACITY


def test_without_a_cap_on_gross_leverage_overlays_stay_finite():
    problem = pension()
    problem = replace(problem, mandate=replace(problem.mandate, limits=()))
    assert gross_cap(problem) is None
    box = box_of(open_book(problem))
    at = next(index for index, line in enumerate(problem.portfolio.lines) if line.overlay)
    assert np.isfinite(box.upper[at])
    assert box.derived_upper[at]
