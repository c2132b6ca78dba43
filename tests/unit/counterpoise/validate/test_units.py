"""Drivers in basis points: what they expect, how far they move, and what is not added up with others."""

import dataclasses

import numpy as np
import pytest

from counterpoise import validate
from counterpoise.model import (
    DriverGroup,
    DriverScope,
    DriverUnit,
    ExpectedReturn,
    Limit,
    RiskMeasure,
    RiskModel,
    RiskStatistic,
    SymmetricMatrix,
    VolatilityCorrelation,
)
from tests.unit.counterpoise.validate.costed import correlation, drivers_of

DRIVERS = ("equity", "rate", "spread", "gold")
EXPECTED = "market.drivers[{}].expected_return"
NEUTRAL, DV01 = "mandate.limits[0].factor_neutrality.drivers", "mandate.limits[3].exposure.drivers"


@pytest.fixture
def in_form(broken_costed):
    """Function (path, value, **form): violations of the costed problem with this form of its risk model."""

    def violations(path=None, value=None, **form):
        changes = (path, value) if path else ()
        return broken_costed("market.risk_model", RiskModel(**form), *changes)

    return violations


def volatilities(**changes):
    moves = {"equity": 0.16, "rate": 90.0, "spread": 3_000, "gold": 0.15} | changes
    return VolatilityCorrelation(
        annual_volatilities=drivers_of(**moves),
        correlation=correlation(DRIVERS, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1),
    )


@pytest.mark.parametrize("member", ["annual_excess", "annual_total"])
def test_driver_in_basis_points_expects_basis_points(broken_costed, costed, message_of, member):
    expected = ExpectedReturn(**{member: 0.0})
    field = f"{EXPECTED.format(1)}.{member}"
    assert broken_costed(EXPECTED.format(1), expected) == [(field, "FIELDS_EXCLUSIVE")]
    assert "write annual_basis_points" in message_of(costed, EXPECTED.format(1), expected)


@pytest.mark.parametrize("index", [0, 3], ids=["unset", "declared"])
def test_driver_in_decimal_returns_expects_no_basis_points(broken_costed, index):
    path = EXPECTED.format(index)
    expected = ExpectedReturn(annual_basis_points=0.0)
    assert broken_costed(path, expected) == [(f"{path}.annual_basis_points", "FIELDS_EXCLUSIVE")]


def test_unit_and_expected_return_are_mended_on_either_side(broken_costed):
    expected = ExpectedReturn(annual_basis_points=-5.0)
    factors = "market.risk_model.factor_form"
    found = broken_costed(EXPECTED.format(3), expected, "market.drivers[3].unit", DriverUnit.BASIS_POINT)
    # What is left is the limit that adds gold to equity; its volatility is in range in either unit.
    assert found == [(NEUTRAL, "FIELDS_EXCLUSIVE")]
    assert broken_costed(f"{factors}.specific_volatilities[3].value", 2.9) == []


def test_unit_that_was_refused_asks_for_nothing(broken_costed):
    path = "market.drivers[1].unit"
    assert broken_costed(path, "bp") == [(path, "ENUM_VALUE_INVALID")]


def test_two_members_are_one_violation(broken_costed):
    found = broken_costed(f"{EXPECTED.format(1)}.annual_excess", 0.0)
    assert found == [(f"{EXPECTED.format(1)}.annual_basis_points", "FIELDS_EXCLUSIVE")]


def test_malformed_expected_return_is_one_violation(broken_costed):
    path = f"{EXPECTED.format(0)}.annual_basis_points"
    found = broken_costed(EXPECTED.format(0), ExpectedReturn(annual_basis_points="5"))
    assert found == [(path, "VALUE_MALFORMED")]


def test_volatility_is_in_the_unit_of_its_driver(in_form):
    path = "market.risk_model.volatility_correlation.annual_volatilities[{}].value"
    assert in_form(volatility_correlation=volatilities()) == []
    assert in_form(volatility_correlation=volatilities(equity=15)) == [
        (path.format(0), "NUMBER_OUT_OF_RANGE")
    ]
    assert in_form(volatility_correlation=volatilities(gold=3_000)) == [
        (path.format(3), "NUMBER_OUT_OF_RANGE")
    ]
    assert in_form(volatility_correlation=volatilities(rate=3_001)) == [
        (path.format(1), "NUMBER_OUT_OF_RANGE")
    ]
    assert in_form(volatility_correlation=volatilities(equity=4_000)) == [
        (path.format(0), "NUMBER_OUT_OF_RANGE")
    ]


