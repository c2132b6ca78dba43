"""Who works on chunks, here or on a cluster, and the stream of what comes of them.

At most two chunks per worker are under way: one that runs and one that is at hand. The rest waits where it
came from, so that a reader who is slow, or a sender who is fast, holds up nothing but its own call. A worker
has a chunk for a turn; the items that are left after it go to the end of the line.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from typing import Any, Final, Protocol

from counterpoise.model import CallRefusal, ErrorReason
from optimizer.answering.chunks import ItemBegan, answer_chunk, refused
from optimizer.answering.items import Chunk, CrewSilent, Interrupted, Outcome
from optimizer.workers import Cancellation, WorkerLost, WorkerPool

SPARE_SECONDS: Final = 0.1
"""What an item may take beyond its time before its worker is ended: a note of it may be on its way."""
TURN_SECONDS: Final = 0.1
"""How long a worker here has a chunk: as long as a person does not notice, where an item is that short."""
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
        """The outcomes of a chunk's first items, at least of one.

        The future raises Interrupted where a known item ended the worker; WorkerLost and TimeoutError where
        it may have been any; CrewSilent; and CancelledError after `cancellation`.
        """


class LocalCrew:
    """The workers of this machine, in the background: a chunk gives way when somebody waits for one answer.

    An item whose worker has not ended it `spare_seconds` after its time limit is ended with the worker.
    """

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
        """See `Crew`. The time of an item runs from when a worker begins with it."""
        ending, outcomes = Cancellation(), begun()
        watch = _ItemWatch(chunk.limit_seconds + self._spare_seconds, ending)
        running = self._pool.submit(
            answer_chunk,
            replace(chunk, turn_seconds=TURN_SECONDS),
            timeout_seconds=threading.TIMEOUT_MAX,
            cancellation=ending,
            affinity=hash(chunk.shared),
            background=True,
            on_note=watch.hear,
        )
        forget = cancellation.on_cancel(ending.cancel)

        def end(done: Future[tuple[Outcome, ...]]) -> None:
            watch.stop()
            forget()
            error = done.exception()
            if error is None:
                outcomes.set_result(done.result())
            elif cancellation.cancelled:
                outcomes.set_exception(CancelledError())
            elif isinstance(error, CancelledError):
                outcomes.set_exception(Interrupted(watch.made, TimeoutError("the item's time is over")))
            elif isinstance(error, WorkerLost):
                outcomes.set_exception(Interrupted(watch.made, error))
            else:
                outcomes.set_exception(error)

        running.add_done_callback(end)
        return outcomes


class _ItemWatch:
    """Ends a worker whose item takes longer than it may; keeps the outcomes of the items before."""

    def __init__(self, seconds: float, ending: Cancellation) -> None:
        self._seconds = seconds
        self._ending = ending
        self._lock = threading.RLock()
        self._item_end: float | None = None
        """On the monotonic clock; None while no item is at work."""
        self._timer: threading.Timer | None = None
        self._stopped = False
        self.made: tuple[Outcome, ...] = ()

    def hear(self, told: object) -> None:
        """Of an item that begins, and of its outcome."""
        with self._lock:
            if isinstance(told, ItemBegan):
                self._item_end = time.monotonic() + self._seconds
                # One timer for all items: when it is early for the present one it is set again.
                if self._timer is None:
                    self._set(self._seconds)
            elif isinstance(told, Outcome):
                self._item_end = None
                self.made = (*self.made, told)

    def stop(self) -> None:
        """Nothing is at work any more."""
        with self._lock:
            self._stopped = True
            if self._timer is not None:
                self._timer.cancel()

    def _set(self, seconds: float) -> None:
        self._timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), self._look)
        self._timer.daemon = True
        self._timer.start()

    def _look(self) -> None:
        with self._lock:
            self._timer = None
            if self._stopped or self._item_end is None:
                return
            left = self._item_end - time.monotonic()
            if left > 0.0:
                self._set(left)
            else:
                # Inside the lock, so that an outcome which comes now cannot make its neighbour the late one.
                self._ending.cancel()


def begun() -> Future[tuple[Outcome, ...]]:
    """A future that takes its result even when whoever waited for it has left."""
    future = Future[tuple[Outcome, ...]]()
    future.set_running_or_notify_cancel()
    return future


def chunk_size(crew: Crew, item_count: int) -> int:
    """Items of a chunk of a call that has so many: every worker gets some, and the last ends soon."""
    wanted = -(-item_count // (_SHARES * crew.worker_count))
    return min(max(wanted, crew.least_items), crew.most_items)


async def answered(
    chunks: AsyncIterator[Chunk], crew: Crew, cancellation: Cancellation
) -> AsyncGenerator[Outcome, None]:
    """The outcome of every item of the chunks, as turns end.

    The next chunk is asked for only while there is room for it. Raises CancelledError after `cancellation`,
    and what `chunks` raises. Whoever leaves early cancels.
    """
    feeding: asyncio.Task[Chunk | None] | None = None
    under_way: dict[asyncio.Task[tuple[Outcome, ...]], Chunk] = {}
    more = True

    def begin(chunk: Chunk) -> None:
        under_way[asyncio.create_task(_outcomes(chunk, crew, cancellation))] = chunk

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
                    begin(chunk)
            for task in [task for task in under_way if task in done]:
                chunk, outcomes = under_way.pop(task), task.result()
                if left := chunk.items[len(outcomes) :]:
                    begin(replace(chunk, items=left))
                for outcome in outcomes:
                    yield outcome
    finally:
        rest: list[asyncio.Task[Any]] = [*under_way, *([feeding] if feeding is not None else [])]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


async def _next(chunks: AsyncIterator[Chunk]) -> Chunk | None:
    return await anext(chunks, None)


async def _outcomes(chunk: Chunk, crew: Crew, cancellation: Cancellation) -> tuple[Outcome, ...]:
    """Those of the first items, at least of one.

    An item that ended its worker is dealt with by itself; where it may have been any, each goes again alone.
    """
    try:
        return await asyncio.wrap_future(crew.submit(chunk, cancellation))
    except Interrupted as interrupted:
        made, cause = interrupted.outcomes, interrupted.cause
        guilty = replace(chunk, items=chunk.items[len(made) : len(made) + 1])
        if not guilty.items:
            return made
        ended = _late if isinstance(cause, TimeoutError) else _alone
        return (*made, *await ended(guilty, crew, cancellation))
    except CrewSilent as silent:
        return tuple(_lost(chunk, str(silent)))
    except WorkerLost:
        pass
    except TimeoutError:
        if len(chunk.items) == 1:
            return await _late(chunk, crew, cancellation)
    found = [await _alone(single, crew, cancellation) for single in chunk.singly()]
    return tuple(outcome for outcomes in found for outcome in outcomes)


async def _alone(chunk: Chunk, crew: Crew, cancellation: Cancellation) -> tuple[Outcome, ...]:
    try:
        return await _plainly(chunk, crew, cancellation)
    except TimeoutError:
        return await _late(chunk, crew, cancellation)
    except (WorkerLost, CrewSilent):
        return tuple(_lost(chunk))


async def _late(chunk: Chunk, crew: Crew, cancellation: Cancellation) -> tuple[Outcome, ...]:
    """Answers that say that time ran out; they are written by a worker, too."""
    try:
        return await _plainly(replace(chunk, late=True), crew, cancellation)
    except (WorkerLost, TimeoutError, CrewSilent):
        return tuple(_lost(chunk))


async def _plainly(chunk: Chunk, crew: Crew, cancellation: Cancellation) -> tuple[Outcome, ...]:
    """The outcome of a chunk of one item. Raises WorkerLost, TimeoutError and CrewSilent."""
    try:
        return await asyncio.wrap_future(crew.submit(chunk, cancellation))
    except Interrupted as interrupted:
        raise interrupted.cause from None


def _lost(chunk: Chunk, text: str = "the worker died, twice with this question; retry") -> list[Outcome]:
    refusal = CallRefusal(reason=ErrorReason.WORKER_LOST, message=text)
    return [refused(chunk, item, refusal) for item in chunk.items]
