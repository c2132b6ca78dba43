"""Drivers, their groups, and the risk model over them."""

import numpy as np
import pytest

from counterpoise import validate
from counterpoise.model import (
    Driver,
    DriverValue,
    EntityRef,
    ErrorReason,
    ExpectedReturn,
    RiskModel,
    SymmetricMatrix,
)

FORM = "market.risk_model.volatility_correlation"
TRIANGLE = f"{FORM}.correlation.lower_triangle"
COVARIANCE = "market.risk_model.annual_covariance"
DRIVERS = ("equity", "rates", "credit")


@pytest.fixture
def with_covariance(problem, put):
    """Function (triangle, axis): violations of the problem with a covariance in place of a correlation."""

    def violations(triangle, axis_ids=DRIVERS):
        matrix = SymmetricMatrix(axis_ids=axis_ids, lower_triangle=np.array(triangle))
        changed = put(problem, "market.risk_model", RiskModel(annual_covariance=matrix))
        return [
            (violation.field, violation.reason.name) for violation in validate.problem_violations(changed)
        ]

    return violations


def test_driver_ids_are_distinct(broken):
    found = broken(
        "market.drivers[2]", Driver(driver_id="rates", expected_return=ExpectedReturn(annual_total=0.0))
    )
    assert found[0] == ("market.drivers[2].driver_id", "ID_DUPLICATE")


def test_driver_groups_are_distinct_and_name_known_drivers_once(broken, problem):
    group = problem.market.driver_groups[0]
    assert broken("market.driver_groups", (group, group)) == [
        ("market.driver_groups[1].driver_group_id", "ID_DUPLICATE")
    ]
    path = "market.driver_groups[0].driver_ids"
    assert broken(path, ("equity", "equity")) == [(f"{path}[1]", "ID_DUPLICATE")]
    assert broken(path, ("equity", "gold")) == [(f"{path}[1]", "ID_UNKNOWN")]
    assert broken(path, ()) == [(path, "FIELD_MISSING")]


def test_volatilities_cover_every_driver_once(broken, problem):
    path = f"{FORM}.annual_volatilities"
    equity, rates, credit = problem.market.risk_model.volatility_correlation.annual_volatilities
    assert broken(path, (credit, equity, rates)) == []
    assert broken(path, (equity, rates)) == [(path, "FIELD_MISSING")]
    assert broken(path, (equity, rates, credit, rates)) == [(f"{path}[3].driver_id", "ID_DUPLICATE")]
    gold = DriverValue(driver_id="gold", value=0.1)
    assert broken(path, (equity, rates, credit, gold)) == [(f"{path}[3].driver_id", "ID_UNKNOWN")]


def test_missing_volatility_names_the_driver(problem, put):
    volatilities = problem.market.risk_model.volatility_correlation.annual_volatilities[:2]
    (violation,) = validate.problem_violations(put(problem, f"{FORM}.annual_volatilities", volatilities))
    assert violation.subjects == (EntityRef(driver_id="credit"),)


def test_axis_names_every_driver_once(broken):
    path = f"{FORM}.correlation.axis_ids"
    assert broken(path, ("equity", "rates", "gold")) == [(f"{path}[2]", "ID_UNKNOWN")]
    assert broken(path, ("equity", "rates", "rates")) == [(f"{path}[2]", "ID_DUPLICATE")]
    found = broken(path, ("equity", "rates"), TRIANGLE, np.array([1.0, 0.0, 1.0]))
    assert found == [(path, "MATRIX_SHAPE")]


@pytest.mark.parametrize("count", [1, 5, 7, 9])
def test_triangle_has_as_many_numbers_as_its_axis_asks_for(broken, count):
    assert broken(TRIANGLE, np.ones(count)) == [(TRIANGLE, "MATRIX_SHAPE")]


def test_correlation_has_ones_on_its_diagonal_and_less_beside_it(broken):
    assert broken(TRIANGLE, np.array([1, -0.2, 0.9, 0.1, 0.5, 1])) == [
        (f"{TRIANGLE}[2]", "NUMBER_OUT_OF_RANGE")
    ]
    assert broken(TRIANGLE, np.array([1, -20, 1, 0.1, 0.5, 1])) == [(f"{TRIANGLE}[1]", "NUMBER_OUT_OF_RANGE")]
    assert broken(TRIANGLE, np.array([1 - 1e-15, 1 + 1e-15, 1, 0, 0, 1])) == []


