"""The stream of outcomes: bounded whoever is slow, whole whatever becomes of workers."""

import asyncio
import logging
import os
import time
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import replace

import pytest

from counterpoise import wire
from counterpoise.model import ErrorReason
from counterpoise.v1 import allocation_service_pb2
from optimizer.answering import cluster_crew
from optimizer.answering.cluster_crew import ClusterCrew
from optimizer.answering.executors import LocalCrew, answered, chunk_size
from optimizer.answering.items import Chunk, CrewSilent, Interrupted, Item, Outcome
from optimizer.workers import Cancellation, WorkerLost, WorkerPool

WORKERS = 2
AT_MOST = 2 * WORKERS
"""Chunks under way."""


class StandIn:
    """A crew whose chunks end when the test says so, or at once; `fates` are raised instead, by item."""

    least_items = 1
    most_items = 16
    worker_count = WORKERS

    def __init__(self, *, at_once=True, fates=(), turn_items=16):
        self._at_once = at_once
        self._turn_items = turn_items
        self._fates = {index: list(errors) for index, errors in dict(fates).items()}
        self.submitted = []
        self.futures = []

    def submit(self, chunk, cancellation):
        future = Future()
        cancellation.on_cancel(lambda: future.done() or future.set_exception(CancelledError()))
        self.submitted.append(chunk)
        self.futures.append(future)
        if self._at_once:
            self.end(chunk, future)
        return future

    def end(self, chunk, future):
        for item in chunk.items:
            if self._fates.get(item.index) and not chunk.late:
                error = self._fates[item.index].pop(0)
                if isinstance(error, Interrupted):
                    before = chunk.items[: chunk.items.index(item)]
                    error.outcomes = tuple(self.outcomes(b"%d", before))
                future.set_exception(error)
                return
        word = b"late" if chunk.late else b"%d"
        future.set_result(tuple(self.outcomes(word, chunk.items[: self._turn_items])))

    def outcomes(self, word, items):
        return [Outcome(word.replace(b"%d", b"%d" % item.index), "DONE") for item in items]


class Source:
    """Chunks of three items, as long as they are asked for."""

    def __init__(self, count):
        self._count = count
        self.taken = 0

    async def chunks(self):
        for number in range(self._count):
            self.taken += 1
            yield chunk(*range(3 * number, 3 * number + 3))


def chunk(*indices, method="AllocateBatch"):
    return Chunk(method, b"", tuple(Item(index, b"", f"item-{index}") for index in indices), 1.0)


async def one(*indices):
    yield chunk(*indices)


async def outcomes(chunks, crew):
    async with aclosing(answered(chunks, crew, Cancellation())) as stream:
        return [outcome async for outcome in stream]


def bodies(found):
    return sorted((outcome.body for outcome in found), key=lambda body: (len(body), body))


async def test_a_slow_reader_holds_up_the_source_and_loses_nothing():
    source, crew, read = Source(200), StandIn(), []
    async with aclosing(answered(source.chunks(), crew, Cancellation())) as stream:
        async for outcome in stream:
            read.append(outcome)
            # Whatever runs beside has its chance to run ahead.
            for _ in range(5):
                await asyncio.sleep(0)
            assert source.taken - len(read) // 3 <= AT_MOST + 1
    assert bodies(read) == [b"%d" % index for index in range(600)]


async def test_a_fast_sender_is_read_only_as_far_as_workers_take():
    source, crew, cancellation = Source(10_000), StandIn(at_once=False), Cancellation()
    stream = answered(source.chunks(), crew, cancellation)
    first = asyncio.create_task(anext(stream))
    await asyncio.sleep(0.05)
    assert source.taken == len(crew.submitted) == AT_MOST
    crew.end(crew.submitted[0], crew.futures[0])
    assert (await first).body == b"0"
    await anext(stream)
    await anext(stream)
    following = asyncio.create_task(anext(stream))
    await asyncio.sleep(0.05)
    assert source.taken == len(crew.submitted) == AT_MOST + 1
    cancellation.cancel()
    with pytest.raises((asyncio.CancelledError, CancelledError)):
        await following
    await stream.aclose()


async def test_items_of_a_lost_chunk_go_again_alone_and_the_one_that_kills_is_refused():
    crew = StandIn(fates={1: [WorkerLost("gone"), WorkerLost("gone")]})
    found = await outcomes(one(0, 1, 2), crew)
    assert [len(sent.items) for sent in crew.submitted] == [3, 1, 1, 1]
    assert [outcome.result for outcome in found] == ["DONE", "WORKER_LOST", "DONE"]
    refused = wire.to_model(allocation_service_pb2.AllocateBatchResponse.FromString(found[1].body))
    assert refused.request_id == "item-1"
    assert refused.refusal.reason is ErrorReason.WORKER_LOST


async def test_an_item_that_hangs_is_late_and_its_neighbours_are_answered():
    crew = StandIn(fates={1: [TimeoutError(), TimeoutError()]})
    found = await outcomes(one(0, 1, 2), crew)
    assert [outcome.body for outcome in found] == [b"0", b"late", b"2"]
    assert [sent.items[0].index for sent in crew.submitted if sent.late] == [1]


async def test_an_item_alone_in_its_chunk_is_not_tried_again_once_it_has_hung():
    crew = StandIn(fates={0: [TimeoutError()]})
    assert [outcome.body for outcome in await outcomes(one(0), crew)] == [b"late"]
    assert [sent.late for sent in crew.submitted] == [False, True]


