"""Every field by itself: present, of its kind, finite, in its range, and not too many."""

import datetime
import math

import numpy as np
import pandas as pd
import pytest

from counterpoise import validate
from counterpoise.model import (
    ErrorReason,
    ExpectedReturn,
    Line,
    MaximizeAlpha,
    Overlay,
    Side,
)

FEE = "portfolio.lines[0].funded_beta.annual_fee"
TRIANGLE = "market.risk_model.volatility_correlation.correlation.lower_triangle"


def test_valid_problem_has_no_violation(valid_problems):
    for valid in valid_problems:
        assert validate.problem_violations(valid) == ()
        assert valid.validate() == ()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (FEE, "0.0005"),
        (FEE, True),
        (FEE, np.True_),
        (FEE, np.array([0.1])),
        (FEE, [0.1]),
        (FEE, 1j),
        ("portfolio.lines[2].alpha_sleeve.evidence.observation_count", 84.0),
        ("portfolio.lines[2].alpha_sleeve.evidence.observation_count", True),
        ("portfolio.lines[0].line_id", 7),
        ("portfolio.lines[0].display_name", None),
        ("portfolio.lines[0].display_name", "\ud800"),
        ("portfolio.lines[0].underlying_id", None),
        ("portfolio.lines[0].loadings", None),
        ("portfolio.lines[0].loadings", {"equity": 1.0}),
        ("portfolio.lines[0].loadings[0]", ("equity", 1.0)),
        ("portfolio.lines[0].funded_beta", {"annual_fee": 0.1}),
        ("portfolio.lines[4].reserve_tier.cash_equivalent", 1),
        ("portfolio.lines[4].reserve_tier.cash_equivalent", "true"),
        ("portfolio.lines", "lines"),
        ("portfolio.base_currency_code", "usd"),
        ("portfolio.base_currency_code", "ÜSD"),
        ("portfolio.base_currency_code", "USDT"),
        ("portfolio.as_of_date", "2025-11-28"),
        ("portfolio.as_of_date", datetime.datetime(2025, 11, 28, tzinfo=datetime.UTC)),
        ("portfolio.as_of_date", pd.Timestamp("2025-11-28")),
        ("market", "market"),
        ("mandate.limits[1].exposure.relative_to_reference", None),
        (TRIANGLE, pd.Series([1.0])),
        (TRIANGLE, 1.0),
    ],
)
def test_value_of_another_kind_is_malformed(broken, path, value):
    assert (path, "VALUE_MALFORMED") in broken(path, value)


@pytest.mark.parametrize("value", [0, 0.0, 1, np.float64(0.1), np.float32(0.1), np.int64(1)], ids=repr)
def test_number_may_be_of_any_numeric_type(broken, value):
    assert broken(FEE, value) == []


def test_lists_may_stand_for_tuples_and_for_arrays(broken, problem):
    assert broken("portfolio.lines", list(problem.portfolio.lines)) == []
    assert broken(TRIANGLE, [1, -0.2, 1, 0.1, 0.5, 1.0]) == []
    assert broken(TRIANGLE, np.array([1, 0, 1, 0, 0, 1])) == []


@pytest.mark.parametrize(
    ("values", "places"),
    [
        ([1.0, "0", 1.0, 0.0, None, 1.0], [(1, "VALUE_MALFORMED"), (4, "VALUE_MALFORMED")]),
        (
            np.array([1.0, math.nan, 1.0, 0.0, math.inf, 1.0]),
            [(1, "NUMBER_NOT_FINITE"), (4, "NUMBER_NOT_FINITE")],
        ),
        (np.array(["1", "2"]), [(0, "VALUE_MALFORMED"), (1, "VALUE_MALFORMED")]),
    ],
)
def test_numbers_of_a_matrix_are_named_one_by_one(broken, values, places):
    assert broken(TRIANGLE, values) == [(f"{TRIANGLE}[{index}]", reason) for index, reason in places]


