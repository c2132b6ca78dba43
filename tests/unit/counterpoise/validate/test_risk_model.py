"""The factor form of the covariance, and the correlation of what sleeves risk beyond the drivers."""

import dataclasses

import numpy as np
import pytest

from counterpoise import validate
from counterpoise.model import EntityRef, RectangularMatrix
from tests.unit.counterpoise.validate.costed import correlation, drivers_of

FORM = "market.risk_model.factor_form"
LOADINGS = f"{FORM}.loadings"
SPECIFIC = f"{FORM}.specific_volatilities"
RESIDUALS = "market.risk_model.sleeve_residual_correlation"


def test_rows_of_the_factor_form_name_every_driver_once(broken_costed):
    rows = f"{LOADINGS}.row_ids"
    assert broken_costed(rows, ("equity", "rate", "spread", "silver")) == [(f"{rows}[3]", "ID_UNKNOWN")]
    assert broken_costed(rows, ("equity", "rate", "spread", "rate")) == [(f"{rows}[3]", "ID_DUPLICATE")]
    found = broken_costed(rows, ("equity", "rate", "spread"), f"{LOADINGS}.values", np.zeros(6))
    assert found == [(rows, "MATRIX_SHAPE")]


def test_missing_row_names_the_driver(costed, put):
    short = RectangularMatrix(
        row_ids=("equity", "rate", "spread"), column_ids=("growth",), values=np.zeros(3)
    )
    (violation,) = validate.problem_violations(put(costed, LOADINGS, short))
    assert violation.subjects == (EntityRef(driver_id="gold"),)


def test_factors_are_distinct(broken_costed):
    path = f"{LOADINGS}.column_ids"
    assert broken_costed(path, ("growth", "growth")) == [(f"{path}[1]", "ID_DUPLICATE")]
    # Factors have names of their own, even those of drivers.
    assert broken_costed(path, ("equity", "other")) == []


@pytest.mark.parametrize(
    "values", [np.zeros(7), np.zeros(9), np.zeros((4, 2))], ids=["less", "more", "square"]
)
def test_loadings_on_factors_are_rows_times_columns(broken_costed, values):
    path = f"{LOADINGS}.values"
    assert broken_costed(path, values) == [(path, "MATRIX_SHAPE")]


def test_loadings_on_factors_are_finite(broken_costed):
    path = f"{LOADINGS}.values"
    assert broken_costed(path, np.array([0, 0, 0, np.nan, 0, 0, 0, 0])) == [
        (f"{path}[3]", "NUMBER_NOT_FINITE")
    ]


def test_specific_volatilities_cover_every_driver_once(broken_costed):
    assert broken_costed(SPECIFIC, drivers_of(equity=0.1, rate=0, spread=0)) == [(SPECIFIC, "FIELD_MISSING")]
    twice = (*drivers_of(equity=0.1, rate=0, spread=0, gold=0), *drivers_of(equity=0.1))
    assert broken_costed(SPECIFIC, twice) == [(f"{SPECIFIC}[4].driver_id", "ID_DUPLICATE")]
    other = drivers_of(equity=0.1, rate=0, spread=0, gold=0, silver=0)
    assert broken_costed(SPECIFIC, other) == [(f"{SPECIFIC}[4].driver_id", "ID_UNKNOWN")]


def test_specific_volatility_is_in_the_unit_of_its_driver(broken_costed):
    path = f"{SPECIFIC}[0].value"
    assert broken_costed(path, 5) == [(path, "NUMBER_OUT_OF_RANGE")]


def values(rate=(0.0, 0.0), equity=(0.0, 0.0)):
    return np.array([*rate, *equity, 0, 0, 0, 0], dtype=float)


@pytest.mark.parametrize(
    ("loadings", "specific", "row"),
    [
        # 1.8 and 2.4 make 3 exactly, with the specific volatility a little more.
        (values(equity=(1.8, 2.4)), {"equity": 0.0}, None),
        (values(equity=(1.8, 2.4)), {"equity": 0.1}, 1),
        (values(equity=(-3.5, 0.0)), {"equity": 0.0}, 1),
        (values(rate=(1_800.0, 2_400.0)), {"rate": 0.0}, None),
        (values(rate=(1_800.0, 2_400.0)), {"rate": 80.0}, 0),
        (values(rate=(1e200, 0.0)), {}, 0),
    ],
    ids=["most", "more", "loading", "most in basis points", "more in basis points", "overflow"],
)
def test_volatility_of_factors_and_specific_together_is_in_range(broken_costed, loadings, specific, row):
    all_specific = {"equity": 0.0, "rate": 0.0, "spread": 0.0, "gold": 0.0} | specific
    found = broken_costed(f"{LOADINGS}.values", loadings, SPECIFIC, drivers_of(**all_specific))
    assert found == ([] if row is None else [(f"{LOADINGS}.row_ids[{row}]", "NUMBER_OUT_OF_RANGE")])


