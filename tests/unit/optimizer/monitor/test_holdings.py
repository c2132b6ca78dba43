"""Holdings after many marks are those after one mark at a time, whichever of them matter."""

from __future__ import annotations

import datetime
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from counterpoise.model import LineMark, Marks
from optimizer.monitor.holdings import holdings_after, marked
from tests.rebalancing import DAY, HOLDINGS, fund

LINES = sorted(HOLDINGS)
amounts = st.none() | st.sampled_from([1e6, 2e6, 3e6])
prices = st.none() | st.sampled_from([100.0, 110.0, 120.0])


@st.composite
def line_marks(draw):
    line_id = draw(st.sampled_from([*LINES, "sold-long-ago"]))
    if line_id == "bond_future":
        count = draw(st.none() | st.integers(-5, 5))
        return LineMark(line_id=line_id, contract_count=count, price=draw(prices))
    count = draw(st.none() | st.sampled_from([0.5, 2.0]))
    return LineMark(line_id=line_id, market_value_amount=draw(amounts), unit_count=count, price=draw(prices))


days = st.integers(0, 3).map(lambda number: DAY + datetime.timedelta(days=number))
many = st.lists(
    st.builds(
        lambda day, items: Marks(as_of_date=day, nav_amount=5e8, line_marks=tuple(items)),
        days,
        st.lists(line_marks(), max_size=6, unique_by=lambda mark: mark.line_id),
    ),
    max_size=8,
)


@given(many)
def test_marks_together_leave_what_they_leave_one_after_another(items):
    together = holdings_after(fund(), items)
    for line_id in LINES:
        mine = [
            (mark, item.as_of_date) for item in items for mark in item.line_marks if mark.line_id == line_id
        ]
        opening = holdings_after(fund(), ())[line_id]
        assert together[line_id] == reduce(lambda held, said: marked(held, *said), mine, opening)
