"""Requests: paths of the problem start at the problem, all others at the request."""

import datetime

import pytest

from counterpoise import validate
from counterpoise.model import (
    AllocateRequest,
    AllocationView,
    EntityRef,
    MeasureLiquidityRequest,
    SolveParameters,
    StressPortfolioRequest,
    ValidatePortfolioRequest,
)

MEASURED = (StressPortfolioRequest, MeasureLiquidityRequest)


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


@pytest.mark.parametrize("kind", MEASURED)
@pytest.mark.parametrize("request_id", ["é", "x" * 65])
def test_every_request_id_is_printable(stressed, kind, request_id):
    assert found(kind(problem=stressed, request_id=request_id)) == [("request_id", "VALUE_MALFORMED")]
    assert found(kind(problem=stressed, request_id="run 7 ~!")) == []


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


# A given portfolio


@pytest.mark.parametrize("kind", MEASURED)
def test_a_given_portfolio_has_a_position_of_every_line(stressed, put, kind):
    problem = put(stressed, "portfolio.lines[1].current_fraction", None)
    problem = put(problem, "portfolio.lines[7].current_fraction", None)
    violations = validate.request_violations(kind(problem=problem))
    assert [(violation.field, violation.reason.name) for violation in violations] == [
        ("portfolio.lines[1].current_fraction", "CURRENT_POSITION_MISSING"),
        ("portfolio.lines[7].current_fraction", "CURRENT_POSITION_MISSING"),
    ]
    assert violations[0].subjects == (EntityRef(line_id="future"),)
    assert "0 where there is none" in violations[0].message
    # Looking for a portfolio needs none.
    assert found(AllocateRequest(problem=problem)) == []
    assert found(ValidatePortfolioRequest(problem=problem)) == []


@pytest.mark.parametrize("kind", MEASURED)
def test_a_position_is_missing_once(costed, put, kind):
    # A trading cost and a turnover limit ask for it, too.
    problem = put(costed, "portfolio.lines[0].current_fraction", None)
    missing = [path for path, reason in found(kind(problem=problem)) if reason == "CURRENT_POSITION_MISSING"]
    assert missing == ["portfolio.lines[0].current_fraction"]


@pytest.mark.parametrize("kind", MEASURED)
def test_a_position_that_was_refused_is_not_missing(stressed, put, kind):
    problem = put(stressed, "portfolio.lines[1].current_fraction", "0.1")
    assert found(kind(problem=problem)) == [("portfolio.lines[1].current_fraction", "VALUE_MALFORMED")]
    problem = put(stressed, "portfolio.lines[4]", 3)
    assert ("portfolio.lines[4]", "VALUE_MALFORMED") in found(kind(problem=problem))


def test_a_stress_needs_a_scenario(stressed, put):
    problem = put(put(stressed, "scenarios", ()), "mandate.limits", ())
    assert found(StressPortfolioRequest(problem=problem)) == [("scenarios", "FIELD_MISSING")]
    assert found(MeasureLiquidityRequest(problem=problem)) == []
    assert found(StressPortfolioRequest(problem=put(stressed, "scenarios", 3)))[-1] == (
        "scenarios",
        "VALUE_MALFORMED",
    )


@pytest.mark.parametrize(
    ("horizons", "wrong"),
    [
        ((), []),
        ((1, 5, 20), []),
        ((20, 5, 20), [("horizon_trading_days[2]", "ID_DUPLICATE")]),
        ((0,), [("horizon_trading_days[0]", "NUMBER_OUT_OF_RANGE")]),
        ((5, 2_521), [("horizon_trading_days[1]", "NUMBER_OUT_OF_RANGE")]),
        (("5",), [("horizon_trading_days[0]", "VALUE_MALFORMED")]),
        (tuple(range(1, 52)), [("horizon_trading_days", "TOO_MANY")]),
        (5, [("horizon_trading_days", "VALUE_MALFORMED")]),
    ],
    ids=str,
)
def test_horizons_of_liquidity_are_checked(stressed, horizons, wrong):
    assert found(MeasureLiquidityRequest(problem=stressed, horizon_trading_days=horizons)) == wrong


def test_a_measured_problem_is_checked_as_any_other(stressed, put):
    problem = put(stressed, "portfolio.nav_amount", 0)
    request = MeasureLiquidityRequest(problem=problem, horizon_trading_days=(5, 5))
    assert found(request) == [
        ("portfolio.nav_amount", "NUMBER_OUT_OF_RANGE"),
        ("horizon_trading_days[1]", "ID_DUPLICATE"),
    ]
    for kind in MEASURED:
        assert found(kind(problem=None)) == [("problem", "FIELD_MISSING")]


@pytest.mark.parametrize("request_", [None, 3, "x", object()], ids=["nothing", "number", "text", "object"])
def test_anything_else_is_no_request(request_):
    assert found(request_) == [("", "VALUE_MALFORMED")]
