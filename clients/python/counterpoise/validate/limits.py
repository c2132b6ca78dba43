"""Limits: their measures, and the sides that these can be bounded on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from counterpoise.model import ErrorReason, Limit
from counterpoise.validate.facts import Facts
from counterpoise.validate.measures import (
    beta_facts,
    counterparty_facts,
    exposure_facts,
    neutrality_facts,
    position_facts,
    reserve_facts,
    turnover_facts,
)
from counterpoise.validate.names import Names
from counterpoise.validate.report import Place, Report, usable
from counterpoise.validate.risks import risk_facts
from counterpoise.validate.stressed import (
    coverage_facts,
    illiquid_facts,
    leverage_facts,
    scenario_loss_facts,
    tail_facts,
)
from counterpoise.validate.text import shown

_MEASURES: Final[tuple[tuple[str, Callable[..., Facts]], ...]] = (
    ("position", position_facts),
    ("exposure", exposure_facts),
    ("reference_beta", beta_facts),
    ("leverage", leverage_facts),
    ("risk", risk_facts),
    ("reserve", reserve_facts),
    ("factor_neutrality", neutrality_facts),
    ("counterparty", counterparty_facts),
    ("turnover", turnover_facts),
    ("scenario_loss", scenario_loss_facts),
    ("conditional_value_at_risk", tail_facts),
    ("liquidity_coverage", coverage_facts),
    ("illiquid_share", illiquid_facts),
)
"""By field of a limit: what checks the measure and says what it needs."""


def check_limit(limit: Limit, names: Names, place: Place, report: Report) -> Facts:
    """Checks one limit; the facts of its measure, of the first where it has several."""
    facts: list[Facts] = []
    for name, read in _MEASURES:
        measure = getattr(limit, name)
        if measure is not None and usable(measure):
            facts.append(read(measure, names, (*place, name), report))
    first = facts[0] if facts else Facts()
    _check_sides(limit, first, place, report)
    return first


def _check_sides(limit: Limit, facts: Facts, place: Place, report: Report) -> None:
    lower, upper = limit.lower, limit.upper
    if usable(lower) and not facts.lower:
        message = (
            "upper holds on both sides, -upper <= exposure <= upper; leave lower out"
            if facts.symmetric
            else "from below the measure is not convex; leave lower out and bound it by upper alone"
        )
        report.add((*place, "lower"), ErrorReason.SIDE_NOT_CONVEX, message)
    if usable(upper) and not facts.upper:
        message = "from above the measure is not convex; leave upper out and bound it by lower alone"
        report.add((*place, "upper"), ErrorReason.SIDE_NOT_CONVEX, message)
    if lower is None and upper is None:
        sides = "lower, upper or both" if facts.lower and facts.upper else "lower" if facts.lower else "upper"
        at = (*place, "lower" if facts.lower else "upper")
        report.add(at, ErrorReason.FIELD_MISSING, f"the limit has no bound; set {sides}")
    if facts.lower and facts.upper and usable(lower) and usable(upper) and lower > upper:
        message = f"{shown(upper)} is below lower {shown(lower)}; raise it or lower the other"
        report.add((*place, "upper"), ErrorReason.BOUNDS_CROSSED, message)
    if facts.symmetric and usable(upper) and upper < 0 and report.sound((*place, "upper")):
        message = f"{shown(upper)} is below 0, and upper holds on both sides; write 0 or more"
        report.add((*place, "upper"), ErrorReason.NUMBER_OUT_OF_RANGE, message)
