"""What is walked through: a mandate, histories, and the rules between decisions."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from counterpoise.model import AllocationProblem, ReturnHistory, RiskModelQuestion


@dataclass(frozen=True, kw_only=True)
class RedemptionTerms:
    """When a sleeve pays out: every so many periods of the history, after notice of so many.

    Redemption dates are the last periods of calendar quarters for 3 months, of years for 12: period number
    on the calendar plus one divisible by the count for months and quarters, else counted from the start.
    """

    line_id: str
    every_period_count: int = 1
    notice_period_count: int = 0


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Dates between which a sleeve pays nothing out, both included."""

    line_id: str
    first_date: datetime.date
    last_date: datetime.date


@dataclass(frozen=True, kw_only=True)
class MarginPeriod:
    """Dates between which a pool asks for a multiple of initial margin, both included; known on the day."""

    margin_pool_id: str
    first_date: datetime.date
    last_date: datetime.date
    multiplier: float


@dataclass(frozen=True, kw_only=True)
class WalkForwardPlan:
    """A walk through a history.

    `problem` is the portfolio and mandate of every decision. Its market, its holdings, the loadings, residual
    volatility and alpha of the sleeves of `estimation`, and its date and NAV are replaced at each one. Lines
    earn the column that has their id; without one reserve tiers earn cash less their drag, other lines their
    loadings times the drivers' returns. `estimation` is the question for the risk model; its history is the
    whole one, of which a decision sees `window_period_count` periods that end on its date. The risk-free rate
    is what cash earned in the last of them.

    Every alpha sleeve has a column of its own. Where a return of it is missing it earns the loadings of the
    last estimate, and nothing of it is bought. What a sleeve does not pay out at once leaves by notice, which
    binds.
    Without holdings (`current_fraction`) all is in the first reserve tier before the first decision.
    `relax_limits` makes hard limits soft, in one priority, where a decision is infeasible.
    `forced_sale_cost_rate` is what sales cost beyond their linear rate when the reserve is gone.
    """

    problem: AllocationProblem
    estimation: RiskModelQuestion
    window_period_count: int
    rebalance_period_count: int = 1
    first_date: datetime.date | None = None
    last_date: datetime.date | None = None
    redemptions: tuple[RedemptionTerms, ...] = ()
    gates: tuple[Gate, ...] = ()
    margin_periods: tuple[MarginPeriod, ...] = ()
    relax_limits: bool = True
    forced_sale_cost_rate: float = 0.0

    @property
    def opening(self) -> dict[str, float]:
        """Holdings before the first decision by line, fractions of NAV."""
        lines = self.problem.portfolio.lines
        if any(line.current_fraction is not None for line in lines):
            return {line.line_id: line.current_fraction or 0.0 for line in lines}
        cash = next((line.line_id for line in lines if line.reserve_tier is not None), "")
        return {line.line_id: float(line.line_id == cash) for line in lines}

    @property
    def history(self) -> ReturnHistory:
        """The whole history."""
        return self.estimation.history

    @property
    def periods(self) -> range:
        """Indexes of the periods from the first decision to the last period, of dates in the history."""
        dates = self.history.dates
        chosen = [
            index
            for index, date in enumerate(dates)
            if index + 1 >= self.window_period_count
            and (self.first_date is None or date >= self.first_date)
            and (self.last_date is None or date <= self.last_date)
        ]
        return range(chosen[0], chosen[-1] + 1) if chosen else range(0)


def without_limits(plan: WalkForwardPlan, limit_ids: Iterable[str] | None = None) -> WalkForwardPlan:
    """The plan without limits: those named, else all on coverage, stressed leverage and scenario losses.

    A reserve rule stays: it is a rule of thumb that needs no scenario. Raises ValueError for unknown ids.
    """
    mandate = plan.problem.mandate
    dropped = None if limit_ids is None else set(limit_ids)
    unknown = (dropped or set()) - {limit.limit_id for limit in mandate.limits}
    if unknown:
        raise ValueError(f"no limit {', '.join(sorted(unknown))} in the mandate; name one of its limits")
    kept = tuple(
        limit
        for limit in mandate.limits
        if not (
            limit.limit_id in dropped
            if dropped is not None
            else limit.liquidity_coverage is not None
            or limit.scenario_loss is not None
            or (limit.leverage is not None and limit.leverage.scenarios is not None)
        )
    )
    return replace(plan, problem=replace(plan.problem, mandate=replace(mandate, limits=kept)))


def cut_history(history: ReturnHistory, window: slice, column_ids: Iterable[str]) -> ReturnHistory:
    """Some columns over the periods of a window: nothing else of the history is in it."""
    chosen = [history.column(name) for name in column_ids]
    start, stop = window.start, window.stop
    return ReturnHistory(
        frequency=history.frequency,
        dates=history.dates[window],
        columns=tuple(
            replace(
                column,
                returns=np.asarray(column.returns[window], dtype=float),
                missing_periods=tuple(
                    period - start for period in column.missing_periods if start <= period < stop
                ),
            )
            for column in chosen
        ),
    )
