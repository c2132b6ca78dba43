"""From the bytes of a call to its request, or its refusal."""

from __future__ import annotations

from typing import Any, TypeVar

from google.protobuf.message import Message

from counterpoise.validate import request_violations
from optimizer.answering.reading import read_question
from optimizer.service.calls import Call
from optimizer.telemetry.traces import span
from optimizer.usecases.errors import RequestInvalid

M = TypeVar("M", bound=Message)


def read_request(body: bytes, call: Call, message_type: type[M]) -> Any:  # noqa: ANN401 - the message's twin
    """The request in the bytes, as the model has it. Raises as `read_question`."""
    request = read_question(body, message_type)
    # Calls that read what is kept have none.
    call.read_request_id(getattr(request, "request_id", ""))
    return request


def read_sound_request(body: bytes, call: Call, message_type: type[M]) -> Any:  # noqa: ANN401 - as above
    """The request in the bytes, without a violation. Raises Refused and RequestInvalid."""
    request = read_request(body, call, message_type)
    with span("validate"):
        violations = request_violations(request)
    if violations:
        raise RequestInvalid(violations)
    return request
