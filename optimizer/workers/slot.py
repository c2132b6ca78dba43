"""One place where a task can run: a thread of the server and the worker process it looks after."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import Context, copy_context
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from typing import Any, Protocol

from optimizer.workers.errors import WorkerLost
from optimizer.workers.process import WorkerProcess
from optimizer.workers.stint import OnNote, OnStint, Stint

_log = logging.getLogger(__name__)
_FIRST_RETRY_SECONDS = 0.1
_LAST_RETRY_SECONDS = 5.0


@dataclass(eq=False)
class Task:
    """One submitted call; `deadline` is on the monotonic clock.

    `context` is the caller's: what is logged of the task's worker carries the caller's ids.
    """

    payload: memoryview
    deadline: float
    affinity: int | None = None
    """Tasks with equal ones find what the others left in a worker's memory."""
    background: bool = False
    """Whether every other task comes first."""
    on_stint: OnStint | None = None
    on_note: OnNote | None = None
    future: Future[Any] = field(default_factory=Future)
    slot: Slot | None = None
    context: Context = field(default_factory=copy_context)
    stint: Stint | None = None
    """Since a worker has it; until the worker has answered, by the server's clock."""

    def report(self, error: Exception | None) -> None:
        """Tell of the stint that ends with this; nothing where no worker had the task."""
        if self.on_stint is None or self.stint is None:
            return
        end_ns = self.stint.end_ns or time.time_ns()
        name = "" if error is None else type(error).__name__
        self.on_stint(replace(self.stint, end_ns=end_ns, error=name))


class Dispatcher(Protocol):
    """Who hands out tasks and decides what became of them."""

    def is_live(self, task: Task) -> bool:
        """Whether somebody still waits for the task."""

    def completed(self, slot: Slot, task: Task, result: object, error: Exception | None) -> None:
        """The task ended by itself; the slot is free unless its worker was killed meanwhile."""

    def lost(self, task: Task, error: WorkerLost) -> None:
        """The worker died; the slot is not free yet."""

    def freed(self, slot: Slot) -> None:
        """The slot can take a task."""


class Slot:
    """Runs the tasks it is given, one at a time, and replaces its worker whenever that has died."""

    def __init__(self, name: str, dispatcher: Dispatcher, sign: Connection) -> None:
        self._name = name
        self._sign = sign
        self._dispatcher = dispatcher
        self._inbox: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._warm: Callable[[], object] | None = None
        self._worker: WorkerProcess | None = None
        self.lost_count = 0
        """Workers that died here without being killed by us."""
        self.affinity: int | None = None
        """That of the last task; its worker may have died since."""

    def start(self, warm: Callable[[], object] | None) -> None:
        """Start a worker, not waiting for it."""
        self._warm = warm
        self._worker = WorkerProcess(warm, self._sign)

    def await_ready(self) -> None:
        """Wait until the first worker is ready; raises WorkerLost when it does not get there."""
        if self._worker is not None:
            self._worker.await_ready()
        self._thread.start()

    def assign(self, task: Task) -> None:
        """Run this task; only for a free slot."""
        task.slot = self
        self.affinity = task.affinity
        self._inbox.put(task)

    def kill_worker(self) -> None:
        """End the running task with its worker. The caller sees to it that the task is not live."""
        worker = self._worker
        if worker is not None:
            worker.kill()

    def stop(self) -> None:
        """Begin to end; a running task must have been killed."""
        self._stopping.set()
        self._inbox.put(None)

    def join(self) -> None:
        """Wait until the worker process is gone."""
        if self._thread.is_alive():
            self._thread.join()
        elif self._worker is not None:
            self._worker.close()

    @property
    def pid(self) -> int | None:
        """Process id of the present worker."""
        return self._worker.pid if self._worker is not None else None

    @property
    def is_working(self) -> bool:
        """Whether somebody waits for tasks here."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while (task := self._inbox.get()) is not None:
            if self._worker is None or self._worker.has_died():
                self._replace_worker()
            if self._worker is not None:
                self._run_task(self._worker, task)
        if self._worker is not None:
            self._worker.close()

    def _run_task(self, worker: WorkerProcess, task: Task) -> None:
        # From this check on, whoever ends the task kills `worker`.
        if not self._dispatcher.is_live(task):
            self._dispatcher.freed(self)
            return
        sent_ns = time.time_ns()
        task.stint = Stint(pid=worker.pid or 0, start_ns=sent_ns, end_ns=0)
        try:
            answer = worker.call(task.payload, task.on_note)
        except WorkerLost as error:
            self._dispatcher.lost(task, error)
            task.context.run(self._replace_worker)
            self._dispatcher.freed(self)
            return
        start_ns, end_ns = answer.start_ns or sent_ns, answer.end_ns or time.time_ns()
        task.stint = replace(task.stint, start_ns=start_ns, end_ns=end_ns)
        self._dispatcher.completed(self, task, answer.result, answer.error)

    def _replace_worker(self) -> None:
        expected = self._worker is not None and self._worker.killed
        code = self._worker.close() if self._worker is not None else None
        if not expected:
            self.lost_count += 1
            _log.warning("worker died: %s, exit code %s", self._name, code)
        self._worker = None
        delay = _FIRST_RETRY_SECONDS
        while not self._stopping.is_set():
            try:
                worker = WorkerProcess(self._warm, self._sign)
                worker.await_ready()
            except (WorkerLost, OSError, EOFError):
                _log.exception("worker did not start: %s, next try in %.1f s", self._name, delay)
                self._stopping.wait(delay)
                delay = min(2 * delay, _LAST_RETRY_SECONDS)
            else:
                self._worker = worker
                return
