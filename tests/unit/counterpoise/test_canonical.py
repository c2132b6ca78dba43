"""The canonical text against the general road: message, ProtoJSON tree, RFC 8785 library."""

import copy
import hashlib
import json
from dataclasses import replace

import pytest
import rfc8785
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from counterpoise import wire
from counterpoise.canonical import canonical_json, problem_sha256
from counterpoise.model import AllocationProblem, DriverValue
from counterpoise.v1 import common_pb2, problem_pb2
from tests.golden_problems import pension
from tests.problems import random_problem
from tests.unit.counterpoise.validate.stressed import correlated_problem, stressed_problem


def general(instance, message_type):
    message = wire.to_message(instance, message_type)
    return rfc8785.dumps(json_format.MessageToDict(message, preserving_proto_field_name=True)).decode()


@pytest.mark.parametrize("seed", range(60))
def test_a_problem_has_the_text_of_the_general_road(seed):
    problem = random_problem(seed)
    assert canonical_json(problem) == general(problem, problem_pb2.AllocationProblem)


@pytest.mark.parametrize("problem", [stressed_problem(), correlated_problem()], ids=["uniform", "correlated"])
def test_scenarios_have_the_text_of_the_general_road(problem):
    assert canonical_json(problem) == general(problem, problem_pb2.AllocationProblem)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_has_its_ecmascript_form(number):
    value = DriverValue(driver_id="d", value=number)
    assert canonical_json(value) == general(value, common_pb2.DriverValue)


@pytest.mark.parametrize(
    "number", [0.0, -0.0, 1e15, 2.0**53, 2.0**53 + 2, 1e16, 1e20, 1e21, 1e-4, 1e-5, 1e-6, 1e-7, 5e-324]
)
def test_numbers_where_forms_change(number):
    value = DriverValue(driver_id="d", value=number)
    assert canonical_json(value) == general(value, common_pb2.DriverValue)


@given(st.text(st.characters(codec="utf-8")))
def test_every_text_is_escaped_as_the_standard_says(text):
    problem = pension()
    line = replace(problem.portfolio.lines[0], display_name=text)
    problem = replace(problem, portfolio=replace(problem.portfolio, lines=(line,)))
    assert canonical_json(problem) == general(problem, problem_pb2.AllocationProblem)


def test_the_hash_is_that_of_the_text_whatever_built_the_problem():
    problem = pension()
    tree = json.loads(canonical_json(problem))
    again = wire.to_model(json_format.ParseDict(tree, problem_pb2.AllocationProblem()))
    assert isinstance(again, AllocationProblem)
    assert problem_sha256(again) == problem_sha256(problem)
    assert problem_sha256(problem) == hashlib.sha256(canonical_json(problem).encode()).hexdigest()
    other = replace(
        problem, portfolio=replace(problem.portfolio, nav_amount=problem.portfolio.nav_amount + 1)
    )
    assert problem_sha256(other) != problem_sha256(problem)


@pytest.mark.parametrize("seed", range(10))
def test_the_hash_is_that_of_the_text_for_sections_seen_before_and_new(seed):
    problem = wire.to_model(wire.to_message(random_problem(seed), problem_pb2.AllocationProblem))
    other = replace(problem, market=replace(problem.market, annual_risk_free_rate=0.0123))
    for asked in (problem, other, problem, copy.deepcopy(problem)):
        assert problem_sha256(asked) == hashlib.sha256(canonical_json(asked).encode()).hexdigest()
    assert problem_sha256(other) != problem_sha256(problem)


def test_the_hash_follows_a_list_that_its_owner_changes():
    problem = pension()
    lines = list(problem.portfolio.lines)
    open_ended = replace(problem, portfolio=replace(problem.portfolio, lines=lines))
    assert problem_sha256(open_ended) == problem_sha256(problem)
    lines.pop()
    assert problem_sha256(open_ended) != problem_sha256(problem)
