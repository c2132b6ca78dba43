"""A risk budget: shares of lines that can be long and do not hold the same risk."""

import dataclasses
import math

import numpy as np
import pytest

from counterpoise import validate
from counterpoise.model import (
    AlphaUncertainty,
    CreditLine,
    EntityRef,
    Line,
    LineValue,
    MeetRiskBudget,
    PremiumUncertainty,
    RectangularMatrix,
)
from tests.unit.counterpoise.validate.costed import correlation, drivers_of

BUDGET = "objective.meet_risk_budget"
SHARES = f"{BUDGET}.shares"
LINE = "portfolio.lines[{}].{}"
RESIDUALS = "market.risk_model.sleeve_residual_correlation"
SLEEVES = ("macro", "value")


def shares(**values):
    return tuple(LineValue(line_id=name, value=value) for name, value in values.items())


def test_shares_are_of_known_lines_once(broken_budget):
    assert broken_budget(SHARES, shares(fund=0.5, nothing=0.5)) == [(f"{SHARES}[1].line_id", "ID_UNKNOWN")]
    twice = (*shares(fund=0.5), *shares(fund=0.5))
    assert broken_budget(SHARES, twice) == [(f"{SHARES}[1].line_id", "ID_DUPLICATE")]
    assert broken_budget(SHARES, ()) == [(SHARES, "FIELD_MISSING")]


def test_credit_lines_have_no_share(broken_budget, budgeted):
    credit = Line(
        line_id="revolver",
        annual_residual_volatility=0.01,
        current_fraction=0.0,
        credit_line=CreditLine(committed_amount=1e6, annual_borrowing_spread=0.01),
    )
    lines = (*budgeted.portfolio.lines, credit)
    found = broken_budget("portfolio.lines", lines, SHARES, shares(fund=0.5, revolver=0.5))
    assert found == [(f"{SHARES}[1].line_id", "ID_UNKNOWN")]


@pytest.mark.parametrize("value", [0, -0.1, 1.5])
def test_a_share_is_above_zero_and_not_above_one(broken_budget, value):
    found = broken_budget(SHARES, shares(fund=0.5, macro=value))
    assert found == [(f"{SHARES}[1].value", "NUMBER_OUT_OF_RANGE")]


@pytest.mark.parametrize(
    ("last", "wanted"),
    [
        (0.5, []),
        (0.5 + 0.9e-9, []),
        (0.5 + 1.1e-9, [(SHARES, "NUMBER_OUT_OF_RANGE")]),
        (0.4, [(SHARES, "NUMBER_OUT_OF_RANGE")]),
    ],
)
def test_shares_sum_to_one(broken_budget, last, wanted):
    assert broken_budget(SHARES, shares(fund=0.5, macro=last)) == wanted


def test_sum_of_shares_is_named(budgeted, message_of):
    assert "sum to 0.9;" in message_of(budgeted, SHARES, shares(fund=0.5, macro=0.4))


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ({}, [(BUDGET, "CHOICE_MISSING")]),
        (
            {"total_fraction": 1.0, "annual_volatility": 0.1},
            [(f"{BUDGET}.annual_volatility", "FIELDS_EXCLUSIVE")],
        ),
        ({"total_fraction": 0.0}, [(f"{BUDGET}.total_fraction", "NUMBER_OUT_OF_RANGE")]),
        ({"total_fraction": 100.0}, []),
        ({"annual_volatility": 0.0}, [(f"{BUDGET}.annual_volatility", "NUMBER_OUT_OF_RANGE")]),
        ({"annual_volatility": 3.1}, [(f"{BUDGET}.annual_volatility", "NUMBER_OUT_OF_RANGE")]),
        ({"annual_volatility": 0.1}, []),
    ],
    ids=repr,
)
def test_a_budget_has_one_size(broken_budget, size, wanted):
    assert broken_budget(BUDGET, MeetRiskBudget(shares=shares(fund=0.5, macro=0.5), **size)) == wanted


