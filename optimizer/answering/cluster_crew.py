"""Chunks on a cluster: large ones, and nobody waits for ever for a cluster that has fallen silent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future, InvalidStateError
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from optimizer.answering.chunks import answer_chunk
from optimizer.answering.executors import begun
from optimizer.answering.items import Chunk, CrewSilent, Outcome
from optimizer.workers import Cancellation, WorkerLost

TURN_SECONDS: Final = 1.0
"""How long a worker of a cluster has a chunk: long beside its way there and back."""
SPARE_SECONDS: Final = 30.0
"""What a turn may take beyond its time: a worker that is new loads its modules, one that died is replaced."""
EMPTY_SECONDS: Final = 10.0
"""How long a chunk waits for a cluster that has no worker."""


class ClusterCrew:
    """Workers of a cluster behind an executor, which tries again elsewhere when one dies.

    No task there can be ended from outside: a solve that hangs is its worker's. A worker begins with no item
    after its turn, so that a turn ends by itself within the turn's time and one item's limit. A chunk that is
    not back when every turn before it and its own must have ended is given up; which of its items hangs
    cannot be told, so that it fails as a whole.
    """

    least_items = 16
    most_items = 64

    def __init__(
        self,
        executor: Executor,
        worker_count: Callable[[], int],
        *,
        spare_seconds: float = SPARE_SECONDS,
        empty_seconds: float = EMPTY_SECONDS,
    ) -> None:
        """`worker_count` is asked on the event loop and must not wait."""
        self._executor = executor
        self._worker_count = worker_count
        self._spare_seconds = spare_seconds
        self._empty_seconds = empty_seconds
        self._under_way: set[Future[tuple[Outcome, ...]]] = set()

    @property
    def worker_count(self) -> int:
        """As many as there are now, at least one: chunks wait for it."""
        return max(self._worker_count(), 1)

    def submit(self, chunk: Chunk, cancellation: Cancellation) -> Future[tuple[Outcome, ...]]:
        """See `Crew`."""
        outcomes, seconds = begun(), self._patience_seconds(chunk)
        try:
            running = self._executor.submit(answer_chunk, replace(chunk, turn_seconds=TURN_SECONDS))
        except Exception as error:  # noqa: BLE001 - a client that has lost its scheduler raises what it likes
            outcomes.set_exception(CrewSilent(f"the cluster takes no work: {error!r}; retry later"))
            return outcomes

        def drop(error: Exception) -> None:
            _finish(outcomes, error)
            running.cancel()

        def end(done: Future[Any]) -> None:
            if done.cancelled():
                _finish(outcomes, WorkerLost("the cluster dropped the task"))
            elif (error := done.exception()) is not None:
                _finish(outcomes, WorkerLost(f"the cluster lost the task: {error!r}"))
            else:
                _finish(outcomes, done.result())

        silent = CrewSilent(f"the cluster did not answer within {seconds:.0f} s; retry later")
        timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), drop, [silent])
        timer.daemon = True
        forget = cancellation.on_cancel(lambda: drop(CancelledError()))

        def settled(_: Future[Any]) -> None:
            timer.cancel()
            forget()
            self._under_way.discard(outcomes)

        self._under_way.add(outcomes)
        timer.start()
        outcomes.add_done_callback(settled)
        running.add_done_callback(end)
        return outcomes

    def _patience_seconds(self, chunk: Chunk) -> float:
        """Until every turn before this one and its own must have ended, workers taking them in order."""
        count = self._worker_count()
        if not count:
            return self._empty_seconds
        turn = TURN_SECONDS + chunk.limit_seconds + self._spare_seconds
        return turn * (1 + -(-len(self._under_way) // count))


def _finish(outcomes: Future[tuple[Outcome, ...]], found: BaseException | tuple[Outcome, ...]) -> None:
    """Once: whatever comes later finds nobody who waits."""
    with suppress(InvalidStateError):
        if isinstance(found, BaseException):
            outcomes.set_exception(found)
        else:
            outcomes.set_result(found)
