"""Whether the histories allow the regressions: enough common periods, and factors that differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from counterpoise.model import (
    AlphaQuestion,
    BoolArray,
    ErrorReason,
    FloatArray,
    ReturnBasis,
    ReturnColumn,
)
from counterpoise.validate.collinear import made_up
from counterpoise.validate.periods import follows
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import is_id, listed, shown

LEAST_PERIODS = 12
_NEVER_MOVES = 1e-12
"""Largest difference of returns over cash that is rounding."""


@dataclass(frozen=True)
class _Series:
    """One column that counts: its returns over cash, and where all that they need is known."""

    column_id: str
    place: Place
    excess: FloatArray
    known: BoolArray


def check_regressions(question: AlphaQuestion, place: Place, report: Report) -> None:
    """Common periods of every sleeve with its factors; nothing constant, nothing collinear in them."""
    columns = _readable(question, place, report)
    counted = [name for name in dict.fromkeys((*question.sleeve_ids, *question.factor_ids)) if is_id(name)]
    for name in counted:
        if name in columns:
            at, column = columns[name]
            returns = np.asarray(column.returns, dtype=float)[column.known()]
            _check_moves(name, returns, "", (*at, "returns"), report)
    dates = (*place, "history", "dates")
    if usable(question.history.dates) and len(question.history.dates) < LEAST_PERIODS:
        message = f"{len(question.history.dates)} periods; write at least {LEAST_PERIODS}, better 36 months"
        report.add(dates, ErrorReason.HISTORY_TOO_SHORT, message)
        return
    series = _over_cash(columns, question.cash_id)
    if not question.factor_ids or not all(is_id(name) and name in series for name in question.factor_ids):
        return
    factors = [series[name] for name in dict.fromkeys(question.factor_ids)]
    # Which periods follow each other is known where dates are in order.
    lags = lag_count(question, place, report) if report.sound(dates) else 0
    judged: set[bytes] = set()
    for name in dict.fromkeys(question.sleeve_ids):
        if not is_id(name) or name not in series:
            continue
        common = _common(question, series[name], factors, lags)
        if _is_long_enough(series[name], factors, lags, common, report):
            _check_over_cash(series[name], common, report)
            if common.tobytes() not in judged:
                judged.add(common.tobytes())
                _check_factors(factors, common, report)


def lag_count(question: AlphaQuestion, place: Place, report: Report) -> int:
    """Lags of every factor that the question asks for; 0 where it leaves them open, or they were refused."""
    lags = question.factor_lag_count
    return int(lags) if usable(lags) and report.sound((*place, "factor_lag_count")) else 0


def _readable(question: AlphaQuestion, place: Place, report: Report) -> dict[str, tuple[Place, ReturnColumn]]:
    """Columns by id in which nothing was found wrong, and where they are."""
    history = question.history
    count = len(history.dates) if usable(history.dates) else -1
    columns: dict[str, tuple[Place, ReturnColumn]] = {}
    for index, column in enumerate(history.columns):
        at = (*place, "history", "columns", index)
        if usable(column) and is_id(column.column_id) and report.sound(at) and len(column.returns) == count:
            columns.setdefault(column.column_id, (at, column))
    return columns


def _over_cash(columns: dict[str, tuple[Place, ReturnColumn]], cash_id: str) -> dict[str, _Series]:
    """Series by id, of columns that need no cash or whose cash can be read."""
    cash = columns.get(cash_id) if is_id(cash_id) else None
    series = {}
    for name, (at, column) in columns.items():
        returns, known = np.asarray(column.returns, dtype=float), column.known()
        if column.basis is ReturnBasis.TOTAL:
            if cash is None:
                continue
            returns, known = returns - np.asarray(cash[1].returns, dtype=float), known & cash[1].known()
        series[name] = _Series(name, (*at, "returns"), returns, known)
    return series


def _common(question: AlphaQuestion, sleeve: _Series, factors: Sequence[_Series], lags: int) -> BoolArray:
    """Periods in which the sleeve, and every factor now and at its lags, have a return over cash."""
    together = np.logical_and.reduce([factor.known for factor in factors])
    common: BoolArray = sleeve.known & together
    frequency = question.history.frequency
    if not lags or not usable(frequency):
        return common
    adjacent = reached = follows(question.history.dates, frequency)
    for lag in range(1, lags + 1):
        none = np.zeros(lag, dtype=bool)
        common = common & reached & np.concatenate([none, together[:-lag]])
        reached = reached & np.concatenate([none, adjacent[:-lag]])
    return common


def _is_long_enough(
    sleeve: _Series, factors: Sequence[_Series], lags: int, common: BoolArray, report: Report
) -> bool:
    coefficients = 1 + len(factors) * (1 + lags)
    least, count = max(LEAST_PERIODS, coefficients + 2), int(common.sum())
    if count < least:
        shortest = min([sleeve, *factors], key=lambda item: int(item.known.sum()))
        message = (
            f"{shown(sleeve.column_id)} has {count} periods with all that its regression needs, and "
            f"{coefficients} coefficients want at least {least}; write longer histories of it, its factors "
            f"and cash (fewest returns has {shortest.column_id}, {int(shortest.known.sum())}), "
            "or fewer factors or lags"
        )
        report.add(sleeve.place, ErrorReason.HISTORY_TOO_SHORT, message)
    return count >= least


def _check_factors(factors: Sequence[_Series], common: BoolArray, report: Report) -> None:
    for factor in factors:
        _check_over_cash(factor, common, report)
    if not report.sound(*[factor.place for factor in factors]):
        return
    for index, others in made_up(np.column_stack([factor.excess[common] for factor in factors])):
        parts = listed(factors[other].column_id for other in others)
        message = (
            f"{shown(factors[index].column_id)} is made up of {parts}{_in_common(common)}, so that their "
            "loadings cannot be told apart; leave one of them out"
        )
        report.add(factors[index].place, ErrorReason.SERIES_COLLINEAR, message)


def _check_over_cash(series: _Series, common: BoolArray, report: Report) -> None:
    when = f" over cash{_in_common(common)}"
    _check_moves(series.column_id, series.excess[common], when, series.place, report)


def _check_moves(name: str, values: FloatArray, when: str, place: Place, report: Report) -> None:
    """Reports a series that never moves, once."""
    if len(values) > 1 and float(np.ptp(values)) <= _NEVER_MOVES and report.sound(place):
        message = (
            f"{shown(name)} is {values[0]:.6g}{when} in every period; write its returns, or leave it out"
        )
        report.add(place, ErrorReason.SERIES_CONSTANT, message)


def _in_common(common: BoolArray) -> str:
    return f" in {int(common.sum())} common periods"
