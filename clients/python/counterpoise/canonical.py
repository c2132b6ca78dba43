"""The canonical text of a problem or question: RFC 8785 JSON of its ProtoJSON, and the hash that names it.

Written straight from the dataclasses, because the general road (message, tree, canonical writer)
costs as much as a solve. The tests hold the two equal.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable
from enum import IntEnum
from functools import cache
from json.encoder import encode_basestring
from typing import Any

import numpy as np
import rfc8785

from counterpoise.model import AllocationProblem, HistoryQuestion
from counterpoise.schema import FieldKind, FieldSchema, MessageSchema, schema_for


def problem_sha256(problem: AllocationProblem) -> str:
    """SHA-256, lower-case hex, of `canonical_json(problem)`."""
    return hashlib.sha256(canonical_json(problem).encode()).hexdigest()


def question_sha256(question: HistoryQuestion) -> str:
    """SHA-256, lower-case hex, of `canonical_json(question)`."""
    return hashlib.sha256(canonical_json(question).encode()).hexdigest()


def canonical_json(instance: object) -> str:
    """RFC 8785 form of an instance's ProtoJSON with proto field names, unset fields omitted.

    For valid instances: their numbers are finite and their enums known.
    """
    return _message(schema_for(type(instance)), instance)


def _message(schema: MessageSchema, instance: object) -> str:
    parts = []
    attributes = vars(instance)
    for key, name, presence, write in _writers(schema):
        value = attributes[name]
        # Without presence, empty text, False and no elements are what is not set.
        if value is not None and (presence or _is_there(value)):
            parts.append(key + write(value))
    return "{" + ",".join(parts) + "}"


def _is_there(value: Any) -> bool:
    """Whether something is there: an array's truth is not its length's."""
    return len(value) > 0 if isinstance(value, np.ndarray) else bool(value)


@cache
def _writers(schema: MessageSchema) -> tuple[tuple[str, str, bool, Callable[[Any], str]], ...]:
    return tuple(
        (f'"{field.name}":', field.name, field.has_presence and not field.repeated, _writer(field))
        for field in sorted(schema.fields, key=lambda field: field.name)
    )


def _writer(field: FieldSchema) -> Callable[[Any], str]:
    one = _element_writer(field)
    if field.repeated:
        return lambda values: "[" + ",".join([one(value) for value in _plain(values)]) + "]"
    return one


def _plain(values: Any) -> Any:
    return values.tolist() if isinstance(values, np.ndarray) else values


def _element_writer(field: FieldSchema) -> Callable[[Any], str]:
    if field.kind is FieldKind.MESSAGE:
        return lambda value: _message(field.message, value)
    if field.enum is not None:
        prefix = field.enum.prefix
        return lambda value: f'"{prefix}{value.name}"' if isinstance(value, IntEnum) else str(value)
    return _SCALARS[field.kind]


def _number(value: Any) -> str:
    """The ECMAScript form of a number: Python's own where the two agree."""
    text = float.__repr__(value) if isinstance(value, float) else repr(float(value))
    if "n" in text:  # inf and nan: a text that nobody could read back
        raise ValueError(f"{text} has no canonical form")
    if "e" in text:
        return rfc8785.dumps(float(value)).decode()
    if text.endswith(".0"):
        return "0" if text == "-0.0" else text[:-2]
    return text


def _date(value: datetime.date) -> str:
    return f'{{"day":{value.day},"month":{value.month},"year":{value.year}}}'


def _time(value: datetime.time) -> str:
    """Its parts that are not zero, as ProtoJSON has them."""
    parts = (
        ("hours", value.hour),
        ("minutes", value.minute),
        ("nanos", value.microsecond * 1000),
        ("seconds", value.second),
    )
    return "{" + ",".join(f'"{name}":{number}' for name, number in parts if number) + "}"


def _duration(value: datetime.timedelta) -> str:
    """Seconds with no, three or six decimals, as ProtoJSON has them."""
    whole, micros = divmod(abs(value) // datetime.timedelta(microseconds=1), 1_000_000)
    sign = "-" if value < datetime.timedelta(0) else ""
    if not micros:
        return f'"{sign}{whole}s"'
    return f'"{sign}{whole}.{micros // 1000:03}s"' if micros % 1000 == 0 else f'"{sign}{whole}.{micros:06}s"'


def _instant(value: datetime.datetime) -> str:
    """In UTC with six decimals."""
    return f'"{value.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")}"'


def _camel(path: str) -> str:
    head, *rest = path.split("_")
    return head + "".join(word.capitalize() for word in rest)


_SCALARS: dict[FieldKind, Callable[[Any], str]] = {
    FieldKind.TEXT: encode_basestring,
    FieldKind.NUMBER: _number,
    FieldKind.INTEGER: lambda value: str(int(value)),
    FieldKind.BOOLEAN: lambda value: "true" if value else "false",
    FieldKind.DATE: _date,
    FieldKind.DURATION: _duration,
    FieldKind.TIME: _time,
    FieldKind.MASK: lambda paths: encode_basestring(",".join(map(_camel, paths))),
    FieldKind.TIMESTAMP: _instant,
}
