"""Scenarios as numbers by line: returns by horizon, margins, gates, haircuts."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    FloatArray,
    IndexArray,
    MissingShockRule,
    Scenario,
    regression,
)

BASE = ""
"""Id of the base state."""


@dataclass(frozen=True, eq=False)
class Shock:
    """What happens to n lines, D drivers and G pools in one scenario, or in the base state: nothing."""

    scenario: Scenario | None
    driver_at: dict[str, int]
    line_at: dict[str, int]
    loadings: FloatArray
    """B, shape (n, D)."""
    covariance: FloatArray
    """S of the normal regime, for drivers that are regressed."""
    limited: IndexArray
    """Lines that cannot lose more than all: those that use capital."""
    kept: FloatArray
    """What a gate leaves of each line, shape (n,)."""
    sold: FloatArray
    """What a sale brings of its value, shape (n,)."""
    line_multiplier: FloatArray
    """Stressed initial margin over today's of lines that are margined by rate, shape (n,)."""
    pool_multiplier: FloatArray
    """The same of whole pools, shape (G,)."""
    _returns: dict[int, FloatArray] = field(default_factory=dict)

    @property
    def scenario_id(self) -> str:
        """Empty for the base state."""
        return BASE if self.scenario is None else self.scenario.scenario_id

    @property
    def last_day(self) -> int:
        """Its last horizon in trading days; nothing moves after it."""
        return 1 if self.scenario is None else self.scenario.last_horizon_trading_days

    def driver_moves(self, trading_days: int) -> FloatArray:
        """Move of every driver by a horizon, in its unit, shape (D,)."""
        moves = np.zeros(len(self.covariance))
        if self.scenario is None or not self.scenario.driver_shocks:
            return moves
        named = self.scenario.driver_moves(trading_days)
        at = np.array([self.driver_at[driver_id] for driver_id in named], dtype=np.intp)
        given = np.array(list(named.values()))
        if self.scenario.missing_shock_rule is MissingShockRule.REGRESS:
            return np.asarray(self._regression @ given)
        moves[at] = given
        return moves

    @cached_property
    def _regression(self) -> FloatArray:
        named = () if self.scenario is None else self.scenario.shocked_driver_ids
        return regression(self.covariance, np.array([self.driver_at[name] for name in named], dtype=np.intp))

    def returns(self, trading_days: int) -> FloatArray:
        """Return of every line by a horizon, decimal, shape (n,); at least -1 where it uses capital."""
        day = min(trading_days, self.last_day)
        if day not in self._returns:
            returns = self.loadings @ self.driver_moves(day)
            own = {} if self.scenario is None else self.scenario.line_moves(day)
            for line_id, move in own.items():
                returns[self.line_at[line_id]] += move
            returns[self.limited] = np.maximum(returns[self.limited], -1.0)
            self._returns[day] = returns
        return self._returns[day]

    @property
    def final(self) -> FloatArray:
        """Returns after the scenario."""
        return self.returns(self.last_day)


def shocks_of(problem: AllocationProblem, loadings: FloatArray, covariance: FloatArray) -> tuple[Shock, ...]:
    """The base state, then every scenario of a problem."""
    return tuple(_shock(problem, scenario, loadings, covariance) for scenario in (None, *problem.scenarios))


def _shock(
    problem: AllocationProblem, scenario: Scenario | None, loadings: FloatArray, covariance: FloatArray
) -> Shock:
    portfolio = problem.portfolio
    line_at = {line_id: index for index, line_id in enumerate(portfolio.line_ids)}
    pool_at = {pool.margin_pool_id: index for index, pool in enumerate(portfolio.margin_pools)}
    kept, sold = np.ones(len(line_at)), np.ones(len(line_at))
    pool_multiplier = np.ones(len(pool_at))
    by_line: dict[int, float] = {}
    if scenario is not None:
        for item in scenario.gated_shares:
            kept[line_at[item.line_id]] -= item.value
        for item in scenario.haircut_add_ons:
            sold[line_at[item.line_id]] -= item.value
        for target in scenario.margin_multipliers:
            if target.margin_pool_id is not None:
                pool_multiplier[pool_at[target.margin_pool_id]] = target.multiplier
            elif target.line_id is not None:
                by_line[line_at[target.line_id]] = target.multiplier
    line_multiplier = np.ones(len(line_at))
    for index, line in enumerate(portfolio.lines):
        if line.margin_pool_id:
            line_multiplier[index] = by_line.get(index, pool_multiplier[pool_at[line.margin_pool_id]])
    return Shock(
        scenario=scenario,
        driver_at={driver_id: index for index, driver_id in enumerate(problem.market.driver_ids)},
        line_at=line_at,
        loadings=loadings,
        covariance=covariance,
        limited=np.flatnonzero([line.capital_per_unit > 0.0 for line in portfolio.lines]),
        kept=kept,
        sold=sold,
        line_multiplier=line_multiplier,
        pool_multiplier=pool_multiplier,
    )
