"""What a scenario moves, in words: drivers in percent or basis points, what matters most first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from counterpoise.model import AllocationProblem, DriverValue, Scenario
from counterpoise.wording.figures import fixed, percent
from counterpoise.wording.names import Names

_NAMED = 3

Weights = Mapping[str, float]
"""Exposure by driver, by which moves are ordered."""


class Moves:
    """Moves of the scenarios of one problem."""

    def __init__(self, problem: AllocationProblem, names: Names) -> None:
        self._names = names
        self._scenarios = {item.scenario_id: item for item in problem.scenarios}
        self._per_point = {item.driver_id for item in problem.market.drivers if item.in_basis_points}

    def scenario(self, scenario_id: str) -> Scenario | None:
        """The scenario of an id; None where the problem has none."""
        return self._scenarios.get(scenario_id)

    def named(self, scenario_id: str, weights: Weights, multiple: float = 1.0) -> str:
        """A multiple of what a scenario names, at its last horizon: `US equity -30.0 %, IG spread +200 bp`.

        The few drivers that matter most to the exposures; lines are named where no driver is.
        """
        scenario = self.scenario(scenario_id)
        if scenario is None:
            return ""
        day = scenario.last_horizon_trading_days
        drivers = scenario.driver_moves(day)
        if drivers:
            return _first(
                [self._driver(name, multiple * drivers[name]) for name in _ordered(drivers, weights)]
            )
        lines = scenario.line_moves(day)
        return _first([f"{self._names.line(name)} {_in_percent(multiple * lines[name])}" for name in lines])

    def beyond(self, scenario_id: str) -> str:
        """How many lines move beyond what their drivers explain; empty where no driver moves, or no line."""
        scenario = self.scenario(scenario_id)
        if scenario is None or not scenario.driver_shocks:
            return ""
        moves = scenario.line_moves(scenario.last_horizon_trading_days)
        if len(moves) == 1:
            (name,) = moves
            return f"{self._names.line(name)} {_in_percent(moves[name])} beyond its drivers"
        return f"{len(moves)} lines beyond their drivers" if moves else ""

    def lost_entirely(self, scenario_id: str, multiple: float) -> str:
        """A driver that would lose more than all at a multiple of a scenario; empty without any."""
        scenario = self.scenario(scenario_id)
        if scenario is None:
            return ""
        moves = scenario.driver_moves(scenario.last_horizon_trading_days)
        worst = min(
            (name for name in moves if name not in self._per_point), key=lambda name: moves[name], default=""
        )
        return self._names.driver(worst) if worst and multiple * moves[worst] < -1.0 else ""

    def of(self, values: Iterable[DriverValue], weights: Weights) -> str:
        """Moves of drivers, those that matter most by name."""
        moves = {item.driver_id: item.value for item in values}
        return _first([self._driver(name, moves[name]) for name in _ordered(moves, weights)])

    def _driver(self, driver_id: str, move: float) -> str:
        per_point = driver_id in self._per_point
        told = f"{fixed(move, 0, signed=True)} bp" if per_point else _in_percent(move)
        return f"{self._names.driver(driver_id)} {told}"


def _ordered(moves: Mapping[str, float], weights: Weights) -> list[str]:
    """Drivers, the largest effect first; as they are written where the effects are equal."""
    return sorted(moves, key=lambda name: -abs(moves[name] * weights.get(name, 0.0)))


def _in_percent(move: float) -> str:
    return f"{percent(move, 1, signed=True)} %"


def _first(words: list[str]) -> str:
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return f"{', '.join(words[:_NAMED])}{more}"
