"""What scenarios do to given positions, line by line in plain Python: numbers for sample answers.

Formulas are those of the contract's comments, without anything that the service uses. A position is a
fraction of NAV, a posting (tier, pool) a fraction before haircuts.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    CoverageFigure,
    DriverValue,
    LeverageDefinition,
    LeverageFigure,
    Line,
    LineKind,
    LineValue,
    MissingShockRule,
    NoticeDeadline,
    PoolMargin,
    Scenario,
    StressReport,
)

Positions = Mapping[str, float]
Postings = Mapping[tuple[str, str], float]
_KINDS = {
    LineKind.FUNDED_BETA: "funded",
    LineKind.ALPHA_SLEEVE: "sleeve",
    LineKind.RESERVE_TIER: "reserve",
    LineKind.CREDIT_LINE: "credit",
}


class Book:
    """One problem with positions and what is posted."""

    def __init__(self, problem: AllocationProblem, positions: Positions, postings: Postings) -> None:
        self.problem, self.positions, self.postings = problem, positions, postings
        self.lines = problem.portfolio.lines
        self.pools = [pool.margin_pool_id for pool in problem.portfolio.margin_pools]

    def moves(self, scenario: Scenario, day: int) -> dict[str, float]:
        """Moves of all drivers by a day."""
        named = scenario.driver_moves(day)
        if scenario.missing_shock_rule is not MissingShockRule.REGRESS:
            return named
        ids = self.problem.market.driver_ids
        covariance = self.problem.market.risk_model.covariance(ids)
        shocked = np.array([ids.index(name) for name in named])
        inverse = np.linalg.inv(covariance[np.ix_(shocked, shocked)])
        every = covariance[:, shocked] @ inverse @ np.array(list(named.values()))
        return dict(zip(ids, every.tolist(), strict=True)) | named

    def returns(self, scenario: Scenario | None, day: int) -> dict[str, float]:
        """Return of every line by a day; lines that use capital lose at most all."""
        if scenario is None:
            return dict.fromkeys((line.line_id for line in self.lines), 0.0)
        moves, own = self.moves(scenario, day), scenario.line_moves(day)
        told = {}
        for line in self.lines:
            value = sum(item.value * moves.get(item.driver_id, 0.0) for item in line.loadings)
            value += own.get(line.line_id, 0.0)
            told[line.line_id] = max(value, -1.0) if line.capital_per_unit == 1.0 else value
        return told

    def initial_margin(self, scenario: Scenario | None) -> dict[str, float]:
        """Initial margin of pools, which are all outright here."""
        of_line, of_pool = {}, {}
        for item in scenario.margin_multipliers if scenario is not None else ():
            (of_line if item.line_id else of_pool)[item.line_id or item.margin_pool_id] = item.multiplier
        margin = dict.fromkeys(self.pools, 0.0)
        for line in self.lines:
            if line.margin_pool_id:
                multiple = of_line.get(line.line_id, of_pool.get(line.margin_pool_id, 1.0))
                rate = (line.initial_margin_rate or 0.0) * multiple
                margin[line.margin_pool_id] += rate * abs(self.positions[line.line_id])
        return margin

    def variation_margin(self, scenario: Scenario | None, day: int) -> dict[str, float]:
        """Variation margin by pool; gains of one do not pay another."""
        returns = self.returns(scenario, day)
        loss = dict.fromkeys(self.pools, 0.0)
        for line in self.lines:
            if line.margin_pool_id:
                loss[line.margin_pool_id] -= returns[line.line_id] * self.positions[line.line_id]
        return {pool: max(value, 0.0) for pool, value in loss.items()}

    def source(self, line: Line, scenario: Scenario | None, day: int) -> float:
        """Money from one line within a day."""
        if line.margin_pool_id:
            return 0.0
        gates = {item.line_id: item.value for item in scenario.gated_shares} if scenario else {}
        cuts = {item.line_id: item.value for item in scenario.haircut_add_ons} if scenario else {}
        there = (1 - gates.get(line.line_id, 0.0)) * line.available_share(day)
        if line.credit_line is not None:
            committed = line.credit_line.committed_amount / self.problem.portfolio.nav_amount
            return there * (committed - self.positions[line.line_id])
        worth = (1 + self.returns(scenario, day)[line.line_id]) * self.positions[line.line_id]
        return (1 - cuts.get(line.line_id, 0.0)) * there * worth

    def coverage(self, scenario: Scenario | None, day: int) -> CoverageFigure:
        """Sources and needs within a day."""
        sources = dict.fromkeys(_KINDS.values(), 0.0)
        for line in self.lines:
            if not line.margin_pool_id:
                sources[_KINDS[line.kind]] += self.source(line, scenario, day)
        returns = self.returns(scenario, day)
        cash = sum(
            (1 + returns[line.line_id]) * self.positions[line.line_id] - self._posted(line)
            for line in self.lines
            if line.reserve_tier is not None and line.reserve_tier.variation_margin_eligible
        )
        return CoverageFigure(
            scenario_id=scenario.scenario_id if scenario is not None else "",
            horizon_trading_days=day,
            reserve_source_fraction=sources["reserve"],
            funded_source_fraction=sources["funded"],
            sleeve_source_fraction=sources["sleeve"],
            credit_source_fraction=sources["credit"],
            initial_margin_fraction=sum(self.initial_margin(scenario).values()),
            variation_margin_fraction=sum(self.variation_margin(scenario, day).values()),
            outflow_fraction=self.problem.portfolio.outflow_fraction(day),
            same_day_cash_fraction=cash,
        )

    def leverage(self, scenario: Scenario | None) -> tuple[LeverageFigure, ...]:
        """Four definitions; weights and look-through leverage are one here, and reserve is cash."""
        day = scenario.last_horizon_trading_days if scenario is not None else 1
        returns = self.returns(scenario, day)
        worth = {
            line.line_id: (1 + returns[line.line_id]) * self.positions[line.line_id] for line in self.lines
        }
        nav = 1 + sum(returns[line.line_id] * self.positions[line.line_id] for line in self.lines)
        of = {kind: sum(worth[line.line_id] for line in self.lines if line.kind is kind) for kind in LineKind}
        funded, overlay = of[LineKind.FUNDED_BETA], of[LineKind.OVERLAY]
        gross = funded + overlay + of[LineKind.ALPHA_SLEEVE]
        told = (
            (LeverageDefinition.GROSS_NOTIONAL, gross),
            (LeverageDefinition.COMMITMENT, gross),
            (LeverageDefinition.OVERLAY, overlay),
            (LeverageDefinition.NET, gross),
        )
        scenario_id = scenario.scenario_id if scenario is not None else ""
        return tuple(
            LeverageFigure(definition=definition, value=value / nav, scenario_id=scenario_id)
            for definition, value in told
        )

    def pool_margins(self, scenario: Scenario | None) -> tuple[PoolMargin, ...]:
        """Margin of every pool."""
        day = scenario.last_horizon_trading_days if scenario is not None else 1
        initial, variation = self.initial_margin(scenario), self.variation_margin(scenario, day)
        return tuple(
            PoolMargin(
                margin_pool_id=pool,
                initial_margin_fraction=initial[pool],
                variation_margin_fraction=variation[pool],
                scenario_id=scenario.scenario_id if scenario is not None else "",
                posted_fractions=tuple(
                    LineValue(line_id=tier, value=value)
                    for (tier, to), value in self.postings.items()
                    if to == pool and scenario is None
                ),
            )
            for pool in self.pools
        )

    def stress(self, scenario: Scenario, horizons: tuple[int, ...]) -> StressReport:
        """One scenario at its last horizon."""
        day = scenario.last_horizon_trading_days
        returns = self.returns(scenario, day)
        lost = {
            kind: -sum(
                returns[line.line_id] * self.positions[line.line_id]
                for line in self.lines
                if line.kind is kind
            )
            for kind in LineKind
        }
        today, margin = self.initial_margin(None), self.initial_margin(scenario)
        increase = sum(max(margin[pool] - today[pool], 0.0) for pool in self.pools)
        variation = sum(self.variation_margin(scenario, day).values())
        payments, left = self._payments(scenario, day, variation + increase)
        figures = [self.coverage(scenario, horizon) for horizon in horizons]
        short = [item for item in figures if item.need_fraction > item.source_fraction + 1e-9]
        named = scenario.driver_moves(day)
        return StressReport(
            scenario_id=scenario.scenario_id,
            horizon_trading_days=day,
            loss_fraction=sum(lost.values()),
            funded_loss_fraction=lost[LineKind.FUNDED_BETA],
            overlay_loss_fraction=lost[LineKind.OVERLAY],
            sleeve_loss_fraction=lost[LineKind.ALPHA_SLEEVE],
            reserve_loss_fraction=lost[LineKind.RESERVE_TIER] + lost[LineKind.CREDIT_LINE],
            variation_margin_fraction=variation,
            margin_increase_fraction=increase,
            payments=payments,
            unpaid_fraction=left,
            first_shortfall_trading_days=short[0].horizon_trading_days if short else None,
            reserve_gone_multiple=self._gone(scenario, day),
            notice_deadlines=self._notices(scenario, figures),
            regressed_shocks=tuple(
                DriverValue(driver_id=name, value=value)
                for name, value in self.moves(scenario, day).items()
                if name not in named
            ),
        )

    def _posted(self, line: Line) -> float:
        return sum(value for (tier, _), value in self.postings.items() if tier == line.line_id)

    def _payments(self, scenario: Scenario, day: int, called: float) -> tuple[tuple[LineValue, ...], float]:
        order = (LineKind.RESERVE_TIER, LineKind.CREDIT_LINE, LineKind.FUNDED_BETA, LineKind.ALPHA_SLEEVE)

        def place(line: Line) -> tuple[int, int, int]:
            cash = line.reserve_tier is not None and line.reserve_tier.variation_margin_eligible
            first = line.liquidity[0].horizon_trading_days if line.liquidity else 1
            return order.index(line.kind), not cash, first

        paid = []
        for line in sorted((line for line in self.lines if not line.margin_pool_id), key=place):
            money = max(self.source(line, scenario, day) - self._posted(line), 0.0)
            value = min(money, called)
            if value > 0:
                paid.append(LineValue(line_id=line.line_id, value=value))
                called -= value
        return tuple(paid), called

    def _gone(self, scenario: Scenario, day: int) -> float | None:
        tiers = [line for line in self.lines if line.reserve_tier is not None]
        there = sum(self.positions[line.line_id] for line in tiers)
        today, margin = sum(self.initial_margin(None).values()), sum(self.initial_margin(scenario).values())
        slope = sum(self.positions[line.line_id] - self.source(line, scenario, day) for line in tiers)
        slope += margin - today + sum(self.variation_margin(scenario, day).values())
        return max(there - today, 0.0) / slope if slope > 0 else None

    def _notices(self, scenario: Scenario, figures: list[CoverageFigure]) -> tuple[NoticeDeadline, ...]:
        first = {
            line.line_id: line.liquidity[0].horizon_trading_days if line.liquidity else 1
            for line in self.lines
            if not line.margin_pool_id and (line.liquidity or line.reserve_tier is not None)
        }
        for figure in figures:
            day = figure.horizon_trading_days
            soon = sum(
                self.source(line, scenario, day)
                for line in self.lines
                if first.get(line.line_id, 2) <= 1 or line.credit_line is not None
            )
            if figure.need_fraction > soon + 1e-9:
                break
        else:
            return ()
        as_of = self.problem.portfolio.as_of_date
        told = [
            NoticeDeadline(
                line_id=line.line_id,
                needed_trading_days=day,
                notice_trading_days=first[line.line_id],
                latest_date=_weekdays_after(as_of, day - first[line.line_id]),
            )
            for line in self.lines
            if first.get(line.line_id, 0) > 1 and self.positions[line.line_id] > 0
        ]
        return tuple(sorted(told, key=lambda item: item.latest_date or as_of))


def _weekdays_after(date: datetime.date, count: int) -> datetime.date:
    step = datetime.timedelta(days=1 if count > 0 else -1)
    while count:
        date += step
        if date.weekday() < 5:
            count -= 1 if count > 0 else -1
    return date
