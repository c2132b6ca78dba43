"""From the bytes of a question to the request, as the model has it."""

from __future__ import annotations

from typing import Any, TypeVar

from google.protobuf.message import Message

from counterpoise import wire
from counterpoise.validate import request_violations
from optimizer.answering.requests import Parsed, parse
from optimizer.telemetry.traces import span
from optimizer.usecases.errors import RequestInvalid

M = TypeVar("M", bound=Message)


def read_question(body: bytes, message_type: type[M]) -> Any:  # noqa: ANN401 - the message's twin
    """The request in the bytes, not yet validated.

    Raises Refused and RequestInvalid where the bytes alone tell that it cannot be taken.
    """
    with span("parse"):
        parsed: Parsed[M] = parse(body, message_type)
        if parsed.message is None:
            raise RequestInvalid(parsed.violations)
        request = wire.to_model(parsed.message)
    if parsed.violations:
        raise RequestInvalid((*parsed.violations, *request_violations(request)))
    return request
