"""The problem at a point of a sweep: one number for each axis, and the rest the same objects."""

import time
from dataclasses import replace

import pytest

from counterpoise import wire
from counterpoise.model import (
    AllocationView,
    AlphaScaleParameter,
    LimitBoundParameter,
    MaximizeUtility,
    Objective,
    ReserveRateParameter,
    RiskAversionParameter,
    Side,
    SolveParameters,
    SweepAxis,
    TerminationReason,
    TraceFrontierRequest,
)
from counterpoise.v1 import allocation_service_pb2
from optimizer.answering.chunks import answer_chunk
from optimizer.answering.items import Chunk, Item
from optimizer.usecases.allocate import answer
from optimizer.usecases.clock import clock_of
from optimizer.usecases.solving import solve_within
from optimizer.usecases.sweep import coordinates_at, point_count, problem_at
from tests.problems import SIZES, generate

RESERVE = SweepAxis(
    reserve_rate=ReserveRateParameter(limit_id="reserve-rule"), parameter_values=(0.1, 0.3, 1.0)
)
AVERSION = SweepAxis(risk_aversion=RiskAversionParameter(), parameter_values=(1.0, 4.0, 12.0))
CAP = SweepAxis(
    limit_bound=LimitBoundParameter(limit_id="gross", side=Side.UPPER), parameter_values=(1.2, 1.3)
)
SCALE = SweepAxis(alpha_scale=AlphaScaleParameter(), parameter_values=(0.0, 0.5))
LONGEST_SECONDS = 60.0


@pytest.fixture(scope="module")
def problem():
    return generate(SIZES[20], seed=1)


def limit_of(problem, limit_id):
    (limit,) = (limit for limit in problem.mandate.limits if limit.limit_id == limit_id)
    return limit


def with_limit(problem, limit_id, change):
    limits = tuple(change(limit) if limit.limit_id == limit_id else limit for limit in problem.mandate.limits)
    return replace(problem, mandate=replace(problem.mandate, limits=limits))


def with_aversion(problem, **aversion):
    return replace(problem, objective=Objective(maximize_utility=MaximizeUtility(**aversion)))


def at_rate(problem, rate):
    return with_limit(
        problem,
        "reserve-rule",
        lambda limit: replace(limit, reserve=replace(limit.reserve, default_rate=rate)),
    )


def sent(problem, *axes):
    """The bytes of the sweep, and the axes."""
    request = TraceFrontierRequest(problem=problem, axes=axes)
    message = wire.to_message(request, allocation_service_pb2.TraceFrontierRequest)
    return Chunk(
        "TraceFrontier",
        message.SerializeToString(),
        tuple(map(Item, range(point_count(axes)))),
        LONGEST_SECONDS,
    )


def allocations(chunk):
    return [
        wire.to_model(allocation_service_pb2.TraceFrontierResponse.FromString(outcome.body)).allocation
        for outcome in answer_chunk(chunk)
    ]


def alone(problem):
    clock = clock_of(time.monotonic(), None, LONGEST_SECONDS, None)
    return answer(problem, SolveParameters(view=AllocationView.BASIC), solve_within(clock))


def test_points_are_counted_with_the_last_axis_fastest():
    axes = (AVERSION, CAP)
    assert point_count(axes) == 6
    assert [coordinates_at(axes, index) for index in range(6)] == [
        (1.0, 1.2),
        (1.0, 1.3),
        (4.0, 1.2),
        (4.0, 1.3),
        (12.0, 1.2),
        (12.0, 1.3),
    ]


def test_a_reserve_axis_changes_the_default_rate_of_its_limit_alone(problem):
    changed = problem_at(problem, (RESERVE,), (0.123,))
    assert changed == at_rate(problem, 0.123)
    assert limit_of(changed, "reserve-rule").reserve.default_rate == 0.123
    assert changed.market is problem.market
    assert changed.portfolio is problem.portfolio
    assert limit_of(changed, "gross") is limit_of(problem, "gross")


def test_a_risk_aversion_axis_changes_the_one_that_the_goal_has(problem):
    total = with_aversion(problem, total_risk_aversion=3.0)
    assert problem_at(problem, (AVERSION,), (7.0,)) == with_aversion(problem, active_risk_aversion=7.0)
    assert problem_at(total, (AVERSION,), (7.0,)) == with_aversion(problem, total_risk_aversion=7.0)
    assert problem_at(problem, (AVERSION,), (7.0,)).mandate is problem.mandate


@pytest.mark.parametrize("side", [Side.LOWER, Side.UPPER])
def test_a_bound_axis_changes_its_side_alone(problem, side):
    axis = SweepAxis(
        limit_bound=LimitBoundParameter(limit_id="gross", side=side), parameter_values=(1.0, 1.25)
    )
    before, after = limit_of(problem, "gross"), limit_of(problem_at(problem, (axis,), (1.25,)), "gross")
    name, other = ("lower", "upper") if side is Side.LOWER else ("upper", "lower")
    assert getattr(after, name) == 1.25
    assert getattr(after, other) == getattr(before, other)


def test_an_alpha_scale_of_one_changes_nothing_and_of_zero_leaves_no_alpha(problem):
    assert problem_at(problem, (SCALE,), (1.0,)) is problem
    sleeves = [
        line.alpha_sleeve.expected_alpha
        for line in problem_at(problem, (SCALE,), (0.0,)).portfolio.lines
        if line.alpha_sleeve is not None
    ]
    assert sleeves
    assert {alpha.basis.annual_over_beta for alpha in sleeves} == {0.0}


def test_points_of_a_reserve_axis_have_the_answers_of_their_problems(problem):
    rates = RESERVE.parameter_values
    found = allocations(sent(problem, RESERVE))
    for rate, allocation in zip(rates, found, strict=True):
        assert allocation.termination.reason is TerminationReason.OPTIMAL
        assert repr(allocation) == repr(alone(at_rate(problem, rate)))
    objectives = [allocation.objective.value for allocation in found]
    assert objectives[0] > objectives[1] > objectives[2]


@pytest.mark.parametrize("kind", ["active_risk_aversion", "total_risk_aversion"])
def test_points_of_a_risk_aversion_axis_have_the_answers_of_their_problems(problem, kind):
    found = allocations(sent(with_aversion(problem, **{kind: 2.0}), AVERSION))
    for aversion, allocation in zip(AVERSION.parameter_values, found, strict=True):
        assert allocation.termination.reason is TerminationReason.OPTIMAL
        assert repr(allocation) == repr(alone(with_aversion(problem, **{kind: aversion})))
    objectives = [allocation.objective.value for allocation in found]
    assert objectives[0] > objectives[1] > objectives[2]
