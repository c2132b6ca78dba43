"""Refusals: what a call ends with instead of an answer.

Every status that this server's own code sends carries one `google.rpc.ErrorInfo`, whose reason
belongs to one status code for ever.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass, field

import grpc

from counterpoise.model import ErrorReason, Violation
from optimizer.usecases.errors import DeadlinePassed, Refused, RequestInvalid, in_words
from optimizer.workers import WorkerLost

CODES: Mapping[ErrorReason, grpc.StatusCode] = {
    ErrorReason.REQUEST_INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorReason.REQUEST_MALFORMED: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorReason.PAGE_TOKEN_INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorReason.RESOURCE_NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    ErrorReason.RESOURCE_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    ErrorReason.RESOURCE_CHANGED: grpc.StatusCode.ABORTED,
    ErrorReason.JOB_NOT_ACTIVE: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorReason.RUN_IN_PROGRESS: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorReason.PROPOSAL_NOT_OPEN: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorReason.MARKS_STALE: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorReason.REQUEST_ID_REUSED: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorReason.COMPLIANCE_FAILED: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorReason.REBALANCING_HALTED: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorReason.RUN_NOT_ACTIVE: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorReason.CREDENTIALS_INVALID: grpc.StatusCode.UNAUTHENTICATED,
    ErrorReason.ACCESS_DENIED: grpc.StatusCode.PERMISSION_DENIED,
    ErrorReason.SELF_APPROVAL: grpc.StatusCode.PERMISSION_DENIED,
    ErrorReason.SERVER_BUSY: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorReason.RESPONSE_TOO_LARGE: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorReason.DEADLINE_PASSED: grpc.StatusCode.DEADLINE_EXCEEDED,
    ErrorReason.WORKER_LOST: grpc.StatusCode.UNAVAILABLE,
    ErrorReason.STORE_UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    ErrorReason.SHUTTING_DOWN: grpc.StatusCode.UNAVAILABLE,
    ErrorReason.INTERNAL_BUG: grpc.StatusCode.INTERNAL,
}


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why there is no answer. `retry_seconds` invites to try again after that time."""

    reason: ErrorReason
    message: str
    violations: tuple[Violation, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    retry_seconds: float | None = None

    @property
    def code(self) -> grpc.StatusCode:
        """The one status code of the reason."""
        return CODES[self.reason]


class CallRefused(Exception):
    """Ends a call with this refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


CREDENTIALS_INVALID = Refusal(
    # One text for every cause: what exactly was wrong helps whoever guesses.
    reason=ErrorReason.CREDENTIALS_INVALID,
    message="the credentials are missing or not accepted",
)
ACCESS_DENIED = Refusal(
    reason=ErrorReason.ACCESS_DENIED, message="these credentials do not give access to this method"
)
DEADLINE_PASSED = Refusal(
    reason=ErrorReason.DEADLINE_PASSED, message="the caller's deadline leaves no time for the work"
)
SHUTTING_DOWN = Refusal(
    reason=ErrorReason.SHUTTING_DOWN, message="the server is shutting down; retry elsewhere"
)
WORKER_LOST = Refusal(reason=ErrorReason.WORKER_LOST, message="the worker died; retry")
RESPONSE_TOO_LARGE = Refusal(
    reason=ErrorReason.RESPONSE_TOO_LARGE,
    message="the answer exceeds 4 MiB; ask for the basic view, or for smaller pages",
)


def busy(retry_seconds: float) -> Refusal:
    """The server is full."""
    return Refusal(
        reason=ErrorReason.SERVER_BUSY, message="the server is full; retry later", retry_seconds=retry_seconds
    )


def invalid(violations: tuple[Violation, ...]) -> Refusal:
    """The request breaks the contract in these places, at least one."""
    return Refusal(
        reason=ErrorReason.REQUEST_INVALID,
        message=in_words(violations),
        violations=violations,
        metadata={"violationCount": str(len(violations))},
    )


def internal_bug() -> Refusal:
    """A bug. The caller gets a number to quote; what happened is in the log under that number."""
    error_id = uuid.uuid4().hex
    return Refusal(
        reason=ErrorReason.INTERNAL_BUG,
        message=f"internal error {error_id}; please report it with this number",
        metadata={"errorId": error_id},
    )


def refusal_of(error: Exception, *, draining: bool) -> Refusal:
    """What an exception of a use case means to the caller; what is not known is a bug."""
    if isinstance(error, CallRefused):
        return error.refusal
    if isinstance(error, RequestInvalid):
        return invalid(tuple(error.violations))
    if isinstance(error, Refused) and error.reason in CODES:
        return Refusal(reason=error.reason, message=error.message, metadata=error.metadata)
    if isinstance(error, WorkerLost | CancelledError) and draining:
        return SHUTTING_DOWN
    if isinstance(error, WorkerLost):
        return WORKER_LOST
    if isinstance(error, DeadlinePassed | CancelledError):
        # Outside a drain only a caller who has gone cancels, and nobody reads that status.
        return DEADLINE_PASSED
    return internal_bug()
