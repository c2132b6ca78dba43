"""A Dask cluster on loopback, every process of it our own, for tests and benchmarks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_START_SECONDS = 60.0
_LOOPBACK = ("--host", "127.0.0.1", "--no-dashboard")


@dataclass(frozen=True)
class DaskCluster:
    """Where the scheduler listens, and the processes."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: tuple[subprocess.Popen[bytes], ...]


@contextmanager
def dask_cluster(folder: Path, worker_count: int) -> Iterator[DaskCluster]:
    """Workers with one thread each, which may not be there yet; `folder` keeps what the processes log."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    processes: list[subprocess.Popen[bytes]] = []

    def start(name: str, module: str, *words: str) -> subprocess.Popen[bytes]:
        with (folder / name).open("wb") as log:
            command = [sys.executable, "-m", f"distributed.cli.{module}", *words, *_LOOPBACK]
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        processes.append(process)
        return process

    try:
        address_file = folder / "scheduler.json"
        scheduler = start("scheduler", "dask_scheduler", "--port", "0", "--scheduler-file", str(address_file))
        address = _address(address_file, folder / "scheduler")
        words = (address, "--nthreads", "1", "--no-nanny", "--local-directory", str(folder))
        workers = [start(f"worker-{number}", "dask_worker", *words) for number in range(worker_count)]
        yield DaskCluster(address, scheduler, tuple(workers))
    finally:
        for process in processes:
            # One that was stopped ends by this, too.
            process.kill()
            process.wait()


def _address(file: Path, log: Path) -> str:
    """What the scheduler writes once it listens."""
    limit = time.monotonic() + _START_SECONDS
    while time.monotonic() < limit:
        try:
            return str(json.loads(file.read_text())["address"])
        except (FileNotFoundError, json.JSONDecodeError):
            time.sleep(0.05)
    raise AssertionError(log.read_text())
