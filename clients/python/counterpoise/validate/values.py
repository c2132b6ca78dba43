"""Checks of texts, ids, choices, dates and durations, and which check a field has."""

from __future__ import annotations

import datetime
import unicodedata
from typing import Final

from counterpoise.model import ErrorReason
from counterpoise.schema import EnumSchema, FieldKind, FieldSchema
from counterpoise.validate.check import ValueCheck
from counterpoise.validate.forms import COMMENT_CHARACTERS, TextForm, form_of
from counterpoise.validate.numbers import integer_check, number_check
from counterpoise.validate.ranges import ANY, LONGEST, Range
from counterpoise.validate.report import Place, Report
from counterpoise.validate.text import listed, shown

UPDATABLE: Final = ("display_name", "problem", "schedule", "triggers", "run_policy", "trade_policy")
"""Fields of a job that an update can name."""


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
    if field.kind is FieldKind.DURATION:
        return _duration(LONGEST.get((holder, field.name)))
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
    wanted = form_of(holder, field.name, required=field.required)
    if wanted is not None:
        return _matched(wanted)
    if field.name == "comment":
        return _comment(required=field.required)
    return ValueCheck(_obvious_text, _judge_text, "text")


def _matched(wanted: TextForm) -> ValueCheck:
    matches, form = wanted.matches, wanted.form

    def obvious(value: object) -> bool:
        return type(value) is str and matches(value) is not None

    def judge(value: object, place: Place, report: Report) -> None:
        if not isinstance(value, str):
            _refuse(value, place, report, "text", form)
        elif matches(value) is None:
            report.add(place, wanted.reason, f"{shown(value)} is not of its form; write {form}")

    return ValueCheck(obvious, judge, form, matches=matches)


def _comment(*, required: bool) -> ValueCheck:
    form = f"why, on one line of at most {COMMENT_CHARACTERS:,} characters"

    def judge(value: object, place: Place, report: Report) -> None:
        if isinstance(value, str) and len(value) > COMMENT_CHARACTERS:
            message = f"{len(value):,} characters; write {form}"
            report.add(place, ErrorReason.VALUE_MALFORMED, message)
        elif isinstance(value, str) and required and not value.strip():
            report.add(place, ErrorReason.FIELD_MISSING, f"required and blank; write {form}")
        else:
            _judge_text(value, place, report)

    return ValueCheck(lambda _: False, judge, form)


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


def _time() -> ValueCheck:
    form = "a local time in whole seconds, such as 09:30 (datetime.time)"

    def obvious(value: object) -> bool:
        return type(value) is datetime.time and value.tzinfo is None and not value.microsecond

    def judge(value: object, place: Place, report: Report) -> None:
        if not isinstance(value, datetime.time) or value.tzinfo is not None or value.microsecond:
            _refuse(value, place, report, "time of day", form)

    return ValueCheck(obvious, judge, form)


def _timestamp() -> ValueCheck:
    form = "an instant with its zone (datetime.datetime), such as 2025-11-28T14:30:00Z"

    def obvious(value: object) -> bool:
        return type(value) is datetime.datetime and value.utcoffset() is not None

    def judge(value: object, place: Place, report: Report) -> None:
        # Without a zone it would be read as UTC, which is seldom meant.
        if not isinstance(value, datetime.datetime) or value.utcoffset() is None:
            _refuse(value, place, report, "instant", form)

    return ValueCheck(obvious, judge, form)


def _duration(longest: datetime.timedelta | None) -> ValueCheck:
    form = "a duration above zero" + ("" if longest is None else f" of at most {longest.days:,} days")
    interval = "(0, inf)" if longest is None else f"(0, {longest.total_seconds():.12g}]"
    most = datetime.timedelta.max if longest is None else longest

    def obvious(value: object) -> bool:
        return type(value) is datetime.timedelta and datetime.timedelta() < value <= most

    def judge(value: object, place: Place, report: Report) -> None:
        if not isinstance(value, datetime.timedelta):
            _refuse(value, place, report, "duration", f"{form} (datetime.timedelta)")
        elif not datetime.timedelta() < value <= most:
            message = f"{value.total_seconds():.12g} seconds is outside {interval}; write {form}"
            report.add(place, ErrorReason.NUMBER_OUT_OF_RANGE, message)

    return ValueCheck(obvious, judge, form)


def _mask() -> ValueCheck:
    form = f"some of {', '.join(UPDATABLE)}"

    def obvious(value: object) -> bool:
        return (
            type(value) is tuple
            and value != ()
            and all(type(item) is str for item in value)
            and (set(value) <= set(UPDATABLE))
        )

    def judge(value: object, place: Place, report: Report) -> None:
        if not isinstance(value, (tuple, list)):
            _refuse(value, place, report, "list of fields", form)
        elif not value:
            message = f"required and empty; name what to change, {form}"
            report.add(place, ErrorReason.FIELD_MISSING, message, unusable=True)
        else:
            strange = [item for item in value if not isinstance(item, str) or item not in UPDATABLE]
            if strange:
                message = f"{listed(map(shown, strange))}: no field that an update can name; write {form}"
                report.add(place, ErrorReason.VALUE_MALFORMED, message, unusable=True)

    return ValueCheck(obvious, judge, form)


_OTHERS: Final = {
    FieldKind.BOOLEAN: _boolean(),
    FieldKind.DATE: _date(),
    FieldKind.TIME: _time(),
    FieldKind.TIMESTAMP: _timestamp(),
    FieldKind.MASK: _mask(),
}