def test_a_budget_charges_for_no_uncertainty(broken_budget):
    alpha, premium = "objective.alpha_uncertainty", "objective.premium_uncertainty"
    charge = PremiumUncertainty(weight=0.0, annual_errors=drivers_of(equity=0.01))
    assert broken_budget(alpha, AlphaUncertainty(weight=1.0)) == [(alpha, "FIELDS_EXCLUSIVE")]
    assert broken_budget(premium, charge) == [(premium, "FIELDS_EXCLUSIVE")]
    assert broken_budget(premium, 1.0) == [(premium, "VALUE_MALFORMED")]


def test_lines_of_a_budget_are_not_short(broken_budget):
    least = LINE.format(2, "minimum_fraction")
    with_future = (SHARES, shares(fund=0.5, future=0.5))
    assert broken_budget(*with_future, least, -0.1) == [(least, "NUMBER_OUT_OF_RANGE")]
    assert broken_budget(*with_future, least, 0.0) == []
    # Overlays are long and short where nothing is said; the budget makes this one long.
    assert broken_budget(*with_future, least, None) == []
    assert broken_budget(least, -0.1) == []


def test_a_short_line_of_another_kind_is_one_violation(broken_budget):
    least = LINE.format(0, "minimum_fraction")
    assert broken_budget(least, -0.1) == [(least, "NUMBER_OUT_OF_RANGE")]


def test_lines_of_a_budget_have_room(broken_budget):
    most, capacity = LINE.format(4, "maximum_fraction"), LINE.format(4, "alpha_sleeve.capacity_amount")
    assert broken_budget(most, 0.0) == [(most, "NUMBER_OUT_OF_RANGE")]
    assert broken_budget(most, 1e-9) == []
    assert broken_budget(capacity, 0) == [(capacity, "NUMBER_OUT_OF_RANGE")]
    assert broken_budget(capacity, 1) == []
    without = (SHARES, shares(fund=1.0))
    assert broken_budget(*without, most, 0.0, capacity, 0) == []


# Covariance


def test_a_line_without_variance_has_no_share(broken_budget, budgeted, put):
    found = broken_budget(SHARES, shares(fund=0.5, cash=0.5))
    assert found == [(SHARES, "MATRIX_NOT_PSD")]
    (violation,) = validate.problem_violations(put(budgeted, SHARES, shares(fund=0.5, cash=0.5)))
    assert violation.subjects == (EntityRef(line_id="cash"),)
    assert "cash cannot have a share of risk" in violation.message
    assert (
        broken_budget(SHARES, shares(fund=0.5, cash=0.5), LINE.format(5, "annual_residual_volatility"), 0.001)
        == []
    )
    # Also where the square of a volatility is too small for a number.
    tiny = (LINE.format(5, "annual_residual_volatility"), 1e-180)
    assert broken_budget(SHARES, shares(fund=0.5, cash=0.5), *tiny) == [(SHARES, "MATRIX_NOT_PSD")]


def test_lines_that_hold_the_same_risk_have_no_shares_of_their_own(broken_budget, budgeted, put):
    both = (SHARES, shares(fund=0.4, bonds=0.2, future=0.4))
    residual = LINE.format(2, "annual_residual_volatility")
    assert broken_budget(*both) == []
    assert broken_budget(*both, residual, 0.0) == [(SHARES, "MATRIX_NOT_PSD")]
    (violation,) = validate.problem_violations(put(put(budgeted, *both), residual, 0.0))
    assert violation.subjects == (EntityRef(line_id="fund"), EntityRef(line_id="future"))
    assert "fund, future share one risk" in violation.message


@pytest.mark.parametrize(("least", "wanted"), [(0.9e-6, [(SHARES, "MATRIX_NOT_PSD")]), (1.1e-6, [])])
def test_rank_is_full_from_the_least_eigenvalue_on(broken_budget, least, wanted):
    # Fund and future have correlation 1 / sqrt(1 + r^2 / s^2), of which the least eigenvalue is 1 less it.
    volatility = math.hypot(0.14, 0.02, 0.05)
    residual = volatility * math.sqrt(1 / (1 - least) ** 2 - 1)
    future = LINE.format(2, "annual_residual_volatility")
    assert broken_budget(SHARES, shares(fund=0.5, future=0.5), future, residual) == wanted


