"""Counts what becomes of solves."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import CancelledError

from counterpoise.model import ErrorReason, InfeasibilityVerdict, TerminationReason
from optimizer.answering.tasks import AnswerBytes
from optimizer.program import Engine
from optimizer.telemetry.solve_metrics import SolveMetrics
from optimizer.usecases.errors import DeadlinePassed, Refused, RequestInvalid
from optimizer.workers import WorkerLost

CANCELLED = "CANCELLED"
"""Result of a solve whose caller has gone; the contract has no reason for it, as nobody hears it."""
_RESULTS = (
    *(reason.name for reason in TerminationReason),
    InfeasibilityVerdict.FEASIBLE.name,
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


def counted(metrics: SolveMetrics, solve: Callable[[], AnswerBytes]) -> AnswerBytes:
    """The answer of `solve`, counted; what it raises is counted, too, but for what was no valid question."""
    start = time.monotonic()
    try:
        answer = solve()
    except (RequestInvalid, Refused):
        raise
    except Exception as error:
        metrics.ended(_result(error), time.monotonic() - start)
        raise
    metrics.ended(answer.ending.result, time.monotonic() - start, answer.ending.relative_gap)
    return answer


def _result(error: Exception) -> str:
    if isinstance(error, CancelledError):
        return CANCELLED
    if isinstance(error, DeadlinePassed):
        return ErrorReason.DEADLINE_PASSED.name
    if isinstance(error, WorkerLost):
        return ErrorReason.WORKER_LOST.name
    return ErrorReason.INTERNAL_BUG.name
