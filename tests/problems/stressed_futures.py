"""Two futures that scans move together, in one margin pool or in two."""

from __future__ import annotations

import dataclasses

from counterpoise.model import (
    AllocationProblem,
    Line,
    LineValue,
    MarginPool,
    ScanMargin,
    ScanScenario,
)
from tests.golden_problems import funded, gross_limit, overlay, problem_of
from tests.problems.stressed_examples import MARKET, cash_tier, falling

SCANS = {"one": 0.06, "two": 0.05}
LONG = 0.5
SHORT = -0.4


def two_futures(pool_of: dict[str, str], *, long: float = LONG, short: float = SHORT) -> AllocationProblem:
    """A long and a short future that scans move together, each in its pool; cash and a fund."""
    pools = tuple(dict.fromkeys(pool_of.values()))
    held = {"one": long, "two": short}
    lines = tuple(
        _scanned(overlay(name, "equity", margin_rate=0.1, minimum=held[name], maximum=held[name]), pool_id)
        for name, pool_id in pool_of.items()
    )
    problem = problem_of(
        "crossed", MARKET, (*lines, funded("fund", "equity"), cash_tier(pools)), (gross_limit(3.0),)
    )
    return dataclasses.replace(
        problem,
        portfolio=dataclasses.replace(
            problem.portfolio,
            margin_pools=tuple(
                _scan_pool(pool_id, [name for name, other in pool_of.items() if other == pool_id])
                for pool_id in pools
            ),
        ),
        scenarios=(falling("fall", -0.2), falling("rise", 0.2)),
    )


def _scanned(line: Line, pool_id: str) -> Line:
    if line.overlay is None:
        raise ValueError(f"{line.line_id} is no overlay")
    terms = dataclasses.replace(line.overlay, margin_pool_id=pool_id, initial_margin_rate=None)
    return dataclasses.replace(line, overlay=terms)


def _scan_pool(pool_id: str, names: list[str]) -> MarginPool:
    """Both futures up, and both down."""
    scans = tuple(
        ScanScenario(
            scan_scenario_id=name,
            returns=tuple(LineValue(line_id=line_id, value=sign * SCANS[line_id]) for line_id in names),
        )
        for name, sign in (("up", 1.0), ("down", -1.0))
    )
    return MarginPool(margin_pool_id=pool_id, scan=ScanMargin(scan_scenarios=scans))