def test_square_in_place_of_the_triangle_has_the_wrong_shape(broken):
    assert broken(TRIANGLE, np.eye(3)) == [(TRIANGLE, "MATRIX_SHAPE")]
    # As many rows as the triangle has numbers.
    assert broken(TRIANGLE, np.ones((6, 1))) == [(TRIANGLE, "MATRIX_SHAPE")]


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, np.float64("nan"), np.float32("inf")], ids=repr
)
@pytest.mark.parametrize(
    "path", [FEE, "mandate.limits[0].upper", "portfolio.nav_amount", "portfolio.lines[0].loadings[0].value"]
)
def test_number_must_be_finite(broken, path, value):
    assert broken(path, value) == [(path, "NUMBER_NOT_FINITE")]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (FEE, -0.01),
        (FEE, 1.5),
        (FEE, 10**400),
        ("portfolio.nav_amount", 0),
        ("portfolio.nav_amount", 10**400),
        ("portfolio.lines[1].overlay.initial_margin_rate", 0),
        ("portfolio.lines[4].reserve_tier.collateral_terms[0].haircut", 1),
        ("portfolio.lines[0].loadings[0].value", 101),
        ("mandate.limits[5].reserve.rates[0].value", 15),
        ("mandate.reference_exposures[0].value", -101),
        ("portfolio.lines[2].alpha_sleeve.evidence.observation_count", 0),
        ("portfolio.lines[2].alpha_sleeve.evidence.observation_count", np.int64(200_000)),
    ],
)
def test_number_must_be_in_its_range(broken, path, value):
    assert broken(path, value) == [(path, "NUMBER_OUT_OF_RANGE")]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("market.drivers[1].expected_return.annual_basis_points", 1_001),
        ("portfolio.lines[0].trading_cost.linear_rate", -0.001),
        ("portfolio.lines[0].trading_cost.impact_coefficient", 101),
        ("portfolio.lines[2].overlay.annual_short_financing_spread", -1.5),
        ("portfolio.lines[3].alpha_sleeve.fees.annual_management_fee", 1.5),
        ("portfolio.lines[3].alpha_sleeve.fees.performance_fee_rate", 1),
        ("portfolio.lines[3].alpha_sleeve.annual_alpha_error", 1.5),
        ("portfolio.lines[3].alpha_sleeve.redeemable_fraction", -0.1),
        ("portfolio.margin_pools[0].annual_margin_credit_spread", -0.001),
        ("mandate.limits[3].soft.priority", 0),
        ("mandate.limits[3].soft.priority", 101),
        ("mandate.limits[3].soft.violation_weight", 0),
        ("mandate.evidence_rule.maximum_evidence_age_days", -1),
        ("mandate.maximum_valuation_age_days", 100_001),
        ("objective.holding_period_years", 0),
        ("objective.alpha_uncertainty.weight", -1),
        ("objective.premium_uncertainty.weight", 1_001),
        ("objective.premium_uncertainty.annual_errors[1].value", 1_001),
    ],
)
def test_number_of_costs_and_charges_must_be_in_its_range(broken_costed, path, value):
    assert broken_costed(path, value) == [(path, "NUMBER_OUT_OF_RANGE")]


def test_whole_numbers_are_asked_for(broken_costed):
    for path in ("mandate.limits[3].soft.priority", "mandate.maximum_valuation_age_days"):
        assert broken_costed(path, 1.0) == [(path, "VALUE_MALFORMED")]


def test_range_of_a_value_is_that_of_the_field_that_holds_it(broken):
    volatility = "market.risk_model.volatility_correlation.annual_volatilities[0].value"
    assert broken(volatility, 15) == [(volatility, "NUMBER_OUT_OF_RANGE")]
    assert broken("portfolio.lines[0].loadings[0].value", 15) == []


@pytest.mark.parametrize(
    ("path", "value", "decimal"),
    [
        ("market.risk_model.volatility_correlation.annual_volatilities[0].value", 15, "0.15"),
        ("portfolio.lines[2].alpha_sleeve.expected_alpha.net_of_fees.annual_over_beta", 1.5, "0.015"),
        ("market.drivers[0].expected_return.annual_excess", 4.5, "0.045"),
        ("portfolio.lines[2].annual_residual_volatility", 5, "0.05"),
    ],
)
def test_percent_in_place_of_a_decimal_is_answered_with_the_decimal(problem, put, path, value, decimal):
    (violation,) = validate.problem_violations(put(problem, path, value))
    assert violation.reason is ErrorReason.NUMBER_OUT_OF_RANGE
    assert f"{value} % is written {decimal}" in violation.message


