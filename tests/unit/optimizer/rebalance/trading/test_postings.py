"""Postings that limits want, and not only those that leave most cash free."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.measures.book import open_book
from optimizer.measures.limits import constraints_of
from optimizer.rebalance.trading.postings import settled
from optimizer.usecases.posted import with_postings
from tests.rebalancing import fund_with_dealer


@pytest.mark.parametrize("most_posted", [1.0, 0.0045])
def test_cash_is_posted_only_where_a_limit_wants_it(most_posted):
    """Margin of 0.02 * 0.15075 takes twice that in bills, or itself in cash."""
    book = open_book(fund_with_dealer(most_posted))
    positions = book.current[: book.line_count]
    margin = 0.02 * 0.15075
    assert with_postings(book, positions)[book.line_count :] == pytest.approx([2 * margin, 0.0], abs=1e-9)
    bills, cash = settled(book, positions, constraints_of(book))[book.line_count :]
    assert 0.5 * bills + cash == pytest.approx(margin, abs=1e-8)
    assert bills + cash <= most_posted + 1e-7
    if most_posted == 1.0:
        assert (bills, cash) == pytest.approx((2 * margin, 0.0), abs=1e-9)


def test_what_nothing_keeps_is_missed_by_least():
    book = open_book(fund_with_dealer(0.001))
    positions = book.current[: book.line_count]
    variables = settled(book, positions, constraints_of(book))
    worst = max(
        float(np.max(constraint.excess(side, variables)))
        for constraint in constraints_of(book)
        for side in constraint.sides
    )
    # All in cash, and what the dealer holds too much of shared with margin that is short: half each.
    assert worst == pytest.approx(0.5 * (0.02 * 0.15075 - 0.001), abs=1e-6)
