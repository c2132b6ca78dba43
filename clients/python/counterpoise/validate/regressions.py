"""Whether the histories allow the regressions: enough common periods, and factors that differ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from counterpoise.model import (
    AlphaQuestion,
    BoolArray,
    ErrorReason,
)
from counterpoise.validate.collinear import made_up
from counterpoise.validate.over_cash import (
    Series,
    check_moves,
    check_over_cash,
    in_common,
    over_cash,
    readable_columns,
)
from counterpoise.validate.periods import follows
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import is_id, listed, shown

LEAST_PERIODS = 12


def check_regressions(question: AlphaQuestion, place: Place, report: Report) -> None:
    """Common periods of every sleeve with its factors; nothing constant, nothing collinear in them."""
    columns = readable_columns(question.history, (*place, "history"), report)
    counted = [name for name in dict.fromkeys((*question.sleeve_ids, *question.factor_ids)) if is_id(name)]
    for name in counted:
        if name in columns:
            at, column = columns[name]
            returns = np.asarray(column.returns, dtype=float)[column.known()]
            check_moves(name, returns, "", (*at, "returns"), report)
    dates = (*place, "history", "dates")
    if usable(question.history.dates) and len(question.history.dates) < LEAST_PERIODS:
        message = f"{len(question.history.dates)} periods; write at least {LEAST_PERIODS}, better 36 months"
        report.add(dates, ErrorReason.HISTORY_TOO_SHORT, message)
        return
    series = over_cash(columns, question.cash_id)
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
            check_over_cash(series[name], common, report)
            if common.tobytes() not in judged:
                judged.add(common.tobytes())
                _check_factors(factors, common, report)


def lag_count(question: AlphaQuestion, place: Place, report: Report) -> int:
    """Lags of every factor that the question asks for; 0 where it leaves them open, or they were refused."""
    lags = question.factor_lag_count
    return int(lags) if usable(lags) and report.sound((*place, "factor_lag_count")) else 0


def _common(question: AlphaQuestion, sleeve: Series, factors: Sequence[Series], lags: int) -> BoolArray:
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
    sleeve: Series, factors: Sequence[Series], lags: int, common: BoolArray, report: Report
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


def _check_factors(factors: Sequence[Series], common: BoolArray, report: Report) -> None:
    for factor in factors:
        check_over_cash(factor, common, report)
    if not report.sound(*[factor.place for factor in factors]):
        return
    for index, others in made_up(np.column_stack([factor.excess[common] for factor in factors])):
        parts = listed(factors[other].column_id for other in others)
        message = (
            f"{shown(factors[index].column_id)} is made up of {parts}{in_common(common)}, so that their "
            "loadings cannot be told apart; leave one of them out"
        )
        report.add(factors[index].place, ErrorReason.SERIES_COLLINEAR, message)
