"""Mistakes come back as what they are: the code, what, where and how to mend it; never INTERNAL."""

import copy
import json
import math

import grpc
import pytest
import yaml
from google.protobuf import json_format
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from counterpoise import Client, InvalidProblem, files, wire
from counterpoise.v1 import allocation_service_pb2, allocation_service_pb2_grpc, problem_pb2
from tests.golden_problems import pension


def plain(problem):
    """A problem as the tree of its ProtoJSON."""
    return json_format.MessageToDict(
        wire.to_message(problem, problem_pb2.AllocationProblem), preserving_proto_field_name=True
    )


def at(tree, path):
    for step in path:
        tree = tree[step]
    return tree


def broken(*changes):
    tree = copy.deepcopy(plain(pension()))
    for path, value in changes:
        holder = at(tree, path[:-1])
        if value is None:
            del holder[path[-1]]
        else:
            holder[path[-1]] = value
    return tree


def message_of(tree):
    """A message with what ProtoJSON would refuse, NaN among it, as another language may send it."""
    return json_format.ParseDict(
        json.loads(json.dumps(tree).replace("NaN", '"NaN"').replace("Infinity", '"Infinity"')),
        problem_pb2.AllocationProblem(),
    )


FIVE = (
    (("market", "annual_risk_free_rate"), math.nan),
    (("market", "risk_model", "volatility_correlation", "annual_volatilities", 0, "value"), 15.0),
    (("portfolio", "lines", 2, "overlay", "margin_pool_id"), "nobody"),
    (("portfolio", "lines", 3, "alpha_sleeve", "expected_alpha", "net_of_fees"), {}),
    (("mandate", "limits", 0, "lower"), 0.5),
)
FIVE_FOUND = [
    ("market.annual_risk_free_rate", "NUMBER_NOT_FINITE"),
    ("market.risk_model.volatility_correlation.annual_volatilities[0].value", "NUMBER_OUT_OF_RANGE"),
    ("portfolio.lines[2].overlay.margin_pool_id", "ID_UNKNOWN"),
    ("portfolio.lines[3].alpha_sleeve.expected_alpha.net_of_fees", "CHOICE_MISSING"),
    ("mandate.limits[0].upper", "BOUNDS_CROSSED"),
]


def found(violations):
    return [(violation.field, violation.reason.name) for violation in violations]


def test_five_mistakes_are_five_violations_through_a_file():
    text = yaml.safe_dump(broken(*FIVE)).replace("annual_risk_free_rate: .nan", "annual_risk_free_rate: NaN")
    with pytest.raises(InvalidProblem) as caught:
        files.parse_problem(text)
    # A file has its keys in an order of its own, and a violation names the number that it read.
    assert sorted(found(caught.value.violations)) == sorted(FIVE_FOUND)


def test_five_mistakes_are_five_violations_through_the_client(server):
    problem = wire.to_model(message_of(broken(*FIVE)))
    assert found(problem.validate()) == FIVE_FOUND
    with Client(server.address) as client:
        with pytest.raises(InvalidProblem) as caught:
            client.allocate(problem)
        assert found(caught.value.violations) == FIVE_FOUND
        response = client.validate(problem)
        assert found(response.violations) == FIVE_FOUND
        assert response.violation_count == 5


def status_of(server, request):
    with grpc.insecure_channel(server.address) as channel:
        stub = allocation_service_pb2_grpc.AllocationServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Allocate(request, timeout=60)
    return caught.value, rpc_status.from_call(caught.value)


def refusal(server, tree):
    """Violations of a request on the wire, after the checks that every refusal must pass."""
    error, status = status_of(server, allocation_service_pb2.AllocateRequest(problem=message_of(tree)))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT, error
    bad, info = error_details_pb2.BadRequest(), error_details_pb2.ErrorInfo()
    unpacked = [detail.Unpack(bad) or detail.Unpack(info) for detail in status.details]
    assert all(unpacked)
    assert info.domain == "counterpoise"
    assert info.reason == "REQUEST_INVALID"
    assert all(violation.description for violation in bad.field_violations)
    return [(violation.field, violation.reason) for violation in bad.field_violations]


def test_five_mistakes_are_five_violations_on_the_wire(server):
    assert refusal(server, broken(*FIVE)) == FIVE_FOUND


