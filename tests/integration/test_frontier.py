"""A frontier over real connections: the same answers as single calls, in any order, and prices that fit."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from grpc import aio

from counterpoise import AllocationProblem, wire
from counterpoise.model import (
    AllocateRequest,
    AllocationView,
    AlphaScaleParameter,
    ErrorReason,
    LimitBoundParameter,
    RiskAversionParameter,
    Side,
    SolveParameters,
    SweepAxis,
    TerminationReason,
    TraceFrontierRequest,
)
from counterpoise.v1 import allocation_pb2
from counterpoise.validate import request_violations
from optimizer.answering.answerer import Answerer
from optimizer.workers import WorkerPool
from tests.sweeping import collected, frontier, serving_sweeps

EXAMPLE = Path(__file__).parents[2] / "clients/python/examples/total_portfolio.yaml"
CAP = LimitBoundParameter(limit_id="gross-cap", side=Side.UPPER)
CAPS = (1.0, 1.1, 1.2, 1.3, 1.4, 1.5)


@pytest.fixture(scope="module")
def problem():
    return AllocationProblem.from_yaml(EXAMPLE)


@pytest.fixture(scope="module")
def pool():
    pool = WorkerPool(2)
    pool.start()
    yield pool
    pool.stop()


def sweep(problem, *axes, **parameters):
    return TraceFrontierRequest(problem=problem, axes=axes, parameters=SolveParameters(**parameters))


def caps(*values):
    return SweepAxis(limit_bound=CAP, parameter_values=values)


def capped(problem, cap):
    limits = tuple(
        replace(limit, upper=cap) if limit.limit_id == "gross-cap" else limit
        for limit in problem.mandate.limits
    )
    return replace(problem, mandate=replace(problem.mandate, limits=limits))


async def traced(pool, request, **options):
    async with serving_sweeps(pool, **options) as channel:
        return sorted(await collected(frontier(channel, request)), key=lambda point: point.point_index)


def bytes_of(allocation):
    return wire.to_message(allocation, allocation_pb2.Allocation).SerializeToString(deterministic=True)


async def test_every_point_is_the_answer_of_a_call_of_its_own(problem, pool):
    async with serving_sweeps(pool) as channel:
        points = await collected(frontier(channel, sweep(problem, caps(*CAPS))))
    assert [point.completed_count for point in points] == [1, 2, 3, 4, 5, 6]
    assert {point.total_count for point in points} == {6}
    assert sorted(point.point_index for point in points) == [0, 1, 2, 3, 4, 5]
    answerer = Answerer(pool, time_limit_seconds=60.0)
    for point in points:
        assert point.coordinates == (CAPS[point.point_index],)
        alone = answerer.allocate(
            AllocateRequest(
                problem=capped(problem, point.coordinates[0]),
                parameters=SolveParameters(view=AllocationView.BASIC),
            )
        ).allocation
        assert bytes_of(point.allocation) == bytes_of(alone)


async def test_the_price_of_the_cap_lies_between_the_slopes_on_its_sides(problem, pool):
    points = await traced(pool, sweep(problem, caps(*CAPS), maximum_relative_gap=1e-8))
    optimal = [p for p in points if p.allocation.termination.reason is TerminationReason.OPTIMAL]
    assert len(optimal) >= 4
    proofs = [point.allocation.certificate.optimality for point in optimal]
    at = [point.coordinates[0] for point in optimal]
    best = [proof.objective for proof in proofs]
    gaps = [proof.relative_gap * proof.gap_scale for proof in proofs]
    assert all(later >= former - gap for former, later, gap in zip(best, best[1:], gaps[1:], strict=False))
    assert best[-1] > best[0]
    slopes = [
        (later - former) / (right - left)
        for former, later, left, right in zip(best, best[1:], at, at[1:], strict=False)
    ]
    for index in range(1, len(optimal) - 1):
        price = price_of_cap(optimal[index].allocation)
        slack = 1e-6 + 3.0 * max(gaps) / (at[index] - at[index - 1])
        assert slopes[index] - slack <= price <= slopes[index - 1] + slack


def price_of_cap(allocation):
    """0 where the cap does not bind, as the basic view has only limits that do."""
    return sum(
        limit.upper_shadow_price or 0.0 for limit in allocation.limits if limit.key.limit_id == "gross-cap"
    )


async def test_two_axes_are_walked_with_the_last_one_fastest(problem, pool):
    scales = SweepAxis(alpha_scale=AlphaScaleParameter(), parameter_values=(0.0, 1.0))
    points = await traced(pool, sweep(problem, scales, caps(1.2, 1.3)))
    assert [point.coordinates for point in points] == [(0.0, 1.2), (0.0, 1.3), (1.0, 1.2), (1.0, 1.3)]
    with_alpha, without = points[3].allocation, points[1].allocation
    assert with_alpha.certificate.optimality.objective > without.certificate.optimality.objective
    direct = Answerer(pool, time_limit_seconds=60.0).allocate(
        AllocateRequest(problem=capped(problem, 1.3), parameters=SolveParameters(view=AllocationView.BASIC))
    )
    assert bytes_of(with_alpha) == bytes_of(direct.allocation)


async def test_a_point_whose_problem_is_invalid_is_refused_and_the_others_are_answered(problem, pool):
    points = await traced(pool, sweep(problem, caps(1.2, 1e15, 1.3)))
    refusal = points[1].refusal
    assert refusal.reason is ErrorReason.REQUEST_INVALID
    assert refusal.violation_count == len(refusal.violations) > 0
    assert all(violation.field.startswith("mandate.limits[") for violation in refusal.violations)
    assert points[0].allocation is not None
    assert points[2].allocation is not None


@pytest.mark.parametrize(
    ("axes", "field", "reason"),
    [
        ((), "axes", "FIELD_MISSING"),
        ((SweepAxis(parameter_values=(1.0,)),), "axes[0]", "CHOICE_MISSING"),
        ((caps(),), "axes[0].parameter_values", "FIELD_MISSING"),
        ((caps(1.2, float("nan")),), "axes[0].parameter_values[1]", "NUMBER_NOT_FINITE"),
        ((caps(1.2, 1.2),), "axes[0].parameter_values[1]", "ID_DUPLICATE"),
        ((caps(1.2), caps(1.3)), "axes[1]", "ID_DUPLICATE"),
        (
            (
                caps(*range(40)),
                SweepAxis(alpha_scale=AlphaScaleParameter(), parameter_values=tuple(map(float, range(40)))),
            ),
            "axes",
            "TOO_MANY",
        ),
        (
            (SweepAxis(risk_aversion=RiskAversionParameter(), parameter_values=(1.0,)),),
            "axes[0].risk_aversion",
            "FIELD_MISSING",
        ),
        (
            (
                SweepAxis(
                    limit_bound=LimitBoundParameter(limit_id="no-such", side=Side.UPPER),
                    parameter_values=(1.0,),
                ),
            ),
            "axes[0].limit_bound.limit_id",
            "ID_UNKNOWN",
        ),
        (
            (
                SweepAxis(
                    limit_bound=LimitBoundParameter(limit_id="gross-cap", side=Side.LOWER),
                    parameter_values=(1.0,),
                ),
            ),
            "axes[0].limit_bound.side",
            "FIELD_MISSING",
        ),
    ],
)
def test_axes_that_break_the_contract_are_named(problem, axes, field, reason):
    found = request_violations(sweep(problem, *axes))
    assert (field, reason) in {(violation.field, violation.reason.name) for violation in found}


async def test_a_sweep_without_axes_ends_the_call_and_names_them(problem, pool):
    async with serving_sweeps(pool) as channel:
        with pytest.raises(aio.AioRpcError) as caught:
            await collected(frontier(channel, sweep(problem)))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_caller_who_leaves_frees_the_workers_within_a_second(problem, pool):
    values = tuple(1.0 + step / 2_000 for step in range(1_000))
    async with serving_sweeps(pool) as channel:
        call = frontier(channel, sweep(problem, caps(*values)))
        await call.read()
        assert pool.counts().busy > 0
        call.cancel()
        left = time.monotonic()
        while (counts := pool.counts()).busy or counts.waiting:
            assert time.monotonic() < left + 1.0
            await asyncio.sleep(0.01)
