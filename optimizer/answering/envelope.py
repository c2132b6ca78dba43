"""What the server must know of a question before a worker has read it: how long it may take, and who is warm.

Fields are found by walking over the outermost bytes, so many and no more. What is malformed ends the walk:
the worker refuses it.
"""

from __future__ import annotations

import datetime
from collections.abc import Set
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.message import DecodeError, Message

from counterpoise import wire
from counterpoise.model import ErrorReason, Violation
from counterpoise.v1 import problem_pb2, solve_pb2
from optimizer.answering.fields import BYTES, MAXIMUM_FIELDS, NotAMessage, TooManyFields, fields
from optimizer.usecases.errors import RequestInvalid

_SHARED = {
    problem_pb2.AllocationProblem.MARKET_FIELD_NUMBER,
    problem_pb2.AllocationProblem.PORTFOLIO_FIELD_NUMBER,
}
"""What many questions have in common."""
_PARAMETER_BYTES: Final = 4_096
"""Of parameters that are read here; real ones take a few dozen."""
_ID_BYTES: Final = 256
"""Of an id that are read here; an id has 64."""


@dataclass(frozen=True)
class Envelope:
    """How a question is to be handled."""

    time_limit: datetime.timedelta | None
    """What its parameters ask for; None also where that is no time."""
    request_id: str
    affinity: int | None
    """Equal for questions about the same market and portfolio, within this process."""


def envelope_of(body: bytes, request: type[Message]) -> Envelope:
    """Of the bytes of a request with the fields problem, parameters and request_id.

    Raises RequestInvalid where there is more than any request has.
    """
    problem, parameters, request_id = (_number(request, name) for name in _NAMES)
    found = contents(body, {problem, parameters, request_id})
    parts = contents(_merged(found.get(problem, [])), _SHARED, "problem")
    return Envelope(
        time_limit=_time_limit(_merged(found.get(parameters, []))),
        request_id=id_in(found.get(request_id, [])),
        affinity=hash(tuple(tuple(part) for part in parts.values())) if len(parts) == 2 else None,
    )


def request_id_of(body: bytes, request: type[Message]) -> str:
    """The id in the bytes of a request. Raises as `envelope_of`."""
    number = _number(request, "request_id")
    return id_in(contents(body, {number}).get(number, []))


def contents(body: bytes, wanted: Set[int], path: str = "") -> dict[int, list[bytes]]:
    """Contents of fields by number, as often as they come, up to where the bytes are no message any more.

    Raises RequestInvalid where there are more fields than any message here has; `path` is that of the bytes.
    """
    found: dict[int, list[bytes]] = {}
    try:
        for number, kind, content in fields(body):
            if kind == BYTES and number in wanted:
                found.setdefault(number, []).append(content)
    except NotAMessage:
        pass
    except TooManyFields:
        raise RequestInvalid((too_many(path),)) from None
    return found


def too_many(path: str) -> Violation:
    """More fields than may be looked at, in the message on a path."""
    text = f"more than {MAXIMUM_FIELDS} fields in one message; write each once, and none that is unknown"
    return Violation(field=path, reason=ErrorReason.TOO_MANY, message=text)


_NAMES = ("problem", "parameters", "request_id")


def _number(request: type[Message], name: str) -> int:
    known: Any = request.DESCRIPTOR.fields_by_name
    return int(known[name].number)


def _merged(pieces: list[bytes]) -> bytes:
    """One message after the other is their sum."""
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def id_in(pieces: list[bytes]) -> str:
    """An id by its contents, the last of which counts, and no more of it than tells that it is too long."""
    return pieces[-1][:_ID_BYTES].decode(errors="replace") if pieces else ""


def _time_limit(parameters: bytes) -> datetime.timedelta | None:
    if len(parameters) > _PARAMETER_BYTES:
        text = f"more than {_PARAMETER_BYTES} bytes; write each field once, and none that is unknown"
        raise RequestInvalid((Violation(field="parameters", reason=ErrorReason.TOO_MANY, message=text),))
    try:
        limit = wire.to_model(solve_pb2.SolveParameters.FromString(parameters)).time_limit
    except DecodeError:
        return None
    return limit if isinstance(limit, datetime.timedelta) and limit > datetime.timedelta(0) else None
