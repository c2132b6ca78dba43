"""What a look shows of the portfolio that it starts from."""

from __future__ import annotations

from optimizer.rebalance.look import Order, look_at
from tests.rebalancing import NOW, fund_with_dealer

MOST_POSTED = 0.0045


def test_the_portfolio_before_is_shown_with_postings_that_keep_the_limits(allocate):
    """Bills alone would be too much with the dealer; with cash beside them every limit is kept."""
    look = look_at(
        Order(
            problem=fund_with_dealer(MOST_POSTED),
            run_policy=None,
            trade_policy=None,
            marks=(),
            now=NOW,
        ),
        allocate,
    )
    assert look.before is not None
    posted = next(item for item in look.before.limits if item.key.limit_id == "with-dealer")
    assert posted.value <= MOST_POSTED + 1e-7
    assert max(item.violation for item in look.before.limits) <= 1e-7
