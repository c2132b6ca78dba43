"""Initial margin and variation margin, pool by pool."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from counterpoise.model import (
    BoolArray,
    FloatArray,
    MarginPool,
    RiskMeasure,
    RiskStatistic,
    ScanMargin,
    Scenario,
)
from optimizer.program.limits.risk import risk
from optimizer.program.lines import Lines
from optimizer.program.rows import Ball, Entries, Peak, one_row
from optimizer.program.shocks import Shocks, day_of, id_of


@dataclass(frozen=True, eq=False)
class PoolMargin:
    """Initial margin of a pool: by_rate'|h|, or weight times a piece."""

    by_rate: FloatArray
    """By line; zeros where there is a piece."""
    piece: Peak | Ball | None = None
    weight: float = 1.0


def pool_margins(lines: Lines, scenario: Scenario | None = None) -> list[PoolMargin]:
    """Of every pool, today or in a scenario."""
    return lines.kept.get(("pool margins", id_of(scenario)), lambda: _pool_margins(lines, scenario))


def _pool_margins(lines: Lines, scenario: Scenario | None) -> list[PoolMargin]:
    return [_margin(lines, pool, scenario) for pool in lines.portfolio.margin_pools]


def _margin(lines: Lines, pool: MarginPool, scenario: Scenario | None) -> PoolMargin:
    of_lines, of_pools = {}, {}
    for item in scenario.margin_multipliers if scenario is not None else ():
        if item.line_id is not None:
            of_lines[item.line_id] = item.multiplier
        elif item.margin_pool_id is not None:
            of_pools[item.margin_pool_id] = item.multiplier
    times = of_pools.get(pool.margin_pool_id, 1.0)
    name = piece_name(pool.margin_pool_id)
    if pool.scan is not None:
        return PoolMargin(np.zeros(lines.count), Peak(name, _scans(lines, pool.scan)), times)
    if pool.risk is not None:
        return PoolMargin(np.zeros(lines.count), _ball(lines, pool, pool.risk.annual_multiple, name), times)
    return PoolMargin(
        lines.each(
            lambda line: (
                of_lines.get(line.line_id, times) * (line.initial_margin_rate or 0.0)
                if line.margin_pool_id == pool.margin_pool_id
                else 0.0
            )
        )
    )


def piece_name(pool_id: str, scenario_id: str = "", days: int = 0) -> str:
    """What measures call the piece, too."""
    return f"piece/{pool_id}/{scenario_id}/{days}"


def _scans(lines: Lines, scan: ScanMargin) -> Entries:
    """Minus the return of every line, one row for every scan."""
    at = {line.line_id: index for index, line in enumerate(lines.portfolio.lines)}
    entries = [
        (row, at[item.line_id], -item.value)
        for row, scenario in enumerate(scan.scan_scenarios)
        for item in scenario.returns
    ]
    row, column, value = zip(*entries, strict=True)
    count = len(scan.scan_scenarios)
    return Entries(count, np.array(row, dtype=np.intp), np.array(column, dtype=np.intp), np.array(value))


def _ball(lines: Lines, pool: MarginPool, multiple: float, name: str) -> Ball:
    whole = risk(lines, RiskMeasure(statistic=RiskStatistic.TOTAL_VOLATILITY), name, None)
    own = np.flatnonzero(_in_pool(lines, pool))
    return Ball(
        name=name,
        spread=whole.spread,
        lines=own,
        drivers=whole.drivers,
        reference=whole.reference,
        with_residual=True,
        radius=None,
        multiple=multiple,
    )


def _in_pool(lines: Lines, pool: MarginPool) -> BoolArray:
    return lines.each(lambda line: line.margin_pool_id == pool.margin_pool_id) > 0.0


def variation_margins(lines: Lines, shocks: Shocks, scenario: Scenario | None, days: int) -> list[Peak]:
    """Positive part of what each pool has lost by a horizon, where anything of it moves."""
    if scenario is None:
        return []
    lost = -shocks.moves(scenario, days)
    peaks = []
    for pool, inside in zip(lines.portfolio.margin_pools, shocks.in_pool, strict=True):
        own = np.where(inside, lost, 0.0)
        if own.any():
            name = piece_name(pool.margin_pool_id, id_of(scenario), day_of(scenario, days))
            peaks.append(Peak(name, one_row(own)))
    return peaks


def margins_at(lines: Lines, positions: FloatArray) -> FloatArray:
    """Initial margin of each pool at positions."""
    values = []
    for margin in pool_margins(lines):
        value = float(margin.by_rate @ np.abs(positions))
        if isinstance(margin.piece, Peak):
            value = max(0.0, float(margin.piece.rows.times(positions).max(initial=0.0)))
        elif isinstance(margin.piece, Ball):
            value = margin.piece.multiple * _length(margin.piece, positions)
        values.append(value)
    return np.array(values)


def _length(ball: Ball, positions: FloatArray) -> float:
    """|(L'x, z)| of a ball over all drivers."""
    spread = ball.spread
    held = np.zeros(len(positions))
    held[ball.lines] = positions[ball.lines]
    z = np.bincount(spread.underlying, spread.residual * held, minlength=spread.underlying_count)
    z[spread.correlated] = spread.correlation_factor.T @ z[spread.correlated]
    return float(np.hypot(np.linalg.norm(spread.factor.T @ (held @ spread.loadings)), np.linalg.norm(z)))
