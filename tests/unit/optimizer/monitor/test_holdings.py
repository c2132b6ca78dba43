"""Holdings after many marks are those after one mark at a time, whichever of them matter."""

from __future__ import annotations

import datetime
from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.model import LineMark, Marks, RollAnchor, RollTerms
from optimizer.monitor.counting import Counting
from optimizer.monitor.holdings import holdings_after, marked
from tests.rebalancing import CONTRACT, DAY, HOLDINGS, fund

LINES = sorted(HOLDINGS)
amounts = st.none() | st.sampled_from([1e6, 2e6, 3e6])
prices = st.none() | st.sampled_from([100.0, 110.0, 120.0])


@st.composite
def line_marks(draw):
    line_id = draw(st.sampled_from([*LINES, "sold-long-ago"]))
    if line_id == "bond_future":
        count = draw(st.none() | st.integers(-5, 5))
        year, month = draw(st.sampled_from([(None, None), (2025, 9), (2025, 12)]))
        return LineMark(
            line_id=line_id,
            contract_count=count,
            price=draw(prices),
            dv01_amount=draw(st.none() | st.sampled_from([50.0, 60.0])),
            initial_margin_amount=draw(st.none() | st.sampled_from([1_000.0, 2_000.0])),
            annual_financing_spread=draw(st.none() | st.sampled_from([0.001, 0.002])),
            contract_year=year,
            contract_month=month,
        )
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

futures = st.lists(
    st.builds(
        lambda day, mark: Marks(as_of_date=day, nav_amount=5e8, line_marks=(mark,)),
        days,
        line_marks().filter(lambda mark: mark.line_id == "bond_future"),
    ),
    max_size=7,
)


ROLL = RollTerms(
    contract_year=2025,
    contract_month=9,
    anchor=RollAnchor.FIRST_OF_MONTH,
    weekdays_before=2,
    next_price=111.0,
)


def with_future(**changes):
    """The fund, its future with other terms."""
    asked = fund()
    lines = tuple(
        line if line.overlay is None else replace(line, overlay=replace(line.overlay, **changes))
        for line in asked.portfolio.lines
    )
    return replace(asked, portfolio=replace(asked.portfolio, lines=lines))


FUNDS = {
    "by price": fund(),
    "by DV01": with_future(contract=replace(CONTRACT, dv01_amount=55.0), duration_years=7.0),
    "that rolls": with_future(contract=replace(CONTRACT, roll=ROLL), initial_margin_rate=None),
    "without contracts": with_future(contract=None),
}


@pytest.mark.parametrize("problem", FUNDS.values(), ids=FUNDS)
@given(many | futures)
def test_marks_together_leave_what_they_leave_one_after_another(problem, items):
    together = holdings_after(problem, items)
    for line_id in LINES:
        mine = [
            (mark, item.as_of_date) for item in items for mark in item.line_marks if mark.line_id == line_id
        ]
        opening = holdings_after(problem, ())[line_id]
        assert together[line_id] == reduce(lambda held, said: marked(held, *said), mine, opening)


@pytest.mark.parametrize("problem", FUNDS.values(), ids=FUNDS)
def test_of_marks_that_say_everything_the_last_alone_counts(problem):
    """However long the history is: terms that are said each day, too, are worked on once."""
    line = next(line for line in problem.portfolio.lines if line.overlay is not None)
    counting = Counting(line)
    mark = LineMark(
        line_id=line.line_id,
        unit_count=5.0,
        price=110.0,
        dv01_amount=50.0,
        initial_margin_amount=1_000.0,
        annual_financing_spread=0.001,
        contract_year=2025,
        contract_month=12,
    )
    more = [counting.add(mark, DAY - datetime.timedelta(days=age)) for age in range(100)]
    assert counting.oldest_first == [(mark, DAY)]
    assert set(more) == {FUNDS["that rolls"] is problem}
