"""Counts what becomes of solves."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import CancelledError

from counterpoise.model import AllocateResponse, ErrorReason, TerminationReason
from optimizer.program import Engine
from optimizer.telemetry.solve_metrics import SolveMetrics
from optimizer.usecases.errors import DeadlinePassed, RequestInvalid
from optimizer.workers import WorkerLost

CANCELLED = "CANCELLED"
"""Result of a solve whose caller has gone; the contract has no reason for it, as nobody hears it."""
_RESULTS = (
    *(reason.name for reason in TerminationReason),
    ErrorReason.DEADLINE_PASSED.name,
    ErrorReason.WORKER_LOST.name,
    CANCELLED,
    ErrorReason.INTERNAL_BUG.name,
)


def announce(metrics: SolveMetrics) -> None:
    """Let every result and step be seen before there is one: rates need a first zero."""
    metrics.announce(_RESULTS, [step_of(engine) for engine in Engine])


def step_of(engine: Engine) -> str:
    """What metrics call a step of the ladder."""
    return engine.value.replace(" ", "_")


def counted(metrics: SolveMetrics, solve: Callable[[], AllocateResponse]) -> AllocateResponse:
    """The response of `solve`, counted; what it raises is counted, too, but for an invalid request."""
    start = time.monotonic()
    try:
        response = solve()
    except RequestInvalid:
        raise
    except Exception as error:
        metrics.ended(_result(error), time.monotonic() - start)
        raise
    certificate = response.allocation.certificate
    proof = None if certificate is None else certificate.optimality
    metrics.ended(
        response.allocation.termination.reason.name,
        time.monotonic() - start,
        None if proof is None else proof.relative_gap,
    )
    return response


def _result(error: Exception) -> str:
    if isinstance(error, CancelledError):
        return CANCELLED
    if isinstance(error, DeadlinePassed):
        return ErrorReason.DEADLINE_PASSED.name
    if isinstance(error, WorkerLost):
        return ErrorReason.WORKER_LOST.name
    return ErrorReason.INTERNAL_BUG.name
