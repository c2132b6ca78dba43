"""Scenarios as numbers by line: returns by horizon, margins, gates, haircuts."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from counterpoise.model import (
    FloatArray,
    IndexArray,
    MissingShockRule,
    Scenario,
    regression,
)
from counterpoise.recall import Recall
from optimizer.measures.convex import read_only
from optimizer.measures.universe import Universe

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
            self._returns[day] = read_only(returns)
        return self._returns[day]

    @property
    def final(self) -> FloatArray:
        """Returns after the scenario."""
        return self.returns(self.last_day)


_SHOCKS: Final = Recall[tuple[Shock, ...]](16)


def shocks_of(universe: Universe, scenarios: tuple[Scenario, ...]) -> tuple[Shock, ...]:
    """The base state, then every scenario of a problem; the same ones are read once."""
    return _SHOCKS.get(
        (universe, scenarios),
        lambda: tuple(_shock(universe, scenario) for scenario in (None, *scenarios)),
    )


def _shock(universe: Universe, scenario: Scenario | None) -> Shock:
    line_at, count = universe.place, universe.line_count
    pools = universe.portfolio.margin_pools
    kept, sold = np.ones(count), np.ones(count)
    pool_multiplier = np.ones(len(pools))
    by_line: dict[int, float] = {}
    if scenario is not None:
        for item in scenario.gated_shares:
            kept[line_at[item.line_id]] -= item.value
        for item in scenario.haircut_add_ons:
            sold[line_at[item.line_id]] -= item.value
        pool_at = {pool.margin_pool_id: index for index, pool in enumerate(pools)}
        for target in scenario.margin_multipliers:
            if target.margin_pool_id is not None:
                pool_multiplier[pool_at[target.margin_pool_id]] = target.multiplier
            elif target.line_id is not None:
                by_line[line_at[target.line_id]] = target.multiplier
    margined = np.flatnonzero(universe.pool >= 0)
    line_multiplier = np.ones(count)
    line_multiplier[margined] = pool_multiplier[universe.pool[margined]]
    for index, multiplier in by_line.items():
        if universe.pool[index] >= 0:
            line_multiplier[index] = multiplier
    return Shock(
        scenario=scenario,
        driver_at=universe.drivers.place,
        line_at=line_at,
        loadings=universe.loadings,
        covariance=universe.drivers.covariance,
        limited=np.flatnonzero(universe.capital > 0.0),
        kept=read_only(kept),
        sold=read_only(sold),
        line_multiplier=read_only(line_multiplier),
        pool_multiplier=read_only(pool_multiplier),
    )
