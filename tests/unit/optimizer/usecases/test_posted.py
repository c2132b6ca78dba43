"""What is taken to be posted behind a given portfolio: all the margin, and as little cash as can be."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import CollateralTerms
from optimizer.measures.book import open_book
from optimizer.measures.limits import constraints_of
from optimizer.measures.margin import initial_margins
from optimizer.usecases.posted import uncovered, with_postings
from tests.problems.stressed import stressed_case
from tests.reference.structure import collateral_keys


@pytest.mark.parametrize("seed", range(20))
def test_postings_cover_the_margin_of_a_book_that_can_and_break_no_rule(seed):
    known = stressed_case(seed, scenarios=3)
    book = open_book(known.problem)
    variables = with_postings(book, np.array(known.positions))
    assert uncovered(book, variables).max(initial=0.0) < 1e-9
    for constraint in constraints_of(book):
        rule = constraint.keys[0].structural_rule
        if rule is not None and rule.name.startswith("COLLATERAL"):
            assert constraint.violation(variables).max(initial=0.0) < 1e-9


@pytest.mark.parametrize("seed", range(20))
def test_no_other_split_of_the_margin_leaves_more_cash(seed):
    known = stressed_case(seed, scenarios=3)
    book = open_book(known.problem)
    cash = book.same_day[book.postings.tier]
    posted = with_postings(book, np.array(known.positions))[book.line_count :]
    # The generator's own split is one that holds: it cannot post less cash.
    own = np.array([known.postings[key] for key in collateral_keys(known.problem)])
    assert cash @ posted <= cash @ own + 1e-9


def test_margin_that_nothing_covers_is_told():
    known = stressed_case(0, scenarios=3)
    portfolio = known.problem.portfolio
    pools = [pool.margin_pool_id for pool in portfolio.margin_pools]
    # Haircuts near one: whatever is posted counts for nothing.
    lines = tuple(
        line
        if line.reserve_tier is None
        else replace(
            line,
            reserve_tier=replace(
                line.reserve_tier,
                collateral_terms=tuple(CollateralTerms(margin_pool_id=pool, haircut=0.999) for pool in pools),
            ),
        )
        for line in portfolio.lines
    )
    book = open_book(replace(known.problem, portfolio=replace(portfolio, lines=lines)))
    positions = np.array(known.positions)
    missing = uncovered(book, with_postings(book, positions))
    assert missing.sum() == pytest.approx(initial_margins(book, positions).sum(), rel=0.2)
