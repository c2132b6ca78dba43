"""What scenarios do to one set of positions, from whichever answer says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from counterpoise.model import (
    Allocation,
    AllocationProblem,
    CoverageFigure,
    LeverageDefinition,
    LeverageFigure,
    MeasureLiquidityResponse,
    PoolMargin,
    PortfolioMeasures,
    StressPortfolioResponse,
    StressReport,
)
from counterpoise.wording.coverage import ratio_of, same_day_ratio

BASE = ""
"""Scenario of the base state: today, without a shock."""

Answer = Allocation | PortfolioMeasures | StressPortfolioResponse | MeasureLiquidityResponse


@dataclass(frozen=True, kw_only=True)
class Stressed:
    """The parts of an answer that speak of scenarios; empty where it has none."""

    stresses: tuple[StressReport, ...] = ()
    leverage_figures: tuple[LeverageFigure, ...] = ()
    pool_margins: tuple[PoolMargin, ...] = ()
    coverage_figures: tuple[CoverageFigure, ...] = ()
    positions: Mapping[str, float] | None = None
    """Fractions of NAV by line; None where the answer is of current positions."""

    def held(self, problem: AllocationProblem) -> Mapping[str, float]:
        """Positions that the answer is about."""
        if self.positions is not None:
            return self.positions
        return {line.line_id: line.current_fraction or 0.0 for line in problem.portfolio.lines}

    @property
    def by_loss(self) -> tuple[StressReport, ...]:
        """Scenarios, the one that loses most first."""
        return tuple(sorted(self.stresses, key=lambda item: -item.loss_fraction))

    @property
    def by_call(self) -> tuple[StressReport, ...]:
        """Scenarios, the one in which pools ask for most first."""
        return tuple(sorted(self.stresses, key=lambda item: -item.cash_call_fraction))

    @property
    def horizons(self) -> tuple[int, ...]:
        """Horizons of the coverage figures in trading days, ascending."""
        return tuple(sorted({item.horizon_trading_days for item in self.coverage_figures}))

    @cached_property
    def _coverage(self) -> dict[str, tuple[CoverageFigure, ...]]:
        """Coverage figures by scenario, horizons ascending."""
        told: dict[str, list[CoverageFigure]] = {}
        for item in sorted(self.coverage_figures, key=lambda item: item.horizon_trading_days):
            told.setdefault(item.scenario_id, []).append(item)
        order = dict.fromkeys(item.scenario_id for item in self.coverage_figures)
        return {scenario_id: tuple(told[scenario_id]) for scenario_id in order}

    @cached_property
    def by_coverage(self) -> tuple[str, ...]:
        """Scenarios that have coverage figures, the least covered first; the base state is one of them."""
        return tuple(sorted(self._coverage, key=self._least))

    def _least(self, scenario_id: str) -> float:
        """The least coverage under a scenario, that of the same day by cash alone included."""
        return min(min(ratio_of(item), same_day_ratio(item)) for item in self.coverage(scenario_id))

    def coverage(self, scenario_id: str) -> tuple[CoverageFigure, ...]:
        """Coverage under a scenario, by horizon."""
        return self._coverage.get(scenario_id, ())

    def leverage(self, definition: LeverageDefinition) -> dict[str, float]:
        """Leverage by scenario, the base state among them; not of those that ruin the portfolio."""
        return {
            item.scenario_id: item.value for item in self.leverage_figures if item.definition == definition
        }


def stressed(answer: Answer) -> Stressed:
    """What an answer says of scenarios."""
    if isinstance(answer, StressPortfolioResponse):
        return Stressed(
            stresses=answer.stresses,
            leverage_figures=answer.leverage_figures,
            pool_margins=answer.pool_margins,
        )
    coverage = answer.reserve.coverage_figures if answer.reserve is not None else ()
    measured = Stressed(stresses=answer.stresses, pool_margins=answer.pool_margins, coverage_figures=coverage)
    if isinstance(answer, MeasureLiquidityResponse):
        return measured
    positions = {item.line_id: item.fraction for item in answer.positions}
    return replace(measured, leverage_figures=answer.leverage_figures, positions=positions)


def base_leverage(figures: Iterable[LeverageFigure]) -> dict[LeverageDefinition, float]:
    """Leverage of the base state by definition."""
    return {item.definition: item.value for item in figures if item.scenario_id == BASE}
