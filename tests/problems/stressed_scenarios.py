"""Random scenarios: instant moves and paths, rules for drivers without a shock, margins, gates, haircuts."""

from __future__ import annotations

import numpy as np

from counterpoise.model import (
    DriverShock,
    FloatArray,
    Line,
    LineKind,
    LineShock,
    LineValue,
    MarginMultiplier,
    MissingShockRule,
    Scenario,
    TotalPortfolio,
)
from tests.problems.draw import Draw

DAYS = (1, 2, 5, 10, 20, 45, 63, 95, 126)


def random_scenarios(
    draw: Draw, driver_ids: tuple[str, ...], covariance: FloatArray, portfolio: TotalPortfolio, count: int
) -> tuple[Scenario, ...]:
    """Moves of up to six volatilities of a quarter, half of the scenarios mild."""
    deviation = np.sqrt(np.diag(covariance) * 63 / 252)
    return tuple(
        _scenario(draw, f"scenario-{number}", driver_ids, deviation, portfolio) for number in range(count)
    )


def _scenario(
    draw: Draw, name: str, driver_ids: tuple[str, ...], deviation: FloatArray, portfolio: TotalPortfolio
) -> Scenario:
    rule = draw.one(tuple(MissingShockRule))
    least = {
        MissingShockRule.REFUSE: len(driver_ids),
        MissingShockRule.REGRESS: 1,
        MissingShockRule.UNCHANGED: 0,
    }
    columns = draw.some(range(len(driver_ids)), low=least[rule]) if least[rule] or draw.chance(0.7) else ()
    size = draw.one((0.5, 1.0, draw.between(1.0, 4.0), draw.between(1.0, 6.0)))
    path = draw.chance(0.6)
    driver_shocks: list[DriverShock] = []
    for column in columns:
        move = float(np.clip(draw.normal(-0.3, 1.0) * size * deviation[column], -0.95, None))
        if deviation[column] > 3:  # basis points
            move = draw.normal(0.2, 1.0) * size * float(deviation[column])
        driver_shocks += [
            DriverShock(driver_id=driver_ids[column], shock=part, horizon_trading_days=day)
            for day, part in _path(draw, move, path=path)
        ]
    return Scenario(
        scenario_id=name,
        driver_shocks=tuple(driver_shocks),
        line_shocks=tuple(
            LineShock(line_id=line.line_id, shock=part, horizon_trading_days=day)
            for line in portfolio.lines
            if draw.chance(0.25)
            for day, part in _path(draw, _own_move(draw, line, size), path=path)
        ),
        missing_shock_rule=rule,
        margin_multipliers=_multipliers(draw, portfolio),
        gated_shares=_shares(draw, portfolio, _gate, chance=0.35, credit=True),
        haircut_add_ons=_shares(draw, portfolio, _haircut, chance=0.3, credit=False),
    )


def _path(draw: Draw, move: float, *, path: bool) -> list[tuple[int | None, float]]:
    """At once, or over one to four points of which the last has all of the move."""
    if not path or draw.chance(0.25):
        return [(None, move)]
    days = draw.some(DAYS)[-4:]
    parts = [float(np.clip(move * draw.between(-0.1, 1.2), -1.0, None)) for _ in days[:-1]]
    return list(zip(days, [*parts, move], strict=True))


def _own_move(draw: Draw, line: Line, size: float) -> float:
    """Sleeves lose more than their betas say; tiers and credit hardly move."""
    spread = {LineKind.ALPHA_SLEEVE: 0.04, LineKind.FUNDED_BETA: 0.02, LineKind.OVERLAY: 0.01}.get(
        line.kind, 0.002
    )
    return max(draw.normal(-spread, spread) * size, -0.9)


def _multipliers(draw: Draw, portfolio: TotalPortfolio) -> tuple[MarginMultiplier, ...]:
    """For some pools, and for some lines of outright ones, which come before their pool's."""
    found = [
        MarginMultiplier(multiplier=draw.between(0.8, 2.5), margin_pool_id=pool.margin_pool_id)
        for pool in portfolio.margin_pools
        if draw.chance(0.5)
    ]
    found += [
        MarginMultiplier(multiplier=draw.between(0.7, 3.0), line_id=line.line_id)
        for line in portfolio.lines
        if line.margin_pool_id == "pool-outright" and draw.chance(0.4)
    ]
    return tuple(draw.shuffled(found))


def _gate(draw: Draw, line: Line) -> float:
    if line.alpha_sleeve is not None:
        return draw.one((1.0, draw.between(0.2, 0.9)))
    return (
        draw.between(0.0, 0.2) if line.reserve_tier is not None else draw.one((1.0, draw.between(0.0, 0.6)))
    )


def _haircut(draw: Draw, line: Line) -> float:
    return draw.between(0.0, 0.02) if line.reserve_tier is not None else draw.between(0.0, 0.15)


def _shares(
    draw: Draw, portfolio: TotalPortfolio, of_line: object, *, chance: float, credit: bool
) -> tuple[LineValue, ...]:
    assert callable(of_line)
    return tuple(
        LineValue(line_id=line.line_id, value=of_line(draw, line))
        for line in portfolio.lines
        if (line.capital_per_unit == 1.0 or (credit and line.credit_line is not None)) and draw.chance(chance)
    )
