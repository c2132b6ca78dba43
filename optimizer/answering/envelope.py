"""What the server must know of a question before a worker has read it: how long it may take, and who is warm.

Fields are found by walking over the outermost bytes. What is malformed ends the walk: the worker refuses it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError, Message

from counterpoise import wire
from counterpoise.v1 import problem_pb2, solve_pb2

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_SHARED = {
    problem_pb2.AllocationProblem.MARKET_FIELD_NUMBER,
    problem_pb2.AllocationProblem.PORTFOLIO_FIELD_NUMBER,
}
"""What many questions have in common."""


@dataclass(frozen=True)
class Envelope:
    """How a question is to be handled."""

    time_limit: datetime.timedelta | None
    """What its parameters ask for; None also where that is no time."""
    request_id: str
    affinity: int | None
    """Equal for questions about the same market and portfolio, within this process."""


def envelope_of(body: bytes, request: type[Message]) -> Envelope:
    """Of the bytes of a request with the fields problem, parameters and request_id."""
    problem, parameters, request_id = _numbers(request)
    found = _fields(body, {problem, parameters, request_id})
    parts = _fields(found.get(problem, b""), _SHARED)
    return Envelope(
        time_limit=_time_limit(found.get(parameters)),
        request_id=found.get(request_id, b"").decode(errors="replace"),
        affinity=hash(tuple(parts.values())) if len(parts) == 2 else None,
    )


def _numbers(request: type[Message]) -> tuple[int, int, int]:
    fields: Any = request.DESCRIPTOR.fields_by_name
    return fields["problem"].number, fields["parameters"].number, fields["request_id"].number


def _time_limit(parameters: bytes | None) -> datetime.timedelta | None:
    if parameters is None:
        return None
    try:
        limit = wire.to_model(solve_pb2.SolveParameters.FromString(parameters)).time_limit
    except DecodeError:
        return None
    return limit if isinstance(limit, datetime.timedelta) and limit > datetime.timedelta(0) else None


def _fields(body: bytes, wanted: Set[int]) -> dict[int, bytes]:
    """Contents of fields by number; what comes twice is put together, which is how messages merge."""
    found: dict[int, bytes] = {}
    for number, content in _walk(body):
        if number in wanted:
            found[number] = found[number] + content if number in found else content
    return found


def _walk(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and content of every outermost field that has a length."""
    at, size = 0, len(body)
    while at < size:
        key, at = _varint(body, at)
        kind = key & 7
        if kind == _BYTES:
            length, at = _varint(body, at)
            if at + length > size:
                return
            yield key >> 3, body[at : at + length]
            at += length
        elif kind == _VARINT:
            _, at = _varint(body, at)
        elif kind in {_FIXED64, _FIXED32}:
            at += 8 if kind == _FIXED64 else 4
        else:
            return


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """The number at a place, and the place after it; one that has no end is followed by the end of all."""
    value = shift = 0
    while at < len(body) and shift < 70:
        byte = body[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    return value, len(body) + 1
