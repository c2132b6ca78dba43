"""Writers of messages, written once per class of the contract: one statement for each field."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import numpy as np
from google.protobuf.message import Message

from counterpoise.generated import defer, function_of
from counterpoise.schema import FieldKind, FieldSchema, MessageSchema


@cache
def writer_of(schema: MessageSchema) -> Callable[[object, Message], None]:
    """What writes such a dataclass to its message, which is empty; raises TypeError or ValueError."""
    names: dict[str, Any] = {"empty": "", "nothing": (), "plain": _plain, "refuse": _refuse}
    body = [line for field in schema.fields for line in _statements(field, names)]
    return function_of("write(instance, message)", body or ["pass"], names)


def _statements(field: FieldSchema, names: dict[str, Any]) -> list[str]:
    """Source that writes one field, if it is set; what is identical to its default need not be written."""
    name, write, model = field.name, f"write_{field.name}", f"model_{field.name}"
    of_parts = field.kind is FieldKind.MESSAGE
    if of_parts:
        names[model] = field.message.model
        defer(names, write, lambda: writer_of(field.message))
    else:
        names[write] = _WRITERS.get(field.kind)
    checked = f"type(value) is {model} or refuse({name!r}, {model}, value)"
    if field.repeated:
        body = [f"message.{name}.extend(plain(values))"]
        if names[write] is not None:
            body = [
                f"add = message.{name}.add",
                f"for value in values: {checked if of_parts else 'pass'}; {write}(value, add())",
            ]
        return [f"values = instance.{name}", _when("values is not None and values is not nothing", *body)]
    start = f"value = instance.{name}"
    if of_parts:
        # An empty message is set, too: its presence is the declaration.
        setting = [checked, f"part = message.{name}", "part.SetInParent()", f"{write}(value, part)"]
        return [start, _when("value is not None", *setting)]
    if names[write] is not None:
        return [start, _when("value is not None", f"{write}(value, message.{name})")]
    unset = "" if field.has_presence or field.kind is not FieldKind.TEXT else " and value is not empty"
    return [start, _when(f"value is not None{unset}", f"message.{name} = value")]


def _when(condition: str, *body: str) -> str:
    return "\n        ".join([f"if {condition}:", *body])


def _plain(values: Any) -> Any:
    return values.tolist() if isinstance(values, np.ndarray) else values


def _refuse(name: str, model: type, value: object) -> None:
    """Refuses what is of another class, and not of one derived from this."""
    if not isinstance(value, model):
        raise TypeError(f"{name}: {model.__name__} wanted, got {type(value).__name__}")


def _write_date(value: datetime.date, message: Any) -> None:
    message.year, message.month, message.day = value.year, value.month, value.day


def _write_time(value: datetime.time, message: Any) -> None:
    # Midnight is all zeros: its presence is what says it.
    message.SetInParent()
    message.hours, message.minutes, message.seconds = value.hour, value.minute, value.second
    message.nanos = value.microsecond * 1000


_WRITERS: Final[dict[FieldKind, Callable[[Any, Any], None]]] = {
    FieldKind.DATE: _write_date,
    FieldKind.TIME: _write_time,
    FieldKind.DURATION: lambda value, message: message.FromTimedelta(value),
    FieldKind.TIMESTAMP: lambda value, message: message.FromDatetime(value),
    FieldKind.MASK: lambda value, message: message.paths.extend(value),
}
"""Kinds that are messages on the wire and plain values in the model."""
