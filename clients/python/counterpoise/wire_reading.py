"""Readers of messages, made once per class of the contract."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, Final

import numpy as np
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from counterpoise.generated import defer, function_of
from counterpoise.schema import FieldKind, FieldSchema, MessageSchema

Reader = Callable[[Any], Any]

_MOST_ASKED: Final = 8
"""Fields that may be unset, up to which each is asked for; of more it is cheaper to list those set."""


@cache
def reader_of(schema: MessageSchema) -> Reader:
    """What makes the dataclass of such a message."""
    asked = sum(not field.oneof and (field.has_presence or field.repeated) for field in schema.fields)
    return _narrow_reader(schema) if asked + len(schema.oneofs) <= _MOST_ASKED else reader_with(schema, {})


def reader_with(schema: MessageSchema, own: Mapping[str, Reader]) -> Reader:
    """What makes the dataclass of such a message, with readers of its own for the fields of these names.

    It reads the fields that are set; their readers are made when the first of a kind comes.
    """
    model, new, unset, readers = schema.model, object.__new__, schema.defaults, _Readers(schema, own)

    def read(message: Message) -> Any:
        instance = new(model)
        values = instance.__dict__
        values.update(unset)
        for descriptor, value in message.ListFields():
            name, convert = readers[descriptor]
            values[name] = value if convert is None else convert(value)
        return instance

    return read


class _Readers(dict[FieldDescriptor, tuple[str, Reader | None]]):
    """Names and readers of the fields of a message by descriptor, each made when it is first asked for."""

    def __init__(self, schema: MessageSchema, own: Mapping[str, Reader]) -> None:
        super().__init__()
        self._schema, self._own = schema, own

    def __missing__(self, descriptor: FieldDescriptor) -> tuple[str, Reader | None]:
        field = self._schema.by_name[descriptor.name]
        self[descriptor] = made = (field.name, self._own.get(field.name) or _field_reader(field))
        return made


def _field_reader(field: FieldSchema) -> Reader | None:
    """What makes the model's value of a field that is set; None where it is the same."""
    one = _element_reader(field)
    if not field.repeated:
        return one
    if field.kind is FieldKind.NUMBER and field.name in _ARRAYS:
        return _read_array
    return tuple if one is None else lambda values: tuple([one(value) for value in values])


def _narrow_reader(schema: MessageSchema) -> Reader:
    """Its source has one statement or two for each field."""
    names: dict[str, Any] = {"new": object.__new__, "model": schema.model}
    body = ["instance = new(model)", "values = instance.__dict__"]
    for field in schema.fields:
        if not field.oneof:
            body += _statements(field, names)
    for choice, members in schema.oneofs.items():
        names[f"{choice}_readers"] = readers = dict[str, Any]()
        for member in members:
            defer(readers, member.name, partial(_member_reader, member))
        body += [
            " = ".join([f"values[{field.name!r}]" for field in members] + ["None"]),
            f"chosen = message.WhichOneof({choice!r})",
            f"if chosen: values[chosen] = {choice}_readers[chosen](getattr(message, chosen))",
        ]
    return function_of("read(message)", [*body, "return instance"], names)


def _statements(field: FieldSchema, names: dict[str, Any]) -> list[str]:
    """Source that reads one field; what is unset becomes the dataclass's default."""
    key, value, read, unset = f"values[{field.name!r}]", f"message.{field.name}", f"read_{field.name}", "None"
    if field.repeated:
        defer(names, read, lambda: _field_reader(field) or _same)
        return [f"many = {value}", f"{key} = {read}(many) if many else ()"]
    if field.kind in _PLAIN and not field.has_presence:
        return [f"{key} = {value}"]
    if field.kind in _PLAIN:
        # Only what reads as nothing may be unset: to ask takes as long as to read.
        return [f"value = {value}", f"{key} = value if value or message.HasField({field.name!r}) else None"]
    defer(names, read, lambda: _member_reader(field))
    if field.kind is FieldKind.MASK:
        unset = "()"
    there = f"message.HasField({field.name!r})" if field.has_presence else value
    return [f"{key} = {read}({value}) if {there} else {unset}"]


_ARRAYS: Final = {"lower_triangle", "returns", "values"}
"""Repeated numbers that the model holds as arrays; others are tuples."""


_PLAIN: Final = {FieldKind.TEXT, FieldKind.NUMBER, FieldKind.INTEGER, FieldKind.BOOLEAN}
"""Kinds that are the same on the wire and in the model."""


def _read_array(values: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    array = np.array(values, dtype=float)
    array.flags.writeable = False
    return array


def _element_reader(field: FieldSchema) -> Reader | None:
    """What makes the model's value of one on the wire; None where it is the same."""
    if field.kind is FieldKind.MESSAGE:
        return reader_of(field.message)
    if field.enum is not None:
        by_number = field.enum.by_number
        return lambda number: by_number.get(number, number)
    return _READERS.get(field.kind)


def _member_reader(field: FieldSchema) -> Reader:
    return _element_reader(field) or _same


def _same(value: Any) -> Any:
    return value


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


_READERS: Final[dict[FieldKind, Reader]] = {
    FieldKind.DATE: _read_date,
    FieldKind.TIME: _read_time,
    FieldKind.DURATION: _read_duration,
    FieldKind.TIMESTAMP: _read_timestamp,
    FieldKind.MASK: lambda value: tuple(value.paths),
}
"""Kinds that are messages on the wire and plain values in the model."""
