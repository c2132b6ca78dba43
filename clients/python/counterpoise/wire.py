"""Messages of the contract to dataclasses of the model and back.

Conversion never judges: what has no counterpart in the model (an enum number from a newer peer, a
date that is none) stays as it came, for validation to name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from counterpoise.schema import schema_for, schema_of
from counterpoise.wire_reading import reader_of
from counterpoise.wire_writing import writer_of

M = TypeVar("M", bound=Message)


def to_model(message: Message) -> Any:
    """The dataclass of a message; unset fields are None, empty text, False or an empty tuple."""
    return reader_of(schema_of(message.DESCRIPTOR))(message)


def to_message(instance: object, message_type: type[M]) -> M:
    """The message of a dataclass.

    Raises TypeError or ValueError where a field holds what its type cannot take; `validate` then
    names the field.
    """
    message = message_type()
    writer_of(schema_for(type(instance)))(instance, message)
    return message


def unknown_fields(message: Message) -> Iterator[str]:
    """Paths of fields that this build does not know, as `portfolio.lines[2].#31` (field number)."""
    known = type(message)()
    known.CopyFrom(message)
    known.DiscardUnknownFields()
    # Nearly no message has any: then there is nothing to look for.
    if known.ByteSize() != message.ByteSize():
        yield from _unknown_fields(message, "")


def _unknown_fields(message: Message, path: str) -> Iterator[str]:
    known: Any = UnknownFieldSet(message)
    for unknown in known:
        yield _join(path, f"#{unknown.field_number}")
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.is_repeated:
            for index, element in enumerate(value):
                yield from _unknown_fields(element, f"{_join(path, field.name)}[{index}]")
        else:
            yield from _unknown_fields(value, _join(path, field.name))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
