"""The pool: who waits, who runs where, and when their time is over.

One process per slot, because a process is the only thing that can be stopped for certain: a solver's
own time limit is soft. A queue of our own, because the caller's time runs while a task waits.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from multiprocessing.reduction import ForkingPickler
from typing import TypeVar

from optimizer.workers.cancellation import Cancellation
from optimizer.workers.errors import WorkerLost
from optimizer.workers.process import start_forkserver
from optimizer.workers.sign import Sign
from optimizer.workers.slot import Slot, Task
from optimizer.workers.stint import OnNote, OnStint

A = TypeVar("A")
R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class PoolCounts:
    """A pool at one moment; a worker that is being replaced counts as busy."""

    busy: int
    idle: int
    waiting: int
    """Tasks in the queue."""
    lost: int
    """Workers that died without being ended by the pool, since it was made."""


class WorkerPool:
    """Runs functions in worker processes, `size` at a time, with `preload`ed modules at hand.

    Thread-safe. How long the queue may grow is for the caller to limit.
    """

    def __init__(self, size: int, preload: tuple[str, ...] = ()) -> None:
        if size < 1:
            raise ValueError(f"a pool has at least one worker, not {size}")
        self._preload = preload
        self._lock = threading.Lock()
        self._deadlines_changed = threading.Condition(self._lock)
        self._watched_deadline = math.inf
        self._running = False
        self._sign = Sign()
        self._slots = tuple(Slot(f"worker-{index}", self, self._sign.reader) for index in range(size))
        self._free = list(self._slots)
        self._waiting: deque[Task] = deque()
        self._waiting_behind: deque[Task] = deque()
        self._live: set[Task] = set()
        self._watch = threading.Thread(target=self._watch_deadlines, name="worker-deadlines", daemon=True)

    @property
    def size(self) -> int:
        """How many tasks run at a time."""
        return len(self._slots)

    @property
    def is_working(self) -> bool:
        """Whether tasks are taken, run and ended at their deadlines."""
        return self._running and self._watch.is_alive() and all(slot.is_working for slot in self._slots)

    def counts(self) -> PoolCounts:
        """How many workers do what now, and how many tasks wait."""
        with self._lock:
            idle, waiting = len(self._free), len(self._waiting) + len(self._waiting_behind)
        lost = sum(slot.lost_count for slot in self._slots)
        return PoolCounts(busy=len(self._slots) - idle, idle=idle, waiting=waiting, lost=lost)

    def start(self, warm: Callable[[], object] | None = None) -> None:
        """Start the workers and wait until each is ready.

        Must come before gRPC is loaded. `warm`, a picklable function, runs first in every worker,
        replacements included. Raises WorkerLost when a worker does not start.
        """
        start_forkserver(self._preload)
        try:
            for slot in self._slots:
                slot.start(warm)
            for slot in self._slots:
                slot.await_ready()
        except (WorkerLost, OSError):
            self.stop()
            raise
        with self._lock:
            self._running = True
        self._watch.start()

    def stop(self) -> None:
        """End every worker; tasks that wait or run raise WorkerLost. Idempotent."""
        with self._lock:
            self._running = False
            remaining = tuple(self._live)
            self._deadlines_changed.notify()
        for task in remaining:
            self._abandon(task, WorkerLost("the worker pool stopped"))
        for slot in self._slots:
            slot.stop()
        for slot in self._slots:
            slot.join()
        self._sign.close()

    def submit(
        self,
        function: Callable[[A], R],
        argument: A,
        *,
        timeout_seconds: float,
        cancellation: Cancellation | None = None,
        affinity: int | None = None,
        background: bool = False,
        on_stint: OnStint | None = None,
        on_note: OnNote | None = None,
    ) -> Future[R]:
        """Run `function(argument)` in a worker; both must be picklable, the function by its name.

        The future raises what the function raised; TimeoutError when `timeout_seconds` have passed
        since this call, in the queue or in the worker; `concurrent.futures.CancelledError` when it was
        cancelled; WorkerLost when the worker died. Cancelling the future itself has no effect.
        Of the workers that are free the one is chosen whose last task had the same `affinity`. A task in
        the `background` starts when no other waits; `others_wait` tells it when one does.
        `on_stint` hears when the worker had the task, before the future is done; it hears nothing of a
        task that never came out of the queue. `on_note` hears what the task tells with `note`.

        Raises RuntimeError when the pool is not running.
        """
        payload = ForkingPickler.dumps((function, argument))
        deadline = time.monotonic() + timeout_seconds
        task = Task(
            payload=payload,
            deadline=deadline,
            affinity=affinity,
            background=background,
            on_stint=on_stint,
            on_note=on_note,
        )
        task.future.set_running_or_notify_cancel()
        with self._lock:
            if not self._running:
                raise RuntimeError("the worker pool is not running")
            self._live.add(task)
            self._queue(task).append(task)
            self._hand_out()
            if task.deadline < self._watched_deadline:
                self._deadlines_changed.notify()
        if cancellation is not None:
            forget = cancellation.on_cancel(lambda: self._abandon(task, CancelledError()))
            task.future.add_done_callback(lambda _: forget())
        return task.future

    # What slots report

    def is_live(self, task: Task) -> bool:
        """Whether somebody still waits for the task."""
        with self._lock:
            return task in self._live

    def completed(self, slot: Slot, task: Task, result: object, error: Exception | None) -> None:
        """Hand over what the task brought, the slot being free again."""
        with self._lock:
            live = task in self._live
            self._live.discard(task)
            self._take_back(slot)
        if not live:
            return
        task.report(error)
        if error is not None:
            task.future.set_exception(error)
        else:
            task.future.set_result(result)

    def lost(self, task: Task, error: WorkerLost) -> None:
        """Tell the caller that the worker died, unless that was our doing."""
        with self._lock:
            live = task in self._live
            self._live.discard(task)
        if live:
            task.report(error)
            task.future.set_exception(error)

    def freed(self, slot: Slot) -> None:
        """Give the slot its next task."""
        with self._lock:
            self._take_back(slot)

    # Inside the lock

    def _take_back(self, slot: Slot) -> None:
        self._free.append(slot)
        self._hand_out()

    def _hand_out(self) -> None:
        while self._free and (queue := self._waiting or self._waiting_behind):
            task = queue.popleft()
            slot = self._best_slot(task.affinity)
            self._free.remove(slot)
            slot.assign(task)
        self._sign.show(bool(self._waiting))

    def _best_slot(self, affinity: int | None) -> Slot:
        """The free slot that last had such a task; else the one that has been free longest."""
        if affinity is not None:
            for slot in self._free:
                if slot.affinity == affinity:
                    return slot
        return self._free[0]

    def _queue(self, task: Task) -> deque[Task]:
        return self._waiting_behind if task.background else self._waiting

    # Outside the lock

    def _abandon(self, task: Task, error: Exception) -> None:
        with self._lock:
            if task not in self._live:
                return
            self._live.discard(task)
            if task.slot is None:
                self._queue(task).remove(task)
                self._sign.show(bool(self._waiting))
            else:
                task.slot.kill_worker()
        task.report(error)
        task.future.set_exception(error)

    def _watch_deadlines(self) -> None:
        while True:
            with self._lock:
                if not self._running:
                    return
                now = time.monotonic()
                expired = [task for task in self._live if task.deadline <= now]
                if not expired:
                    self._watched_deadline = min((task.deadline for task in self._live), default=math.inf)
                    wait = self._watched_deadline - now
                    self._deadlines_changed.wait(min(wait, threading.TIMEOUT_MAX))
            for task in expired:
                self._abandon(task, TimeoutError("the task's time is over"))
