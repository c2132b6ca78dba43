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
    ErrorReason,
    LimitBoundParameter,
    Side,
    SweepAxis,
    TraceFrontierRequest,
)
from counterpoise.v1 import allocation_service_pb2
from optimizer.answering.clusters import crew_of
from optimizer.answering.warm import warm_up
from optimizer.workers import WorkerPool
from tests.dask_cluster import dask_cluster
from tests.sweeping import batch, collected, frontier, serving_sweeps

EXAMPLE = Path(__file__).parents[2] / "clients/python/examples/total_portfolio.yaml"
ITEMS = 40
LIMIT_SECONDS = 4.0
needs_distributed = pytest.mark.skipif(
    find_spec("distributed") is None, reason="distributed, the extra `cluster`, is not installed"
)


@pytest.fixture(scope="module")
def problem():
    return AllocationProblem.from_yaml(EXAMPLE)


@pytest.fixture
def pool():
    pool = WorkerPool(2)
    pool.start(warm_up)
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
            call = asyncio.create_task(collected(batch(channel, requests(problem))))
            await killed_at_work(crew, cluster)
            answers = await call
    assert by_id(answers) == here


async def killed_at_work(crew, cluster):
    """Kills a worker of a cluster while it has a task, which therefore goes to another."""
    client = crew._executor._client
    pids = await asyncio.to_thread(client.run, os.getpid)
    limit = time.monotonic() + 60.0
    while time.monotonic() < limit:
        for address, pid in pids.items():
            (process,) = (worker for worker in cluster.workers if worker.pid == pid)
            process.send_signal(signal.SIGSTOP)
            # What it had sent before arrives; a task that it has now it will never end.
            await asyncio.sleep(0.2)
            if (await asyncio.to_thread(client.processing))[address]:
                process.kill()
                return
            process.send_signal(signal.SIGCONT)
    raise AssertionError("no worker had a task")


def refusals(answers):
    assert len({answer.request_id for answer in answers}) == len(answers) == ITEMS
    return {answer.refusal.reason for answer in answers if answer.refusal is not None}


async def longest_gap(call):
    """The longest time that the event loop left nobody else a turn, until the call has ended."""
    longest, last = 0.0, time.monotonic()
    while not call.done():
        await asyncio.sleep(0.01)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    return longest


def hurried(crew):
    """With less patience than a cluster in earnest needs."""
    crew._spare_seconds = crew._empty_seconds = 1.0
    return crew


@needs_distributed
async def test_a_scheduler_that_says_nothing_ends_a_call_and_holds_up_nobody(problem, pool, tmp_path):
    with dask_cluster(tmp_path, 1) as cluster, crew_of(cluster.address, pool) as crew:
        await cluster_of(crew, 1)
        async with serving_sweeps(pool, hurried(crew), LIMIT_SECONDS) as channel:
            cluster.scheduler.send_signal(signal.SIGSTOP)
            call = asyncio.create_task(collected(batch(channel, requests(problem))))
            gap = await longest_gap(call)
            cluster.scheduler.send_signal(signal.SIGCONT)
            answers = await call
    assert refusals(answers) == {ErrorReason.WORKER_LOST}
    assert gap < LIMIT_SECONDS


@needs_distributed
async def test_a_cluster_that_loses_its_last_worker_ends_the_call_with_refusals(problem, pool, tmp_path):
    with dask_cluster(tmp_path, 1) as cluster, crew_of(cluster.address, pool) as crew:
        await cluster_of(crew, 1)
        async with serving_sweeps(pool, hurried(crew), LIMIT_SECONDS) as channel:
            call = asyncio.create_task(collected(batch(channel, requests(problem))))
            await killed_at_work(crew, cluster)
            assert ErrorReason.WORKER_LOST in refusals(await call)


@needs_distributed
async def test_a_scheduler_that_dies_ends_the_call_with_refusals(problem, pool, tmp_path):
    with dask_cluster(tmp_path, 1) as cluster, crew_of(cluster.address, pool) as crew:
        await cluster_of(crew, 1)
        async with serving_sweeps(pool, hurried(crew), LIMIT_SECONDS) as channel:
            cluster.workers[0].send_signal(signal.SIGSTOP)
            call = asyncio.create_task(collected(batch(channel, requests(problem))))
            await asyncio.sleep(0.5)
            cluster.scheduler.kill()
            assert refusals(await call) == {ErrorReason.WORKER_LOST}


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
