"""The crew that the settings ask for: workers of this server, or those of a Dask cluster."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module

from optimizer.answering.cluster_crew import ClusterCrew
from optimizer.answering.executors import Crew, LocalCrew
from optimizer.workers import WorkerPool

_CONNECT_SECONDS = 10.0
_COUNT_SECONDS = 1.0
"""Between two questions to the scheduler how many workers there are."""
_log = logging.getLogger(__name__)


class ClusterError(Exception):
    """The cluster cannot be used; the message says why and how to mend it."""


@contextmanager
def crew_of(dask_scheduler_address: str | None, pool: WorkerPool) -> Iterator[Crew]:
    """Connected to the end. Raises ClusterError."""
    if dask_scheduler_address is None:
        yield LocalCrew(pool)
        return
    try:
        client_type = import_module("distributed").Client
    except ImportError:
        raise ClusterError(
            "dask_scheduler_address needs the extra `cluster`: install counterpoise-optimizer[cluster]"
        ) from None
    try:
        client = client_type(dask_scheduler_address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterError(
            f"no Dask scheduler answers at {dask_scheduler_address}; start it, or mend the address: {error}"
        ) from None
    except TypeError as error:
        # What the library raises for an address of TLS without certificates.
        raise ClusterError(f"no connection to {dask_scheduler_address} can be made: {error}") from None
    with client, counting(lambda: len(client.nthreads())) as count:
        yield ClusterCrew(client.get_executor(), count)


@contextmanager
def counting(ask: Callable[[], int]) -> Iterator[Callable[[], int]]:
    """What `ask` last said, without waiting for it: a scheduler that is silent holds up nobody else."""
    last, closed = ask(), threading.Event()

    def keep_asking() -> None:
        nonlocal last
        while not closed.wait(_COUNT_SECONDS):
            try:
                last = ask()
            except Exception as error:  # noqa: BLE001 - whatever the library raises, the next question may go well
                if not closed.is_set():
                    _log.warning("the cluster's workers cannot be counted: %r", error)

    # A daemon, because a question that is never answered must not keep the server from its end.
    threading.Thread(target=keep_asking, name="cluster-count", daemon=True).start()
    try:
        yield lambda: last
    finally:
        closed.set()
