"""What must hold of rolling regressions: windows that are long enough, and few enough for an answer."""

from __future__ import annotations

from typing import Final

from counterpoise.model import AlphaQuestion, ErrorReason, ReturnColumn, SmoothingTreatment
from counterpoise.validate.namespace import Namespace
from counterpoise.validate.regressions import lag_count
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.text import is_id, shown

_LARGEST_BYTES: Final = 3_670_016
"""Of all rolling regressions of an answer: seven eighths of the 4 MiB that a message may have."""
_WINDOW_BYTES: Final = 35
"""Of a rolling regression without its loadings: its date, two numbers, and what frames them."""
_LOADING_BYTES: Final = 8


def check_rolling(
    question: AlphaQuestion, columns: Namespace[ReturnColumn], place: Place, report: Report
) -> None:
    """A window has more than two periods a coefficient; windows times factors go into one message."""
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
        return
    dates = question.history.dates
    if usable(dates) and periods > len(dates):
        message = (
            f"{shown(periods)} periods of a history of {len(dates):,} are no window; write at most "
            f"{len(dates)}, or leave it out"
        )
        report.add(at, ErrorReason.NUMBER_OUT_OF_RANGE, message)
        return
    windows = sum(_window_count(question, name, columns, periods) for name in question.sleeve_ids)
    size = windows * (_WINDOW_BYTES + _LOADING_BYTES * len(question.factor_ids))
    if size > _LARGEST_BYTES:
        message = (
            f"{windows:,} windows with {len(question.factor_ids)} loadings each are {size / 2**20:.1f} MiB, "
            f"more than the {_LARGEST_BYTES / 2**20:.1f} MiB that an answer has for them; ask of fewer "
            "sleeves at a time, in longer windows, or of weeks or months instead of days"
        )
        report.add(at, ErrorReason.TOO_MANY, message)


def _window_count(
    question: AlphaQuestion, sleeve_id: str, columns: Namespace[ReturnColumn], periods: int
) -> int:
    """Most windows of a sleeve: of periods in which it and each of the factors have a return."""
    dates = question.history.dates
    if not usable(dates):
        return 0
    needed = [columns.by_id.get(name) for name in (sleeve_id, *question.factor_ids) if is_id(name)]
    missing = [
        len(column.missing_periods) for column in needed if usable(column) and usable(column.missing_periods)
    ]
    return max(len(dates) - max(missing, default=0) - periods + 1, 0)
