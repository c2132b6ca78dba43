"""A real server in a process of its own, for tests and benchmarks that speak gRPC."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STOP_SECONDS = 30.0


@contextmanager
def serving(log: Path, *, worker_count: int = 1) -> Iterator[str]:
    """Starts `counterpoise-server serve` on a free loopback port; yields its address, ends it after."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERPOISE_")}
    settings = {
        "COUNTERPOISE_LISTEN_ADDRESS": "127.0.0.1:0",
        "COUNTERPOISE_WORKER_COUNT": str(worker_count),
    }
    command = [str(Path(sys.executable).parent / "counterpoise-server"), "serve"]
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, env=inherited | settings, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line.startswith("listening on "):
                raise RuntimeError(f"the server did not start: {log.read_text()}")
            yield line.removeprefix("listening on ").strip()
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)
