"""Requests: paths of the problem start at the problem, all others at the request."""

import datetime

import pytest

from counterpoise import validate
from counterpoise.model import AllocateRequest, AllocationView, SolveParameters, ValidatePortfolioRequest


def found(request):
    return [(violation.field, violation.reason.name) for violation in validate.request_violations(request)]


@pytest.mark.parametrize(
    "parameters",
    [
        None,
        SolveParameters(),
        SolveParameters(
            time_limit=datetime.timedelta(seconds=2), maximum_relative_gap=1e-6, view=AllocationView.BASIC
        ),
    ],
    ids=repr,
)
def test_valid_requests_have_no_violation(problem, parameters):
    assert found(AllocateRequest(problem=problem, parameters=parameters, request_id="run 7 ~!")) == []
    assert found(ValidatePortfolioRequest(problem=problem)) == []
    assert found(ValidatePortfolioRequest(problem=problem, maximum_violation_count=10_000)) == []


@pytest.mark.parametrize(
    ("parameters", "path", "reason"),
    [
        (SolveParameters(time_limit=datetime.timedelta()), "time_limit", "NUMBER_OUT_OF_RANGE"),
        (SolveParameters(time_limit=datetime.timedelta(seconds=-1)), "time_limit", "NUMBER_OUT_OF_RANGE"),
        (SolveParameters(time_limit=2.0), "time_limit", "VALUE_MALFORMED"),
        (SolveParameters(maximum_relative_gap=0.01), "maximum_relative_gap", "NUMBER_OUT_OF_RANGE"),
        (SolveParameters(maximum_relative_gap=1e-9), "maximum_relative_gap", "NUMBER_OUT_OF_RANGE"),
        (SolveParameters(view=9), "view", "ENUM_VALUE_INVALID"),
    ],
    ids=repr,
)
def test_parameters_are_checked(problem, parameters, path, reason):
    assert found(AllocateRequest(problem=problem, parameters=parameters)) == [(f"parameters.{path}", reason)]


@pytest.mark.parametrize("request_id", ["é", "a\nb", "x" * 65, 7, None])
def test_request_id_is_printable(problem, request_id):
    assert found(AllocateRequest(problem=problem, request_id=request_id)) == [
        ("request_id", "VALUE_MALFORMED")
    ]


@pytest.mark.parametrize("count", [0, 10_001, -1])
def test_count_of_violations_is_in_its_range(problem, count):
    request = ValidatePortfolioRequest(problem=problem, maximum_violation_count=count)
    assert found(request) == [("maximum_violation_count", "NUMBER_OUT_OF_RANGE")]


def test_problem_comes_first_and_without_its_name(problem, put):
    request = AllocateRequest(problem=put(problem, "portfolio.nav_amount", 0), request_id="é")
    assert found(request) == [
        ("portfolio.nav_amount", "NUMBER_OUT_OF_RANGE"),
        ("request_id", "VALUE_MALFORMED"),
    ]


def test_problem_is_required():
    assert found(AllocateRequest(problem=None)) == [("problem", "FIELD_MISSING")]
    assert found(ValidatePortfolioRequest(problem="x", maximum_violation_count=0)) == [
        ("problem", "VALUE_MALFORMED"),
        ("maximum_violation_count", "NUMBER_OUT_OF_RANGE"),
    ]


@pytest.mark.parametrize("request_", [None, 3, "x", object()], ids=["nothing", "number", "text", "object"])
def test_anything_else_is_no_request(request_):
    assert found(request_) == [("", "VALUE_MALFORMED")]
