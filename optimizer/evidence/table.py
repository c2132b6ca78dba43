"""A history as a table of returns over cash, not a number where one is not known."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np

from counterpoise.model import (
    AlphaQuestion,
    FloatArray,
    IndexArray,
    ReturnBasis,
    ReturnColumn,
)


@dataclass(frozen=True)
class Table:
    """The columns that a question names, in the order of their periods."""

    question: AlphaQuestion
    dates: tuple[datetime.date, ...]
    places: IndexArray
    """Place of each period on the calendar, shape (periods,)."""
    reported: dict[str, FloatArray]
    """Returns as they came, by column; shape (periods,)."""
    excess: dict[str, FloatArray]
    """The same over cash."""

    @property
    def periods_per_year(self) -> int:
        """Periods of a year."""
        return self.question.history.frequency.periods_per_year

    @property
    def market_id(self) -> str:
        """The factor that betas and active returns are against."""
        return self.question.market_id or self.question.factor_ids[0]

    def lagged(self, values: FloatArray, lag: int) -> FloatArray:
        """What was known `lag` periods before, not a number where the dates leave one of these out."""
        earlier = np.full(len(values), np.nan)
        adjacent = self.places[lag:] - self.places[: len(values) - lag] == lag
        earlier[lag:] = np.where(adjacent, values[: len(values) - lag], np.nan)
        return earlier

    def runs(self, values: FloatArray) -> tuple[slice, ...]:
        """Stretches of neighbouring periods with a value, in time order."""
        known = np.flatnonzero(~np.isnan(values))
        broken = np.flatnonzero((np.diff(known) != 1) | (np.diff(self.places[known]) != 1)) + 1
        return tuple(slice(int(run[0]), int(run[-1]) + 1) for run in np.split(known, broken) if len(run))


def open_table(question: AlphaQuestion) -> Table:
    """Reads the sleeves and factors of a question; TOTAL columns less cash, EXCESS ones as they are."""
    history = question.history
    columns = {column.column_id: column for column in history.columns}
    cash = _known(columns[question.cash_id]) if question.cash_id else np.full(len(history.dates), np.nan)
    reported, excess = {}, {}
    for column_id in (*question.sleeve_ids, *question.factor_ids):
        column = columns[column_id]
        reported[column_id] = _known(column)
        over = cash if column.basis is ReturnBasis.TOTAL else np.zeros(len(history.dates))
        excess[column_id] = reported[column_id] - over
    places = history.frequency.places(history.dates)
    return Table(question, history.dates, places, reported, excess)


def _known(column: ReturnColumn) -> FloatArray:
    return np.where(column.known(), np.asarray(column.returns, dtype=float), np.nan)
