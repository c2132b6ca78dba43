"""What trades need: current positions where they start, and years over which their cost is spread."""

import dataclasses

import pytest

from counterpoise import validate
from counterpoise.model import EntityRef, ErrorReason, LineScope

CURRENT = "portfolio.lines[{}].current_fraction"
TURNOVER = "mandate.limits[2].turnover.lines"
COST = "portfolio.lines[{}].trading_cost"
REDEEMABLE = "portfolio.lines[3].alpha_sleeve.redeemable_fraction"
YEARS = "objective.holding_period_years"


def missing(index):
    return (CURRENT.format(index), "CURRENT_POSITION_MISSING")


@pytest.fixture
def without(costed, put):
    """Function (index, ...): violations of the costed problem without current positions of these lines."""

    def violations(*indexes, changes=()):
        problem = costed
        for index in indexes:
            problem = put(problem, CURRENT.format(index), None)
        for path, value in changes:
            problem = put(problem, path, value)
        return validate.problem_violations(problem)

    return violations


def fields(violations):
    return [(violation.field, violation.reason.name) for violation in violations]


def test_trading_cost_counts_from_a_current_position(without):
    # The scope of the turnover limit is one other line.
    narrow = (TURNOVER, LineScope(line_ids=("bonds",)))
    found = without(0, 2, changes=[narrow])
    assert fields(found) == [missing(0), missing(2)]
    assert "counted from it by trading_cost;" in found[0].message
    assert found[0].subjects == (EntityRef(line_id="fund"),)
    assert without(0, changes=[narrow, (COST.format(0), None)]) == ()


def test_redemption_counts_from_a_current_position(without):
    narrow = (TURNOVER, LineScope(line_ids=("bonds",)))
    found = without(3, 4, changes=[narrow])
    assert fields(found) == [missing(3)]
    assert "by alpha_sleeve.redeemable_fraction;" in found[0].message
    assert without(3, changes=[narrow, (REDEEMABLE, None)]) == ()


def test_turnover_counts_from_the_current_positions_of_its_lines(without):
    found = without(1, 4, 5)
    assert fields(found) == [missing(1), missing(4), missing(5)]
    assert found[0].subjects == (EntityRef(line_id="bonds"), EntityRef(limit_id="turnover"))
    scope = LineScope(all_lines=True, excluded_line_ids=("bonds", "cash"))
    assert fields(without(1, 4, 5, changes=[(TURNOVER, scope)])) == [missing(4)]


def test_a_line_is_reported_once_with_all_that_needs_it(without):
    found = without(0, 3)
    assert fields(found) == [missing(0), missing(3)]
    assert "trading_cost and turnover limit 'turnover';" in found[0].message
    assert "alpha_sleeve.redeemable_fraction and turnover limit 'turnover'" in found[1].message


def test_a_line_in_several_turnover_limits_is_reported_once(costed, without):
    first = costed.mandate.limits[2]
    second = dataclasses.replace(first, limit_id="second")
    found = without(1, changes=[("mandate.limits", (first, second))])
    assert fields(found) == [missing(1)]
    assert found[0].subjects == (EntityRef(line_id="bonds"), EntityRef(limit_id="turnover"))


def test_zero_is_a_current_position(costed, put):
    assert validate.problem_violations(put(costed, CURRENT.format(0), 0.0)) == ()


def test_refused_current_position_is_not_missing(broken_costed):
    assert broken_costed(CURRENT.format(0), "0.5") == [(CURRENT.format(0), "VALUE_MALFORMED")]


def test_refused_terms_need_no_current_position(without):
    found = without(0, changes=[(TURNOVER, LineScope(line_ids=("bonds",))), (COST.format(0), 0.001)])
    assert fields(found) == [(COST.format(0), "VALUE_MALFORMED")]


def test_turnover_of_an_unknown_scope_needs_no_current_position(without):
    scope = LineScope(line_ids=("bonds", "nothing"))
    assert fields(without(1, changes=[(TURNOVER, scope)])) == [(f"{TURNOVER}.line_ids[1]", "ID_UNKNOWN")]


def test_nothing_else_needs_current_positions(problem, put):
    assert validate.problem_violations(put(problem, CURRENT.format(0), None)) == ()


def test_trading_costs_are_spread_over_a_holding_period(costed, put, broken_costed):
    (violation,) = validate.problem_violations(put(costed, YEARS, None))
    assert (violation.field, violation.reason) == (YEARS, ErrorReason.FIELD_MISSING)
    assert violation.subjects == (EntityRef(line_id="fund"), EntityRef(line_id="future"))
    assert "'fund', 'future'" in violation.message
    assert broken_costed(YEARS, None, COST.format(0), None) == [(YEARS, "FIELD_MISSING")]
    assert broken_costed(YEARS, None, COST.format(0), None, COST.format(2), None) == []
    assert broken_costed(YEARS, "2") == [(YEARS, "VALUE_MALFORMED")]
