"""Workers that die under a batch, here and on a cluster: nothing is lost, and no answer differs by a bit."""

import asyncio
import os
import signal
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from counterpoise import AllocationProblem, wire
from counterpoise.model import (
    AllocateBatchRequest,
    BatchHeader,
    BatchItem,
    LimitBoundParameter,
    Side,
    SweepAxis,
    TraceFrontierRequest,
)
from counterpoise.v1 import allocation_service_pb2
from optimizer.answering.clusters import crew_of
from optimizer.workers import WorkerPool
from tests.dask_cluster import dask_cluster
from tests.sweeping import batch, collected, frontier, serving_sweeps

EXAMPLE = Path(__file__).parents[2] / "clients/python/examples/total_portfolio.yaml"
ITEMS = 40
needs_distributed = pytest.mark.skipif(
    find_spec("distributed") is None, reason="distributed, the extra `cluster`, is not installed"
)


@pytest.fixture(scope="module")
def problem():
    return AllocationProblem.from_yaml(EXAMPLE)


@pytest.fixture
def pool():
    pool = WorkerPool(2)
    pool.start()
    yield pool
    pool.stop()


def requests(problem):
    shared = BatchHeader(
        market=problem.market,
        objective=problem.objective,
        scenarios=problem.scenarios,
        return_samples=problem.return_samples,
    )
    yield AllocateBatchRequest(header=shared)
    for index in range(ITEMS):
        limits = tuple(
            replace(limit, upper=1.2 + index / 1_000) if limit.limit_id == "gross-cap" else limit
            for limit in problem.mandate.limits
        )
        mandate = replace(problem.mandate, limits=limits)
        part = BatchItem(request_id=f"item-{index:02}", portfolio=problem.portfolio, mandate=mandate)
        yield AllocateBatchRequest(item=part)


def by_id(answers):
    assert all(answer.refusal is None for answer in answers)
    assert len({answer.request_id for answer in answers}) == len(answers) == ITEMS
    return {
        answer.request_id: wire.to_message(
            answer, allocation_service_pb2.AllocateBatchResponse
        ).SerializeToString(deterministic=True)
        for answer in answers
    }


async def test_a_worker_killed_under_a_batch_loses_no_answer(problem, pool):
    async with serving_sweeps(pool) as channel:
        call = batch(channel, requests(problem))
        answers = [wire.to_model(await anext(stream := aiter(call)))]
        os.kill(pool._slots[0].pid, signal.SIGKILL)
        answers += await collected(stream)
        undisturbed = await collected(batch(channel, requests(problem)))
    assert pool.counts().lost == 1
    assert by_id(answers) == by_id(undisturbed)


async def cluster_of(crew, worker_count):
    limit = time.monotonic() + 60.0
    while crew._worker_count() < worker_count:
        assert time.monotonic() < limit
        await asyncio.sleep(0.05)


@needs_distributed
async def test_a_cluster_whose_worker_dies_answers_to_the_bit_as_this_machine_does(problem, pool, tmp_path):
    async with serving_sweeps(pool) as channel:
        here = by_id(await collected(batch(channel, requests(problem))))
    with dask_cluster(tmp_path, 2) as cluster, crew_of(cluster.address, pool) as crew:
        await cluster_of(crew, 2)
        async with serving_sweeps(pool, crew) as channel:
            call = batch(channel, requests(problem))
            answers = [wire.to_model(await anext(stream := aiter(call)))]
            cluster.workers[0].kill()
            answers += await collected(stream)
    assert by_id(answers) == here


@needs_distributed
async def test_a_sweep_on_a_cluster_is_the_sweep_here(problem, pool, tmp_path):
    cap = LimitBoundParameter(limit_id="gross-cap", side=Side.UPPER)
    axis = SweepAxis(limit_bound=cap, parameter_values=tuple(1.2 + step / 100 for step in range(20)))
    request = TraceFrontierRequest(problem=problem, axes=(axis,))

    async def points(channel):
        found = await collected(frontier(channel, request))
        return {point.point_index: point.allocation for point in found}

    async with serving_sweeps(pool) as channel:
        here = await points(channel)
    with dask_cluster(tmp_path, 2) as cluster, crew_of(cluster.address, pool) as crew:
        await cluster_of(crew, 2)
        async with serving_sweeps(pool, crew) as channel:
            there = await points(channel)
    assert set(there) == set(here) == set(range(20))
    assert {index: repr(found) for index, found in there.items()} == {
        index: repr(found) for index, found in here.items()
    }
