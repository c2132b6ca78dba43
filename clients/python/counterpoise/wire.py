"""Messages of the contract to dataclasses of the model and back.

Conversion never judges: what has no counterpart in the model (an enum number from a newer peer, a
date that is none) stays as it came, for validation to name.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeVar

import numpy as np
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from counterpoise.schema import FieldKind, FieldSchema, MessageSchema, schema_for, schema_of

M = TypeVar("M", bound=Message)


def to_model(message: Message) -> Any:
    """The dataclass of a message; unset fields are None, empty text, False or an empty tuple."""
    return _read_message(schema_of(message.DESCRIPTOR), message)


def to_message(instance: object, message_type: type[M]) -> M:
    """The message of a dataclass.

    Raises TypeError or ValueError where a field holds what its type cannot take; `validate` then
    names the field.
    """
    message = message_type()
    _write_message(schema_for(type(instance)), instance, message)
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


# Reading


def _read_message(schema: MessageSchema, message: Message) -> Any:
    readers = _readers(schema)
    values: dict[str, object] = {}
    for field, value in message.ListFields():
        name, read = readers[field]
        values[name] = read(value)
    return schema.build(values)


@cache
def _readers(schema: MessageSchema) -> dict[FieldDescriptor, tuple[str, Callable[[Any], object]]]:
    return {field.descriptor: (field.name, _reader(field)) for field in schema.fields}


def _reader(field: FieldSchema) -> Callable[[Any], object]:
    one = _element_reader(field)
    if not field.repeated:
        return one
    if field.kind is FieldKind.NUMBER and field.descriptor.name in _ARRAYS:
        return _read_array
    if field.kind in {FieldKind.TEXT, FieldKind.NUMBER}:
        return tuple
    return lambda values: tuple([one(value) for value in values])


_ARRAYS = {"lower_triangle", "returns", "values"}
"""Repeated numbers that the model holds as arrays; others are tuples."""


def _read_array(values: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    array = np.array(values, dtype=float)
    array.flags.writeable = False
    return array


def _element_reader(field: FieldSchema) -> Callable[[Any], object]:
    if field.kind is FieldKind.MESSAGE:
        return lambda value: _read_message(field.message, value)
    if field.kind is FieldKind.ENUM and field.enum is not None:
        by_number = field.enum.by_number
        return lambda number: by_number.get(number, number)
    if field.kind is FieldKind.DATE:
        return _read_date
    if field.kind is FieldKind.TIME:
        return _read_time
    if field.kind is FieldKind.DURATION:
        return _read_duration
    if field.kind is FieldKind.TIMESTAMP:
        return _read_timestamp
    if field.kind is FieldKind.MASK:
        return lambda value: tuple(value.paths)
    return lambda value: value


def _read_date(value: Any) -> datetime.date | str:
    try:
        return datetime.date(value.year, value.month, value.day)
    except ValueError:
        return f"{value.year:04}-{value.month:02}-{value.day:02}"


def _read_time(value: Any) -> datetime.time | str:
    # A part of a microsecond counts as a whole one: what is not zero must not become it.
    micros = -(-value.nanos // 1000)
    try:
        return datetime.time(value.hours, value.minutes, value.seconds, micros)
    except ValueError:
        return f"{value.hours:02}:{value.minutes:02}:{value.seconds:02}.{value.nanos:09}"


def _read_duration(value: Any) -> datetime.timedelta | str:
    try:
        return datetime.timedelta(seconds=value.seconds, microseconds=round(value.nanos / 1000))
    except OverflowError:
        return f"{value.seconds}s"


def _read_timestamp(value: Any) -> datetime.datetime | str:
    try:
        instant: datetime.datetime = value.ToDatetime(datetime.UTC)
    except (OverflowError, ValueError):
        return f"{value.seconds}s"
    return instant


# Writing


def _write_message(schema: MessageSchema, instance: object, message: Message) -> None:
    for name, write in _writers(schema):
        value = getattr(instance, name)
        if value is not None:
            write(message, value)


@cache
def _writers(schema: MessageSchema) -> tuple[tuple[str, Callable[[Message, Any], None]], ...]:
    return tuple((field.name, _writer(field)) for field in schema.fields)


def _writer(field: FieldSchema) -> Callable[[Message, Any], None]:
    name = field.name
    if field.kind is FieldKind.MESSAGE and field.repeated:
        return lambda message, values: _write_messages(field, getattr(message, name), values)
    if field.kind is FieldKind.MESSAGE:
        return lambda message, value: _write_set(field, getattr(message, name), value)
    write = _VALUES.get(field.kind)
    if write is not None and field.repeated:
        return lambda message, values: _write_each(write, getattr(message, name), values)
    if write is not None:
        return lambda message, value: write(getattr(message, name), value)
    if field.repeated:
        return lambda message, values: getattr(message, name).extend(
            values.tolist() if isinstance(values, np.ndarray) else values
        )
    return lambda message, value: setattr(message, name, value)


def _write_messages(field: FieldSchema, container: Any, values: Any) -> None:
    for value in values:
        _write_checked(field, container.add(), value)


def _write_set(field: FieldSchema, message: Message, value: object) -> None:
    # An empty message is set, too: its presence is the declaration.
    message.SetInParent()
    _write_checked(field, message, value)


def _write_checked(field: FieldSchema, message: Message, value: object) -> None:
    if not isinstance(value, field.message.model):
        raise TypeError(f"{field.name}: {field.message.model.__name__} wanted, got {type(value).__name__}")
    _write_message(field.message, value, message)


def _write_each(write: Callable[[Any, Any], None], container: Any, values: Any) -> None:
    for value in values:
        write(container.add(), value)


def _write_date(message: Any, value: datetime.date) -> None:
    message.year, message.month, message.day = value.year, value.month, value.day


def _write_time(message: Any, value: datetime.time) -> None:
    # Midnight is all zeros: its presence is what says it.
    message.SetInParent()
    message.hours, message.minutes, message.seconds = value.hour, value.minute, value.second
    message.nanos = value.microsecond * 1000


_VALUES: dict[FieldKind, Callable[[Any, Any], None]] = {
    FieldKind.DATE: _write_date,
    FieldKind.TIME: _write_time,
    FieldKind.DURATION: lambda message, value: message.FromTimedelta(value),
    FieldKind.TIMESTAMP: lambda message, value: message.FromDatetime(value),
    FieldKind.MASK: lambda message, value: message.paths.extend(value),
}
"""Kinds that are messages on the wire and plain values in the model."""
