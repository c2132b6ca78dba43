"""A server of one's own for one call: a child process on a free loopback port.

The client never imports the server: it starts the installed command and reads its address.
"""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess  # nosec B404
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

from counterpoise.errors import CounterpoiseError

COMMAND = "counterpoise-server"
_PREFIX = "COUNTERPOISE_"
_STORE = f"{_PREFIX}STORE_DSN"
_ANNOUNCEMENT = "listening on "
_STARTUP_SECONDS = 30.0
_SHUTDOWN_SECONDS = 10.0


class ServerNotStarted(CounterpoiseError):
    """No server could be started here; says why and what to do instead."""


def find_server() -> Path | None:
    """The installed server's command: beside this interpreter, else on the path; None without one."""
    beside = Path(sys.executable).parent / COMMAND
    found = shutil.which(str(beside)) or shutil.which(COMMAND)
    return Path(found) if found is not None else None


@contextmanager
def local_server(command: Path | None = None) -> Iterator[str]:
    """Address of a server that lives as long as the context; raises ServerNotStarted.

    The server is ended by its own process handle however the context is left: by an answer, an error,
    Ctrl-C or a request to terminate.
    """
    command = command if command is not None else find_server()
    if command is None:
        raise ServerNotStarted(
            f"{COMMAND} is not installed here. Name a running server with --target HOST:PORT, or install "
            "the counterpoise-optimizer distribution."
        )
    # The caller's settings are for a server of the caller's: TLS, say, would keep this client out. The store
    # is kept, so that one call finds what another one left there.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(_PREFIX) or name == _STORE
    }
    environment[f"{_PREFIX}LISTEN_ADDRESS"] = "127.0.0.1:0"
    with tempfile.TemporaryFile(mode="w+") as log, _terminable():
        # A fixed command without a shell.
        process = subprocess.Popen(  # noqa: S603  # nosec B603
            [str(command), "serve", "--until-stdin-closes"],
            env=environment,
            # Nothing is written: it closes with this process, whatever ends it, and the server follows.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            # Out of reach of the terminal's Ctrl-C: it is ended here, in order, not by its own handler.
            start_new_session=True,
        )
        try:
            yield _address(process, log)
        finally:
            _end(process)


def _address(process: subprocess.Popen[str], log: IO[str]) -> str:
    lines: queue.Queue[str | None] = queue.Queue()
    # Reads to the end, so that the server never waits for a reader of its output.
    threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
    deadline = time.monotonic() + _STARTUP_SECONDS
    while True:
        try:
            line = lines.get(timeout=max(deadline - time.monotonic(), 0.0))
        except queue.Empty:
            raise ServerNotStarted(f"{COMMAND} did not listen within {_STARTUP_SECONDS:.0f} s") from None
        if line is None:
            process.wait()
            log.seek(0)
            said = log.read().strip()[-2000:] or "it said nothing"
            raise ServerNotStarted(f"{COMMAND} ended with code {process.returncode}: {said}")
        if line.startswith(_ANNOUNCEMENT):
            return line.removeprefix(_ANNOUNCEMENT).strip()


def _read(stream: IO[str] | None, lines: queue.Queue[str | None]) -> None:
    if stream is not None:
        with stream:
            for line in stream:
                lines.put(line)
    lines.put(None)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(timeout=_SHUTDOWN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _terminable() -> Iterator[None]:
    """Turns a request to terminate into an exception, so that contexts are left in order."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    previous = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
