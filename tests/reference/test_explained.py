"""Explanations of mandates that were feasible until one known limit was added or tightened."""

import os

import pytest

from counterpoise import wire
from counterpoise.model import (
    ExplainInfeasibilityRequest,
    FixedLimit,
    InfeasibilityVerdict,
    RelaxationWeight,
    Side,
    StructuralRule,
    TerminationReason,
)
from counterpoise.v1 import allocation_service_pb2 as calls
from tests.problems.contradictions import MAKERS, contradictory_problem
from tests.problems.randomized import random_problem
from tests.reference.conic import ConicStatus, solve_conic
from tests.reference.exact_proof import check_proof
from tests.reference.explanations import hardly_relaxed, only, relaxed

COUNT = int(os.environ.get("COUNTERPOISE_TEST_INFEASIBLE", "30"))
KINDS = tuple(MAKERS)
CASES = [(KINDS[number % len(KINDS)], 9000 + 37 * number) for number in range(COUNT)]
ADDED = frozenset({"contradiction", "absolute", "each", "target"})
"""Limits that contradictory problems have beside those of a feasible one; one alone can be too much."""
LESS = 0.9
"""Moves that cost this part of the cheapest ones cannot be enough."""


@pytest.fixture(scope="module")
def explain(allocator):
    def run(problem, weights=()):
        request = ExplainInfeasibilityRequest(problem=problem, weights=weights)
        body = wire.to_message(request, calls.ExplainInfeasibilityRequest).SerializeToString()
        answer = allocator.answer("ExplainInfeasibility", body).body
        return wire.to_model(calls.ExplainInfeasibilityResponse.FromString(answer))

    return run


@pytest.mark.parametrize(("kind", "seed"), CASES)
def test_the_explanation_is_proven_and_its_relaxation_mends_the_mandate(explain, allocate, kind, seed):
    problem = contradictory_problem(kind, seed)
    explained = explain(problem)
    assert explained.verdict is InfeasibilityVerdict.INFEASIBLE
    assert check_proof(problem, explained.certificate.infeasibility).holds
    assert explained.conflict_members
    ids = {member.key.limit_id for member in explained.conflict_members}
    added = ADDED & {limit.limit_id for limit in problem.mandate.limits}
    assert not added or ids & added
    assert explained.relaxation_termination.reason is TerminationReason.OPTIMAL
    mended = relaxed(problem, explained.relaxations)
    assert explain(mended).verdict is InfeasibilityVerdict.FEASIBLE
    assert allocate(mended).termination.reason is TerminationReason.OPTIMAL
    less = hardly_relaxed(problem, explained.relaxations, LESS)
    assert allocate(less).termination.reason is TerminationReason.INFEASIBLE


@pytest.mark.parametrize(("kind", "seed"), CASES)
def test_the_second_solver_finds_the_conflict_and_no_smaller_one(explain, kind, seed):
    problem = contradictory_problem(kind, seed)
    explained = explain(problem)
    assert solve_conic(only(problem, explained.conflict_members)).status is ConicStatus.INFEASIBLE
    assert explained.minimal
    for member in explained.conflict_members:
        rest = only(problem, [item for item in explained.conflict_members if item is not member])
        assert solve_conic(rest).status is ConicStatus.OPTIMAL, str(member.key)


def test_what_follows_from_where_the_search_ends_is_no_conflict(explain):
    """Beyond a future's minimum another one's maximum is needed: it could be held against any leverage."""
    problem = contradictory_problem("beyond_the_default_cap", 10221)
    explained = explain(problem)
    assert len(explained.conflict_members) == 3
    assert solve_conic(only(problem, explained.conflict_members)).status is ConicStatus.INFEASIBLE


def test_a_feasible_mandate_is_said_to_be_one(explain):
    explained = explain(random_problem(9001))
    assert explained.verdict is InfeasibilityVerdict.FEASIBLE
    assert not explained.conflict_members
    assert explained.certificate is None


def test_a_minimum_above_a_maximum_is_relaxed_by_their_distance(explain):
    """A sum of at least 1.00387 of all capital without credit has to fall by what is above one."""
    problem = contradictory_problem("budget", 5000)
    limit = next(limit for limit in problem.mandate.limits if limit.limit_id == "contradiction")
    (move,) = explain(problem).relaxations
    assert move.key.limit_id == "contradiction"
    assert move.side is Side.LOWER
    assert move.amount == pytest.approx(limit.lower - 1.0, abs=1e-6)
    assert move.relaxed_bound == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(("dear", "moved"), [("contradiction", "absolute"), ("absolute", "contradiction")])
def test_the_dearer_of_two_limits_stays(explain, dear, moved):
    problem = contradictory_problem("sums_that_cross", 5031)
    weights = (
        RelaxationWeight(limit_id=dear, weight=100.0),
        RelaxationWeight(structural_rule=StructuralRule.LINE_BOX, fixed=FixedLimit()),
    )
    assert {move.key.limit_id for move in explain(problem, weights).relaxations} == {moved}


def test_a_fixed_limit_never_moves(explain):
    problem = contradictory_problem("sums_that_cross", 5031)
    fixed = RelaxationWeight(limit_id="contradiction", fixed=FixedLimit())
    moved = {move.key.limit_id for move in explain(problem, (fixed,)).relaxations}
    assert moved
    assert "contradiction" not in moved


def test_nothing_is_relaxed_where_everything_is_fixed(explain):
    problem = contradictory_problem("budget", 5000)
    weights = [
        RelaxationWeight(limit_id=limit.limit_id, fixed=FixedLimit()) for limit in problem.mandate.limits
    ]
    weights += [
        RelaxationWeight(structural_rule=rule, fixed=FixedLimit())
        for rule in (StructuralRule.LINE_BOX, StructuralRule.DEFAULT_LEVERAGE_CAP)
    ]
    explained = explain(problem, tuple(weights))
    assert explained.verdict is InfeasibilityVerdict.INFEASIBLE
    assert not explained.relaxations
    assert explained.relaxation_termination.reason is TerminationReason.INFEASIBLE
