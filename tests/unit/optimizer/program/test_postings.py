"""Collateral behind the positions: what margin asks for, cash last, and no rule broken on the way."""

from dataclasses import replace

import pytest

from counterpoise.model import CollateralTerms, Limit, ReserveMeasure
from tests.answers import assert_optimal, book_of
from tests.golden_problems import pension
from tests.problems import random_problem
from tests.reference.structure import structural_violations


def with_notes(*, share=None, posted_counts=True):
    """The pension fund with notes beside its cash, both taken as margin, both held."""
    problem = pension()
    lines = []
    for line in problem.portfolio.lines:
        if line.reserve_tier is None:
            lines.append(line)
            continue
        tier = replace(line.reserve_tier, variation_margin_eligible=True)
        lines.append(replace(line, reserve_tier=tier, minimum_fraction=0.02))
        pool = line.reserve_tier.collateral_terms[0].margin_pool_id
        terms = CollateralTerms(margin_pool_id=pool, haircut=0.02, maximum_margin_share=share)
        notes = replace(tier, variation_margin_eligible=False, collateral_terms=(terms,))
        lines.append(replace(line, line_id="notes", reserve_tier=notes, minimum_fraction=0.015))
    rule = ReserveMeasure(default_rate=0.0, posted_margin_counts=posted_counts)
    limits = (*problem.mandate.limits, Limit(limit_id="free", lower=0.0, reserve=rule))
    return replace(
        problem,
        portfolio=replace(problem.portfolio, lines=tuple(lines)),
        mandate=replace(problem.mandate, limits=limits),
    )


def posted(allocation):
    (pool,) = allocation.pool_margins
    return {item.line_id: item.value for item in pool.posted_fractions}


def test_notes_are_posted_before_cash(allocate):
    allocation = allocate(with_notes())
    assert_optimal(allocation)
    held = {position.line_id: position.fraction for position in allocation.positions}
    assert posted(allocation)["notes"] == pytest.approx(held["notes"], abs=1e-9)
    needed = allocation.pool_margins[0].initial_margin_fraction - 0.98 * held["notes"]
    assert posted(allocation).get("cash", 0.0) == pytest.approx(max(needed, 0.0), abs=1e-9)


@pytest.mark.parametrize("options", [{"share": 0.3}, {"posted_counts": False}])
def test_where_a_rule_minds_the_split_it_is_left_as_it_was_solved(allocate, options):
    allocation = allocate(with_notes(**options))
    assert_optimal(allocation)
    assert len(allocation.termination.attempts) == 1


@pytest.mark.parametrize("seed", range(40))
def test_the_first_attempt_still_certifies_and_no_structural_rule_breaks(allocate, seed):
    problem = random_problem(seed)
    allocation = allocate(problem)
    assert_optimal(allocation)
    assert len(allocation.termination.attempts) <= 2
    assert max(structural_violations(book_of(problem, allocation)).values()) < 2e-7
