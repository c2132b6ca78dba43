"""Marks from texts: quickly what the general road reads, and the same objects as long as there is room."""

from __future__ import annotations

import datetime

from hypothesis import given
from hypothesis import strategies as st

from counterpoise.canonical import canonical_json
from counterpoise.model import LineMark, Marks
from counterpoise.schema import FieldKind, schema_for
from optimizer.rebalance import texts
from optimizer.rebalance.read_marks import RememberedMarks, read_marks
from tests.rebalancing import DAY, fund

days = st.dates(datetime.date(1990, 1, 1), datetime.date(2100, 1, 1))
VALUES = {
    FieldKind.NUMBER: st.floats(allow_nan=False, allow_infinity=False) | st.integers(-5, 5).map(float),
    FieldKind.INTEGER: st.integers(-(2**31), 2**31 - 1),
    FieldKind.DATE: days,
}
line_marks = st.builds(
    LineMark,
    line_id=st.text('abc-"é', min_size=1),
    **{
        field.name: st.none() | VALUES[field.kind]
        for field in schema_for(LineMark).fields
        if field.name != "line_id"
    },
)
whole = st.builds(
    Marks,
    as_of_date=days,
    nav_amount=st.floats(1, 1e15),
    line_marks=st.lists(line_marks, max_size=4).map(tuple),
    annual_risk_free_rate=st.none() | st.floats(-0.2, 1),
)


@given(whole)
def test_marks_are_read_as_any_text_is(marks):
    text = canonical_json(marks)
    read = read_marks(text)
    assert repr(read) == repr(texts.read_text(text, Marks))


def of(number, lines):
    values = tuple(LineMark(line_id=f"{index}", price=1.0) for index in range(lines))
    return (
        f"marks/{number}",
        f"{number:064}",
        canonical_json(Marks(as_of_date=DAY, nav_amount=1.0 + number, line_marks=values)),
    )


def test_what_is_remembered_is_bounded_and_what_was_asked_last_stays():
    remembered = RememberedMarks(most_line_marks=8)
    first, second, third = of(1, 3), of(2, 3), of(3, 3)
    one, two = remembered.read(*first), remembered.read(*second)
    assert remembered.read(*first) is one
    remembered.read(*third)
    assert remembered.read(*first) is one
    assert remembered.read(*second) is not two
    assert remembered.read(*of(4, 50)).nav_amount == 5.0
    assert remembered.read(*first) is not one


def test_the_day_of_a_problem_is_read_alone():
    problem = fund()
    assert texts.read_problem_date(canonical_json(problem)) == problem.portfolio.as_of_date
