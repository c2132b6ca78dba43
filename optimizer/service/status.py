"""A refusal as `google.rpc.Status`.

Details travel in a trailer, and trailers of more than 8 KiB arrive as another code: 4 KiB is what is
safe in every encoding.
"""

from __future__ import annotations

from typing import NoReturn

from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc import aio

from counterpoise.model import Violation
from optimizer.service.errors import Refusal

DOMAIN = "counterpoise"
DETAILS_KEY = "grpc-status-details-bin"
MAXIMUM_BYTES = 4096
_DESCRIPTION_CHARACTERS = 300
_FRAME_BYTES = 64
"""Tags, lengths and type names around the violations."""


async def abort(context: aio.ServicerContext[bytes, bytes], refusal: Refusal) -> NoReturn:
    """End a call with a refusal."""
    details = status_of(refusal).SerializeToString()
    await context.abort(refusal.code, refusal.message, ((DETAILS_KEY, details),))


def status_of(refusal: Refusal) -> status_pb2.Status:
    """At most 4 KiB serialized: of the violations, the first that fit."""
    status = status_pb2.Status(code=refusal.code.value[0], message=refusal.message)
    info = error_details_pb2.ErrorInfo(
        reason=refusal.reason.name, domain=DOMAIN, metadata=dict(refusal.metadata)
    )
    _pack(status, info)
    if refusal.retry_seconds is not None:
        delay = Duration()
        delay.FromMilliseconds(round(1000 * refusal.retry_seconds))
        _pack(status, error_details_pb2.RetryInfo(retry_delay=delay))
    if refusal.violations:
        _pack(status, _bad_request(refusal.violations, MAXIMUM_BYTES - status.ByteSize() - _FRAME_BYTES))
    return status


def _bad_request(violations: tuple[Violation, ...], room: int) -> error_details_pb2.BadRequest:
    details = error_details_pb2.BadRequest()
    for violation in violations:
        item = error_details_pb2.BadRequest.FieldViolation(
            field=violation.field, description=_short(violation.message), reason=violation.reason.name
        )
        room -= item.ByteSize() + 4  # its tag and length
        if room < 0:
            break
        details.field_violations.append(item)
    return details


def _short(text: str) -> str:
    return text if len(text) <= _DESCRIPTION_CHARACTERS else text[: _DESCRIPTION_CHARACTERS - 3] + "..."


def _pack(status: status_pb2.Status, detail: Message) -> None:
    packed = Any()
    packed.Pack(detail)
    status.details.append(packed)
