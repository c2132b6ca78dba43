"""ValidatePortfolio: every violation at once, cut to what was asked and to what a message holds."""

from dataclasses import replace

import pytest

from counterpoise import wire
from counterpoise.canonical import problem_sha256
from counterpoise.model import ErrorReason, ValidatePortfolioRequest, Violation, WarningCode
from counterpoise.v1 import allocation_service_pb2
from optimizer.usecases.validate import validate_portfolio
from tests.golden_problems import pension


def test_a_valid_problem_has_its_hash_and_the_warnings_that_need_no_solve():
    problem = replace(pension(), mandate=replace(pension().mandate, limits=()))
    response = validate_portfolio(ValidatePortfolioRequest(problem=problem))
    assert response.violations == ()
    assert response.problem_sha256 == problem_sha256(problem)
    assert [warning.code for warning in response.warnings] == [
        WarningCode.DEFAULT_LEVERAGE_CAP,
        WarningCode.NAV_SMALL,
    ]


def found(count, size):
    return tuple(
        Violation(field=f"#{index}", reason=ErrorReason.FIELD_UNKNOWN, message="x" * size)
        for index in range(count)
    )


def test_the_list_is_cut_to_what_was_asked_and_the_count_is_not():
    request = ValidatePortfolioRequest(problem=pension(), maximum_violation_count=2)
    response = validate_portfolio(request, found(5, 10))
    assert [violation.field for violation in response.violations] == ["#0", "#1"]
    assert response.violation_count == 5


def test_the_list_is_cut_to_what_fits_into_a_message():
    request = ValidatePortfolioRequest(problem=pension(), maximum_violation_count=10_000)
    response = validate_portfolio(request, found(9_000, 1_000))
    assert response.violation_count == 9_000
    message = wire.to_message(response, allocation_service_pb2.ValidatePortfolioResponse)
    assert 3_000_000 < message.ByteSize() < 4 << 20


@pytest.mark.parametrize("wanted", [0, -1, 10**6])
def test_a_count_out_of_range_does_not_hide_what_is_wrong_with_it(wanted):
    request = ValidatePortfolioRequest(problem=pension(), maximum_violation_count=wanted)
    response = validate_portfolio(request)
    assert [violation.field for violation in response.violations] == ["maximum_violation_count"]
