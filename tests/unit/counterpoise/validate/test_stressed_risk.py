"""Two regimes of risk: the stressed correlation, what is repaired, and value-at-risk."""

import dataclasses

import numpy as np
import pytest

from counterpoise import validate
from counterpoise.model import (
    CorrelationRegime,
    CorrelationRepair,
    DriverScope,
    EntityRef,
    Limit,
    LineScope,
    RiskMeasure,
    RiskModel,
    RiskStatistic,
    StressedCorrelation,
    SymmetricMatrix,
    UniformStress,
)
from tests.unit.counterpoise.validate.stressed import DRIVERS, matrix, of_drivers

MODEL = "market.risk_model"
REGIME = f"{MODEL}.stressed_correlation"
RISK = "mandate.limits[{}].risk"
RELATIVE, MONEY = 5, 6
REFERENCE = "mandate.reference_exposures"


# The stressed correlation


def test_a_stressed_correlation_covers_every_driver_once(broken_correlated):
    path = f"{REGIME}.correlation"
    short = matrix(1, 0.5, 1, axis_ids=("equity", "rate"))
    assert broken_correlated(path, short) == [(f"{path}.axis_ids", "MATRIX_SHAPE")]
    unknown = matrix(1, 0, 1, 0, 0, 1, axis_ids=("equity", "rate", "gold"))
    assert broken_correlated(path, unknown) == [(f"{path}.axis_ids[2]", "ID_UNKNOWN")]
    twice = matrix(1, 0, 1, 0, 0, 1, axis_ids=("equity", "rate", "rate"))
    assert broken_correlated(path, twice) == [(f"{path}.axis_ids[2]", "ID_DUPLICATE")]


@pytest.mark.parametrize(
    ("triangle", "field", "reason"),
    [
        ((1, 0.5, 0.9, 0, 0, 1), "[2]", "NUMBER_OUT_OF_RANGE"),
        ((1, 1.5, 1, 0, 0, 1), "[1]", "NUMBER_OUT_OF_RANGE"),
        ((1, 0.5, 1, 0, 0), "", "MATRIX_SHAPE"),
    ],
)
def test_repair_mends_no_diagonal_and_no_entry(broken_correlated, triangle, field, reason):
    path = f"{REGIME}.correlation"
    assert broken_correlated(path, matrix(*triangle)) == [(f"{path}.lower_triangle{field}", reason)]


@pytest.mark.parametrize("repair", [None, CorrelationRepair.REFUSE])
def test_a_stressed_correlation_is_semidefinite_where_nothing_is_repaired(
    broken_correlated, correlated, message_of, repair
):
    at = f"{REGIME}.correlation"
    assert broken_correlated(f"{MODEL}.repair", repair) == [(at, "MATRIX_NOT_PSD")]
    assert "repair: CLIP_EIGENVALUES" in message_of(correlated, f"{MODEL}.repair", repair)


def test_one_form_is_chosen(broken_stressed):
    assert broken_stressed(REGIME, StressedCorrelation()) == [(REGIME, "CHOICE_MISSING")]
    both = StressedCorrelation(correlation=matrix(1, 0, 1, 0, 0, 1), uniform=UniformStress(correlation=0.5))
    assert (f"{REGIME}.uniform", "FIELDS_EXCLUSIVE") in broken_stressed(REGIME, both)


@pytest.mark.parametrize(
    ("value", "taken"), [(0.0, True), (0.999, True), (1.0, False), (-0.1, False), (80, False)]
)
def test_sleeves_move_together_less_than_fully(broken_stressed, value, taken):
    path = f"{REGIME}.uniform.correlation"
    assert broken_stressed(path, value) == ([] if taken else [(path, "NUMBER_OUT_OF_RANGE")])


def test_growth_drivers_are_known_and_named_once(broken_stressed):
    path = f"{REGIME}.uniform.growth_driver_ids"
    assert broken_stressed(path, ()) == []
    assert broken_stressed(path, ("equity", "credits")) == [(f"{path}[1]", "ID_UNKNOWN")]
    assert broken_stressed(path, ("equity", "equity")) == [(f"{path}[1]", "ID_DUPLICATE")]


def test_a_stressed_limit_needs_a_stressed_correlation(stressed, put, broken_stressed):
    (violation,) = validate.problem_violations(put(stressed, REGIME, None))
    assert (violation.field, violation.reason.name) == (REGIME, "FIELD_MISSING")
    assert violation.subjects == (EntityRef(limit_id="relative"),)
    assert broken_stressed(REGIME, None, f"{RISK.format(RELATIVE)}.regime", None) == []
    assert broken_stressed(REGIME, 3) == [(REGIME, "VALUE_MALFORMED")]


