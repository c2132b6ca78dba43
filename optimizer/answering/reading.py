"""From the bytes of a question to the request, as the model has it."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from google.protobuf.message import Message

from counterpoise.sections import SectionReader
from counterpoise.validate import request_violations
from optimizer.answering.requests import Parsed, parse
from optimizer.telemetry.traces import span
from optimizer.usecases.errors import RequestInvalid

M = TypeVar("M", bound=Message)
_SECTIONS: Final = SectionReader(maximum_count=256, maximum_bytes=32 << 20)
"""Parts of problems that came before: what follows from them is remembered elsewhere, by their identity."""


def read_question(body: bytes, message_type: type[M]) -> Any:  # noqa: ANN401 - the message's twin
    """The request in the bytes, not yet validated.

    Raises Refused and RequestInvalid where the bytes alone tell that it cannot be taken.
    """
    with span("parse"):
        parsed: Parsed[M] = parse(body, message_type)
        if parsed.message is None:
            raise RequestInvalid(parsed.violations)
        request = _SECTIONS.to_model(parsed.message)
    if parsed.violations:
        raise RequestInvalid((*parsed.violations, *request_violations(request)))
    return request
