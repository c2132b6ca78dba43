"""Checks of single numbers."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from counterpoise.model import ErrorReason
from counterpoise.validate.check import ValueCheck
from counterpoise.validate.ranges import ANY, Range
from counterpoise.validate.report import Place, Report
from counterpoise.validate.text import shown


def number_check(interval: Range) -> ValueCheck:
    """The check of a finite number in a range."""
    least, most = interval.least, interval.most

    def obvious(value: object) -> bool:
        return (type(value) is float or type(value) is int) and least <= value <= most

    return ValueCheck(obvious, partial(judge_number, interval), _form(interval), (least, most))


def judge_number(interval: Range, value: object, place: Place, report: Report) -> None:
    """Reports what is no number, not finite or out of range."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        message = f"{shown(value)} is no number; write {_form(interval)}"
        report.add(place, ErrorReason.VALUE_MALFORMED, message, unusable=True)
        return
    try:
        number = float(value)
    except OverflowError:
        message = f"too large for a number; write {_form(interval)}"
        report.add(place, ErrorReason.NUMBER_OUT_OF_RANGE, message, unusable=True)
        return
    if not math.isfinite(number):
        message = f"{number} is not finite; write {_form(interval)}"
        report.add(place, ErrorReason.NUMBER_NOT_FINITE, message, unusable=True)
    elif not interval.holds(number):
        report.add(place, ErrorReason.NUMBER_OUT_OF_RANGE, interval.refusal(number))


def integer_check(interval: Range) -> ValueCheck:
    """The check of a whole number in a range."""
    least, most = interval.least, interval.most
    form = f"a whole number {interval.inside}"

    def obvious(value: object) -> bool:
        return type(value) is int and least <= value <= most

    def judge(value: object, place: Place, report: Report) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
            message = f"{shown(value)} is no whole number; write {form}"
            report.add(place, ErrorReason.VALUE_MALFORMED, message, unusable=True)
        elif not least <= value <= most:
            message = f"{shown(value)} is outside {interval}; write {form}"
            report.add(place, ErrorReason.NUMBER_OUT_OF_RANGE, message)

    return ValueCheck(obvious, judge, form)


def _form(interval: Range) -> str:
    return "a finite number" if interval == ANY else f"a number {interval.inside}"