# Repair


@pytest.fixture
def in_form(broken_stressed):
    """Function (repair, **form): violations with this form of the risk model and nothing stressed."""

    def violations(repair, **form):
        changes = (MODEL, RiskModel(repair=repair, **form), "mandate.limits", ())
        return broken_stressed(*changes)

    return violations


INDEFINITE = (1, -0.9, 1, 0.9, 0.9, 1)


def test_repair_lets_a_correlation_through_that_is_not_semidefinite(broken_stressed):
    path = f"{MODEL}.volatility_correlation.correlation"
    wrong = (path, matrix(*INDEFINITE))
    assert broken_stressed(*wrong) == [(path, "MATRIX_NOT_PSD")]
    assert broken_stressed(*wrong, f"{MODEL}.repair", CorrelationRepair.CLIP_EIGENVALUES) == []
    # A repair that cannot be read may be one.
    assert broken_stressed(*wrong, f"{MODEL}.repair", 9) == [(f"{MODEL}.repair", "ENUM_VALUE_INVALID")]


def test_repair_lets_a_covariance_through_that_is_not_semidefinite(in_form):
    scale = np.outer([0.16, 90, 0.05], [0.16, 90, 0.05])[np.tril_indices(3)]
    wrong = SymmetricMatrix(axis_ids=DRIVERS, lower_triangle=np.array(INDEFINITE) * scale)
    at = f"{MODEL}.annual_covariance"
    assert in_form(None, annual_covariance=wrong) == [(at, "MATRIX_NOT_PSD")]
    assert in_form(CorrelationRepair.CLIP_EIGENVALUES, annual_covariance=wrong) == []


@pytest.mark.parametrize("variance", [0.0, 0.01])
def test_repair_mends_no_covariance_above_what_variances_allow(in_form, variance):
    wrong = matrix(0.04, 0.0, 8_100.0, 0.021, 0.0, variance)
    at = f"{MODEL}.annual_covariance.lower_triangle[3]"
    assert in_form(CorrelationRepair.CLIP_EIGENVALUES, annual_covariance=wrong) == [
        (at, "NUMBER_OUT_OF_RANGE")
    ]


def test_residuals_of_sleeves_are_not_repaired(broken_correlated, correlated):
    path = f"{MODEL}.sleeve_residual_correlation"
    third = dataclasses.replace(correlated.portfolio.lines[4], line_id="third")
    lines = ("portfolio.lines", (*correlated.portfolio.lines, third))
    sleeves = ("macro", "account", "third")
    assert broken_correlated(*lines, path, matrix(*INDEFINITE, axis_ids=sleeves)) == [
        (path, "MATRIX_NOT_PSD")
    ]
    assert broken_correlated(*lines, path, matrix(1, 0.9, 1, 0.9, 0.9, 1, axis_ids=sleeves)) == []


# Measures of risk


def risk(**measure):
    return RiskMeasure(**measure)


def test_the_stressed_regime_is_of_all_drivers(broken_stressed, stressed, message_of):
    path = RISK.format(RELATIVE)
    measure = risk(
        statistic=RiskStatistic.TOTAL_VOLATILITY,
        regime=CorrelationRegime.STRESSED,
        drivers=DriverScope(all_drivers=True),
        lines=LineScope(all_lines=True),
    )
    assert broken_stressed(path, measure) == [(f"{path}.drivers", "FIELDS_EXCLUSIVE")]
    assert "leave drivers out" in message_of(stressed, path, measure)
    assert broken_stressed(path, dataclasses.replace(measure, drivers=None)) == []
    assert broken_stressed(path, dataclasses.replace(measure, regime=CorrelationRegime.NORMAL)) == []


def test_value_at_risk_over_the_reference_is_of_the_whole_portfolio(broken_stressed):
    path = RISK.format(RELATIVE)
    measure = risk(
        statistic=RiskStatistic.RELATIVE_VALUE_AT_RISK,
        drivers=DriverScope(all_drivers=True),
        lines=LineScope(all_lines=True),
    )
    assert broken_stressed(path, measure) == [
        (f"{path}.lines", "FIELDS_EXCLUSIVE"),
        (f"{path}.drivers", "FIELDS_EXCLUSIVE"),
    ]


