"""From bytes to a message, and what is wrong with it that only the bytes can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from counterpoise.model import ErrorReason, Violation
from optimizer.answering.unknown import unknown_paths
from optimizer.usecases.errors import Refused

M = TypeVar("M", bound=Message)

MAXIMUM_PARTS = 250_000
"""Messages and texts in one request. Real ones take 16 bytes each and more, so this is 4 MiB of them;
empty ones take two, and two million of them would take minutes to look at."""
_BYTES_PER_PART = 2
_TO_PROBLEM = re.compile(r"^(rebalance_job\.)?problem\.")


@dataclass(frozen=True)
class Parsed(Generic[M]):
    """A request and the violations found in its bytes; no message when it holds too much to look at."""

    message: M | None
    violations: tuple[Violation, ...]


def parse(body: bytes, message_type: type[M]) -> Parsed[M]:
    """Read a request. Raises Refused when the bytes are not such a message."""
    try:
        message = message_type.FromString(body)
    except DecodeError:
        text = "the bytes are not a message of the type that this call takes"
        raise Refused(ErrorReason.REQUEST_MALFORMED, text) from None
    if len(body) > MAXIMUM_PARTS * _BYTES_PER_PART and (crowded := _crowded_field(message)):
        text = f"more than {MAXIMUM_PARTS} parts in one request, counted up to here"
        return Parsed(None, (Violation(field=crowded, reason=ErrorReason.TOO_MANY, message=text),))
    # Walking a message costs more than solving it; its size without what is unknown costs nothing.
    size = message.ByteSize()
    message.DiscardUnknownFields()
    if message.ByteSize() == size:
        return Parsed(message, ())
    # Where the search ends before it finds one, the request is refused all the same.
    descriptor: Any = message_type.DESCRIPTOR
    paths = unknown_paths(body, descriptor) or ("",)
    return Parsed(message, tuple(_unknown(path) for path in paths))


def _unknown(path: str) -> Violation:
    text = "this server does not know the field of this number; a newer one may, or it is a mistake"
    if not path:
        text = "somewhere after the first fields there is one that this server does not know; leave it out"
    return Violation(field=from_problem(path), reason=ErrorReason.FIELD_UNKNOWN, message=text)


def from_problem(path: str) -> str:
    """A path in the request as violations name it: from the problem, where it is within."""
    return _TO_PROBLEM.sub("", path)


def _crowded_field(message: Message) -> str:
    """Path of the list in which the count of parts passes the maximum; empty if none does."""
    count = 0
    for path, length in _lists(message, ""):
        count += length
        if count > MAXIMUM_PARTS:
            return from_problem(path)
    return ""


def _lists(message: Message, path: str) -> Iterator[tuple[str, int]]:
    """Path and length of every list but those of numbers, a list before what is in it."""
    for field, value in message.ListFields():
        here = f"{path}.{field.name}" if path else field.name
        if field.is_repeated and field.type in {FieldDescriptor.TYPE_MESSAGE, FieldDescriptor.TYPE_STRING}:
            yield here, len(value)
        if field.type != FieldDescriptor.TYPE_MESSAGE:
            continue
        for index, element in enumerate(value if field.is_repeated else (value,)):
            yield from _lists(element, f"{here}[{index}]" if field.is_repeated else here)
