"""What must hold of a question to a return history: known columns, bases, lags, windows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from counterpoise.model import (
    AlphaQuestion,
    ErrorReason,
    FloatArray,
    ReturnBasis,
    ReturnColumn,
    SmoothingTreatment,
    StressWindow,
)
from counterpoise.validate.evidence_rule import check_rule
from counterpoise.validate.history import check_history
from counterpoise.validate.namespace import Namespace, collect
from counterpoise.validate.ranges import Range
from counterpoise.validate.regressions import check_regressions, lag_count
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import is_id, listed, shown

_CASH = Range(-0.2, 1, decimal="an annual rate")
"""What cash can earn a year, as the risk-free rate of a market."""


def check_question(question: AlphaQuestion, place: Place, report: Report) -> None:
    """Everything that fields of a question say of each other; REJECTED parts are passed over."""
    columns = check_history(question.history, (*place, "history"), report)
    sleeves, factors = tuple(question.sleeve_ids), tuple(question.factor_ids)
    columns.check(sleeves, (*place, "sleeve_ids"), report)
    columns.check(factors, (*place, "factor_ids"), report)
    _check_apart(factors, sleeves, "sleeve", (*place, "factor_ids"), report)
    _check_cash(question, columns, place, report)
    market = question.market_id
    if is_id(market) and market not in factors and all(map(is_id, factors)):
        message = f"{shown(market)} is none of the factors; write one of {listed(factors)}, or leave it out"
        report.add((*place, "market_id"), ErrorReason.ID_UNKNOWN, message)
    _check_rolling(question, place, report)
    collect(question.stress_windows, "window_id", (*place, "stress_windows"), report, whole="question")
    for index, window in enumerate(question.stress_windows):
        _check_window(window, (*place, "stress_windows", index), report)
    if usable(question.evidence_rule):
        check_rule(question.evidence_rule, (*place, "evidence_rule"), report)
    check_regressions(question, place, report)


def _check_apart(
    ids: Iterable[object], others: Iterable[str], what: str, place: Place, report: Report
) -> None:
    taken = {name for name in others if is_id(name)}
    for index, name in enumerate(ids):
        if is_id(name) and name in taken:
            message = f"{shown(name)} is a {what}, too; a column is one or the other"
            report.add((*place, index), ErrorReason.ID_DUPLICATE, message)


def _check_cash(
    question: AlphaQuestion, columns: Namespace[ReturnColumn], place: Place, report: Report
) -> None:
    """Cash is there where it is needed, a column of its own, a total return, and no more than cash earns."""
    at, cash_id = (*place, "cash_id"), question.cash_id
    if cash_id == "":
        counted = [
            columns.by_id.get(name) for name in (*question.sleeve_ids, *question.factor_ids) if is_id(name)
        ]
        total = [item.column_id for item in counted if usable(item) and item.basis is ReturnBasis.TOTAL]
        if total:
            message = (
                f"required and unset: cash is in the returns of {listed(total)} and has to come off; "
                "write the column of cash returns, or basis EXCESS where they are over cash"
            )
            report.add(at, ErrorReason.FIELD_MISSING, message)
        return
    if not columns.check_one(cash_id, at, report):
        return
    others = {"sleeve": question.sleeve_ids, "factor": question.factor_ids}
    for what, ids in others.items():
        if cash_id in [name for name in ids if is_id(name)]:
            report.add(
                at,
                ErrorReason.ID_DUPLICATE,
                f"{shown(cash_id)} is a {what}, too; cash is a column of its own",
            )
    index = next(
        index for index, column in enumerate(question.history.columns) if column is columns.by_id[cash_id]
    )
    _check_cash_column(question, index, (*place, "history", "columns", index), report)


def _check_cash_column(question: AlphaQuestion, index: int, place: Place, report: Report) -> None:
    column, frequency = question.history.columns[index], question.history.frequency
    if column.basis is ReturnBasis.EXCESS:
        message = "EXCESS, but cash over cash is nothing; write TOTAL, and the returns of cash"
        report.add((*place, "basis"), ErrorReason.VALUE_MALFORMED, message)
    if (
        not usable(frequency)
        or not usable(column.returns)
        or not report.sound((*place, "returns"), (*place, "missing_periods"))
    ):
        return
    known = _known(column)
    annual = float(np.mean(known)) * frequency.periods_per_year if len(known) else 0.0
    if not _CASH.holds(annual):
        message = (
            f"cash that earns {100 * annual:.4g} % a year, outside [-20 %, 100 %]; returns are decimals of a "
            "period, of which 0.01 is 1 %"
        )
        report.add((*place, "returns"), ErrorReason.NUMBER_OUT_OF_RANGE, message)


def _known(column: ReturnColumn) -> FloatArray:
    returns = np.asarray(column.returns, dtype=float)
    missing = [period for period in column.missing_periods if usable(period) and period < len(returns)]
    return np.delete(returns, missing)


def _check_rolling(question: AlphaQuestion, place: Place, report: Report) -> None:
    """A rolling window has more than two periods for each coefficient."""
    periods, at = question.rolling_period_count, (*place, "rolling_period_count")
    if not usable(periods) or not usable(question.factor_ids) or not report.sound(at):
        return
    lags = lag_count(question, place, report)
    if question.factor_lag_count is None and question.smoothing is SmoothingTreatment.NONE:
        lags = 1  # which returns that stay smoothed take
    coefficients = 1 + len(question.factor_ids) * (1 + lags)
    if periods <= 2 * coefficients:
        message = (
            f"{shown(periods)} periods for {coefficients} coefficients; write more than {2 * coefficients}, "
            "or fewer factors or lags"
        )
        report.add(at, ErrorReason.NUMBER_OUT_OF_RANGE, message)


def _check_window(window: StressWindow, place: Place, report: Report) -> None:
    if not usable(window):
        return
    first, last = window.first_date, window.last_date
    if usable(first) and usable(last) and last < first:
        message = f"{last} is before the first day {first}; write a day on or after it"
        report.add((*place, "last_date"), ErrorReason.BOUNDS_CROSSED, message)
