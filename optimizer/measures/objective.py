"""The objective as a convex function to minimise, and its terms as the caller asked for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from counterpoise.model import (
    FloatArray,
    MaximizeAlpha,
    MaximizeNetReturn,
    MaximizeUtility,
    MinimizeActiveRisk,
    MinimizeRisk,
    ObjectiveTermKind,
    ReturnTermKind,
    RiskStatistic,
)
from optimizer.measures.book import Book
from optimizer.measures.convex import ConvexRows, no_rows, single_row
from optimizer.measures.returns import line_return_rates
from optimizer.measures.risk import Volatility, volatility

GAP_FLOOR = 0.01
"""Relative gaps are measured against at least this: 1 % a year, in every objective's unit."""


@dataclass(frozen=True, eq=False)
class ConvexObjective:
    """f(v) = rows(v) + half_aversion |F v - g|^2, to be minimised; the caller's value is sign * f."""

    rows: ConvexRows
    sign: float
    term: ObjectiveTermKind
    """What the rows are; the quadratic is a risk term."""
    half_aversion: float = 0.0
    variance: Volatility | None = None

    def value(self, variables: FloatArray) -> float:
        """f(v)."""
        value = float(self.rows.values(variables)[0])
        if self.variance is not None:
            image = self.variance.image(variables)
            value += self.half_aversion * float(image @ image)
        return value

    def terms(self, variables: FloatArray) -> dict[ObjectiveTermKind, float]:
        """Signed addends of the caller's objective."""
        terms = {self.term: self.sign * float(self.rows.values(variables)[0])}
        if self.variance is not None:
            image = self.variance.image(variables)
            terms[ObjectiveTermKind.RISK] = self.sign * self.half_aversion * float(image @ image)
        return terms


def objective_of(book: Book) -> ConvexObjective:
    """The goal of the problem."""
    match book.problem.objective.goal:
        case MaximizeNetReturn():
            return ConvexObjective(_net_return_lost(book), -1.0, ObjectiveTermKind.NET_RETURN)
        case MaximizeUtility(active_risk_aversion=active, total_risk_aversion=total):
            statistic = RiskStatistic.TOTAL_VOLATILITY if active is None else RiskStatistic.ACTIVE_VOLATILITY
            aversion = total if active is None else active
            if aversion is None:
                raise ValueError("utility: set a risk aversion")
            return ConvexObjective(
                _net_return_lost(book),
                -1.0,
                ObjectiveTermKind.NET_RETURN,
                half_aversion=0.5 * aversion,
                variance=volatility(book, statistic),
            )
        case MaximizeAlpha():
            rows = ConvexRows(np.zeros(1), single_row(-book.alpha))
            return ConvexObjective(rows, -1.0, ObjectiveTermKind.ALPHA)
        case MinimizeActiveRisk():
            return _risk(book, RiskStatistic.ACTIVE_VOLATILITY)
        case MinimizeRisk():
            return _risk(book, RiskStatistic.TOTAL_VOLATILITY)


def _net_return_lost(book: Book) -> ConvexRows:
    """The negative of the expected net return."""
    rates = line_return_rates(book)
    roll = rates.pop(ReturnTermKind.ROLL)
    linear = -np.sum(list(rates.values()), axis=0)
    cash = np.array([-book.problem.market.annual_risk_free_rate])
    return ConvexRows(cash, single_row(linear), absolute=single_row(-roll))


def _risk(book: Book, statistic: RiskStatistic) -> ConvexObjective:
    rows = ConvexRows(np.zeros(1), no_rows(1), norm=volatility(book, statistic))
    return ConvexObjective(rows, 1.0, ObjectiveTermKind.RISK)
