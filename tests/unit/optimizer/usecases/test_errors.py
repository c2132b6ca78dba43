"""Messages of refused requests: the first violation, how many more, and where all of them are told."""

import pytest

from counterpoise.model import ErrorReason, Violation
from optimizer.service.errors import invalid
from optimizer.usecases.errors import in_words


def violation(field, message="write another"):
    return Violation(field=field, reason=ErrorReason.BOUNDS_CROSSED, message=message)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (("axes[0].parameter_values",), "axes[0].parameter_values: write another"),
        (("",), "write another"),
        (("axes[0]", "axes[1]"), "axes[0]: write another; and 1 more"),
        (
            ("mandate.limits[0]", "axes[0]", "axes[1]"),
            "mandate.limits[0]: write another; and 2 more; ValidatePortfolio returns all of a problem's",
        ),
        (
            ("problem", "axes[0]"),
            "problem: write another; and 1 more; ValidatePortfolio returns all of a problem's",
        ),
    ],
)
def test_the_first_violation_is_told_and_the_others_counted(fields, told):
    violations = tuple(violation(field) for field in fields)
    assert in_words(violations) == told
    assert invalid(violations).message == told


def test_messages_stay_short_whatever_a_violation_says():
    told = in_words((violation("mandate." + "limits" * 100, "x" * 10_000), violation("mandate")))
    assert len(told) < 300
    assert "...; and 1 more" in told
