"""What must hold of a question to a return history: known columns, bases, lags, windows."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

from counterpoise.model import AlphaQuestion, ErrorReason, ReturnHistory, StressWindow
from counterpoise.validate.cash import check_cash
from counterpoise.validate.evidence_rule import check_rule
from counterpoise.validate.history import check_history
from counterpoise.validate.namespace import collect
from counterpoise.validate.regressions import check_regressions
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.rolling import check_rolling
from counterpoise.validate.text import is_id, listed, shown


def check_question(question: AlphaQuestion, place: Place, report: Report) -> None:
    """Everything that fields of a question say of each other; REJECTED parts are passed over."""
    columns = check_history(question.history, (*place, "history"), report)
    sleeves, factors = tuple(question.sleeve_ids), tuple(question.factor_ids)
    columns.check(sleeves, (*place, "sleeve_ids"), report)
    columns.check(factors, (*place, "factor_ids"), report)
    check_apart(factors, sleeves, "sleeve", (*place, "factor_ids"), report)
    counted = {"sleeve": sleeves, "factor": factors}
    check_cash(question, counted, columns, place, report)
    market = question.market_id
    if is_id(market) and market not in factors and all(map(is_id, factors)):
        message = f"{shown(market)} is none of the factors; write one of {listed(factors)}, or leave it out"
        report.add((*place, "market_id"), ErrorReason.ID_UNKNOWN, message)
    check_rolling(question, columns, place, report)
    collect(question.stress_windows, "window_id", (*place, "stress_windows"), report, whole="question")
    dates = dates_of(question.history, (*place, "history"), report)
    for index, window in enumerate(question.stress_windows):
        check_window(window, dates, (*place, "stress_windows", index), report)
    if usable(question.evidence_rule):
        check_rule(question.evidence_rule, (*place, "evidence_rule"), report)
    check_regressions(question, place, report)


def check_apart(
    ids: Iterable[object], others: Iterable[str], what: str, place: Place, report: Report
) -> None:
    """None of the ids is one of the others, which are called `what`; that at index i is at `place[i]`."""
    taken = {name for name in others if is_id(name)}
    for index, name in enumerate(ids):
        if is_id(name) and name in taken:
            message = f"{shown(name)} is a {what}, too; a column is one or the other"
            report.add((*place, index), ErrorReason.ID_DUPLICATE, message)


def dates_of(history: ReturnHistory, place: Place, report: Report) -> tuple[datetime.date, ...]:
    """Dates of a history at `place`; none where something is wrong with them, or with its frequency."""
    if not usable(history.dates) or not report.sound((*place, "dates"), (*place, "frequency")):
        return ()
    return tuple(date for date in history.dates if usable(date))


def check_window(window: StressWindow, dates: Sequence[datetime.date], place: Place, report: Report) -> None:
    """A window does not end before it begins, and holds the last day of a period, one of the dates."""
    if not usable(window):
        return
    first, last = window.first_date, window.last_date
    if not usable(first) or not usable(last):
        return
    if last < first:
        message = f"{last} is before the first day {first}; write a day on or after it"
        report.add((*place, "last_date"), ErrorReason.BOUNDS_CROSSED, message)
        return
    if dates and not any(first <= date <= last for date in dates):
        message = (
            f"no period of the history ends from {first} to {last}; the history goes from {dates[0]} to "
            f"{dates[-1]}: write days within it, or leave the window out"
        )
        report.add(place, ErrorReason.NUMBER_OUT_OF_RANGE, message)
