"""Scalars of a document to values of the model, by the kind of their field."""

from __future__ import annotations

import datetime
import re
from enum import IntEnum
from typing import Final

from counterpoise.files.document import Mapping, Node, Scalar
from counterpoise.model import ErrorReason
from counterpoise.schema import EnumSchema, FieldKind, FieldSchema
from counterpoise.validate.text import listed, shown
from counterpoise.wording.spans import span_of, time_of

_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII).fullmatch
_NOT_FINITE: Final = re.compile(r"[+-]?\.?(nan|inf|infinity)", re.ASCII | re.IGNORECASE).fullmatch
_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII).fullmatch
_DIGITS: Final = re.compile(r"[0-9]{1,4}", re.ASCII).fullmatch
_DATE_FORM: Final = "a day such as 2025-11-28, or {year: 2025, month: 11, day: 28}"
_TIME_FORM: Final = 'hours and minutes of a day such as "09:30", or {hours: 9, minutes: 30}'
_TIME_PARTS: Final = ("hours", "minutes", "seconds", "nanos")


class RefusalError(Exception):
    """A node is not of the form that its field has; the message says what to write."""

    def __init__(self, reason: ErrorReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def read_scalar(field: FieldSchema, node: Node) -> object:
    """The value of one element of a field that is not a message. Raises RefusalError."""
    if field.kind is FieldKind.NUMBER:
        return read_number(node)
    if field.kind is FieldKind.DATE:
        return _read_date(node)
    if field.kind is FieldKind.TIME:
        return _read_time(node)
    if not isinstance(node, Scalar):
        raise RefusalError(ErrorReason.VALUE_MALFORMED, f"a list or mapping; write a {field.kind.value}")
    if field.kind is FieldKind.ENUM and field.enum is not None:
        return _read_enum(field.enum, node)
    if field.kind is FieldKind.INTEGER:
        return _read_integer(node)
    if field.kind is FieldKind.BOOLEAN:
        return _read_boolean(node)
    if field.kind is FieldKind.DURATION:
        return _read_span(node)
    return _read_text(node)


def is_null(node: Node) -> bool:
    """Whether a node is null, or nothing at all."""
    return isinstance(node, Scalar) and node.plain and node.text in {"", "null", "~"}


def read_number(node: Node) -> float:
    """A JSON number. Raises RefusalError."""
    if isinstance(node, Scalar):
        if node.plain and _NUMBER(node.text):
            return float(node.text)
        if _NOT_FINITE(node.text):
            message = f"{shown(node.text)} is not finite; write a finite number"
            raise RefusalError(ErrorReason.NUMBER_NOT_FINITE, message)
        raise RefusalError(ErrorReason.VALUE_MALFORMED, _no_number(node))
    raise RefusalError(ErrorReason.VALUE_MALFORMED, "a list or mapping; write a number")


def _no_number(node: Scalar) -> str:
    if not node.plain and _NUMBER(node.text):
        return f"{shown(node.text)} is text; leave the quotes out"
    return f"{shown(node.text)} is no number; write one as JSON does, such as 0.05, -1 or 500e6"


def _read_integer(node: Scalar) -> int:
    number = read_number(node)
    if not number.is_integer():  # neither are infinities
        raise RefusalError(ErrorReason.VALUE_MALFORMED, f"{node.text} is no whole number; write one")
    # A float holds whole numbers exactly far beyond every range of the contract.
    return int(number)


def _read_boolean(node: Scalar) -> bool:
    if node.plain and node.text in {"true", "false"}:
        return node.text == "true"
    message = f"{shown(node.text)} is no declaration; write true or false"
    raise RefusalError(ErrorReason.VALUE_MALFORMED, message)


def _read_text(node: Scalar) -> str:
    if node.plain and (_NUMBER(node.text) or node.text in {"true", "false"}):
        message = f'{node.text} is no text; write it in quotes, "{node.text}"'
        raise RefusalError(ErrorReason.VALUE_MALFORMED, message)
    return node.text


def _read_enum(enum: EnumSchema, node: Scalar) -> IntEnum:
    value = enum.by_name.get(enum.prefix + node.text.removeprefix(enum.prefix))
    if value is None:
        names = listed(value.name for value in enum.model)
        message = f"{shown(node.text)} is no {enum.model.__name__}; choose one of {names}"
        raise RefusalError(ErrorReason.ENUM_VALUE_INVALID, message)
    return value


def _read_span(node: Scalar) -> datetime.timedelta:
    try:
        return span_of(node.text)
    except ValueError as error:
        raise RefusalError(ErrorReason.VALUE_MALFORMED, str(error)) from None


def _read_time(node: Node) -> datetime.time:
    """A local time, in quotes or not: no reader of ours takes 16:30 for 990, as older YAML does."""
    try:
        if isinstance(node, Scalar):
            return time_of(node.text)
        if isinstance(node, Mapping):
            parts = {key.text: value for key, value in node.entries if isinstance(key, Scalar)}
            if {"hours"} <= set(parts) <= set(_TIME_PARTS) and len(node.entries) == len(parts):
                hour, minute, second, nanos = (
                    _part(parts[name]) if name in parts else 0 for name in _TIME_PARTS
                )
                if nanos == 0:  # the contract has no parts of seconds
                    return datetime.time(hour, minute, second)
    except ValueError:
        pass
    what = shown(node.text) if isinstance(node, Scalar) else "this"
    raise RefusalError(ErrorReason.VALUE_MALFORMED, f"{what} is no time of day; write {_TIME_FORM}")


def _read_date(node: Node) -> datetime.date:
    try:
        if isinstance(node, Scalar):
            match = _DATE(node.text)
            if match is not None:
                return datetime.date(int(match[1]), int(match[2]), int(match[3]))
        if isinstance(node, Mapping):
            parts = {key.text: value for key, value in node.entries if isinstance(key, Scalar)}
            if sorted(parts) == ["day", "month", "year"] and len(node.entries) == len(parts):
                year, month, day = (_part(parts[name]) for name in ("year", "month", "day"))
                return datetime.date(year, month, day)
    except (ValueError, OverflowError):
        pass
    what = shown(node.text) if isinstance(node, Scalar) else "this"
    raise RefusalError(ErrorReason.VALUE_MALFORMED, f"{what} is no date; write {_DATE_FORM}")


def _part(node: Node) -> int:
    if isinstance(node, Scalar) and not node.flaw and node.plain and _DIGITS(node.text):
        return int(node.text)
    raise ValueError("no whole number")
