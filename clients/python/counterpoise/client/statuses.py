"""From the status that ended a call to the exception that says so."""

from __future__ import annotations

import datetime
from typing import Protocol, TypeVar, cast

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from counterpoise.errors import (
    AccessDenied,
    AlreadyExists,
    CallStatus,
    Conflict,
    CounterpoiseError,
    CredentialsRefused,
    DeadlinePassed,
    InternalError,
    InvalidProblem,
    MessageTooLarge,
    NotFound,
    PreconditionFailed,
    ServerBusy,
    ServiceError,
    StatusCode,
    Unavailable,
)
from counterpoise.model import ErrorReason, Violation

Detail = TypeVar("Detail", bound=Message)

_DOMAIN = "counterpoise"
_LIBRARY_SIZE_TEXT = "larger than max"
_LIBRARY_RESET_TEXT = "RST_STREAM"


class FailedCall(Protocol):
    """What errors of both grpc interfaces can tell."""

    def code(self) -> grpc.StatusCode:
        """The status code."""

    def details(self) -> str | None:
        """The text beside it."""


def error_of(failed: FailedCall) -> CounterpoiseError:
    """The exception for a call that failed: a `grpc.RpcError` or a `grpc.aio.AioRpcError`."""
    details = _details(failed)
    info = _find(details, error_details_pb2.ErrorInfo)
    ours = info is not None and info.domain == _DOMAIN
    retry = _find(details, error_details_pb2.RetryInfo)
    status = CallStatus(
        code=StatusCode(failed.code().value[0]),
        details=failed.details() or "",
        reason=info.reason if info is not None and ours else "",
        metadata=dict(info.metadata) if info is not None and ours else {},
        retry_delay=_delay(retry) if retry is not None else None,
    )
    violations = tuple(
        _violation(item)
        for bad in [_find(details, error_details_pb2.BadRequest)]
        if bad is not None
        for item in bad.field_violations
    )
    return _error(status, violations)


def closed_client() -> CounterpoiseError:
    """The exception for a call of a client that was closed before."""
    return CounterpoiseError("this client is closed; make another one")


def _error(status: CallStatus, violations: tuple[Violation, ...]) -> CounterpoiseError:
    if status.code is StatusCode.INVALID_ARGUMENT and violations:
        count = status.metadata.get("violationCount", "")
        return InvalidProblem(
            violations, max(len(violations), int(count) if count.isdecimal() else 0), status
        )
    if status.code is StatusCode.RESOURCE_EXHAUSTED:
        # The library refuses sizes with this code, too, and has no details but its text. Only a request
        # to come back makes a service busy: trying again after a refused size would be a storm.
        if status.reason == ErrorReason.RESPONSE_TOO_LARGE.name or _LIBRARY_SIZE_TEXT in status.details:
            return MessageTooLarge(status)
        return ServerBusy(status) if status.retry_delay is not None else ServiceError(status)
    if not status.reason and _broken_off(status):
        return Unavailable(status)
    by_code: dict[StatusCode, type[ServiceError]] = {
        StatusCode.UNAUTHENTICATED: CredentialsRefused,
        StatusCode.PERMISSION_DENIED: AccessDenied,
        StatusCode.NOT_FOUND: NotFound,
        StatusCode.ALREADY_EXISTS: AlreadyExists,
        StatusCode.ABORTED: Conflict,
        StatusCode.FAILED_PRECONDITION: PreconditionFailed,
        StatusCode.UNAVAILABLE: Unavailable,
        StatusCode.DEADLINE_EXCEEDED: DeadlinePassed,
        StatusCode.INTERNAL: InternalError,
    }
    return by_code.get(status.code, ServiceError)(status)


def _broken_off(status: CallStatus) -> bool:
    """Whether the library or a proxy ended the call in place of the service.

    A server that stops drops calls that it has not read with CANCELLED, and a proxy whose server is gone
    resets a stream that has begun. What the service itself ends has a reason.
    """
    reset = status.code is StatusCode.INTERNAL and _LIBRARY_RESET_TEXT in status.details
    return reset or status.code is StatusCode.CANCELLED


def _details(failed: FailedCall) -> status_pb2.Status | None:
    try:
        status: status_pb2.Status | None = rpc_status.from_call(cast("grpc.Call", failed))
    except (ValueError, DecodeError):
        return None  # a proxy changed the code and left our details: they describe another status
    return status


def _find(status: status_pb2.Status | None, wanted: type[Detail]) -> Detail | None:
    for packed in status.details if status is not None else ():
        detail = wanted()
        try:
            if packed.Unpack(detail):
                return detail
        except DecodeError:
            return None
    return None


def _delay(retry: error_details_pb2.RetryInfo) -> datetime.timedelta:
    return retry.retry_delay.ToTimedelta()


def _violation(item: error_details_pb2.BadRequest.FieldViolation) -> Violation:
    known = ErrorReason.__members__.get(item.reason)
    # A newer service has more reasons; what it says of the field is for people in any case.
    return Violation(field=item.field, reason=known or ErrorReason.REQUEST_INVALID, message=item.description)
