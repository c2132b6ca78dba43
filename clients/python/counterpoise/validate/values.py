"""Checks of texts, ids, choices, dates and durations, and which check a field has."""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Callable
from typing import Final

from counterpoise.model import ErrorReason, TotalPortfolio
from counterpoise.schema import EnumSchema, FieldKind, FieldSchema
from counterpoise.validate.check import ValueCheck
from counterpoise.validate.numbers import integer_check, number_check
from counterpoise.validate.ranges import ANY, Range
from counterpoise.validate.report import Place, Report
from counterpoise.validate.text import listed, matches_currency, matches_id, matches_request_id, shown

ID_FORM: Final = "an id: 1 to 64 letters, digits, dots, underscores or hyphens"


def value_check(holder: type, field: FieldSchema, interval: Range | None) -> ValueCheck:
    """The check of one element of a field that is not a message; None is never right here."""
    if field.kind is FieldKind.NUMBER:
        return number_check(interval or ANY)
    if field.kind is FieldKind.INTEGER:
        return integer_check(interval or ANY)
    if field.kind is FieldKind.ENUM and field.enum is not None:
        return _enum(field.enum)
    if field.kind is FieldKind.TEXT:
        return _text(holder, field)
    return _OTHERS[field.kind]


def _enum(enum: EnumSchema) -> ValueCheck:
    twin = enum.model
    names = listed(value.name for value in twin)
    form = f"one of {names}"

    def obvious(value: object) -> bool:
        return type(value) is twin

    def judge(value: object, place: Place, report: Report) -> None:
        if not isinstance(value, twin):
            message = f"{shown(value)} is no {twin.__name__}; choose {form}"
            report.add(place, ErrorReason.ENUM_VALUE_INVALID, message, unusable=True)

    return ValueCheck(obvious, judge, form)


def _text(holder: type, field: FieldSchema) -> ValueCheck:
    if (holder, field.name) == (TotalPortfolio, "base_currency_code"):
        form = "an ISO 4217 code of three capital letters, such as USD"
        return _matched(matches_currency, form, ErrorReason.VALUE_MALFORMED)
    if field.name == "request_id":
        form = "at most 64 printable ASCII characters"
        return _matched(matches_request_id, form, ErrorReason.VALUE_MALFORMED)
    if field.name.endswith(("_id", "_ids")) or field.name == "library_version":
        return _matched(matches_id, ID_FORM, ErrorReason.ID_MALFORMED)
    return ValueCheck(_obvious_text, _judge_text, "text")


def _matched(matches: Callable[[str], object], form: str, reason: ErrorReason) -> ValueCheck:
    def obvious(value: object) -> bool:
        return type(value) is str and matches(value) is not None

    def judge(value: object, place: Place, report: Report) -> None:
        if not isinstance(value, str):
            _refuse(value, place, report, "text", form)
        elif matches(value) is None:
            report.add(place, reason, f"{shown(value)} is not of its form; write {form}")

    return ValueCheck(obvious, judge, form)


def _obvious_text(value: object) -> bool:
    return type(value) is str and value.isascii() and value.isprintable()


def _judge_text(value: object, place: Place, report: Report) -> None:
    if not isinstance(value, str):
        _refuse(value, place, report, "text", "text")
        return
    # Not every reader of files brings control characters, halves and non-characters back as they were.
    if not all(one.isprintable() or unicodedata.category(one) == "Zs" for one in value):
        _refuse(value, place, report, "readable text", "letters, digits, signs and spaces on one line")


def _refuse(value: object, place: Place, report: Report, wanted: str, form: str) -> None:
    message = f"{shown(value)} is no {wanted}; write {form}"
    report.add(place, ErrorReason.VALUE_MALFORMED, message, unusable=True)


def _boolean() -> ValueCheck:
    def judge(value: object, place: Place, report: Report) -> None:
        if not isinstance(value, bool):
            _refuse(value, place, report, "declaration", "true or false")

    return ValueCheck(lambda value: type(value) is bool, judge, "true or false")


def _date() -> ValueCheck:
    form = "a day of the calendar, such as 2025-11-28"

    def judge(value: object, place: Place, report: Report) -> None:
        # A datetime is a date to Python, but has a clock that the contract would drop.
        if not isinstance(value, datetime.date) or isinstance(value, datetime.datetime):
            _refuse(value, place, report, "date", f"{form} (datetime.date)")

    return ValueCheck(lambda value: type(value) is datetime.date, judge, form)


def _duration() -> ValueCheck:
    form = "a duration above zero"

    def obvious(value: object) -> bool:
        return type(value) is datetime.timedelta and value > datetime.timedelta()

    def judge(value: object, place: Place, report: Report) -> None:
        if not isinstance(value, datetime.timedelta):
            _refuse(value, place, report, "duration", f"{form} (datetime.timedelta)")
        elif value <= datetime.timedelta():
            message = f"{value.total_seconds():.12g} seconds is outside (0, inf); write {form}"
            report.add(place, ErrorReason.NUMBER_OUT_OF_RANGE, message)

    return ValueCheck(obvious, judge, form)


_OTHERS: Final = {
    FieldKind.BOOLEAN: _boolean(),
    FieldKind.DATE: _date(),
    FieldKind.DURATION: _duration(),
}
