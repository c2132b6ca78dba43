"""A frontier over real connections: the same answers as single calls, in any order, and prices that fit."""

from dataclasses import replace
from pathlib import Path

import pytest

from counterpoise import AllocationProblem, wire
from counterpoise.model import (
    AllocateRequest,
    AllocationView,
    LimitBoundParameter,
    Side,
    SolveParameters,
    SweepAxis,
    TraceFrontierRequest,
)
from optimizer.answering.answerer import Answerer
from tests.sweeping import collected, frontier, serving_sweeps

EXAMPLE = Path(__file__).parents[2] / "clients/python/examples/total_portfolio.yaml"
CAP = LimitBoundParameter(limit_id="gross-cap", side=Side.UPPER)
CAPS = (1.0, 1.1, 1.2, 1.3, 1.4, 1.5)


@pytest.fixture(scope="module")
def problem():
    return AllocationProblem.from_yaml(EXAMPLE)


@pytest.fixture(scope="module")
def pool():
    from optimizer.workers import WorkerPool

    pool = WorkerPool(2)
    pool.start()
    yield pool
    pool.stop()


def sweep(problem, *axes, **parameters):
    return TraceFrontierRequest(problem=problem, axes=axes, parameters=SolveParameters(**parameters))


def capped(problem, cap):
    limits = tuple(
        replace(limit, upper=cap) if limit.limit_id == "gross-cap" else limit
        for limit in problem.mandate.limits
    )
    return replace(problem, mandate=replace(problem.mandate, limits=limits))


async def test_every_point_is_the_answer_of_a_call_of_its_own(problem, pool):
    async with serving_sweeps(pool) as channel:
        points = await collected(
            frontier(channel, sweep(problem, SweepAxis(limit_bound=CAP, parameter_values=CAPS)))
        )
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


def bytes_of(allocation):
    from counterpoise.v1 import allocation_pb2

    return wire.to_message(allocation, allocation_pb2.Allocation).SerializeToString(deterministic=True)
