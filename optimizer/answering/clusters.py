"""The crew that the settings ask for: workers of this server, or those of a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from optimizer.answering.executors import ClusterCrew, Crew, LocalCrew
from optimizer.workers import WorkerPool

_CONNECT_SECONDS = 10.0


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
    with client:
        yield ClusterCrew(client.get_executor(), lambda: len(client.nthreads()))
