"""A real server in a process of its own, for tests and benchmarks that speak gRPC."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent
AMPLE_SECONDS = 60.0


@dataclass(frozen=True)
class RunningServer:
    """A server, where it listens and what it logs."""

    process: subprocess.Popen[str]
    address: str
    log: Path

    def terminate(self) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(AMPLE_SECONDS)


def server_environment(settings: dict[str, str]) -> dict[str, str]:
    """Environment with these settings and none of the caller's."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERPOISE_")}
    return inherited | {f"COUNTERPOISE_{name.upper()}": value for name, value in settings.items()}


@contextmanager
def serving(log: Path, settings: dict[str, str] | None = None) -> Iterator[RunningServer]:
    """Starts `counterpoise-server serve` on a free loopback port with these settings, and ends it after."""
    environment = server_environment(
        {"listen_address": "127.0.0.1:0", "worker_count": "1"} | (settings or {})
    )
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [BIN / "counterpoise-server", "serve"],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("listening on "), log.read_text()
            yield RunningServer(process, line.removeprefix("listening on ").strip(), log)
        finally:
            process.kill()
