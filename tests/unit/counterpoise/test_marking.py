import dataclasses
import datetime

import pytest

from counterpoise import ContractTerms, LineMark, Marks, marks_of
from counterpoise.model import AllocationProblem
from tests import sample_total_problem

DAY = datetime.date(2025, 12, 31)


def with_line(line_id, overlay=None, **fields):
    """The sample at a NAV of 1e9 with changes to one line, and to its overlay."""
    problem = sample_total_problem.problem()
    old = next(line for line in problem.portfolio.lines if line.line_id == line_id)
    if overlay is not None:
        fields["overlay"] = dataclasses.replace(old.overlay, **overlay)
    new = dataclasses.replace(old, **fields)
    lines = tuple(new if line is old else line for line in problem.portfolio.lines)
    return dataclasses.replace(
        problem, portfolio=dataclasses.replace(problem.portfolio, nav_amount=1e9, lines=lines)
    )


def mark(problem: AllocationProblem, line_id: str) -> LineMark:
    return next(item for item in marks_of(problem, DAY).line_marks if item.line_id == line_id)


def test_every_line_is_marked_on_the_day_at_the_nav_of_the_problem():
    problem = sample_total_problem.problem()
    marks = marks_of(problem, DAY)
    assert isinstance(marks, Marks)
    assert (marks.as_of_date, marks.nav_amount) == (DAY, problem.portfolio.nav_amount)
    assert tuple(item.line_id for item in marks.line_marks) == problem.portfolio.line_ids


def test_a_line_without_contract_terms_is_held_at_its_market_value():
    assert mark(with_line("equity-fund", current_fraction=0.45), "equity-fund") == LineMark(
        line_id="equity-fund", market_value_amount=0.45e9
    )


@pytest.mark.parametrize(("fraction", "contracts"), [(0.15, 600), (-0.15, -600), (0.1501, 600), (0.0, 0)])
def test_futures_are_held_in_whole_contracts_of_price_times_point_value(fraction, contracts):
    """A contract at 5,000 points of $50 is $250,000: 600 of them are $150M."""
    terms = ContractTerms(point_value_amount=50.0, price=5000.0)
    problem = with_line("equity-futures", current_fraction=fraction, overlay={"contract": terms})
    assert mark(problem, "equity-futures") == LineMark(
        line_id="equity-futures", price=5000.0, contract_count=contracts
    )


def test_contracts_that_match_dv01_stand_for_the_notional_of_their_dv01():
    """$150M at 6.1 years has a DV01 of $91,500: 1,408 contracts of $65 a basis point."""
    terms = ContractTerms(point_value_amount=1000.0, price=112.0, dv01_amount=65.0)
    overlay = {"contract": terms, "duration_years": 6.1}
    problem = with_line("bond-futures", overlay, current_fraction=0.15)
    assert mark(problem, "bond-futures") == LineMark(
        line_id="bond-futures", price=112.0, dv01_amount=65.0, contract_count=1408
    )


def test_a_line_without_a_position_is_named():
    with pytest.raises(ValueError, match="line cash: current_fraction is unset"):
        marks_of(with_line("cash", current_fraction=None), DAY)
