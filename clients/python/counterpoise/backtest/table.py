"""What cash, drivers and lines earned, period by period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from counterpoise.backtest.plan import WalkForwardPlan
from counterpoise.model import FloatArray, Line, ReturnBasis, ReturnColumn


@dataclass(frozen=True)
class ReturnTable:
    """Decimal returns by period of the whole history; not a number where none is known."""

    per_year: int
    cash: FloatArray
    drivers: dict[str, FloatArray]
    """Over cash, by driver; in the order of the estimation."""
    own: dict[str, FloatArray]
    """Over cash, by line that has a column of its own."""

    def annual_cash(self, period: int) -> float:
        """What cash earned in a period, times the periods of a year."""
        return self.per_year * float(self.cash[period])

    def has_return(self, line: Line, period: int) -> bool:
        """Whether a line has a return of its own in a period."""
        own = self.own.get(line.line_id)
        return own is not None and not np.isnan(own[period])

    def excess(self, line: Line, period: int, loadings: Mapping[str, float] | None = None) -> float:
        """Return of a line over cash: its own, or loadings times the drivers' returns.

        Without `loadings` those that the line states.
        """
        if self.has_return(line, period):
            return float(self.own[line.line_id][period])
        if loadings is None:
            loadings = {item.driver_id: item.value for item in line.loadings}
        return sum(value * float(self.drivers[name][period]) for name, value in loadings.items())


def read_returns(plan: WalkForwardPlan) -> ReturnTable:
    """The returns of a plan that is valid."""
    history, question = plan.history, plan.estimation
    cash = _known(history.column(question.cash_id))
    columns = {column.column_id: column for column in history.columns}

    def over_cash(name: str) -> FloatArray:
        returns = _known(columns[name])
        return returns - cash if columns[name].basis is ReturnBasis.TOTAL else returns

    return ReturnTable(
        per_year=history.frequency.periods_per_year,
        cash=cash,
        drivers={driver.driver_id: over_cash(driver.driver_id) for driver in question.drivers},
        own={name: over_cash(name) for name in plan.problem.portfolio.line_ids if name in columns},
    )


def _known(column: ReturnColumn) -> FloatArray:
    return np.where(column.known(), np.asarray(column.returns, dtype=float), np.nan)
