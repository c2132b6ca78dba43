"""From the bytes of a call to its request, or its refusal."""

from __future__ import annotations

from typing import Any, TypeVar

from google.protobuf.message import Message
from structlog.contextvars import bind_contextvars

from counterpoise import wire
from counterpoise.validate import request_violations
from optimizer.service.calls import Call
from optimizer.service.errors import CallRefused, invalid
from optimizer.service.requests import Parsed, parse
from optimizer.telemetry.traces import span

M = TypeVar("M", bound=Message)


def read_request(body: bytes, call: Call, message_type: type[M]) -> Any:  # noqa: ANN401 - the message's twin
    """The request in the bytes, as the model has it.

    Raises CallRefused where the bytes alone tell that it cannot be taken.
    """
    with span("parse"):
        parsed: Parsed[M] = parse(body, message_type)
        if parsed.message is None:
            raise CallRefused(invalid(parsed.violations))
        request = wire.to_model(parsed.message)
    # Calls that read what is kept have none.
    call.request_id = getattr(request, "request_id", "")
    if call.request_id:
        bind_contextvars(request_id=call.logged_request_id)
    if parsed.violations:
        raise CallRefused(invalid((*parsed.violations, *request_violations(request))))
    return request


def read_sound_request(body: bytes, call: Call, message_type: type[M]) -> Any:  # noqa: ANN401 - as above
    """The request in the bytes, without a violation. Raises CallRefused where it has any."""
    request = read_request(body, call, message_type)
    with span("validate"):
        violations = request_violations(request)
    if violations:
        raise CallRefused(invalid(violations))
    return request
