"""Random rebalances in the order in which they are to be executed, step by step."""

import os
from itertools import islice

import pytest

from optimizer.rebalance.trading.order import order_trades
from tests.problems.rebalances import rebalances
from tests.reference.execution import Walk

ORDERS = int(os.environ.get("COUNTERPOISE_TEST_ORDERS", "24"))
"""How many rebalances; a release is tested with 200."""


def reachable(allocate):
    """Walks whose end keeps every limit: those that whole contracts or postings break are no one's plan."""
    for rebalance in rebalances(allocate):
        walk = Walk(rebalance)
        if walk.trades() and not walk.broken(rebalance.end):
            yield walk


@pytest.mark.timeout(1200)
def test_no_limit_breaks_on_the_way(allocate):
    wrong = []
    for walk in islice(reachable(allocate), ORDERS):
        own = walk.rebalance
        steps = order_trades(walk.book, own.start, own.end, own.contract_amounts)
        wrong += [f"{own.name}: {fault}" for fault in walk.faults(steps)]
    assert not wrong, "\n".join(wrong)
