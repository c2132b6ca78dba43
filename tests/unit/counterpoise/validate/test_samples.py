"""Return samples: outcomes of every driver, as many as there are rows."""

import numpy as np
import pytest

from counterpoise import validate
from counterpoise.model import EntityRef, RectangularMatrix, ReturnSample

OUTCOMES = "return_samples[0].outcomes"
CONFIDENCE = "mandate.limits[2].conditional_value_at_risk.confidence"
SAMPLE = "mandate.limits[2].conditional_value_at_risk.return_sample_id"


def outcomes(values, columns=("equity", "rate", "credit"), rows=None):
    values = np.asarray(values, dtype=float)
    return RectangularMatrix(
        row_ids=rows or tuple(f"r{index}" for index in range(len(values))),
        column_ids=columns,
        values=values.ravel(),
    )


def test_sample_ids_are_distinct(broken_stressed, stressed):
    (sample,) = stressed.return_samples
    assert broken_stressed("return_samples", (sample, sample)) == [
        ("return_samples[1].return_sample_id", "ID_DUPLICATE")
    ]


def test_there_are_at_most_ten_samples(broken_stressed, stressed):
    rows = stressed.return_samples[0].outcomes
    samples = [ReturnSample(return_sample_id=f"s{index}", outcomes=rows) for index in range(10)]
    samples[0] = stressed.return_samples[0]
    assert broken_stressed("return_samples", tuple(samples)) == []
    assert ("return_samples", "TOO_MANY") in broken_stressed("return_samples", (*samples, samples[1]))


def test_every_driver_is_a_column_once(stressed, put, broken_stressed):
    changed = put(stressed, OUTCOMES, outcomes(np.zeros((2, 2)), columns=("rate", "equity")))
    (violation,) = validate.problem_violations(changed)
    assert (violation.field, violation.reason.name) == (f"{OUTCOMES}.column_ids", "MATRIX_SHAPE")
    assert violation.subjects == (EntityRef(return_sample_id="years"), EntityRef(driver_id="credit"))
    for columns, reason in (
        (("equity", "rate", "rate"), "ID_DUPLICATE"),
        (("equity", "rate", "x"), "ID_UNKNOWN"),
    ):
        found = broken_stressed(OUTCOMES, outcomes(np.zeros((2, 3)), columns=columns))
        assert found == [(f"{OUTCOMES}.column_ids[2]", reason)]
    # In any order.
    assert broken_stressed(OUTCOMES, outcomes(np.zeros((2, 3)), columns=("credit", "rate", "equity"))) == []


def test_outcomes_are_rows_times_columns(broken_stressed):
    path = f"{OUTCOMES}.values"
    assert broken_stressed(path, np.zeros(11)) == [(path, "MATRIX_SHAPE")]
    assert broken_stressed(path, np.zeros((4, 3))) == [(path, "MATRIX_SHAPE")]
    assert broken_stressed(path, np.array([*np.zeros(11), np.nan])) == [(f"{path}[11]", "NUMBER_NOT_FINITE")]


def test_outcomes_are_distinct(broken_stressed):
    path = f"{OUTCOMES}.row_ids"
    assert broken_stressed(path, ("a", "b", "c", "a")) == [(f"{path}[3]", "ID_DUPLICATE")]


def test_a_return_loses_at_most_all_of_it(stressed, put, broken_stressed):
    values = np.zeros((2, 3))
    values[1] = [-1.0, -4e3, -1.5]
    (violation,) = validate.problem_violations(put(stressed, OUTCOMES, outcomes(values)))
    assert (violation.field, violation.reason.name) == (f"{OUTCOMES}.values[5]", "NUMBER_OUT_OF_RANGE")
    assert violation.subjects == (EntityRef(return_sample_id="years"), EntityRef(driver_id="credit"))
    values[1] = [-30, 0, 0]
    (violation,) = validate.problem_violations(put(stressed, OUTCOMES, outcomes(values)))
    assert "a return of -30 % is written -0.3" in violation.message


def test_there_are_at_most_ten_thousand_outcomes(broken_stressed):
    assert broken_stressed(OUTCOMES, outcomes(np.zeros((10_000, 3)))) == []
    assert broken_stressed(OUTCOMES, outcomes(np.zeros((10_001, 3)))) == [(f"{OUTCOMES}.row_ids", "TOO_MANY")]


@pytest.mark.parametrize("path", ["return_samples[0]", OUTCOMES, f"{OUTCOMES}.row_ids", f"{OUTCOMES}.values"])
def test_what_was_refused_is_not_looked_at_again(broken_stressed, path):
    found = broken_stressed(path, "years")
    assert (path, "VALUE_MALFORMED") in found
    assert {field for field, _ in found} <= {path, SAMPLE}


# The limit


@pytest.mark.parametrize("confidence", [0.5, 1.0, 0.3, 95])
def test_confidence_is_above_a_half_and_below_one(broken_stressed, confidence):
    assert broken_stressed(CONFIDENCE, confidence) == [(CONFIDENCE, "NUMBER_OUT_OF_RANGE")]


def test_a_confidence_in_percent_is_answered_with_the_decimal(stressed, message_of):
    assert "a confidence of 95 % is written 0.95" in message_of(stressed, CONFIDENCE, 95)


def test_a_limit_names_a_known_sample(broken_stressed, stressed, message_of):
    assert broken_stressed(SAMPLE, "year") == [(SAMPLE, "ID_UNKNOWN")]
    assert "no return sample of the problem; perhaps years is meant" in message_of(stressed, SAMPLE, "year")
    assert broken_stressed("return_samples", ()) == [(SAMPLE, "ID_UNKNOWN")]
