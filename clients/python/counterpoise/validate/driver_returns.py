"""Whether the histories of drivers allow a covariance, and one for each regime."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from counterpoise.model import (
    LEAST_PERIODS_OF_A_REGIME,
    BoolArray,
    ErrorReason,
    MissingReturns,
    RiskModelQuestion,
    StressRegime,
)
from counterpoise.validate.over_cash import (
    Series,
    check_moves,
    check_over_cash,
    over_cash,
    readable_columns,
)
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import is_id, shown

LEAST_PERIODS = 24


def check_driver_returns(question: RiskModelQuestion, place: Place, report: Report) -> bool:
    """Whether drivers move and have enough periods in common, in every regime; reports what they lack."""
    history, at = question.history, (*place, "history")
    columns = readable_columns(history, at, report)
    ids = list(dict.fromkeys(driver.driver_id for driver in question.drivers if usable(driver)))
    for name in ids:
        if is_id(name) and name in columns:
            where, column = columns[name]
            returns = np.asarray(column.returns, dtype=float)[column.known()]
            check_moves(name, returns, "", (*where, "returns"), report)
    series = over_cash(columns, question.cash_id)
    if not ids or not all(is_id(name) and name in series for name in ids):
        return False
    drivers = [series[name] for name in ids]
    dates = (*at, "dates")
    least = _least(drivers, LEAST_PERIODS)
    if len(history.dates) < least:
        message = f"{len(history.dates)} periods; {_drivers(drivers)} at least {least}, better 36 months"
        report.add(dates, ErrorReason.HISTORY_TOO_SHORT, message)
        return False
    common = np.logical_and.reduce([driver.known for driver in drivers])
    if question.missing_returns is MissingReturns.PAIRWISE:
        enough = _check_pairs(drivers, report)
    else:
        enough = _check_common(drivers, common, report)
    if enough and usable(question.stress_regime):
        _check_regimes(question, drivers, common, (*place, "stress_regime"), report)
    return enough and report.sound(*[driver.place for driver in drivers])


def _least(drivers: Sequence[Series], least: int) -> int:
    """Periods of which a covariance of so many drivers has no zero eigenvalue."""
    return max(least, len(drivers) + 2)


def _drivers(drivers: Sequence[Series]) -> str:
    return "1 driver wants" if len(drivers) == 1 else f"{len(drivers)} drivers want"


def _check_common(drivers: Sequence[Series], common: BoolArray, report: Report) -> bool:
    least, count = _least(drivers, LEAST_PERIODS), int(common.sum())
    if count < least:
        shortest = min(drivers, key=lambda driver: int(driver.known.sum()))
        message = (
            f"{count} periods have a return of every driver over cash, and {_drivers(drivers)} at least "
            f"{least}; write longer histories (fewest returns has {shortest.column_id}, "
            f"{int(shortest.known.sum())}), leave drivers out, or write missing_returns: PAIRWISE"
        )
        report.add(shortest.place, ErrorReason.HISTORY_TOO_SHORT, message)
        return False
    for driver in drivers:
        check_over_cash(driver, common, report)
    return True


def _check_pairs(drivers: Sequence[Series], report: Report) -> bool:
    known = np.column_stack([driver.known for driver in drivers]).astype(float)
    counts = known.T @ known
    first, second = np.unravel_index(np.argmin(counts), counts.shape)
    if counts[first, second] < LEAST_PERIODS:
        pair = [drivers[int(first)], drivers[int(second)]]
        shortest = min(pair, key=lambda driver: int(driver.known.sum()))
        message = (
            f"{shown(pair[0].column_id)} and {shown(pair[1].column_id)} have "
            f"{int(counts[first, second])} periods in common, and a pair wants at least {LEAST_PERIODS}; "
            "write longer histories, or leave one of them out"
        )
        report.add(shortest.place, ErrorReason.HISTORY_TOO_SHORT, message)
        return False
    for driver in drivers:
        check_over_cash(driver, driver.known, report)
    return True


def _check_regimes(
    question: RiskModelQuestion, drivers: Sequence[Series], common: BoolArray, place: Place, report: Report
) -> None:
    """Calm and stressed periods are each enough for a correlation."""
    regime = question.stress_regime
    if not usable(regime) or not report.sound(place):
        return
    counted, least = int(common.sum()), _least(drivers, LEAST_PERIODS_OF_A_REGIME)
    if usable(regime.turbulent):
        stressed, at = regime.turbulent.count(counted), (*place, "turbulent", "share")
    elif usable(regime.periods):
        dates = question.history.dates
        if not all(map(usable, dates)):
            return
        inside = [
            any(window.first_date <= date <= window.last_date for window in regime.periods.windows)
            for date in dates
        ]
        stressed, at = int((common & inside).sum()), (*place, "periods", "windows")
    else:
        return
    for what, count in (("stressed", stressed), ("calm", counted - stressed)):
        if count < least:
            message = (
                f"{count} {what} periods of {counted} with a return of every driver, and {_drivers(drivers)} "
                f"at least {least}; {_mend(regime, what)}, write longer histories, or fewer drivers"
            )
            report.add(at, ErrorReason.HISTORY_TOO_SHORT, message)


def _mend(regime: StressRegime, what: str) -> str:
    if what == "calm":
        return "write shorter windows" if regime.turbulent is None else "write a smaller share"
    return "write longer windows" if regime.turbulent is None else "write a larger share"
