"""The objective as a convex function to minimise, and its terms as the caller asked for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from counterpoise.model import (
    FloatArray,
    MaximizeAlpha,
    MaximizeNetReturn,
    MaximizeUtility,
    MeetRiskBudget,
    MinimizeActiveRisk,
    MinimizeCost,
    MinimizeRisk,
    ObjectiveTermKind,
    RiskStatistic,
    Unit,
)
from counterpoise.recall import Recall
from optimizer.measures.book import Book
from optimizer.measures.budget import RiskBudget, budget_rows, risk_budget
from optimizer.measures.convex import ConvexRows, Point, no_rows, point_of, single_row
from optimizer.measures.returns import COSTS, charge_rows, charges_of
from optimizer.measures.risk import Volatility, volatility
from optimizer.measures.uncertainty import alpha_error, premium_error

GAP_FLOOR = 0.01
"""Relative gaps are measured against at least this: 1 % a year, in every objective's unit."""


@dataclass(frozen=True, eq=False)
class Term:
    """One addend of a function to minimise: a convex function, one row."""

    kind: ObjectiveTermKind
    rows: ConvexRows


@dataclass(frozen=True, eq=False)
class ConvexObjective:
    """f(v) = sum of terms + half_aversion |F v - g|^2, to be minimised.

    The caller's value is sign * f. Kinds of terms are distinct; the quadratic is a risk term.
    """

    parts: tuple[Term, ...]
    sign: float
    unit: Unit = Unit.ANNUAL_RATE
    half_aversion: float = 0.0
    variance: Volatility | None = None

    def value(self, variables: FloatArray | Point) -> float:
        """f(v)."""
        return sum(value for _, value in self._addends(variables))

    def terms(self, variables: FloatArray) -> dict[ObjectiveTermKind, float]:
        """Signed addends of the caller's objective."""
        return {kind: self.sign * value for kind, value in self._addends(variables)}

    def _addends(self, variables: FloatArray | Point) -> Iterator[tuple[ObjectiveTermKind, float]]:
        point = point_of(variables)
        for part in self.parts:
            yield part.kind, float(part.rows.values(point)[0])
        if self.variance is not None:
            image = point.image(self.variance)
            yield ObjectiveTermKind.RISK, self.half_aversion * float(image @ image)


_OBJECTIVES: Final = Recall[ConvexObjective](32)


def objective_of(book: Book, budget: RiskBudget | None = None) -> ConvexObjective:
    """The goal of the problem and its charges for what is not known exactly.

    A risk budget that was worked out already is taken as it is.
    """
    return _OBJECTIVES.get(
        (book.universe, book.reference, book.weighed, book.problem.objective, budget),
        lambda: _objective(book, budget),
    )


def _objective(book: Book, budget: RiskBudget | None) -> ConvexObjective:
    charges = tuple(_uncertainty(book))
    match book.problem.objective.goal:
        case MaximizeNetReturn():
            return ConvexObjective((_net_return_lost(book), *charges), -1.0)
        case MaximizeUtility(active_risk_aversion=active, total_risk_aversion=total):
            statistic = RiskStatistic.TOTAL_VOLATILITY if active is None else RiskStatistic.ACTIVE_VOLATILITY
            aversion = total if active is None else active
            if aversion is None:
                raise ValueError("utility: set a risk aversion")
            return ConvexObjective(
                (_net_return_lost(book), *charges),
                -1.0,
                half_aversion=0.5 * aversion,
                variance=volatility(book, statistic),
            )
        case MaximizeAlpha():
            rows = ConvexRows(np.zeros(1), single_row(-book.alpha))
            return ConvexObjective((Term(ObjectiveTermKind.ALPHA, rows), *charges), -1.0)
        case MinimizeActiveRisk():
            return ConvexObjective((_risk(book, RiskStatistic.ACTIVE_VOLATILITY), *charges), 1.0)
        case MinimizeRisk():
            return ConvexObjective((_risk(book, RiskStatistic.TOTAL_VOLATILITY), *charges), 1.0)
        case MinimizeCost():
            of_kind = charges_of(book)
            rows = charge_rows(book, [of_kind[kind] for kind in COSTS])
            return ConvexObjective((Term(ObjectiveTermKind.COST, rows), *charges), 1.0)
        case MeetRiskBudget() as goal:
            rows = budget_rows(book, risk_budget(book, goal) if budget is None else budget)
            return ConvexObjective((Term(ObjectiveTermKind.RISK_BUDGET, rows),), 1.0, Unit.RATIO)


def _net_return_lost(book: Book) -> Term:
    """The negative of the expected net return."""
    cash = -book.problem.market.annual_risk_free_rate
    return Term(ObjectiveTermKind.NET_RETURN, charge_rows(book, charges_of(book).values(), cash))


def _risk(book: Book, statistic: RiskStatistic) -> Term:
    rows = ConvexRows(np.zeros(1), no_rows(1), norm=volatility(book, statistic))
    return Term(ObjectiveTermKind.RISK, rows)


def _uncertainty(book: Book) -> Iterator[Term]:
    objective = book.problem.objective
    if objective.alpha_uncertainty is not None and objective.alpha_uncertainty.weight > 0.0:
        norm = alpha_error(book, objective.alpha_uncertainty)
        rows = ConvexRows(np.zeros(1), no_rows(1), norm=norm)
        yield Term(ObjectiveTermKind.ALPHA_UNCERTAINTY, rows)
    if objective.premium_uncertainty is not None and objective.premium_uncertainty.weight > 0.0:
        norm = premium_error(book, objective.premium_uncertainty)
        rows = ConvexRows(np.zeros(1), no_rows(1), norm=norm)
        yield Term(ObjectiveTermKind.PREMIUM_UNCERTAINTY, rows)
