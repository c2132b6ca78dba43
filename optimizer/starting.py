"""How every command begins that solves: logs, and workers before gRPC is loaded.

Imports stay inside: every worker imports this module, and the fork server must be running before gRPC is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from optimizer.settings import Settings
    from optimizer.workers import WorkerPool

_THREADS_OF_ALGEBRA = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
_PRELOADED = (
    "optimizer.main",
    "optimizer.program.solve",
    "optimizer.program.compile",
    "optimizer.answering.tasks",
    "optimizer.answering.chunks",
    "optimizer.answering.warm",
)


@contextmanager
def started_pool(settings: Settings) -> Iterator[WorkerPool]:
    """Workers, ready, and traces, if there is a collector, to the end; the log says with what it began."""
    # Calls run beside each other: each with threads of its own for algebra would only wait for the others'.
    for name in _THREADS_OF_ALGEBRA:
        os.environ.setdefault(name, "1")

    import structlog

    from optimizer.service.logs import configure_logs
    from optimizer.settings import unknown_variables
    from optimizer.workers import WorkerPool

    configure_logs(settings.log_level, settings.log_format)
    log = structlog.get_logger(__name__)
    if names := unknown_variables():
        log.warning("environment variables without a meaning", names=names)
    log.info(
        "starting",
        worker_count=settings.worker_count,
        concurrent_calls=settings.concurrent_calls,
        tokens=settings.token_keys_file is not None,
    )
    pool = WorkerPool(settings.worker_count, _PRELOADED)
    pool.start()
    # Only now that the fork server runs: the exporter loads gRPC.
    from optimizer.telemetry.traces import TracesError, exported_to

    try:
        with exported_to(settings.trace_endpoint):
            yield pool
    except TracesError as error:
        typer.echo(f"counterpoise-server: {error}", err=True)
        raise typer.Exit(1) from None
    finally:
        pool.stop()
