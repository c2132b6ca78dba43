"""The canonical text of a problem or question: RFC 8785 JSON of its ProtoJSON, and the hash that names it.

Written straight from the dataclasses, because the general road (message, tree, canonical writer)
costs as much as a solve. The tests hold the two equal.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable
from enum import IntEnum
from functools import cache, partial
from json.encoder import encode_basestring
from typing import Any, Final

import numpy as np
import rfc8785

from counterpoise.generated import defer, function_of
from counterpoise.model import AllocationProblem, HistoryQuestion
from counterpoise.recall import Recall
from counterpoise.schema import FieldKind, FieldSchema, MessageSchema, schema_for
from counterpoise.unchanging import is_unchanging

Writer = Callable[[Any], str]


_TEXTS: Final = Recall[bytes](64)
"""Canonical text of sections of problems."""


def problem_sha256(problem: AllocationProblem) -> str:
    """SHA-256, lower-case hex, of `canonical_json(problem)`; text of the same sections is written once."""
    sections = []
    for key, name, write in _sections():
        section = getattr(problem, name)
        if section:
            sections.append(key + _text_of(section, write))
    return hashlib.sha256(b"{" + b",".join(sections) + b"}").hexdigest()


def _text_of(section: object, write: Writer) -> bytes:
    def made() -> bytes:
        return write(section).encode()

    return _TEXTS.get((section,), made) if is_unchanging(section) else made()


@cache
def _sections() -> tuple[tuple[bytes, str, Writer], ...]:
    """Key, name and writer of each section of a problem, in canonical order."""
    fields = _in_order(schema_for(AllocationProblem))
    return tuple((f'"{field.name}":'.encode(), field.name, _writer(field)) for field in fields)


def question_sha256(question: HistoryQuestion) -> str:
    """SHA-256, lower-case hex, of `canonical_json(question)`."""
    return hashlib.sha256(canonical_json(question).encode()).hexdigest()


def canonical_json(instance: object) -> str:
    """RFC 8785 form of an instance's ProtoJSON with proto field names, unset fields omitted.

    For valid instances: their numbers are finite and their enums known.
    """
    return _writer_of(schema_for(type(instance)))(instance)


@cache
def _writer_of(schema: MessageSchema) -> Writer:
    """What writes such an instance; its source has one statement for each field."""
    names: dict[str, Any] = {"is_there": _is_there}
    body = ["parts = []"]
    for field in _in_order(schema):
        name = field.name
        defer(names, f"write_{name}", partial(_writer, field))
        # Without presence, empty text, False and no elements are what is not set.
        present = field.has_presence and not field.repeated
        is_set = "value is not None" if present else "is_there(value)" if field.repeated else "value"
        body += [
            f"value = instance.{name}",
            f"if {is_set}: parts.append('\"{name}\":' + write_{name}(value))",
        ]
    return function_of("write(instance)", [*body, "return '{' + ','.join(parts) + '}'"], names)


def _in_order(schema: MessageSchema) -> list[FieldSchema]:
    return sorted(schema.fields, key=lambda field: field.name)


def _is_there(values: Any) -> bool:
    """Whether there are elements: an array's truth is not its length's."""
    return values is not None and len(values) > 0


def _writer(field: FieldSchema) -> Writer:
    one = _element_writer(field)
    if field.repeated:
        return lambda values: "[" + ",".join([one(value) for value in _plain(values)]) + "]"
    return one


def _plain(values: Any) -> Any:
    return values.tolist() if isinstance(values, np.ndarray) else values


def _element_writer(field: FieldSchema) -> Writer:
    if field.kind is FieldKind.MESSAGE:
        return _writer_of(field.message)
    if field.enum is not None:
        names = {value: f'"{name}"' for name, value in field.enum.by_name.items()}
        return lambda value: names[value] if isinstance(value, IntEnum) else str(value)
    return _SCALARS[field.kind]


def _number(value: Any) -> str:
    """The ECMAScript form of a number: Python's own where the two agree."""
    text = float.__repr__(value) if isinstance(value, float) else repr(float(value))
    if text.endswith(".0"):
        return "0" if text == "-0.0" else text[:-2]
    if "n" in text:  # inf and nan: a text that nobody could read back
        raise ValueError(f"{text} has no canonical form")
    if "e" in text:
        return rfc8785.dumps(float(value)).decode()
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


_SCALARS: Final[dict[FieldKind, Writer]] = {
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