def test_total_volatility_out_of_range_names_driver_and_size(costed, put):
    changed = put(costed, f"{LOADINGS}.values", values(equity=(3.0, 4.0)))
    (violation,) = validate.problem_violations(put(changed, f"{SPECIFIC}[0].value", 0.0))
    assert violation.subjects == (EntityRef(driver_id="equity"),)
    assert "a volatility of 5, outside [0, 3]" in violation.message


def test_driver_that_was_refused_hides_the_total_alone(broken_costed):
    assert broken_costed("market.drivers[3]", 3, f"{LOADINGS}.column_ids", ("growth", "growth")) == [
        ("market.drivers[3]", "VALUE_MALFORMED"),
        (f"{LOADINGS}.column_ids[1]", "ID_DUPLICATE"),
    ]


# Residuals of sleeves


def test_residual_correlation_names_known_sleeves_once(broken_costed, costed, message_of):
    path = f"{RESIDUALS}.axis_ids"
    assert broken_costed(path, ("macro", "nothing")) == [(f"{path}[1]", "ID_UNKNOWN")]
    assert broken_costed(path, ("macro", "macro")) == [(f"{path}[1]", "ID_DUPLICATE")]
    assert broken_costed(path, ("macro", "fund")) == [(f"{path}[1]", "ID_UNKNOWN")]
    assert "of kind FUNDED_BETA; name alpha sleeves" in message_of(costed, path, ("macro", "fund"))


def test_residual_correlation_may_leave_sleeves_out(broken_costed):
    assert broken_costed(RESIDUALS, correlation(("value",), 1)) == []
    assert broken_costed(RESIDUALS, None) == []


@pytest.mark.parametrize(
    ("triangle", "field", "reason"),
    [
        ((1, 0.3), ".lower_triangle", "MATRIX_SHAPE"),
        ((1, 0.3, 0.9), ".lower_triangle[2]", "NUMBER_OUT_OF_RANGE"),
        ((1, 30, 1), ".lower_triangle[1]", "NUMBER_OUT_OF_RANGE"),
    ],
)
def test_residual_correlation_is_one(broken_costed, triangle, field, reason):
    assert broken_costed(RESIDUALS, correlation(("macro", "value"), *triangle)) == [
        (RESIDUALS + field, reason)
    ]


def test_entry_of_residuals_out_of_range_names_both_lines(costed, put):
    changed = put(costed, RESIDUALS, correlation(("macro", "value"), 1, 30, 1))
    (violation,) = validate.problem_violations(changed)
    assert violation.subjects == (EntityRef(line_id="value"), EntityRef(line_id="macro"))


@pytest.mark.parametrize(("least", "found"), [(-0.1, [(RESIDUALS, "MATRIX_NOT_PSD")]), (0.0, [])])
def test_residual_correlation_is_positive_semidefinite(costed, broken_costed, least, found):
    third = dataclasses.replace(costed.portfolio.lines[4], line_id="third")
    # Equal correlations c of three have the least eigenvalue 1 + 2c.
    c = (least - 1) / 2
    matrix = correlation(("macro", "value", "third"), 1, c, 1, c, c, 1)
    assert broken_costed("portfolio.lines", (*costed.portfolio.lines, third), RESIDUALS, matrix) == found


def test_an_underlying_is_on_the_axis_once(broken_costed, costed, message_of, put):
    macro, value = "portfolio.lines[3].underlying_id", "portfolio.lines[4].underlying_id"
    assert broken_costed(macro, "same", value, "other") == []
    assert broken_costed(macro, "same", value, "same") == [(f"{RESIDUALS}.axis_ids[1]", "ID_DUPLICATE")]
    message = message_of(put(costed, macro, "same"), value, "same")
    assert "shares underlying_id same with macro" in message
    assert broken_costed(macro, "same", value, "same", RESIDUALS, correlation(("value",), 1)) == []
