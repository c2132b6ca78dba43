"""Random portfolios that are given, not chosen: they break limits, run short, and may lose everything."""

from __future__ import annotations

import dataclasses

from counterpoise.model import AllocationProblem, DriverShock, MissingShockRule, Scenario
from tests.problems.draw import Draw
from tests.problems.stressed import stressed


def given(seed: int) -> AllocationProblem:
    """A problem whose lines have current positions of their own; equal seeds give equal problems."""
    problem, draw = stressed(seed), Draw(seed)
    overlays = draw.one((1.0, draw.between(1.0, 3.0), draw.between(2.0, 8.0)))
    reserve = draw.one((1.0, draw.between(0.3, 1.0)))
    lines = []
    for line in problem.portfolio.lines:
        held = (line.current_fraction or 0.0) * draw.between(0.5, 1.5)
        if line.margin_pool_id:
            held *= overlays
        elif line.reserve_tier is not None:
            held *= reserve
        elif draw.chance(0.1):
            held = 0.0
        lines.append(dataclasses.replace(line, current_fraction=held))
    portfolio = dataclasses.replace(problem.portfolio, lines=tuple(lines))
    scenarios = (*problem.scenarios[:-1], _crash(problem)) if draw.chance(0.5) else problem.scenarios
    return dataclasses.replace(problem, portfolio=portfolio, scenarios=scenarios)


def _crash(problem: AllocationProblem) -> Scenario:
    """The first asset class loses most of its value over a month."""
    shocks = tuple(
        DriverShock(driver_id="equity", shock=shock, horizon_trading_days=day)
        for day, shock in ((1, -0.2), (5, -0.5), (20, -0.9))
    )
    return Scenario(
        scenario_id=problem.scenarios[-1].scenario_id,
        driver_shocks=shocks,
        missing_shock_rule=MissingShockRule.UNCHANGED,
    )
