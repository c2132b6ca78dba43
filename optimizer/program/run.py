"""The entry of a worker process. Importing it is light; running it loads cvxpy and the engines."""

from __future__ import annotations

import time
from dataclasses import replace

from optimizer.program.attempt import Attempt, RawAnswer


def run_attempt(attempt: Attempt) -> RawAnswer:
    """Runs one attempt in this process."""
    from optimizer.program.solve import solve  # noqa: PLC0415 - not in the server's process

    started = time.monotonic()
    return replace(solve(attempt), started_seconds=started)
