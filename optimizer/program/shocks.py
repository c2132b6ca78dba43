"""Scenarios as the program reads them. Written apart from the measures, which check its answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from counterpoise.model import (
    BoolArray,
    FloatArray,
    MissingShockRule,
    Scenario,
    ScenarioScope,
    regression,
)
from optimizer.program.lines import Lines


class Shocks:
    """The states of a problem, worked out when they are first asked for; None is the base state."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._moves: dict[tuple[str, int], FloatArray] = {}
        self._regressions: dict[tuple[str, ...], FloatArray] = {}
        self._available: dict[int, FloatArray] = {}

    @cached_property
    def uses_capital(self) -> BoolArray:
        """Which lines use capital."""
        return self._lines.each(lambda line: line.capital_per_unit) > 0.0

    @cached_property
    def in_pool(self) -> list[BoolArray]:
        """Which lines each pool margins."""
        pool_ids = np.array([line.margin_pool_id for line in self._lines.portfolio.lines])
        return [pool_ids == pool.margin_pool_id for pool in self._lines.portfolio.margin_pools]

    def states(self, scope: ScenarioScope) -> Sequence[Scenario | None]:
        """What a scope names."""
        return scope.select(self._lines.inputs.problem.scenarios)

    def moves(self, scenario: Scenario | None, days: int) -> FloatArray:
        """r: the return of every line by a horizon; lines that use capital lose no more than all."""
        if scenario is None:
            return np.zeros(self._lines.count)
        key = (scenario.scenario_id, day_of(scenario, days))
        if key not in self._moves:
            self._moves[key] = self._line_moves(scenario, key[1])
        return self._moves[key]

    def after(self, scenario: Scenario | None) -> FloatArray:
        """The return of every line after a scenario."""
        return self.moves(scenario, 0 if scenario is None else scenario.last_horizon_trading_days)

    def available(self, days: int) -> FloatArray:
        """What of each line is money within a horizon."""
        if days not in self._available:
            self._available[days] = self._lines.each(lambda line: line.available_share(days))
        return self._available[days]

    def left(self, scenario: Scenario | None) -> FloatArray:
        """1 less the gated share of every line."""
        gated = {item.line_id: item.value for item in scenario.gated_shares} if scenario else {}
        return 1.0 - self._lines.each(lambda line: gated.get(line.line_id, 0.0))

    def sold_at(self, scenario: Scenario | None) -> FloatArray:
        """1 less the haircut add-on of every line."""
        cut = {item.line_id: item.value for item in scenario.haircut_add_ons} if scenario else {}
        return 1.0 - self._lines.each(lambda line: cut.get(line.line_id, 0.0))

    def _line_moves(self, scenario: Scenario, days: int) -> FloatArray:
        own = scenario.line_moves(days)
        moves = self._lines.loadings @ self._driver_moves(scenario, days)
        moves += self._lines.each(lambda line: own.get(line.line_id, 0.0))
        return np.where(self.uses_capital & (moves < -1.0), -1.0, moves)

    def _driver_moves(self, scenario: Scenario, days: int) -> FloatArray:
        named = scenario.driver_moves(days)
        drivers = self._lines.inputs.problem.market.driver_ids
        moves = np.array([named.get(driver_id, 0.0) for driver_id in drivers])
        if scenario.missing_shock_rule is not MissingShockRule.REGRESS or not named:
            return moves
        shocked = np.flatnonzero([driver_id in named for driver_id in drivers])
        key = tuple(sorted(named))
        if key not in self._regressions:
            self._regressions[key] = regression(self._lines.covariance, shocked)
        return np.asarray(self._regressions[key] @ moves[shocked])


def day_of(scenario: Scenario, days: int) -> int:
    """The horizon, or the scenario's last where nothing moves any more."""
    return min(days, scenario.last_horizon_trading_days)


def id_of(scenario: Scenario | None) -> str:
    """Empty for the base state."""
    return "" if scenario is None else scenario.scenario_id
