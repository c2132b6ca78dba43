"""A book at given positions, measured in plain loops from the comments of the protos.

Second opinion on every number that a limit, a return or a risk report states. Positions `h` are in
the order of the portfolio's lines; postings are (tier, pool) -> what the tier posts, before haircut.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from counterpoise.model import (
    Aggregation,
    AllocationProblem,
    CounterpartyExposure,
    CounterpartyMeasure,
    ExposureMeasure,
    FactorNeutralityMeasure,
    FloatArray,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    LineKind,
    PositionMeasure,
    ReferenceBetaMeasure,
    ReserveMeasure,
    RiskMeasure,
    TurnoverCount,
    TurnoverMeasure,
)
from tests.reference.numbers import Numbers, is_margined, read_numbers
from tests.reference.objective_terms import ACTIVE, TOTAL, ObjectiveTerms, objective_terms
from tests.reference.return_terms import Postings, Terms, net_return, return_terms
from tests.reference.risk import volatility
from tests.reference.scopes import faced_by, reserve_rate, scope_columns, scope_rows

__all__ = ["ACTIVE", "TOTAL", "Book", "Member", "Postings"]


@dataclass(frozen=True, kw_only=True)
class Member:
    """One constraint of a limit at given positions."""

    limit_id: str
    line_id: str = ""
    driver_id: str = ""
    counterparty_id: str = ""
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

    def return_terms(self, *, with_alpha: bool = True) -> Terms:
        """Addends of the expected net return by kind and line."""
        return return_terms(self.problem, self.numbers, self.h, self.postings, with_alpha=with_alpha)

    def net_return(self) -> float:
        """Expected net return of the portfolio."""
        return net_return(self.return_terms())

    def volatility(self, measure: RiskMeasure) -> float:
        """A volatility, of everything or of a scope."""
        return volatility(self.problem, self.numbers, self.h, measure)

    def objective_terms(self) -> ObjectiveTerms:
        """Addends of the objective."""
        return objective_terms(self.problem, self.numbers, self.h, self.postings)

    def objective(self) -> float:
        """The goal and its charges, in its own sense and unit."""
        return sum(self.objective_terms().values())

    def trades(self, rows: list[int]) -> float:
        """Sum of absolute trades of some lines."""
        total = 0.0
        for row in rows:
            line = self.problem.portfolio.lines[row]
            if line.current_fraction is None:
                raise ValueError(f"{line.line_id}: turnover without a current position")
            total += abs(float(self.h[row]) - line.current_fraction)
        return total

    def at_stake(self, counterparty_id: str, exposure: CounterpartyExposure) -> float:
        """What one counterparty holds or faces."""
        portfolio = self.problem.portfolio
        if exposure == CounterpartyExposure.POSTED_MARGIN:
            pools = {
                pool.margin_pool_id
                for pool in portfolio.margin_pools
                if pool.counterparty_id == counterparty_id
            }
            return sum(value for (_, pool_id), value in self.postings.items() if pool_id in pools)
        return sum(
            abs(float(self.h[row]))
            for row, line in enumerate(portfolio.lines)
            if faced_by(self.problem, line) == counterparty_id
        )

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
        rows = scope_rows(self.problem, measure.lines)
        columns = scope_columns(self.problem, measure.drivers)
        values = self.numbers.loadings[rows].T @ self.h[rows]
        if measure.relative_to_reference:
            values = values - self.numbers.reference
        return np.asarray(values[columns])

    def neutral_exposures(self, measure: FactorNeutralityMeasure) -> list[float]:
        """Signed exposures of the lines in scope to the drivers in scope."""
        rows = scope_rows(self.problem, measure.lines)
        return [
            sum(float(self.numbers.loadings[row, column] * self.h[row]) for row in rows)
            for column in scope_columns(self.problem, measure.drivers)
        ]

    def members(self, limit: Limit) -> list[Member]:
        """Every constraint that a limit fans out to."""
        measure = limit.measure
        lower = limit.lower
        if isinstance(measure, PositionMeasure):
            rows = scope_rows(self.problem, measure.lines)
            ids = [self.problem.portfolio.lines[row].line_id for row in rows]
            return self._aggregated(limit, measure.aggregation, self.h[rows], "line_id", ids)
        if isinstance(measure, ExposureMeasure):
            return self._aggregated(
                limit, measure.aggregation, self.exposures(measure), "driver_id", self._driver_ids(measure)
            )
        if isinstance(measure, FactorNeutralityMeasure):
            lower = None if limit.upper is None else -limit.upper
            keyed = dict(zip(self._driver_ids(measure), self.neutral_exposures(measure), strict=True))
            return [
                Member(limit_id=limit.limit_id, driver_id=key, value=value, lower=lower, upper=limit.upper)
                for key, value in keyed.items()
            ]
        if isinstance(measure, CounterpartyMeasure):
            return [
                Member(
                    limit_id=limit.limit_id,
                    counterparty_id=key,
                    value=self.at_stake(key, measure.exposure),
                    upper=limit.upper,
                )
                for key in measure.counterparty_ids
            ]
        return [Member(limit_id=limit.limit_id, value=self._single(measure), lower=lower, upper=limit.upper)]

    def _single(
        self,
        measure: ReferenceBetaMeasure | LeverageMeasure | RiskMeasure | ReserveMeasure | TurnoverMeasure,
    ) -> float:
        """A measure that is one number."""
        if isinstance(measure, ReferenceBetaMeasure):
            return self.reference_beta()
        if isinstance(measure, LeverageMeasure):
            return self.leverage(measure.definition)
        if isinstance(measure, RiskMeasure):
            return self.volatility(measure)
        if isinstance(measure, TurnoverMeasure):
            trades = self.trades(scope_rows(self.problem, measure.lines))
            return trades / 2 if measure.count == TurnoverCount.ONE_WAY else trades
        return self.reserve_excess(measure)

    def _driver_ids(self, measure: ExposureMeasure | FactorNeutralityMeasure) -> list[str]:
        columns = scope_columns(self.problem, measure.drivers)
        return [self.problem.market.drivers[column].driver_id for column in columns]

    def _aggregated(
        self, limit: Limit, aggregation: Aggregation, values: FloatArray, key: str, ids: list[str]
    ) -> list[Member]:
        """One member for each value, or one for their sum."""
        if aggregation == Aggregation.SUM:
            numbers, ids = [float(values.sum())], [""]
        elif aggregation == Aggregation.ABSOLUTE_SUM:
            numbers, ids = [float(np.abs(values).sum())], [""]
        else:
            numbers = [float(value) for value in values]
        return [
            Member(
                limit_id=limit.limit_id,
                line_id=name if key == "line_id" else "",
                driver_id=name if key == "driver_id" else "",
                value=value,
                lower=limit.lower,
                upper=limit.upper,
            )
            for value, name in zip(numbers, ids, strict=True)
        ]
