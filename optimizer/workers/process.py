"""One worker process, seen from the server.

Workers come from a fork server that was started before the server had threads of its own and that
has loaded the heavy modules: a worker then starts in some ten milliseconds.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler

from optimizer.workers.errors import WorkerLost
from optimizer.workers.loop import run_worker
from optimizer.workers.stint import Note, OnNote

_SINGLE_THREADED = {
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}
_READY_SECONDS = 60.0
_REAP_SECONDS = 1.0
_launching = threading.Lock()
"""`multiprocessing` keeps its list of children without a lock of its own."""


def start_forkserver(preload: tuple[str, ...]) -> None:
    """Start the process that workers are forked from, with these modules loaded in it.

    Must come before gRPC is loaded in this process. Does nothing when it is running already.
    """
    # One solve, one thread: the pool is the parallelism, and sums in one order give equal answers.
    os.environ.update(_SINGLE_THREADED)
    multiprocessing.get_context("forkserver").set_forkserver_preload([*preload, "optimizer.workers.ending"])
    with _search_path_inherited():
        forkserver.ensure_running()


@contextmanager
def _search_path_inherited() -> Iterator[None]:
    # The fork server of Python 3.11 gets no sys.path, so it would look for the preloaded modules in the
    # working directory first, and would miss what was added to the path of this process.
    overlay = {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry), "PYTHONSAFEPATH": "1"}
    before = {name: os.environ.get(name) for name in overlay}
    os.environ.update(overlay)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a task came to: its result, or its exception, and when the worker worked on it.

    `start_ns` and `end_ns` count from 1970; None where the answer could not be read.
    """

    result: object = None
    error: Exception | None = None
    start_ns: int | None = None
    end_ns: int | None = None


class WorkerProcess:
    """A process that runs one task at a time. Not thread-safe, except for `kill`."""

    def __init__(self, warm: Callable[[], object] | None, sign: Connection) -> None:
        """Start the process; `warm` runs in it before anything else. `sign` says that others wait."""
        context = multiprocessing.get_context("forkserver")
        self._connection, theirs = context.Pipe()
        with _launching:
            self._process = context.Process(
                target=run_worker,
                args=(theirs, os.getpid(), warm, sign),
                name="counterpoise-worker",
                daemon=True,
            )
            self._process.start()
        theirs.close()
        self._handle = threading.Lock()
        self._pidfd = _open_pidfd(self._process.pid)
        self.killed = False

    @property
    def pid(self) -> int | None:
        """Process id."""
        return self._process.pid

    def has_died(self) -> bool:
        """Whether the process ended while it had nothing to do."""
        # An idle worker sends nothing, so what can be read is the end of the stream.
        return self.killed or self._connection.poll()

    def call(self, payload: memoryview, on_note: OnNote | None = None) -> Answer:
        """Run a pickled (function, argument); `on_note` hears of its notes.

        Raises WorkerLost when the process ends before it has answered.
        """
        try:
            self._connection.send_bytes(payload)
            while isinstance(answer := _unpickled(self._connection.recv_bytes()), Note):
                if on_note is not None:
                    on_note(answer.told)
        except (EOFError, OSError) as error:
            raise WorkerLost("the worker process ended during the task") from error
        return answer

    def kill(self) -> None:
        """End the process at once, whatever it is doing; safe from any thread, idempotent."""
        with self._handle:
            self.killed = True
            if self._pidfd is not None:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def close(self) -> int | None:
        """Kill and reap the process; its exit code where that is known."""
        self.kill()
        self._connection.close()
        with _launching:
            self._process.join(_REAP_SECONDS)
            code = self._process.exitcode
        with self._handle:
            if self._pidfd is not None:
                os.close(self._pidfd)
            self._pidfd = None
        return code

    def await_ready(self) -> None:
        """Wait until `warm` has run; raises WorkerLost, the process being gone, when it fails."""
        if not self._connection.poll(_READY_SECONDS):
            self.close()
            raise WorkerLost(f"a worker process was not ready after {_READY_SECONDS:.0f} s")
        try:
            ready = _unpickled(self._connection.recv_bytes())
        except (EOFError, OSError) as error:
            raise WorkerLost(f"a worker process ended at its start, exit code {self.close()}") from error
        if isinstance(ready, Note) or ready.error is not None:
            self.close()
            cause = None if isinstance(ready, Note) else ready.error
            raise WorkerLost("a worker process could not be warmed up") from cause


def _open_pidfd(pid: int | None) -> int | None:
    # A process id can be another process's by the time of a kill; the descriptor cannot.
    try:
        return os.pidfd_open(pid) if pid is not None else None
    except ProcessLookupError:
        return None


def _unpickled(answer: bytes) -> Answer | Note:
    try:
        told = ForkingPickler.loads(answer)
        if isinstance(told, Note):
            return told
        result, error, start_ns, end_ns = told
    except Exception as unreadable:  # noqa: BLE001 - an exception whose class does not survive pickling
        return Answer(error=unreadable)
    return Answer(result=result, error=error, start_ns=start_ns, end_ns=end_ns)
