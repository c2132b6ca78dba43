"""The form that checks of single values have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from counterpoise.validate.report import REJECTED, Place, Report

Obvious = Callable[[object], bool]
Judge = Callable[[object, Place, Report], None]


@dataclass(frozen=True)
class ValueCheck:
    """How one value is checked, in two parts; `form` is what to write, as messages say it.

    `obvious` answers fast whether a value is beyond doubt right. Where it says no, `judge` looks
    closely and reports what it finds, which may be nothing.
    """

    obvious: Obvious
    judge: Judge
    form: str
    ends: tuple[float, float] | None = None
    """Of the interval in which a float is obviously right; None where there is none."""
    matches: Callable[[str], object] | None = None
    """What is true of text that is obviously right; None where there is none."""


def judge_set(check: ValueCheck, value: object, place: Place, report: Report) -> None:
    """Judges a value, unless it was refused before."""
    if value is not REJECTED:
        check.judge(value, place, report)
