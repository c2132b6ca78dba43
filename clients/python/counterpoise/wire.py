"""Messages of the contract to dataclasses of the model and back.

Conversion never judges: what has no counterpart in the model (an enum number from a newer peer, a
date that is none) stays as it came, for validation to name.
"""

from __future__ import annotations

from typing import Any, TypeVar

from google.protobuf.message import Message

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
