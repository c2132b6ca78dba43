"""Margin pools of all three methods around random lines, and the tiers that they take."""

from __future__ import annotations

import dataclasses

from counterpoise.model import (
    CollateralTerms,
    Line,
    LineValue,
    MarginPool,
    OutrightMargin,
    RiskMargin,
    ScanMargin,
    ScanScenario,
)
from tests.problems.draw import Draw

METHODS = ("outright", "scan", "risk")


def with_pools(draw: Draw, lines: list[Line]) -> tuple[list[Line], tuple[MarginPool, ...]]:
    """The lines with a pool for every one that is margined, and rates where the pool is outright."""
    margined = [line.line_id for line in lines if line.overlay is not None or line.unfunded is not None]
    methods = draw.shuffled(METHODS)[: draw.count(1, min(3, len(margined)))]
    names = [f"pool-{method}" for method in methods]
    # Every pool has a line; the others come as they fall.
    chosen = [*names, *(draw.one(names) for _ in margined[len(names) :])]
    pool_of = dict(zip(draw.shuffled(margined), chosen, strict=True))
    placed = [_placed(draw, line, pool_of) for line in lines]
    pools = tuple(
        _pool(draw, name, [line_id for line_id in margined if pool_of[line_id] == name]) for name in names
    )
    return _with_terms(draw, placed, names), pools


def _placed(draw: Draw, line: Line, pool_of: dict[str, str]) -> Line:
    if line.line_id not in pool_of:
        return line
    pool_id = pool_of[line.line_id]
    rate = draw.between(0.01, 0.12) if pool_id == "pool-outright" else None
    if line.overlay is not None:
        placed = dataclasses.replace(line.overlay, margin_pool_id=pool_id, initial_margin_rate=rate)
        return dataclasses.replace(line, overlay=placed)
    if line.alpha_sleeve is None or line.unfunded is None:
        raise ValueError(f"{line.line_id} is not margined")
    account = dataclasses.replace(line.unfunded, margin_pool_id=pool_id, initial_margin_rate=rate)
    return dataclasses.replace(
        line, alpha_sleeve=dataclasses.replace(line.alpha_sleeve, unfunded_account=account)
    )


def _pool(draw: Draw, name: str, line_ids: list[str]) -> MarginPool:
    spread = draw.one((None, 0.0005, 0.002))
    if name == "pool-outright":
        return MarginPool(margin_pool_id=name, annual_margin_credit_spread=spread, outright=OutrightMargin())
    if name == "pool-scan":
        return MarginPool(margin_pool_id=name, annual_margin_credit_spread=spread, scan=_scan(draw, line_ids))
    measured = RiskMargin(
        volatility_multiple=draw.between(1.5, 4.0), margin_period_trading_days=draw.one((1, 2, 5, 10))
    )
    return MarginPool(margin_pool_id=name, annual_margin_credit_spread=spread, risk=measured)


def _scan(draw: Draw, line_ids: list[str]) -> ScanMargin:
    """A common move both ways, in part offset between lines, and moves that come alone."""
    sizes = [draw.between(0.02, 0.08) * draw.one((1.0, 1.0, -1.0)) for _ in line_ids]
    scans = [sizes, [-size for size in sizes]]
    scans += [[draw.normal(0.0, 0.04) for _ in line_ids] for _ in range(draw.count(0, 6))]
    return ScanMargin(
        scan_scenarios=tuple(
            ScanScenario(
                scan_scenario_id=f"scan-{number}",
                returns=tuple(
                    LineValue(line_id=line_id, value=value)
                    for line_id, value in zip(line_ids, values, strict=True)
                ),
            )
            for number, values in enumerate(scans)
        )
    )


def _with_terms(draw: Draw, lines: list[Line], pools: list[str]) -> list[Line]:
    """Cash is taken everywhere; bills and notes by most pools, notes with a larger haircut and a share."""
    haircuts = {"cash": 0.0, "bills": 0.005, "notes": 0.04}
    found = []
    for line in lines:
        if line.reserve_tier is None:
            found.append(line)
            continue
        terms = tuple(
            CollateralTerms(
                margin_pool_id=pool_id,
                haircut=haircuts[line.line_id],
                maximum_margin_share=draw.between(0.3, 0.9) if line.line_id == "notes" else None,
            )
            for pool_id in pools
            if line.line_id == "cash" or draw.chance(0.7)
        )
        found.append(
            dataclasses.replace(
                line, reserve_tier=dataclasses.replace(line.reserve_tier, collateral_terms=terms)
            )
        )
    return found
