"""Random problems with scenarios that no portfolio can satisfy: one limit is moved beyond reach."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

from counterpoise.model import AllocationProblem, Limit
from tests.problems.draw import Draw
from tests.problems.stressed import stressed
from tests.reference.conic_stress import least_miss

SCENARIOS = 6
KINDS: dict[str, Callable[[Limit], bool]] = {
    "coverage": lambda limit: limit.liquidity_coverage is not None,
    "leverage": lambda limit: limit.leverage is not None and limit.leverage.scenarios is not None,
    "loss": lambda limit: limit.scenario_loss is not None and limit.upper is not None,
    "tail": lambda limit: limit.conditional_value_at_risk is not None,
    "risk": lambda limit: limit.risk is not None and limit.limit_id != "active-risk",
    "illiquid": lambda limit: limit.illiquid_share is not None,
}
STEPS = 12


def contradictions(kind: str, first: int, count: int) -> Iterator[tuple[int, AllocationProblem, str]]:
    """So many problems of a kind with their seeds and the limit that is beyond reach."""
    made, seed = 0, first
    while made < count:
        found = contradictory(kind, seed)
        if found is not None:
            yield seed, *found
            made += 1
        seed += 1


def contradictory(kind: str, seed: int) -> tuple[AllocationProblem, str] | None:
    """A problem without any portfolio, and the limit that is beyond reach; None where none could be made."""
    problem, draw = stressed(seed, SCENARIOS), Draw(seed)
    limit = next((limit for limit in problem.mandate.limits if KINDS[kind](limit)), None)
    if limit is None:
        return None
    wanted = draw.magnitude(1e-3, 0.05)
    if limit.liquidity_coverage is not None or limit.scenario_loss is not None:
        return _shifted(problem, limit, wanted), limit.limit_id
    for step in range(STEPS):
        changed = dataclasses.replace(limit, upper=(limit.upper or 0.0) * 0.7 ** (step + 1))
        if least_miss(_with(problem, changed), limit.limit_id) > wanted:
            return _with(problem, changed), limit.limit_id
    return None


def _shifted(problem: AllocationProblem, limit: Limit, wanted: float) -> AllocationProblem:
    """Coverage and losses are missed by as much more as their bound is moved: to the size that is wanted."""
    if limit.liquidity_coverage is not None:
        far = dataclasses.replace(limit, lower=3.0)
        miss = least_miss(_with(problem, far), limit.limit_id)
        return _with(problem, dataclasses.replace(far, lower=3.0 - miss + wanted))
    far = dataclasses.replace(limit, upper=-3.0)
    miss = least_miss(_with(problem, far), limit.limit_id)
    return _with(problem, dataclasses.replace(far, upper=-3.0 + miss - wanted))


def _with(problem: AllocationProblem, changed: Limit) -> AllocationProblem:
    limits = tuple(
        changed if limit.limit_id == changed.limit_id else limit for limit in problem.mandate.limits
    )
    return dataclasses.replace(problem, mandate=dataclasses.replace(problem.mandate, limits=limits))