def test_volatility_in_percent_or_basis_points_is_answered_with_both(costed, message_of):
    form = RiskModel(volatility_correlation=volatilities(equity=80))
    message = message_of(costed, "market.risk_model", form)
    assert "a volatility of 80 % is written 0.8" in message
    assert "a driver in basis points has unit: BASIS_POINT" in message


def covariance(equity=0.0256, rate=8_100.0, spread=9e6, gold=0.0225, both=0.0):
    # `both` is the covariance of equity and gold.
    return SymmetricMatrix(
        axis_ids=DRIVERS, lower_triangle=np.array([equity, 0, rate, 0, 0, spread, both, 0, 0, gold])
    )


def test_variance_is_in_the_square_of_the_unit_of_its_driver(in_form, costed, message_of):
    path = "market.risk_model.annual_covariance.lower_triangle[{}]"
    assert in_form(annual_covariance=covariance()) == []
    assert in_form(annual_covariance=covariance(equity=9.5)) == [(path.format(0), "NUMBER_OUT_OF_RANGE")]
    assert in_form(annual_covariance=covariance(rate=9.5)) == []
    assert in_form(annual_covariance=covariance(spread=9e6 + 1)) == [(path.format(5), "NUMBER_OUT_OF_RANGE")]
    assert in_form(annual_covariance=covariance(rate=-1.0))[0] == (path.format(2), "NUMBER_OUT_OF_RANGE")
    form = RiskModel(annual_covariance=covariance(spread=1e7))
    assert "[0, 3000] basis points" in message_of(costed, "market.risk_model", form)


def test_large_variances_hide_no_indefinite_small_ones(in_form):
    # The correlation of equity and gold would be 1.25, beside a variance nine orders larger.
    assert in_form(annual_covariance=covariance(both=0.03)) == [
        ("market.risk_model.annual_covariance", "MATRIX_NOT_PSD")
    ]
    assert in_form(annual_covariance=covariance(both=0.0239)) == []


@pytest.mark.parametrize("path", [NEUTRAL, DV01])
@pytest.mark.parametrize(
    "scope",
    [
        DriverScope(driver_ids=("equity", "rate")),
        DriverScope(all_drivers=True),
        DriverScope(driver_group_ids=("bonds",), driver_ids=("gold",)),
    ],
    ids=["named", "all", "group"],
)
def test_exposures_of_a_limit_are_of_one_unit(broken_costed, path, scope):
    groups = (DriverGroup(driver_group_id="bonds", driver_ids=("rate", "spread")),)
    assert broken_costed("market.driver_groups", groups, path, scope) == [(path, "FIELDS_EXCLUSIVE")]
    one = DriverScope(driver_group_ids=("bonds",))
    assert broken_costed("market.driver_groups", groups, path, one) == []


def test_drivers_of_two_units_are_named(costed, message_of):
    message = message_of(costed, DV01, DriverScope(all_drivers=True))
    assert "decimal returns (equity, gold) and basis points (rate, spread)" in message


def test_volatility_limits_may_have_drivers_of_two_units(costed, put):
    measure = RiskMeasure(
        statistic=RiskStatistic.TOTAL_VOLATILITY, drivers=DriverScope(driver_ids=("equity", "rate"))
    )
    limits = (*costed.mandate.limits, Limit(limit_id="risk", upper=0.2, risk=measure))
    mandate = dataclasses.replace(costed.mandate, limits=limits)
    assert validate.problem_violations(put(costed, "mandate", mandate)) == ()


def test_premium_error_is_in_the_unit_of_its_driver(broken_costed):
    path = "objective.premium_uncertainty.annual_errors[{}].value"
    assert broken_costed(path.format(0), 1.5) == [(path.format(0), "NUMBER_OUT_OF_RANGE")]
    assert broken_costed(path.format(1), 1_000) == []
