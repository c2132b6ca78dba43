"""What every method of the clients asks and how it reads the answer, written once for both clients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from counterpoise import wire
from counterpoise.errors import (
    CallStatus,
    InfeasibleMandate,
    InvalidProblem,
    NotCertified,
    ServiceError,
    StatusCode,
)
from counterpoise.model import (
    AllocateRequest,
    AllocateResponse,
    Allocation,
    AllocationProblem,
    SolveParameters,
    TerminationReason,
    ValidatePortfolioRequest,
    ValidatePortfolioResponse,
)
from counterpoise.v1 import allocation_service_pb2
from counterpoise.validate import problem_violations, request_violations

Response = TypeVar("Response")
Answer = TypeVar("Answer")
Other = TypeVar("Other")

_SPARE_SECONDS = 5.0
"""Time beyond `SolveParameters.time_limit` for the answer that says that it ran out."""


@dataclass(frozen=True, kw_only=True)
class Rpc:
    """One remote procedure and the method of the clients that calls it."""

    client_method: str
    path: str
    request_type: type[Message]
    response_type: type[Message]


def _rpc(service: str, name: str, *, client_method: str) -> Rpc:
    method = allocation_service_pb2.DESCRIPTOR.services_by_name[service].methods_by_name[name]
    return Rpc(
        client_method=client_method,
        path=f"/{method.containing_service.full_name}/{name}",
        request_type=GetMessageClass(method.input_type),
        response_type=GetMessageClass(method.output_type),
    )


ALLOCATE = _rpc("AllocationService", "Allocate", client_method="allocate")
VALIDATE_PORTFOLIO = _rpc("AllocationService", "ValidatePortfolio", client_method="validate")
RPCS = (ALLOCATE, VALIDATE_PORTFOLIO)


@dataclass(frozen=True, kw_only=True)
class Call(Generic[Answer]):
    """One question, ready to send, and how to read its answer.

    `read` takes the response's dataclass and may raise. `least_timeout_seconds` is what the call
    needs where the caller gives it no timeout of its own.
    """

    rpc: Rpc
    request: bytes
    read: Callable[[object], Answer]
    least_timeout_seconds: float = 0.0

    def then(self, read: Callable[[Answer], Other]) -> Call[Other]:
        """The same question with its answer read further."""
        return Call(
            rpc=self.rpc,
            request=self.request,
            read=lambda response: read(self.read(response)),
            least_timeout_seconds=self.least_timeout_seconds,
        )


def allocate_response(
    problem: AllocationProblem, parameters: SolveParameters | None, request_id: str
) -> Call[AllocateResponse]:
    """Allocate, with the whole response as its answer, whatever the termination."""
    request = AllocateRequest(problem=problem, parameters=parameters, request_id=request_id)
    time_limit = parameters.time_limit if parameters is not None else None
    return Call(
        rpc=ALLOCATE,
        request=_serialize(ALLOCATE, request, problem),
        read=_complete_response,
        least_timeout_seconds=time_limit.total_seconds() + _SPARE_SECONDS if time_limit is not None else 0.0,
    )


def allocate(
    problem: AllocationProblem, parameters: SolveParameters | None, request_id: str
) -> Call[Allocation]:
    """Allocate, with certified positions as its answer."""
    return allocate_response(problem, parameters, request_id).then(
        lambda response: certified(response.allocation)
    )


def validate(
    problem: AllocationProblem, maximum_violation_count: int | None
) -> Call[ValidatePortfolioResponse]:
    """ValidatePortfolio; violations are its answer, not an error."""
    request = ValidatePortfolioRequest(problem=problem, maximum_violation_count=maximum_violation_count)
    return Call(
        rpc=VALIDATE_PORTFOLIO,
        request=_serialize(VALIDATE_PORTFOLIO, request, problem),
        read=lambda response: _typed(response, ValidatePortfolioResponse),
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


def _serialize(
    rpc: Rpc, request: AllocateRequest | ValidatePortfolioRequest, problem: AllocationProblem
) -> bytes:
    try:
        return wire.to_message(request, rpc.request_type).SerializeToString()
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        # What has no place in a message is a violation with a path, wherever validation can name it.
        violations = problem_violations(problem) or request_violations(request)
        if not violations:
            raise
        raise InvalidProblem(violations) from None


def _complete_response(response: object) -> AllocateResponse:
    answer = _typed(response, AllocateResponse)
    # Every answer has both; readers of bytes leave out what was not sent.
    allocation: Allocation | None = answer.allocation
    if allocation is None or not isinstance(getattr(allocation.termination, "reason", None), int):
        details = "the answer does not say how it ended"
        raise ServiceError(CallStatus(code=StatusCode.INTERNAL, details=details))
    return answer


def _typed(response: object, wanted: type[Response]) -> Response:
    if not isinstance(response, wanted):
        raise TypeError(f"{wanted.__name__} wanted, got {type(response).__name__}")
    return response
