"""Losses in scenarios, money that comes too late, and ratios to stressed NAV."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from counterpoise.model import (
    FloatArray,
    IlliquidShareMeasure,
    IndexArray,
    Scenario,
    ScenarioLossMeasure,
)
from optimizer.program.lines import Lines
from optimizer.program.rows import Entries, Rows
from optimizer.program.shocks import Shocks, id_of


def scenario_loss(shocks: Shocks, measure: ScenarioLossMeasure, name: str) -> Rows:
    """-r'h for every scenario, without bounds."""
    losses = [-shocks.after(state) for state in shocks.states(measure.scenarios)]
    return Rows(name, dense_rows(losses), np.zeros(len(losses)))


def illiquid_share(
    lines: Lines, shocks: Shocks, measure: IlliquidShareMeasure, name: str, most: float
) -> Rows:
    """What is not money in time less `most` of stressed NAV, at most zero."""
    states = shocks.states(measure.scenarios)
    available = lines.each(lambda line: line.available_share(measure.horizon_trading_days))
    uses_capital = lines.each(lambda line: max(line.capital_per_unit, 0.0))
    stuck = [
        uses_capital * (1.0 - shocks.left(state) * available) * (1.0 + shocks.after(state))
        for state in states
    ]
    return Rows(
        name,
        dense_rows([own - most * shocks.after(state) for own, state in zip(stuck, states, strict=True)]),
        np.full(len(states), -most),
    )


def stressed_nav(lines: Lines, shocks: Shocks) -> Rows | None:
    """-1 - r'h at most zero after every scenario that a ratio to stressed NAV names; None without one."""
    problem = lines.inputs.problem
    scopes = [scope for limit in problem.mandate.limits if (scope := limit.states_of_nav) is not None]
    if not scopes:
        return None
    wanted = frozenset(id_of(state) for scope in scopes for state in shocks.states(scope))
    return lines.kept.get(("stressed nav", wanted), lambda: _not_used_up(lines, shocks, wanted))


def _not_used_up(lines: Lines, shocks: Shocks, wanted: frozenset[str]) -> Rows:
    states = [state for state in (None, *lines.inputs.problem.scenarios) if id_of(state) in wanted]
    losses = dense_rows([-shocks.after(state) for state in states])
    return Rows("rule/STRESSED_NAV", losses, np.full(len(states), -1.0), upper=0.0)


def dense_rows(rows: Sequence[FloatArray], columns: IndexArray | None = None) -> Entries:
    """Rows from their dense values over all lines, or over these."""
    block = np.array(rows)
    row, column = np.nonzero(block)
    return Entries(len(rows), row, column if columns is None else columns[column], block[row, column])


def worth(shocks: Shocks, state: Scenario | None) -> FloatArray:
    """What one unit of each line is worth after a scenario, at least nothing."""
    return np.asarray(np.maximum(1.0 + shocks.after(state), 0.0))
