"""Processes as the system shows them: who descends from whom, who still runs, who works."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

AMPLE_SECONDS = 60.0
_STATE, _PARENT, _USER_TICKS, _SYSTEM_TICKS = 0, 1, 11, 12
"""Places in `/proc/PID/stat` after the name."""


def descendants(pid: int) -> set[int]:
    """Processes below a process, by their ids."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        fields = _fields(int(entry.name))
        if fields is not None and fields[_STATE] != "Z":
            parents[int(entry.name)] = int(fields[_PARENT])
    found: set[int] = set()
    pending = {pid}
    while pending:
        pending = {child for child, parent in parents.items() if parent in pending}
        found |= pending
    return found


def workers_of(server_pid: int) -> set[int]:
    """Workers of a server: what is below its fork server."""
    below = descendants(server_pid)
    parents = {pid: fields[_PARENT] for pid in below if (fields := _fields(pid)) is not None}
    return {pid for pid, parent in parents.items() if int(parent) != server_pid}


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    fields = _fields(pid)
    return fields is not None and fields[_STATE] not in {"Z", "X"}


def cpu_seconds(pid: int) -> float:
    """Time that a process has computed; 0 where it is gone."""
    fields = _fields(pid)
    if fields is None:
        return 0.0
    return (int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS])) / os.sysconf("SC_CLK_TCK")


def wait_for(condition: Callable[[], bool], seconds: float = AMPLE_SECONDS) -> bool:
    """Whether something comes true in time; asked every millisecond."""
    limit = time.monotonic() + seconds
    while not (true := condition()) and time.monotonic() < limit:
        time.sleep(0.001)
    return true


def wait_until_gone(pids: Iterable[int], seconds: float) -> set[int]:
    """Those that still run after so many seconds."""
    pids = set(pids)
    wait_for(lambda: not any(map(is_running, pids)), seconds)
    return set(filter(is_running, pids))


def _fields(pid: int) -> list[str] | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
