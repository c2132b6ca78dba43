"""Calls whose solve takes its time, and the worker that is at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import grpc
from google.rpc import error_details_pb2, status_pb2

from counterpoise import wire
from counterpoise.model import AllocateRequest
from counterpoise.v1 import allocation_service_pb2
from tests.golden_problems import sixty_forty_with_overlay
from tests.problems.sized import ProblemSize, generate
from tests.processes import cpu_seconds, wait_for, workers_of

METHOD = "/counterpoise.v1.AllocationService/Allocate"
LONG = ProblemSize(funded=400, overlays=200, sleeves=400, reserve_tiers=3, drivers=250)
"""Some seconds of a solve; a second of reading."""
AT_WORK_SECONDS = 0.05


@cache
def long_request(seed: int) -> bytes:
    """A request that takes seconds."""
    return _bytes(AllocateRequest(problem=generate(LONG, seed=seed)))


@cache
def short_request() -> bytes:
    """A request that takes milliseconds."""
    return _bytes(AllocateRequest(problem=sixty_forty_with_overlay()))


def _bytes(request: AllocateRequest) -> bytes:
    return wire.to_message(request, allocation_service_pb2.AllocateRequest).SerializeToString()


def reason_of(error: grpc.RpcError) -> str:
    """Why the server refused; empty for a status that is not its own."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            info = error_details_pb2.ErrorInfo()
            status_pb2.Status.FromString(value).details[0].Unpack(info)
            return str(info.reason)
    return ""


@contextmanager
def calling(address: str) -> Iterator[grpc.UnaryUnaryMultiCallable]:
    """Allocate, from bytes to bytes."""
    with grpc.insecure_channel(address) as channel:
        yield channel.unary_unary(METHOD)


class Watch:
    """The workers of a server as they are now, to see which of them begins to compute."""

    def __init__(self, server_pid: int, size: int) -> None:
        self._server_pid = server_pid
        assert wait_for(lambda: len(workers_of(server_pid)) == size), "a worker is missing"
        self._before = {pid: cpu_seconds(pid) for pid in workers_of(server_pid)}

    def busy(self) -> set[int]:
        """Workers that have computed since."""
        return {pid for pid, before in self._before.items() if cpu_seconds(pid) > before + AT_WORK_SECONDS}

    def one_at_work(self, beside: frozenset[int] = frozenset()) -> int:
        """The worker that computes, others left out."""
        assert wait_for(lambda: bool(self.busy() - beside)), "no worker computes"
        (worker,) = self.busy() - beside
        return worker

    def wait_until_replaced(self, worker: int) -> None:
        """Until there are as many workers as there were, without that one."""

        def replaced() -> bool:
            workers = workers_of(self._server_pid)
            return worker not in workers and len(workers) == len(self._before)

        assert wait_for(replaced), "the worker's place stays empty"
