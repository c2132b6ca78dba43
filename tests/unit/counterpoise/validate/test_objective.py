"""What charges for uncertainty need: errors of every alpha, and errors of known premia."""

import pytest

from counterpoise import validate
from counterpoise.model import AlphaUncertainty, EntityRef, MaximizeNetReturn, MinimizeCost, Objective
from tests.unit.counterpoise.validate.costed import correlation, drivers_of

ERROR = "portfolio.lines[{}].alpha_sleeve.annual_alpha_error"
MATRIX = "objective.alpha_uncertainty.error_correlation"
PREMIA = "objective.premium_uncertainty.annual_errors"


def test_every_sleeve_has_an_alpha_error_where_uncertainty_is_charged(broken_costed, costed, put):
    missing = (ERROR.format(3), None, ERROR.format(4), None)
    assert broken_costed(*missing) == [
        (ERROR.format(3), "FIELD_MISSING"),
        (ERROR.format(4), "FIELD_MISSING"),
    ]
    assert broken_costed(*missing, "objective.alpha_uncertainty", None) == []
    assert broken_costed(*missing, "objective.alpha_uncertainty", 1.0) == [
        ("objective.alpha_uncertainty", "VALUE_MALFORMED")
    ]
    (violation,) = validate.problem_violations(put(costed, ERROR.format(4), None))
    assert violation.subjects == (EntityRef(line_id="value"),)
    assert broken_costed(ERROR.format(4), 0.0) == []


def test_sleeves_without_charges_need_no_alpha_error(problem):
    assert problem.portfolio.lines[2].alpha_sleeve.annual_alpha_error is None
    assert validate.problem_violations(problem) == ()


def test_errors_are_independent_where_nothing_is_said(broken_costed):
    assert broken_costed("objective.alpha_uncertainty", AlphaUncertainty(weight=0.0)) == []
    assert broken_costed(MATRIX, correlation(("value",), 1)) == []


@pytest.mark.parametrize(
    ("matrix", "field", "reason"),
    [
        (correlation(("macro", "nothing"), 1, 0, 1), ".axis_ids[1]", "ID_UNKNOWN"),
        (correlation(("macro", "bonds"), 1, 0, 1), ".axis_ids[1]", "ID_UNKNOWN"),
        (correlation(("macro", "macro"), 1, 0, 1), ".axis_ids[1]", "ID_DUPLICATE"),
        (correlation(("macro", "value"), 1, 0, 1, 0), ".lower_triangle", "MATRIX_SHAPE"),
        (correlation(("macro", "value"), 2, 0, 1), ".lower_triangle[0]", "NUMBER_OUT_OF_RANGE"),
        (correlation(("macro", "value"), 1, -1.5, 1), ".lower_triangle[1]", "NUMBER_OUT_OF_RANGE"),
    ],
    ids=["unknown", "no sleeve", "twice", "shape", "diagonal", "entry"],
)
def test_errors_have_a_correlation_of_sleeves(broken_costed, matrix, field, reason):
    assert broken_costed(MATRIX, matrix) == [(MATRIX + field, reason)]


def test_sleeves_on_one_underlying_may_have_errors_of_their_own(broken_costed):
    residuals = "market.risk_model.sleeve_residual_correlation"
    same = ("portfolio.lines[3].underlying_id", "same", "portfolio.lines[4].underlying_id", "same")
    assert broken_costed(*same, residuals, None) == []


def test_premium_errors_are_of_known_drivers_once(broken_costed):
    assert broken_costed(PREMIA, drivers_of(equity=0.01, silver=0.01)) == [
        (f"{PREMIA}[1].driver_id", "ID_UNKNOWN")
    ]
    twice = (*drivers_of(equity=0.01), *drivers_of(equity=0.02))
    assert broken_costed(PREMIA, twice) == [(f"{PREMIA}[1].driver_id", "ID_DUPLICATE")]
    assert broken_costed(PREMIA, ()) == [(PREMIA, "FIELD_MISSING")]


def test_there_is_one_goal(broken_costed):
    assert broken_costed("objective.maximize_net_return", MaximizeNetReturn()) == [
        ("objective.minimize_cost", "FIELDS_EXCLUSIVE")
    ]
    assert broken_costed("objective.minimize_cost", None) == [("objective", "CHOICE_MISSING")]
    assert broken_costed("objective", Objective(minimize_cost=MinimizeCost())) == [
        ("objective.holding_period_years", "FIELD_MISSING")
    ]


def test_refused_objective_asks_for_nothing(broken_costed):
    assert broken_costed("objective", "minimize_cost") == [("objective", "VALUE_MALFORMED")]
