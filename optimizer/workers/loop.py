"""What runs inside a worker process."""

from __future__ import annotations

import os
import select
import signal
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler

from optimizer.workers.stint import Note

_NICENESS = 10
"""Workers stand back behind the server: with every processor busy it still admits, refuses and answers health
checks at once. What they lose by it is what it takes, some hundredths."""

_server: Connection | None = None
"""Where this process answers, if it is a worker."""
_sign: Connection | None = None
"""Where something lies while tasks that are not in the background wait for a worker."""


def note(told: object) -> None:
    """Tell the server of progress, from within a task; outside a worker this does nothing.

    What was told arrives even where the task is killed afterwards.
    """
    if _server is not None:
        _server.send_bytes(ForkingPickler.dumps(Note(told)))


def others_wait() -> bool:
    """Whether a task that is not in the background waits for a worker; outside a worker it is False.

    For a task in the background that can stop between two of its parts.
    """
    return _sign is not None and _sign.poll()


def run_worker(
    connection: Connection, server_pid: int, warm: Callable[[], object] | None, sign: Connection
) -> None:
    """Answer tasks until the connection ends or the server dies.

    The first message out says how warming up went; then come notes and one answer per task: (result, None,
    start, end) or (None, exception, start, end), with the times of the work in nanoseconds since 1970.
    """
    global _server, _sign
    os.nice(_NICENESS)
    # A signal to the whole process group is the server's business: it drains first and then ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(server_pid,), name="server-watch", daemon=True).start()
    try:
        connection.send_bytes(_outcome(_warm_up, warm, time.time_ns()))
        _server, _sign = connection, sign
        while True:
            connection.send_bytes(_answer(connection.recv_bytes()))
    except (EOFError, OSError):
        return


def _end_with(server_pid: int) -> None:
    # A worker in the middle of a solve reads nothing and would outlive a killed server by minutes.
    try:
        server = os.pidfd_open(server_pid)
    except ProcessLookupError:
        os._exit(1)
    poll = select.poll()
    poll.register(server, select.POLLIN)
    poll.poll()
    os._exit(1)


def _warm_up(warm: Callable[[], object] | None) -> None:
    if warm is not None:
        warm()


def _answer(payload: bytes) -> memoryview:
    start = time.time_ns()
    try:
        function, argument = ForkingPickler.loads(payload)
    except Exception as error:  # noqa: BLE001 - whatever an import raises goes back to the caller
        return _pickled(None, error, start)
    return _outcome(function, argument, start)


def _outcome(function: Callable[..., object], argument: object, start: int) -> memoryview:
    try:
        return _pickled(function(argument), None, start)
    except Exception as error:  # noqa: BLE001 - every exception of a task goes back to the caller
        # A traceback does not survive pickling; as a note it reaches the server's log.
        error.add_note("In the worker:\n" + "".join(traceback.format_exception(error)))
        return _pickled(None, error, start)


def _pickled(result: object, error: Exception | None, start: int) -> memoryview:
    end = time.time_ns()
    try:
        return ForkingPickler.dumps((result, error, start, end))
    except Exception as obstacle:  # noqa: BLE001 - pickling runs code of the task's own types
        unsent = RuntimeError(f"the worker's answer cannot be sent: {obstacle!r}")
        return ForkingPickler.dumps((None, unsent, start, end))
