"""Returns over cash of the columns of a history that can be read, and which of them never move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from counterpoise.model import BoolArray, ErrorReason, FloatArray, ReturnBasis, ReturnColumn, ReturnHistory
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import is_id, shown

_NEVER_MOVES = 1e-12
"""Largest difference of returns over cash that is rounding."""


@dataclass(frozen=True)
class Series:
    """One column that counts: its returns over cash, and where all that they need is known."""

    column_id: str
    place: Place
    excess: FloatArray
    known: BoolArray


def readable_columns(
    history: ReturnHistory, place: Place, report: Report
) -> dict[str, tuple[Place, ReturnColumn]]:
    """Columns by id in which nothing was found wrong, and where they are."""
    count = len(history.dates) if usable(history.dates) else -1
    columns: dict[str, tuple[Place, ReturnColumn]] = {}
    for index, column in enumerate(history.columns):
        at = (*place, "columns", index)
        if usable(column) and is_id(column.column_id) and report.sound(at) and len(column.returns) == count:
            columns.setdefault(column.column_id, (at, column))
    return columns


def over_cash(columns: dict[str, tuple[Place, ReturnColumn]], cash_id: str) -> dict[str, Series]:
    """Series by id, of columns that need no cash or whose cash can be read."""
    cash = columns.get(cash_id) if is_id(cash_id) else None
    series = {}
    for name, (at, column) in columns.items():
        returns, known = np.asarray(column.returns, dtype=float), column.known()
        if column.basis is ReturnBasis.TOTAL:
            if cash is None:
                continue
            returns, known = returns - np.asarray(cash[1].returns, dtype=float), known & cash[1].known()
        series[name] = Series(name, (*at, "returns"), returns, known)
    return series


def check_over_cash(series: Series, common: BoolArray, report: Report) -> None:
    """Reports a series that never moves over cash in the periods that count, shape (periods,)."""
    when = f" over cash{in_common(common)}"
    check_moves(series.column_id, series.excess[common], when, series.place, report)


def check_moves(name: str, values: FloatArray, when: str, place: Place, report: Report) -> None:
    """Reports a series that never moves, once."""
    if len(values) > 1 and float(np.ptp(values)) <= _NEVER_MOVES and report.sound(place):
        message = (
            f"{shown(name)} is {values[0]:.6g}{when} in every period; write its returns, or leave it out"
        )
        report.add(place, ErrorReason.SERIES_CONSTANT, message)


def in_common(common: BoolArray) -> str:
    """How many periods count, as messages say it."""
    return f" in {int(common.sum())} common periods"