async def test_what_is_left_after_a_turn_goes_again_and_every_item_is_answered_once():
    source, crew = Source(20), StandIn(turn_items=2)
    assert bodies(await outcomes(source.chunks(), crew)) == [b"%d" % index for index in range(60)]
    assert sorted(len(sent.items) for sent in crew.submitted) == [1] * 20 + [3] * 20


async def test_an_item_that_takes_too_long_is_late_at_once_and_the_others_are_answered_once():
    crew = StandIn(fates={1: [Interrupted((), TimeoutError())]})
    found = await outcomes(one(0, 1, 2, 3), crew)
    assert [outcome.body for outcome in found] == [b"0", b"late", b"2", b"3"]
    assert [[item.index for item in sent.items] for sent in crew.submitted] == [[0, 1, 2, 3], [1], [2, 3]]


async def test_an_item_whose_worker_dies_goes_again_alone_and_is_refused_the_second_time():
    fates = [Interrupted((), WorkerLost("gone")), Interrupted((), WorkerLost("gone"))]
    crew = StandIn(fates={1: fates})
    found = await outcomes(one(0, 1, 2, 3), crew)
    assert [outcome.result for outcome in found] == ["DONE", "WORKER_LOST", "DONE", "DONE"]
    assert [[item.index for item in sent.items] for sent in crew.submitted] == [[0, 1, 2, 3], [1], [2, 3]]


async def test_items_of_a_crew_that_is_silent_are_refused_and_not_sent_again():
    crew = StandIn(fates={0: [CrewSilent("the cluster did not answer")]})
    found = await outcomes(one(0, 1), crew)
    assert [outcome.result for outcome in found] == ["WORKER_LOST"] * 2
    assert len(crew.submitted) == 1


async def test_what_the_source_raises_ends_the_stream():
    async def broken():
        yield chunk(0)
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        await outcomes(broken(), StandIn())


@pytest.mark.parametrize(
    ("items", "size"), [(0, 1), (1, 1), (8, 1), (9, 2), (50, 7), (1_000, 16), (100_000, 16)]
)
def test_chunks_give_every_worker_some_within_their_bounds(items, size):
    assert chunk_size(StandIn(), items) == size


@pytest.fixture(params=["here", "cluster"])
def crew(request):
    if request.param == "cluster":
        with ThreadPoolExecutor(1) as executor:
            yield ClusterCrew(executor, lambda: 1)
        return
    pool = WorkerPool(1)
    pool.start()
    yield LocalCrew(pool)
    pool.stop()


async def test_a_caller_who_leaves_while_a_chunk_runs_leaves_no_error_behind(crew, caplog):
    cancellation = Cancellation()
    submitted = crew.submit(chunk(0), cancellation)
    waiting = asyncio.wrap_future(submitted)
    waiting.cancel()
    await asyncio.sleep(0)
    cancellation.cancel()
    assert submitted.exception(timeout=30.0) is None or isinstance(submitted.exception(), CancelledError)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_cluster_that_cannot_run_a_chunk_has_lost_it():
    class Broken(ThreadPoolExecutor):
        def submit(self, *_):
            return super().submit(os.stat, "/nowhere")

    with Broken(1) as executor, pytest.raises(WorkerLost, match="FileNotFoundError"):
        await asyncio.wrap_future(ClusterCrew(executor, lambda: 0).submit(chunk(0), Cancellation()))
    assert ClusterCrew(executor, lambda: 0).worker_count == 1


class Silent(Executor):
    """Takes everything and never begins."""

    def __init__(self):
        self.futures = []

    def submit(self, *_):
        self.futures.append(Future())
        return self.futures[-1]


@pytest.mark.parametrize("workers", [0, 1])
async def test_a_cluster_that_never_answers_is_given_up_and_its_task_dropped(workers, monkeypatch):
    monkeypatch.setattr(cluster_crew, "TURN_SECONDS", 0.0)
    executor = Silent()
    crew = ClusterCrew(executor, lambda: workers, spare_seconds=0.1, empty_seconds=0.1)
    brief = replace(chunk(0, 1), limit_seconds=0.1)
    began = time.monotonic()
    found = await asyncio.wait_for(outcomes(alone(brief), crew), 30.0)
    assert [outcome.result for outcome in found] == ["WORKER_LOST"] * 2
    # The refusal comes first; the task is dropped right after it.
    while not executor.futures[0].cancelled():
        assert time.monotonic() - began < 30.0
        await asyncio.sleep(0.001)
    assert len(executor.futures) == 1


async def test_a_cluster_has_time_for_the_turns_before(monkeypatch):
    monkeypatch.setattr(cluster_crew, "TURN_SECONDS", 0.0)
    executor = Silent()
    crew = ClusterCrew(executor, lambda: 1, spare_seconds=0.1)
    brief = replace(chunk(0), limit_seconds=0.1)
    began = time.monotonic()
    first, second = (crew.submit(brief, Cancellation()) for _ in range(2))
    assert isinstance(first.exception(timeout=30.0), CrewSilent)
    assert not second.done()
    assert isinstance(second.exception(timeout=30.0), CrewSilent)
    assert time.monotonic() - began >= 0.4


async def test_a_client_that_has_lost_its_cluster_leaves_refusals():
    with ThreadPoolExecutor(1) as executor:
        pass
    found = await outcomes(one(0, 1), ClusterCrew(executor, lambda: 1))
    assert [outcome.result for outcome in found] == ["WORKER_LOST"] * 2


async def alone(only):
    yield only
