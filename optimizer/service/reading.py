"""From the bytes of a call to its request, or its refusal."""

from __future__ import annotations

from typing import Any, TypeVar

from google.protobuf.message import Message

from counterpoise import wire
from counterpoise.validate import request_violations
from optimizer.service.calls import Call
from optimizer.service.errors import CallRefused, invalid
from optimizer.service.requests import Parsed, parse

M = TypeVar("M", bound=Message)


def read_request(body: bytes, call: Call, message_type: type[M]) -> Any:  # noqa: ANN401 - the message's twin
    """The request in the bytes, as the model has it.

    Raises CallRefused where the bytes alone tell that it cannot be taken.
    """
    parsed: Parsed[M] = parse(body, message_type)
    if parsed.message is None:
        raise CallRefused(invalid(parsed.violations))
    request = wire.to_model(parsed.message)
    call.request_id = request.request_id
    if parsed.violations:
        raise CallRefused(invalid((*parsed.violations, *request_violations(request))))
    return request
