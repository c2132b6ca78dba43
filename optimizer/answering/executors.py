"""Who works on chunks, here or on a cluster, and the stream of what comes of them.

At most two chunks per worker are under way: one that runs and one that is at hand. The rest waits where it
came from, so that a reader who is slow, or a sender who is fast, holds up nothing but its own call.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import replace
from typing import Any, Final, Protocol

from counterpoise.model import CallRefusal, ErrorReason
from optimizer.answering.chunks import ChunkBegan, answer_chunk, refused
from optimizer.answering.items import Chunk, Outcome
from optimizer.workers import Cancellation, WorkerLost, WorkerPool

SPARE_SECONDS: Final = 2.0
"""What a chunk may take beyond the time of its items, to be read, judged and written."""
AHEAD: Final = 2
"""Chunks under way for each worker."""
_SHARES: Final = 4
"""Chunks that each worker gets of a call, where they are not too small or too large."""


class Crew(Protocol):
    """Workers that answer chunks."""

    least_items: int
    most_items: int
    """Of a chunk."""

    @property
    def worker_count(self) -> int:
        """Chunks that run at a time."""

    def submit(self, chunk: Chunk, cancellation: Cancellation) -> Future[tuple[Outcome, ...]]:
        """The outcomes of a chunk's items.

        The future raises WorkerLost, TimeoutError where the chunk was ended because it took too long, and
        CancelledError after `cancellation`.
        """


class LocalCrew:
    """The workers of this machine, in the background: they take a chunk when nobody waits for one answer."""

    least_items = 1
    most_items = 16

    def __init__(self, pool: WorkerPool, spare_seconds: float = SPARE_SECONDS) -> None:
        self._pool = pool
        self._spare_seconds = spare_seconds

    @property
    def worker_count(self) -> int:
        """As many as the pool has."""
        return self._pool.size

    def submit(self, chunk: Chunk, cancellation: Cancellation) -> Future[tuple[Outcome, ...]]:
        """See `Crew`. The time of a chunk runs from when a worker has it."""
        ending, outcomes = Cancellation(), begun()
        seconds = chunk.limit_seconds * len(chunk.items) + self._spare_seconds
        timer = threading.Timer(seconds, ending.cancel)
        timer.daemon = True

        def hear(told: object) -> None:
            if isinstance(told, ChunkBegan):
                timer.start()

        running = self._pool.submit(
            answer_chunk,
            chunk,
            timeout_seconds=threading.TIMEOUT_MAX,
            cancellation=ending,
            affinity=hash(chunk.shared),
            background=True,
            on_note=hear,
        )
        forget = cancellation.on_cancel(ending.cancel)

        def end(done: Future[tuple[Outcome, ...]]) -> None:
            timer.cancel()
            forget()
            error = done.exception()
            if isinstance(error, CancelledError) and not cancellation.cancelled:
                error = TimeoutError("the chunk's time is over")
            if error is None:
                outcomes.set_result(done.result())
            else:
                outcomes.set_exception(error)

        running.add_done_callback(end)
        return outcomes


class ClusterCrew:
    """Workers of a cluster behind an executor, which tries again elsewhere when one dies.

    No task there can be ended from outside: a solve that hangs is its worker's.
    """

    least_items = 16
    most_items = 64

    def __init__(self, executor: Executor, worker_count: Callable[[], int]) -> None:
        self._executor = executor
        self._worker_count = worker_count

    @property
    def worker_count(self) -> int:
        """As many as there are now, at least one: chunks wait for it."""
        return max(self._worker_count(), 1)

    def submit(self, chunk: Chunk, cancellation: Cancellation) -> Future[tuple[Outcome, ...]]:
        """See `Crew`."""
        outcomes = begun()
        running = self._executor.submit(answer_chunk, chunk)
        forget = cancellation.on_cancel(lambda: _drop(running))

        def end(done: Future[Any]) -> None:
            forget()
            if cancellation.cancelled:
                outcomes.set_exception(CancelledError())
            elif done.cancelled() or (error := done.exception()) is not None:
                cause = None if done.cancelled() else error
                lost = WorkerLost(f"the cluster lost the task: {cause!r}")
                outcomes.set_exception(lost)
            else:
                outcomes.set_result(done.result())

        running.add_done_callback(end)
        return outcomes


def begun() -> Future[tuple[Outcome, ...]]:
    """A future that takes its result even when whoever waited for it has left."""
    future = Future[tuple[Outcome, ...]]()
    future.set_running_or_notify_cancel()
    return future


def _drop(running: Future[Any]) -> None:
    running.cancel()


def chunk_size(crew: Crew, item_count: int) -> int:
    """Items of a chunk of a call that has so many: every worker gets some, and the last ends soon."""
    wanted = -(-item_count // (_SHARES * crew.worker_count))
    return min(max(wanted, crew.least_items), crew.most_items)


async def answered(
    chunks: AsyncIterator[Chunk], crew: Crew, cancellation: Cancellation
) -> AsyncGenerator[Outcome, None]:
    """The outcome of every item of the chunks, as chunks end.

    The next chunk is asked for only while there is room for it. Raises CancelledError after `cancellation`,
    and what `chunks` raises. Whoever leaves early cancels.
    """
    feeding: asyncio.Task[Chunk | None] | None = None
    under_way: set[asyncio.Task[tuple[Outcome, ...]]] = set()
    more = True
    try:
        while more or under_way:
            if more and feeding is None and len(under_way) < AHEAD * crew.worker_count:
                feeding = asyncio.create_task(_next(chunks))
            waited: list[asyncio.Task[Any]] = [*under_way, *([feeding] if feeding is not None else [])]
            done, _ = await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if feeding in done and feeding is not None:
                chunk = feeding.result()
                feeding, more = None, chunk is not None
                if chunk is not None:
                    under_way.add(asyncio.create_task(_outcomes(chunk, crew, cancellation)))
            for task in [task for task in under_way if task in done]:
                under_way.discard(task)
                for outcome in task.result():
                    yield outcome
    finally:
        left: list[asyncio.Task[Any]] = [*under_way, *([feeding] if feeding is not None else [])]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def _next(chunks: AsyncIterator[Chunk]) -> Chunk | None:
    return await anext(chunks, None)


async def _outcomes(chunk: Chunk, crew: Crew, cancellation: Cancellation) -> tuple[Outcome, ...]:
    """Those of a chunk; where it was lost or late its items go again, each alone."""
    try:
        return await asyncio.wrap_future(crew.submit(chunk, cancellation))
    except WorkerLost:
        pass
    except TimeoutError:
        if len(chunk.items) == 1:
            return await _late(chunk, crew, cancellation)
    found = [await _alone(single, crew, cancellation) for single in chunk.singly()]
    return tuple(outcome for outcomes in found for outcome in outcomes)


async def _alone(chunk: Chunk, crew: Crew, cancellation: Cancellation) -> tuple[Outcome, ...]:
    try:
        return await asyncio.wrap_future(crew.submit(chunk, cancellation))
    except WorkerLost:
        return tuple(_lost(chunk))
    except TimeoutError:
        return await _late(chunk, crew, cancellation)


async def _late(chunk: Chunk, crew: Crew, cancellation: Cancellation) -> tuple[Outcome, ...]:
    """Answers that say that time ran out; they are written by a worker, too."""
    try:
        return await asyncio.wrap_future(crew.submit(replace(chunk, late=True), cancellation))
    except (WorkerLost, TimeoutError):
        return tuple(_lost(chunk))


def _lost(chunk: Chunk) -> list[Outcome]:
    refusal = CallRefusal(
        reason=ErrorReason.WORKER_LOST, message="the worker died, twice with this question; retry"
    )
    return [refused(chunk, item, refusal) for item in chunk.items]
