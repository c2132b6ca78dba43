"""The calls that one worker answers whole: what reads, answers and writes each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.message import Message

from counterpoise.model import (
    AllocateResponse,
    ExplainInfeasibilityResponse,
    MeasureSensitivityResponse,
    SolveAttempt,
)
from counterpoise.v1 import allocation_service_pb2
from optimizer.usecases.allocate import allocate, out_of_time
from optimizer.usecases.clock import Clock
from optimizer.usecases.explain_infeasibility import explain_infeasibility, explained_nothing
from optimizer.usecases.sensitivity import measure_sensitivity, out_of_time_to_measure


@dataclass(frozen=True)
class Method:
    """One call of the contract.

    `answer` takes a request that was read and not validated; `late` gives the answer of a request whose
    time ran out after these attempts. Both raise RequestInvalid and DeadlinePassed.
    """

    request: type[Message]
    response: type[Message]
    answer: Callable[[Any, Clock], Any]
    late: Callable[[Any, Clock, tuple[SolveAttempt, ...]], Any]
    ending: Callable[[Any], Ending]


@dataclass(frozen=True)
class Ending:
    """How a solve ended, for logs and metrics."""

    result: str
    relative_gap: float | None = None


def _ending(response: AllocateResponse | MeasureSensitivityResponse) -> Ending:
    certificate = response.allocation.certificate
    proof = None if certificate is None else certificate.optimality
    result = response.allocation.termination.reason.name
    return Ending(result, None if proof is None else proof.relative_gap)


def _verdict(response: ExplainInfeasibilityResponse) -> Ending:
    return Ending(response.verdict.name)


METHODS: Final[Mapping[str, Method]] = {
    "Allocate": Method(
        request=allocation_service_pb2.AllocateRequest,
        response=allocation_service_pb2.AllocateResponse,
        answer=allocate,
        late=out_of_time,
        ending=_ending,
    ),
    "ExplainInfeasibility": Method(
        request=allocation_service_pb2.ExplainInfeasibilityRequest,
        response=allocation_service_pb2.ExplainInfeasibilityResponse,
        answer=explain_infeasibility,
        late=explained_nothing,
        ending=_verdict,
    ),
    "MeasureSensitivity": Method(
        request=allocation_service_pb2.MeasureSensitivityRequest,
        response=allocation_service_pb2.MeasureSensitivityResponse,
        answer=measure_sensitivity,
        late=out_of_time_to_measure,
        ending=_ending,
    ),
}
"""By name in the contract."""
