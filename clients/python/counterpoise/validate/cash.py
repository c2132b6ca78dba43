"""What must hold of the cash column of a question to a return history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from counterpoise.model import (
    ErrorReason,
    FloatArray,
    HistoryQuestion,
    ReturnBasis,
    ReturnColumn,
    ReturnHistory,
)
from counterpoise.validate.namespace import Namespace
from counterpoise.validate.ranges import Range
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import is_id, listed, shown

_CASH = Range(-0.2, 1, decimal="an annual rate")
"""What cash can earn a year, as the risk-free rate of a market."""


def check_cash(
    question: HistoryQuestion,
    counted: Mapping[str, Sequence[str]],
    columns: Namespace[ReturnColumn],
    place: Place,
    report: Report,
) -> None:
    """Cash is there where it is needed, a column of its own, a total return, and no more than cash earns.

    `counted` holds the other columns that count by what messages call them; `place` is the question's.
    """
    history, cash_id, at = question.history, question.cash_id, (*place, "cash_id")
    if cash_id == "":
        known = [columns.by_id.get(name) for ids in counted.values() for name in ids if is_id(name)]
        total = [item.column_id for item in known if usable(item) and item.basis is ReturnBasis.TOTAL]
        if total:
            message = (
                f"required and unset: cash is in the returns of {listed(dict.fromkeys(total))} and has to "
                "come off; write the column of cash returns, or basis EXCESS where they are over cash"
            )
            report.add(at, ErrorReason.FIELD_MISSING, message)
        return
    if not columns.check_one(cash_id, at, report):
        return
    for what, ids in counted.items():
        if cash_id in [name for name in ids if is_id(name)]:
            message = f"{shown(cash_id)} is a {what}, too; cash is a column of its own"
            report.add(at, ErrorReason.ID_DUPLICATE, message)
    index = next(index for index, column in enumerate(history.columns) if column is columns.by_id[cash_id])
    _check_cash_column(history, index, (*place, "history", "columns", index), report)


def _check_cash_column(history: ReturnHistory, index: int, place: Place, report: Report) -> None:
    column, frequency = history.columns[index], history.frequency
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
