"""Sweeps under faults: a point that hangs, a server that drains, tenants who crowd."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

import grpc
import pytest
from grpc import aio

from counterpoise import AllocationProblem, wire
from counterpoise.model import (
    AllocateBatchRequest,
    BatchHeader,
    BatchItem,
    LimitBoundParameter,
    Side,
    SweepAxis,
    TerminationReason,
    TraceFrontierRequest,
)
from counterpoise.v1 import allocation_service_pb2
from optimizer.answering.executors import LocalCrew, answered
from optimizer.answering.items import Chunk, Item
from optimizer.answering.warm import warm_up
from optimizer.service.sweeps import MAXIMUM_SWEEPS
from optimizer.workers import Cancellation, WorkerPool
from tests.long_calls import reason_of
from tests.sweeping import SERVICE, collected, frontier, serving_sweeps, sweep_server
from tests.worker_tasks import count_items_and_kill_at, echo, hang_where_the_cap_is

EXAMPLE = Path(__file__).parents[2] / "clients/python/examples/total_portfolio.yaml"
CAP = LimitBoundParameter(limit_id="gross-cap", side=Side.UPPER)
HANGING = 1.25
AMPLE_SECONDS = 60.0
LIMIT_SECONDS = 3.0
SPARE_SECONDS = 0.5


@pytest.fixture(scope="module")
def problem():
    return AllocationProblem.from_yaml(EXAMPLE)


@pytest.fixture(scope="module")
def pool():
    pool = WorkerPool(2)
    pool.start(warm_up)
    yield pool
    pool.stop()


@pytest.fixture
def single():
    pool = WorkerPool(1)
    pool.start(warm_up)
    yield pool
    pool.stop()


@pytest.fixture
def hanging_pool():
    pool = WorkerPool(2)
    pool.start(partial(hang_where_the_cap_is, HANGING))
    yield pool
    pool.stop()


def sweep(problem, values):
    return TraceFrontierRequest(
        problem=problem, axes=(SweepAxis(limit_bound=CAP, parameter_values=tuple(values)),)
    )


def steps(count):
    """Caps from 1.2 on."""
    return [1.2 + step / 5_000 for step in range(count)]


async def test_a_point_that_hangs_is_out_of_time_and_the_others_are_answered(problem, hanging_pool):
    values = [*(1.2 + step / 1_000 for step in range(8)), HANGING]
    crew = LocalCrew(hanging_pool, SPARE_SECONDS)
    began = time.monotonic()
    async with serving_sweeps(hanging_pool, crew, LIMIT_SECONDS) as channel:
        points = await collected(frontier(channel, sweep(problem, values)))
    assert time.monotonic() - began < 10 * LIMIT_SECONDS
    reasons = {point.coordinates[0]: point.allocation.termination.reason for point in points}
    assert reasons.pop(HANGING) is TerminationReason.TIME_LIMIT
    assert set(reasons) == set(values) - {HANGING}
    assert set(reasons.values()) == {TerminationReason.OPTIMAL}
    assert sorted(point.completed_count for point in points) == list(range(1, len(values) + 1))


async def test_a_point_that_hangs_among_many_has_no_more_than_its_own_time(problem, hanging_pool):
    values = steps(63)
    values.insert(5, HANGING)
    crew = LocalCrew(hanging_pool, SPARE_SECONDS)
    began = time.monotonic()
    async with serving_sweeps(hanging_pool, crew, 2 * LIMIT_SECONDS) as channel:
        points = await collected(frontier(channel, sweep(problem, values)))
    # The time of a chunk's other points, 7 of them, is not added to it.
    assert time.monotonic() - began < 6 * 2 * LIMIT_SECONDS
    late = [
        p.coordinates[0] for p in points if p.allocation.termination.reason is not TerminationReason.OPTIMAL
    ]
    assert late == [HANGING]


async def test_points_before_one_that_kills_its_worker_are_not_answered_again(problem, tmp_path):
    log, values = tmp_path / "items", steps(40)
    pool = WorkerPool(1)
    pool.start(partial(count_items_and_kill_at, values[9], log))
    try:
        async with serving_sweeps(pool) as channel:
            points = await collected(frontier(channel, sweep(problem, values)))
    finally:
        pool.stop()
    refused = [point.coordinates[0] for point in points if point.refusal is not None]
    assert refused == [values[9]]
    assert sorted(map(float, log.read_text().split())) == sorted([*values, values[9]])


async def test_one_answer_waits_for_about_one_point_of_a_sweep_and_not_for_a_chunk(problem, single):
    request = wire.to_message(sweep(problem, steps(96)), allocation_service_pb2.TraceFrontierRequest)
    body = request.SerializeToString()

    async def chunks():
        for start in range(0, 96, 16):
            yield Chunk("TraceFrontier", body, tuple(map(Item, range(start, start + 16))), AMPLE_SECONDS)

    async def read():
        async with aclosing(answered(chunks(), LocalCrew(single), Cancellation())) as outcomes:
            return [outcome.seconds async for outcome in outcomes]

    reading, waits = asyncio.create_task(read()), []
    while not reading.done():
        began = time.monotonic()
        await asyncio.wrap_future(single.submit(echo, 0, timeout_seconds=AMPLE_SECONDS))
        waits.append(time.monotonic() - began)
    seconds = await reading
    assert len(seconds) == 96
    assert median(waits) < 4.0 * median(seconds)


async def test_a_sweep_that_ends_within_the_drain_is_answered_whole(problem, pool):
    async with sweep_server(pool, drain_seconds=60.0) as (server, channel):
        call = frontier(channel, sweep(problem, steps(40)))
        stream = aiter(call)
        await anext(stream)
        stopping = asyncio.create_task(server.stop())
        points = await collected(stream)
        await stopping
    assert len(points) == 39
    assert await call.code() is grpc.StatusCode.OK


async def test_a_sweep_beyond_the_drain_is_told_to_go_elsewhere_and_frees_its_workers(problem, pool):
    async with sweep_server(pool, drain_seconds=0.5) as (server, channel):
        call = frontier(channel, sweep(problem, steps(1_000)))
        stream = aiter(call)
        await anext(stream)
        stopping = asyncio.create_task(server.stop())
        with pytest.raises(aio.AioRpcError) as caught:
            await collected(stream)
        await stopping
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert reason_of(caught.value) == "SHUTTING_DOWN"
        counts = pool.counts()
        assert counts.waiting == 0


async def test_no_sweep_begins_while_the_server_drains(problem, pool):
    async with sweep_server(pool, drain_seconds=60.0) as (server, channel):
        first = aiter(frontier(channel, sweep(problem, steps(60))))
        await anext(first)
        stopping = asyncio.create_task(server.stop())
        await asyncio.sleep(0.1)
        with pytest.raises(aio.AioRpcError) as caught:
            await collected(frontier(channel, sweep(problem, steps(2))))
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert reason_of(caught.value) == "SHUTTING_DOWN"
        assert len(await collected(first)) == 59
        await stopping


async def inside(server, count):
    """Until so many sweeps have come in."""
    limit = time.monotonic() + AMPLE_SECONDS
    while server._sweeps.admission.count < count:
        assert time.monotonic() < limit
        await asyncio.sleep(0.01)


async def test_a_tenant_at_its_most_sweeps_is_refused_and_another_is_answered_in_its_turn(problem, pool):
    async with sweep_server(pool) as (server, channel):
        held = [frontier(channel, sweep(problem, steps(900)), tenant="greedy") for _ in range(MAXIMUM_SWEEPS)]
        await inside(server, MAXIMUM_SWEEPS)
        with pytest.raises(aio.AioRpcError) as caught:
            await collected(frontier(channel, sweep(problem, steps(1)), tenant="greedy"))
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert reason_of(caught.value) == "SERVER_BUSY"
        assert len(await collected(frontier(channel, sweep(problem, steps(1)), tenant="other"))) == 1
        for call in held:
            call.cancel()


async def test_a_batch_that_says_nothing_loses_its_place(pool):
    async with sweep_server(pool) as (server, channel):
        server._sweeps._idle_seconds = 0.2
        call = channel.stream_stream(f"{SERVICE}/AllocateBatch")(timeout=AMPLE_SECONDS)
        with pytest.raises(aio.AioRpcError) as caught:
            await collected(call)
        assert reason_of(caught.value) == "DEADLINE_PASSED"
        assert "no message came" in caught.value.details()
        assert server._sweeps.admission.count == 0


async def test_a_batch_that_waits_for_an_answer_is_not_silent(problem, hanging_pool):
    limits = tuple(
        replace(limit, upper=HANGING) if limit.limit_id == "gross-cap" else limit
        for limit in problem.mandate.limits
    )
    hanging = BatchItem(
        request_id="hanging", portfolio=problem.portfolio, mandate=replace(problem.mandate, limits=limits)
    )
    header = BatchHeader(market=problem.market, objective=problem.objective, scenarios=problem.scenarios)
    crew = LocalCrew(hanging_pool, SPARE_SECONDS)
    async with sweep_server(hanging_pool, crew, 1.0) as (server, channel):
        server._sweeps._idle_seconds = 0.2
        call = channel.stream_stream(
            f"{SERVICE}/AllocateBatch",
            request_serializer=lambda part: wire.to_message(
                part, allocation_service_pb2.AllocateBatchRequest
            ).SerializeToString(),
            response_deserializer=allocation_service_pb2.AllocateBatchResponse.FromString,
        )(timeout=AMPLE_SECONDS)
        await call.write(AllocateBatchRequest(header=header))
        await call.write(AllocateBatchRequest(item=hanging))
        answer = wire.to_model(await call.read())
        assert answer.request_id == "hanging"
        assert answer.refusal is None
        assert answer.allocation.termination.reason is TerminationReason.TIME_LIMIT
        with pytest.raises(aio.AioRpcError) as caught:
            await call.read()
        assert reason_of(caught.value) == "DEADLINE_PASSED"
