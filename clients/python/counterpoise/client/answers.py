"""What an answer has to carry before it is handed on: its parts, and proof where positions are in it."""

from __future__ import annotations

from typing import TypeVar

from counterpoise.errors import CallStatus, InfeasibleMandate, NotCertified, ServiceError, StatusCode
from counterpoise.model import (
    AllocateBatchResponse,
    AllocateResponse,
    Allocation,
    EstimateRiskModelResponse,
    ExplainInfeasibilityResponse,
    InfeasibilityVerdict,
    MeasureAlphaCaptureResponse,
    MeasureLiquidityResponse,
    MeasureSensitivityResponse,
    Provenance,
    StressPortfolioResponse,
    TerminationReason,
    TraceFrontierResponse,
    VerifyAlphaResponse,
)

Response = TypeVar("Response")
Measured = TypeVar(
    "Measured",
    StressPortfolioResponse,
    MeasureLiquidityResponse,
    VerifyAlphaResponse,
    MeasureAlphaCaptureResponse,
    EstimateRiskModelResponse,
    ExplainInfeasibilityResponse,
)


def certified(allocation: Allocation) -> Allocation:
    """The allocation, if it is a proven optimum.

    Raises InfeasibleMandate where infeasibility was proven, NotCertified for every other ending, for
    reasons and proofs newer than this client too: none of them has positions to use.
    """
    proof = allocation.certificate
    if (
        allocation.termination.reason == TerminationReason.OPTIMAL
        and proof is not None
        and proof.optimality is not None
    ):
        return allocation
    if (
        allocation.termination.reason == TerminationReason.INFEASIBLE
        and proof is not None
        and proof.infeasibility is not None
    ):
        raise InfeasibleMandate(allocation)
    raise NotCertified(allocation)


def complete(response: object) -> AllocateResponse:
    """A response of Allocate that carries an answer, and how it ended."""
    answer = typed(response, AllocateResponse)
    # Every answer has both; readers of bytes leave out what was not sent.
    allocation: Allocation | None = answer.allocation
    if allocation is None or not isinstance(getattr(allocation.termination, "reason", None), int):
        raise _incomplete("the answer does not say how it ended")
    return answer


def produced(response: object, wanted: type[Measured]) -> Measured:
    """A measurement; bytes of another message read as one that says nothing."""
    answer = typed(response, wanted)
    provenance: Provenance | None = answer.provenance
    if provenance is None:
        raise _incomplete("the answer does not say what produced it")
    return answer


def explained(response: object) -> ExplainInfeasibilityResponse:
    """An explanation with its verdict, and with the proof where that is that there is no allocation."""
    answer = produced(response, ExplainInfeasibilityResponse)
    verdict: InfeasibilityVerdict | None = answer.verdict
    if not isinstance(verdict, int):
        raise _incomplete("the answer has no verdict")
    if verdict == InfeasibilityVerdict.INFEASIBLE and answer.certificate is None:
        raise _incomplete("the answer has no proof of what it says")
    return answer


def measured_sensitivity(response: object) -> MeasureSensitivityResponse:
    """Sensitivities of a certified answer; raises as `certified` where there is none."""
    answer = typed(response, MeasureSensitivityResponse)
    allocation: Allocation | None = answer.allocation
    if allocation is None:
        raise _incomplete("the answer does not say how it ended")
    certified(allocation)
    return answer


def frontier_point(response: object) -> TraceFrontierResponse:
    """A point of a frontier: whatever it came to, positions in it are certified."""
    point = typed(response, TraceFrontierResponse)
    _proven(point.allocation)
    return point


def batch_answer(response: object) -> AllocateBatchResponse:
    """An answer of a batch: whatever it came to, positions in it are certified."""
    answer = typed(response, AllocateBatchResponse)
    _proven(answer.allocation)
    return answer


def _proven(allocation: Allocation | None) -> None:
    if allocation is not None and allocation.positions:
        certified(allocation)


def present(resource: Response | None, name: str) -> Response:
    """The resource of an answer; bytes of another message read as one that has none."""
    if resource is None:
        raise _incomplete(f"the answer has no {name}")
    return resource


def _incomplete(details: str) -> ServiceError:
    return ServiceError(CallStatus(code=StatusCode.INTERNAL, details=details))


def typed(response: object, wanted: type[Response]) -> Response:
    """A response as what it is; raises TypeError for any other."""
    if not isinstance(response, wanted):
        raise TypeError(f"{wanted.__name__} wanted, got {type(response).__name__}")
    return response