RISK = ("market", "risk_model", "volatility_correlation")
NONSENSE = {
    "infinite margin rate": (
        [(("portfolio", "lines", 2, "overlay", "initial_margin_rate"), math.inf)],
        ("portfolio.lines[2].overlay.initial_margin_rate", "NUMBER_NOT_FINITE"),
    ),
    "volatility in percent": (
        [((*RISK, "annual_volatilities", 1, "value"), 6.0)],
        ("market.risk_model.volatility_correlation.annual_volatilities[1].value", "NUMBER_OUT_OF_RANGE"),
    ),
    "negative variance": (
        [
            (
                ("market", "risk_model"),
                {"annual_covariance": {"axis_ids": ["other", "bonds"], "lower_triangle": [0.02, 0.0, -0.01]}},
            )
        ],
        ("market.risk_model.annual_covariance.lower_triangle[2]", "NUMBER_OUT_OF_RANGE"),
    ),
    "correlation above one": (
        [((*RISK, "correlation", "lower_triangle"), [1.0, 1.2, 1.0])],
        ("market.risk_model.volatility_correlation.correlation.lower_triangle[1]", "NUMBER_OUT_OF_RANGE"),
    ),
    "shape": (
        [((*RISK, "correlation", "lower_triangle"), [1.0, 0.2])],
        ("market.risk_model.volatility_correlation.correlation.lower_triangle", "MATRIX_SHAPE"),
    ),
    "unknown driver": (
        [(("portfolio", "lines", 0, "loadings", 0, "driver_id"), "moon")],
        ("portfolio.lines[0].loadings[0].driver_id", "ID_UNKNOWN"),
    ),
    "line twice": (
        [(("portfolio", "lines", 1, "line_id"), "other_assets")],
        ("portfolio.lines[1].line_id", "ID_DUPLICATE"),
    ),
    "nav of zero": ([(("portfolio", "nav_amount"), 0.0)], ("portfolio.nav_amount", "NUMBER_OUT_OF_RANGE")),
    "minimum above maximum": (
        [
            (("portfolio", "lines", 1, "minimum_fraction"), 0.5),
            (("portfolio", "lines", 1, "maximum_fraction"), 0.4),
        ],
        ("portfolio.lines[1].maximum_fraction", "BOUNDS_CROSSED"),
    ),
    "undeclared return": (
        [(("market", "drivers", 0, "expected_return"), {})],
        ("market.drivers[0].expected_return", "CHOICE_MISSING"),
    ),
    "leverage from below": (
        [(("mandate", "limits", 1, "lower"), 1.0)],
        ("mandate.limits[1].lower", "SIDE_NOT_CONVEX"),
    ),
    "no objective": ([(("objective",), None)], ("objective", "FIELD_MISSING")),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_refused_with_its_reason(server, name):
    changes, wanted = NONSENSE[name]
    violations = refusal(server, broken(*changes))
    assert wanted in violations, violations
    assert len(violations) <= 2, violations


def test_a_correlation_that_no_returns_can_have_is_refused(server):
    tree = plain(pension())
    third = copy.deepcopy(tree["market"]["drivers"][0]) | {"driver_id": "third"}
    tree["market"]["drivers"].append(third)
    risk = tree["market"]["risk_model"]["volatility_correlation"]
    risk["annual_volatilities"].append({"driver_id": "third", "value": 0.1})
    risk["correlation"] = {
        "axis_ids": ["other", "bonds", "third"],
        "lower_triangle": [1, 0.9, 1, -0.9, 0.9, 1],
    }
    wanted = "market.risk_model.volatility_correlation.correlation"
    ((field, reason),) = refusal(server, tree)
    assert field.startswith(wanted)
    assert reason == "MATRIX_NOT_PSD"


def test_an_empty_request_is_refused(server):
    error, _ = status_of(server, allocation_service_pb2.AllocateRequest())
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_an_undeclared_alpha_cannot_be_sent_as_a_number(server):
    tree = broken((("portfolio", "lines", 3, "alpha_sleeve", "expected_alpha"), {}))
    assert refusal(server, tree) == [("portfolio.lines[3].alpha_sleeve.expected_alpha", "CHOICE_MISSING")]