def test_entry_out_of_range_names_both_drivers(problem, put):
    (violation,) = validate.problem_violations(put(problem, TRIANGLE, np.array([1, -0.2, 1, 0.1, 50, 1])))
    assert violation.subjects == (EntityRef(driver_id="credit"), EntityRef(driver_id="equity"))
    assert violation.message == "50 is outside [-1, 1]; write a number in [-1, 1]"


def test_correlation_is_positive_semidefinite(problem, put, broken):
    # Three pairs at -0.9 cannot be: the least eigenvalue is 1 - 2 * 0.9.
    indefinite = np.array([1, -0.9, 1, -0.9, -0.9, 1])
    assert broken(TRIANGLE, indefinite) == [(f"{FORM}.correlation", "MATRIX_NOT_PSD")]
    (violation,) = validate.problem_violations(put(problem, TRIANGLE, indefinite))
    assert violation.reason is ErrorReason.MATRIX_NOT_PSD
    assert "-0.8" in violation.message


@pytest.mark.parametrize(
    "triangle",
    [[1, 1, 1, 1, 1, 1], [1, -1, 1, 0, 0, 1], [1, -0.5, 1, -0.5, -0.5, 1]],
)
def test_correlation_may_be_singular(broken, triangle):
    assert broken(TRIANGLE, np.array(triangle)) == []


def test_rounding_below_zero_is_taken_and_more_is_not(broken):
    def triangle(least):
        # Equal correlations c of three have least eigenvalue 1 + 2c.
        c = (least - 1) / 2
        return np.array([1, c, 1, c, c, 1])

    assert broken(TRIANGLE, triangle(-1e-11)) == []
    assert broken(TRIANGLE, triangle(-1e-8)) == [(f"{FORM}.correlation", "MATRIX_NOT_PSD")]


def test_covariance_is_taken_in_its_form(with_covariance):
    assert with_covariance([0.0256, 0.001, 0.0036, 0, 0, 0]) == []


def test_variance_is_neither_negative_nor_in_percent(with_covariance):
    path = f"{COVARIANCE}.lower_triangle"
    assert with_covariance([0.0256, 0, -0.01, 0, 0, 0]) == [(f"{path}[2]", "NUMBER_OUT_OF_RANGE")]
    assert with_covariance([225, 0, 36, 0, 0, 0]) == [
        (f"{path}[0]", "NUMBER_OUT_OF_RANGE"),
        (f"{path}[2]", "NUMBER_OUT_OF_RANGE"),
    ]


@pytest.mark.parametrize("scale", [1e-12, 1, 1e300])
def test_covariance_is_positive_semidefinite_at_every_scale(with_covariance, scale):
    # A covariance above the product of the volatilities.
    assert with_covariance([0.01, 0.02 * scale + 0.02, 0.01, 0, 0, 0.01]) == [(COVARIANCE, "MATRIX_NOT_PSD")]


def test_covariance_of_nothing_moving_is_taken(with_covariance, problem):
    # The limit on beta needs a reference that moves; nothing else does.
    assert with_covariance([0, 0, 0, 0, 0, 0]) == [("mandate.reference_exposures", "NUMBER_OUT_OF_RANGE")]


def test_faults_of_the_risk_model_come_together(broken):
    found = broken(
        f"{FORM}.annual_volatilities[1].value",
        -1,
        f"{FORM}.correlation.axis_ids",
        ("equity", "rates", "gold"),
        TRIANGLE,
        np.array([1, -0.9, 1, -0.9, -0.9, 1]),
    )
    assert found == [
        (f"{FORM}.annual_volatilities[1].value", "NUMBER_OUT_OF_RANGE"),
        (f"{FORM}.correlation", "MATRIX_NOT_PSD"),
        (f"{FORM}.correlation.axis_ids[2]", "ID_UNKNOWN"),
    ]
