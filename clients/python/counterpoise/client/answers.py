"""What an answer has to carry before it is handed on: its parts, and proof where positions are in it."""

from __future__ import annotations

from typing import TypeVar

from counterpoise.errors import CallStatus, InfeasibleMandate, NotCertified, ServiceError, StatusCode
from counterpoise.model import (
    AllocateResponse,
    Allocation,
    EstimateRiskModelResponse,
    MeasureAlphaCaptureResponse,
    MeasureLiquidityResponse,
    Provenance,
    StressPortfolioResponse,
    TerminationReason,
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