def test_gaussian_value_at_risk_is_of_any_part(broken_stressed):
    measure = risk(
        statistic=RiskStatistic.GAUSSIAN_VALUE_AT_RISK,
        drivers=DriverScope(driver_ids=("equity",)),
        lines=LineScope(line_ids=("fund",)),
        confidence=0.95,
        horizon_trading_days=1,
    )
    assert broken_stressed(RISK.format(MONEY), measure) == []


@pytest.mark.parametrize("name", ["confidence", "horizon_trading_days"])
def test_gaussian_value_at_risk_has_a_confidence_and_a_horizon(broken_stressed, name):
    path = f"{RISK.format(MONEY)}.{name}"
    assert broken_stressed(path, None) == [(path, "FIELD_MISSING")]
    assert broken_stressed(path, "x") == [(path, "VALUE_MALFORMED")]


@pytest.mark.parametrize(
    "statistic", [one for one in RiskStatistic if one is not RiskStatistic.GAUSSIAN_VALUE_AT_RISK]
)
def test_others_have_no_confidence_and_no_horizon(broken_stressed, statistic):
    path = RISK.format(MONEY)
    assert broken_stressed(f"{path}.statistic", statistic) == [
        (f"{path}.confidence", "FIELDS_EXCLUSIVE"),
        (f"{path}.horizon_trading_days", "FIELDS_EXCLUSIVE"),
    ]


def test_a_statistic_that_cannot_be_read_needs_nothing(broken_stressed):
    path = f"{RISK.format(MONEY)}.statistic"
    for value in (None, 99):
        assert broken_stressed(path, value) == [(path, "ENUM_VALUE_INVALID")]


@pytest.mark.parametrize(
    ("name", "values"),
    [("confidence", (0.5, 1.0, 99)), ("horizon_trading_days", (0, 2_521))],
)
def test_confidence_and_horizon_are_in_range(broken_stressed, name, values):
    path = f"{RISK.format(MONEY)}.{name}"
    for value in values:
        assert broken_stressed(path, value) == [(path, "NUMBER_OUT_OF_RANGE")]


# Against the reference portfolio


def test_value_at_risk_over_the_reference_needs_one(stressed, put):
    (violation,) = validate.problem_violations(put(stressed, REFERENCE, ()))
    assert (violation.field, violation.reason.name) == (REFERENCE, "FIELD_MISSING")
    assert violation.subjects == (EntityRef(limit_id="relative"),)


def test_the_reference_has_variance(stressed, put):
    (violation,) = validate.problem_violations(put(stressed, REFERENCE, of_drivers(equity=0.0)))
    assert (violation.field, violation.reason.name) == (REFERENCE, "NUMBER_OUT_OF_RANGE")
    assert violation.subjects == (EntityRef(limit_id="relative"),)


def test_the_reference_has_variance_in_the_stressed_regime(correlated, put, broken_correlated):
    # Long equity and short credit of the same volatility, which move as one in bad times.
    hedged = of_drivers(equity=1.0, credit=-3.2)
    one = matrix(1, 0, 1, 1, 0, 1)
    changed = put(put(correlated, REFERENCE, hedged), f"{REGIME}.correlation", one)
    (violation,) = validate.problem_violations(changed)
    assert (violation.field, violation.reason.name) == (REFERENCE, "NUMBER_OUT_OF_RANGE")
    assert "under the stressed correlation" in violation.message
    assert violation.subjects == (EntityRef(limit_id="relative"),)
    normal = (f"{RISK.format(RELATIVE)}.regime", CorrelationRegime.NORMAL)
    assert broken_correlated(REFERENCE, hedged, f"{REGIME}.correlation", one, *normal) == []


# Counts


def test_sleeves_in_a_uniform_stress_are_counted(stressed, broken_stressed):
    # Three drivers and 997 sleeves have a million numbers together.
    sleeve = dataclasses.replace(stressed.portfolio.lines[4], liquidity=())
    others = tuple(dataclasses.replace(sleeve, line_id=f"sleeve{index}") for index in range(995))
    lines = ("portfolio.lines", (*stressed.portfolio.lines, *others))
    measure = risk(statistic=RiskStatistic.TOTAL_VOLATILITY, regime=CorrelationRegime.STRESSED)
    limits = tuple(Limit(limit_id=f"limit{index}", upper=1.0, risk=measure) for index in range(11))
    assert broken_stressed(*lines, "mandate.limits", limits[:10]) == []
    assert broken_stressed(*lines, "mandate.limits", limits) == [("mandate.limits", "TOO_MANY")]
    matrix_form = (REGIME, StressedCorrelation(correlation=matrix(1, 0, 1, 0, 0, 1)))
    assert broken_stressed(*lines, *matrix_form, "mandate.limits", limits) == []
