"""Caps on leverage, by definition, in the base state and after scenarios."""

from __future__ import annotations

from collections.abc import Iterable

from counterpoise.model import (
    DEFAULT_LEVERAGE_CAP,
    AllocationProblem,
    LeverageDefinition,
    LimitReport,
    StructuralRule,
)
from counterpoise.wording.stressed import BASE


def stated_caps(problem: AllocationProblem) -> dict[tuple[LeverageDefinition, str], float]:
    """The lowest stated cap by definition and scenario, hard or soft; an empty scenario is the base state."""
    caps: dict[tuple[LeverageDefinition, str], float] = {}
    for limit in problem.mandate.limits:
        if limit.leverage is None or limit.upper is None:
            continue
        scope = limit.leverage.scenarios
        states = scope.select(problem.scenarios) if scope is not None else (None,)
        for state in states:
            key = (limit.leverage.definition, state.scenario_id if state is not None else BASE)
            caps[key] = min(limit.upper, caps.get(key, limit.upper))
    return caps


def leverage_caps(
    problem: AllocationProblem, limits: Iterable[LimitReport]
) -> dict[tuple[LeverageDefinition, str], float]:
    """Stated caps, with that on gross leverage today which applies by default."""
    caps = stated_caps(problem)
    gross = (LeverageDefinition.GROSS_NOTIONAL, BASE)
    by_default = any(item.key.structural_rule == StructuralRule.DEFAULT_LEVERAGE_CAP for item in limits)
    if by_default or gross not in caps:
        caps[gross] = DEFAULT_LEVERAGE_CAP
    return caps