@pytest.mark.parametrize("value", [1, 99, "GROSS_NOTIONAL", Side.LOWER, True, 0], ids=repr)
def test_choice_must_be_a_value_of_its_enum(broken, value):
    path = "mandate.limits[3].leverage.definition"
    assert broken(path, value) == [(path, "ENUM_VALUE_INVALID")]
    kinds = "mandate.limits[0].position.lines.kinds"
    assert broken(kinds, (value,)) == [(f"{kinds}[0]", "ENUM_VALUE_INVALID")]


@pytest.mark.parametrize("value", ["a b", "é", "x" * 65, "a/b", "a\n", " "])
@pytest.mark.parametrize(
    "path", ["portfolio.portfolio_id", "mandate.mandate_id", "portfolio.lines[0].underlying_id"]
)
def test_id_has_its_characters_and_length(broken, path, value):
    assert broken(path, value) == [(path, "ID_MALFORMED")]


@pytest.mark.parametrize("value", ["a", "A.b_c-9", "x" * 64])
def test_id_may_have_these_characters_and_length(broken, value):
    assert broken("portfolio.portfolio_id", value) == []


def test_malformed_id_is_not_unknown_too(broken):
    path = "portfolio.lines[1].overlay.margin_pool_id"
    assert broken(path, "f c m") == [(path, "ID_MALFORMED")]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("portfolio.lines[0]", Line(line_id="fund", annual_residual_volatility=0.0)),
        ("market.drivers[0].expected_return", ExpectedReturn()),
        ("market.risk_model.volatility_correlation", None),
        ("portfolio.lines[2].alpha_sleeve.expected_alpha.net_of_fees", None),
        ("portfolio.margin_pools[0].outright", None),
        ("objective.maximize_utility", None),
        ("objective.maximize_utility.active_risk_aversion", None),
        ("mandate.limits[2].reference_beta", None),
    ],
)
def test_choice_must_be_made(broken, path, value):
    holder = path if value is not None else path.rpartition(".")[0]
    assert [found for found in broken(path, value) if found[1] == "CHOICE_MISSING"] == [
        (holder, "CHOICE_MISSING")
    ]


def test_choice_is_made_once(broken):
    assert broken("objective.maximize_alpha", MaximizeAlpha()) == [
        ("objective.maximize_alpha", "FIELDS_EXCLUSIVE")
    ]
    assert broken("market.drivers[0].expected_return.annual_total", 0.05) == [
        ("market.drivers[0].expected_return.annual_total", "FIELDS_EXCLUSIVE")
    ]
    overlay = Overlay(
        margin_pool_id="fcm", initial_margin_rate=0.1, annual_financing_spread=0.0, annual_roll_cost=0.0
    )
    assert broken("portfolio.lines[0].overlay", overlay) == [
        ("portfolio.lines[0].overlay", "FIELDS_EXCLUSIVE")
    ]


def test_zero_is_a_choice(broken):
    assert broken("market.drivers[0].expected_return.annual_excess", 0.0) == []


def test_lists_are_counted_before_anything_in_them_is_looked_at(broken, problem):
    nothing = (None,)
    assert broken("portfolio.lines", nothing * 20_001) == [("portfolio.lines", "TOO_MANY")]
    assert broken("market.drivers", nothing * 1_001) == [("market.drivers", "TOO_MANY")]
    assert broken("mandate.limits", nothing * 1_001) == [("mandate.limits", "TOO_MANY")]
    assert broken("portfolio.margin_pools", nothing * 101) == [("portfolio.margin_pools", "TOO_MANY")]
    assert broken("portfolio.line_groups", nothing * 1_001) == [("portfolio.line_groups", "TOO_MANY")]
    assert broken("portfolio.counterparties", nothing * 1_001) == [("portfolio.counterparties", "TOO_MANY")]
    assert broken(TRIANGLE, np.full(500_501, np.nan)) == [(TRIANGLE, "TOO_MANY")]


@pytest.mark.parametrize("value", ["two\nlines", "\x7f", "\u0085", "\ufffe", "half \ud800", "bell\x07"])
def test_a_name_for_people_is_one_readable_line(broken, value):
    path = "portfolio.lines[0].display_name"
    assert broken(path, value) == [(path, "VALUE_MALFORMED")]


@pytest.mark.parametrize("value", ["Équité (monde)", "日本株", "100\u00a0%", "a b", ""])
def test_names_of_all_languages_are_taken(broken, value):
    assert broken("portfolio.lines[0].display_name", value) == []