def test_rank_is_that_of_loadings_on_all_factors(broken_budget):
    # Two lines on one driver each, and a third that is a mix of both.
    mix = (LINE.format(2, "loadings"), drivers_of(equity=1.0, rate=-0.0008, spread=-0.0004))
    still = [part for index in (1, 2) for part in (LINE.format(index, "annual_residual_volatility"), 0.0)]
    changes = (SHARES, shares(fund=0.4, bonds=0.2, future=0.4), *still)
    assert broken_budget(*changes, *mix) == [(SHARES, "MATRIX_NOT_PSD")]
    other = (LINE.format(2, "loadings"), drivers_of(equity=1.0, rate=-0.0008))
    assert broken_budget(*changes, *other) == []


def test_dense_loadings_count(broken_budget):
    matrix = RectangularMatrix(
        row_ids=("future", "value"), column_ids=("gold", "equity"), values=np.array([0.5, 1.0, 0.0, 0.0])
    )
    bare = (LINE.format(2, "loadings"), (), LINE.format(2, "annual_residual_volatility"), 0.0)
    changes = (SHARES, shares(fund=0.5, future=0.5), *bare)
    assert broken_budget(*changes, "portfolio.loading_matrix", matrix) == []
    same = dataclasses.replace(matrix, values=np.array([0.0, 1.0, 0.0, 0.0]))
    assert broken_budget(*changes, "portfolio.loading_matrix", same) == [(SHARES, "MATRIX_NOT_PSD")]


def test_lines_on_one_underlying_share_a_residual(broken_budget):
    both = (SHARES, shares(macro=0.5, value=0.5), RESIDUALS, None)
    underlyings = (LINE.format(3, "underlying_id"), "same", LINE.format(4, "underlying_id"), "same")
    assert broken_budget(*both) == []
    assert broken_budget(*both, *underlyings) == [(SHARES, "MATRIX_NOT_PSD")]


@pytest.mark.parametrize(
    ("entry", "wanted"), [(1, [(SHARES, "MATRIX_NOT_PSD")]), (-1, [(SHARES, "MATRIX_NOT_PSD")]), (0.99, [])]
)
def test_residuals_that_move_as_one_are_one_risk(broken_budget, entry, wanted):
    found = broken_budget(SHARES, shares(macro=0.5, value=0.5), RESIDUALS, correlation(SLEEVES, 1, entry, 1))
    assert found == wanted


def test_a_line_shares_the_residual_of_a_correlated_sleeve_on_its_underlying(broken_budget):
    # Cash holds what `value` holds, which moves as `macro` does.
    cash = (LINE.format(5, "annual_residual_volatility"), 0.01, LINE.format(5, "underlying_id"), "same")
    changes = (SHARES, shares(macro=0.5, cash=0.5), LINE.format(4, "underlying_id"), "same", *cash)
    assert broken_budget(*changes, RESIDUALS, correlation(SLEEVES, 1, 1, 1)) == [(SHARES, "MATRIX_NOT_PSD")]
    assert broken_budget(*changes, RESIDUALS, correlation(SLEEVES, 1, 0.5, 1)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("market.drivers[0].driver_id", None),
        (LINE.format(0, "loadings[0].value"), "x"),
        (LINE.format(0, "annual_residual_volatility"), None),
        (LINE.format(0, "underlying_id"), 3),
        (LINE.format(0, "loadings"), drivers_of(silver=1.0)),
    ],
)
def test_rank_is_not_judged_where_risk_cannot_be_read(broken_budget, path, value):
    found = broken_budget(SHARES, shares(fund=0.5, cash=0.5), path, value)
    assert found
    assert (SHARES, "MATRIX_NOT_PSD") not in found
