"""Explanations where scenarios, samples or soft limits are part of the mandate, against second solvers."""

import pytest

from counterpoise import wire
from counterpoise.model import ExplainInfeasibilityRequest, InfeasibilityVerdict, TerminationReason
from counterpoise.v1 import allocation_service_pb2 as calls
from tests.problems.contradictions import MAKERS
from tests.problems.draw import Draw
from tests.problems.everything import everything
from tests.problems.stressed_contradictions import KINDS, contradictions
from tests.reference.conic import ConicStatus, solve_conic
from tests.reference.conic_stress import solve_stress
from tests.reference.explanations import hardly_relaxed, only, relaxed

PER_KIND = 3
FIRST = 30_000
LESS = 0.9
SOFT_KINDS = (
    "budget",
    "sums_that_cross",
    "group_below_its_members",
    "minima_above_the_budget",
    "leverage_cap",
    "risk_cap",
)
GAP = 0.05
SOFT_PER_KIND = 4


@pytest.fixture(scope="module")
def explain(allocator):
    def run(problem):
        request = ExplainInfeasibilityRequest(problem=problem)
        body = wire.to_message(request, calls.ExplainInfeasibilityRequest).SerializeToString()
        answer = allocator.answer("ExplainInfeasibility", body).body
        return wire.to_model(calls.ExplainInfeasibilityResponse.FromString(answer))

    return run


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS)
def test_limits_of_stress_are_explained(explain, allocate, kind):
    for seed, problem, limit_id in contradictions(kind, FIRST, PER_KIND):
        explained = explain(problem)
        assert explained.verdict is InfeasibilityVerdict.INFEASIBLE, seed
        assert limit_id in {member.key.limit_id for member in explained.conflict_members}, seed
        assert explained.minimal, seed
        check_conflict(problem, explained, solve_stress, seed)
        check_relaxation(problem, explained, allocate, seed)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", SOFT_KINDS)
def test_soft_limits_neither_conflict_nor_move(explain, allocate, kind):
    """Problems with costs, fees, neutrality, turnover, reserve tiers and priorities of soft limits."""
    for seed, problem in with_soft_limits(kind):
        soft = {limit.limit_id for limit in problem.mandate.limits if limit.soft is not None}
        explained = explain(problem)
        assert explained.verdict is InfeasibilityVerdict.INFEASIBLE, seed
        named = {item.key.limit_id for item in (*explained.conflict_members, *explained.relaxations)}
        assert not named & soft, seed
        assert explained.minimal, seed
        check_conflict(problem, explained, solve_conic, seed)
        check_relaxation(problem, explained, allocate, seed)


def test_soft_limits_out_of_reach_leave_a_mandate_feasible(explain, allocate):
    unmet = 0
    for seed in range(60, 70):
        problem = everything(seed)
        assert explain(problem).verdict is InfeasibilityVerdict.FEASIBLE, seed
        unmet += any(stage.violation > 0.01 for stage in stages(allocate(problem)))
    assert unmet


def check_conflict(problem, explained, solve, seed):
    """The members contradict each other, and no fewer do."""
    members = explained.conflict_members
    assert solve(only(problem, members)).status is ConicStatus.INFEASIBLE, seed
    for member in members:
        rest = only(problem, [item for item in members if item is not member])
        assert solve(rest).status is ConicStatus.OPTIMAL, (seed, str(member.key))


def check_relaxation(problem, explained, allocate, seed):
    """The moves are enough, and less is not; without proof only where a ratio's bound may move."""
    mended = allocate(relaxed(problem, explained.relaxations)).termination
    assert mended.reason is TerminationReason.OPTIMAL, (seed, mended)
    if explained.relaxation_termination.reason is TerminationReason.UNDETERMINED:
        assert any(map(is_ratio, problem.mandate.limits)), seed
        assert explained.relaxation_cost_bound <= explained.relaxation_cost, seed
        return
    assert explained.relaxation_termination.reason is TerminationReason.OPTIMAL, seed
    less = allocate(hardly_relaxed(problem, explained.relaxations, LESS)).termination
    assert less.reason is TerminationReason.INFEASIBLE, (seed, less)


def is_ratio(limit):
    """Whether a limit is on a ratio to NAV after a scenario."""
    stressed = limit.leverage is not None and limit.leverage.scenarios is not None
    return stressed or limit.liquidity_coverage is not None or limit.illiquid_share is not None


def with_soft_limits(kind):
    """Some problems of a kind that have soft limits."""
    seed, made = 100 * SOFT_KINDS.index(kind), 0
    while made < SOFT_PER_KIND:
        seed += 1
        problem = everything(seed)
        soft = any(limit.soft is not None for limit in problem.mandate.limits)
        if not soft or problem.objective.meet_risk_budget is not None:
            continue
        contradictory = MAKERS[kind](Draw(seed), problem, GAP)
        if contradictory is not None:
            made += 1
            yield seed, contradictory


def stages(allocation):
    return allocation.certificate.optimality.soft_stages
