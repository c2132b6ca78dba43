"""A book at given positions, measured in plain loops from the comments of the protos.

Second opinion on every number that a limit, a return or a risk report states. Positions `h` are in
the order of the portfolio's lines; postings are (tier, pool) -> what the tier posts, before haircut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from counterpoise.model import (
    Aggregation,
    AllocationProblem,
    ExposureMeasure,
    FloatArray,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    LineKind,
    MaximizeAlpha,
    MaximizeNetReturn,
    MaximizeUtility,
    MinimizeRisk,
    PositionMeasure,
    ReferenceBetaMeasure,
    ReserveMeasure,
    RiskMeasure,
    RiskStatistic,
)
from tests.reference.numbers import Numbers, is_margined, read_numbers
from tests.reference.scopes import reserve_rate, residual_groups, scope_columns, scope_rows

Postings = dict[tuple[str, str], float]

TOTAL = RiskMeasure(statistic=RiskStatistic.TOTAL_VOLATILITY)
ACTIVE = RiskMeasure(statistic=RiskStatistic.ACTIVE_VOLATILITY)


@dataclass(frozen=True, kw_only=True)
class Member:
    """One constraint of a limit at given positions."""

    limit_id: str
    line_id: str = ""
    driver_id: str = ""
    value: float
    lower: float | None = None
    upper: float | None = None

    @property
    def violation(self) -> float:
        """How far outside its bounds the value is; zero inside."""
        below = 0.0 if self.lower is None else self.lower - self.value
        above = 0.0 if self.upper is None else self.value - self.upper
        return max(below, above, 0.0)


class Book:
    """A problem with positions and postings."""

    def __init__(
        self, problem: AllocationProblem, h: FloatArray, postings: Postings, numbers: Numbers | None = None
    ) -> None:
        self.problem = problem
        self.h = h
        self.postings = postings
        self.numbers = read_numbers(problem) if numbers is None else numbers

    def net_return(self) -> float:
        """Expected net return of the portfolio."""
        earned = self.numbers.unit_return @ self.h - self.numbers.roll @ np.abs(self.h)
        return self.problem.market.annual_risk_free_rate + float(earned)

    def volatility(self, measure: RiskMeasure) -> float:
        """Square root of x'Sx plus the squared residuals of the lines that count."""
        rows, columns = scope_rows(self.problem, measure.lines), scope_columns(self.problem, measure)
        x = self.numbers.loadings[rows].T @ self.h[rows]
        if measure.statistic == RiskStatistic.ACTIVE_VOLATILITY:
            x = x - self.numbers.reference
        kept = np.zeros_like(x)
        kept[columns] = x[columns]
        variance = float(kept @ self.numbers.covariance @ kept)
        if measure.drivers is None:
            lines = self.problem.portfolio.lines
            for group in residual_groups(self.problem, rows):
                variance += sum(lines[row].annual_residual_volatility * self.h[row] for row in group) ** 2
        return math.sqrt(max(variance, 0.0))

    def objective(self) -> float:
        """The goal, in its own sense and unit."""
        goal = self.problem.objective.goal
        if isinstance(goal, MaximizeNetReturn):
            return self.net_return()
        if isinstance(goal, MaximizeAlpha):
            return float(self.numbers.alpha @ self.h)
        if isinstance(goal, MaximizeUtility):
            if goal.active_risk_aversion is not None:
                return self.net_return() - 0.5 * goal.active_risk_aversion * self.volatility(ACTIVE) ** 2
            return self.net_return() - 0.5 * (goal.total_risk_aversion or 0.0) * self.volatility(TOTAL) ** 2
        return self.volatility(TOTAL if isinstance(goal, MinimizeRisk) else ACTIVE)

    def leverage(self, definition: LeverageDefinition) -> float:
        """Leverage over NAV in one of the four definitions."""
        total = 0.0
        underlyings: dict[str, float] = {}
        for row, line in enumerate(self.problem.portfolio.lines):
            position = float(self.h[row])
            if definition == LeverageDefinition.NET:
                counts = line.kind in (LineKind.FUNDED_BETA, LineKind.OVERLAY, LineKind.ALPHA_SLEEVE)
                total += position if counts else 0.0
            elif definition == LeverageDefinition.OVERLAY:
                total += abs(position) if is_margined(line) else 0.0
            elif line.alpha_sleeve is not None:
                look_through = line.alpha_sleeve.look_through_leverage
                total += (1.0 if look_through is None else look_through) * position
            elif line.reserve_tier is not None:
                total += 0.0 if line.reserve_tier.cash_equivalent else position
            elif line.kind in (LineKind.FUNDED_BETA, LineKind.OVERLAY):
                if definition == LeverageDefinition.COMMITMENT:
                    key = f"={line.underlying_id}" if line.underlying_id else f"-{row}"
                    underlyings[key] = underlyings.get(key, 0.0) + position
                else:
                    weight = line.overlay.leverage_weight if line.overlay is not None else None
                    total += (1.0 if weight is None else weight) * abs(position)
        return total + sum(abs(net) for net in underlyings.values())

    def reserve_excess(self, measure: ReserveMeasure) -> float:
        """Reserve beyond the rule."""
        total = 0.0 if measure.posted_margin_counts else -sum(self.postings.values())
        for line, position in zip(self.problem.portfolio.lines, self.h, strict=True):
            if line.reserve_tier is not None:
                total += float(position)
            elif is_margined(line):
                total -= reserve_rate(measure, line) * abs(float(position))
        return total

    def reference_beta(self) -> float:
        """Beta of the exposures to the reference portfolio."""
        covariances = self.numbers.covariance @ self.numbers.reference
        exposures = self.numbers.loadings.T @ self.h
        return float(exposures @ covariances / (self.numbers.reference @ covariances))

    def exposures(self, measure: ExposureMeasure) -> FloatArray:
        """Exposures to the drivers in scope through the lines in scope."""
        rows, columns = scope_rows(self.problem, measure.lines), scope_columns(self.problem, measure)
        values = self.numbers.loadings[rows].T @ self.h[rows]
        if measure.relative_to_reference:
            values = values - self.numbers.reference
        return np.asarray(values[columns])

    def members(self, limit: Limit) -> list[Member]:
        """Every constraint that a limit fans out to."""
        measure = limit.measure
        if isinstance(measure, PositionMeasure | ExposureMeasure):
            if isinstance(measure, PositionMeasure):
                rows = scope_rows(self.problem, measure.lines)
                values, ids = self.h[rows], [(self.problem.portfolio.lines[row].line_id, "") for row in rows]
            else:
                values = self.exposures(measure)
                columns = scope_columns(self.problem, measure)
                ids = [("", self.problem.market.drivers[column].driver_id) for column in columns]
            if measure.aggregation == Aggregation.SUM:
                values, ids = np.array([values.sum()]), [("", "")]
            elif measure.aggregation == Aggregation.ABSOLUTE_SUM:
                values, ids = np.array([np.abs(values).sum()]), [("", "")]
        else:
            if isinstance(measure, ReferenceBetaMeasure):
                value = self.reference_beta()
            elif isinstance(measure, LeverageMeasure):
                value = self.leverage(measure.definition)
            elif isinstance(measure, RiskMeasure):
                value = self.volatility(measure)
            else:
                value = self.reserve_excess(measure)
            values, ids = np.array([value]), [("", "")]
        return [
            Member(
                limit_id=limit.limit_id,
                line_id=line_id,
                driver_id=driver_id,
                value=float(value),
                lower=limit.lower,
                upper=limit.upper,
            )
            for value, (line_id, driver_id) in zip(values, ids, strict=True)
        ]
