"""Infeasible problems made from feasible ones by one contradiction each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from counterpoise.model import AllocationProblem, Limit
from tests.problems.contradictory_limits import LIMIT_KINDS
from tests.problems.contradictory_lines import LINE_KINDS
from tests.problems.draw import Draw
from tests.problems.randomized import random_case

Maker = Callable[[Draw, AllocationProblem, float], AllocationProblem | None]


def _with_limits(
    make: Callable[[Draw, AllocationProblem, float], tuple[Limit, ...] | None],
) -> Maker:
    def maker(draw: Draw, problem: AllocationProblem, gap: float) -> AllocationProblem | None:
        limits = make(draw, problem, gap)
        if limits is None:
            return None
        mandate = dataclasses.replace(problem.mandate, limits=(*problem.mandate.limits, *limits))
        return dataclasses.replace(problem, mandate=mandate)

    return maker


MAKERS: dict[str, Maker] = {name: _with_limits(make) for name, make in LIMIT_KINDS.items()} | LINE_KINDS


def contradictory_problem(kind: str, seed: int) -> AllocationProblem:
    """An infeasible problem of a kind; kinds that do not apply to a seed's problem take the next seed's."""
    draw = Draw(seed)
    while True:
        problem = MAKERS[kind](draw, random_case(seed).problem, draw.magnitude(0.003, 0.3))
        if problem is not None:
            return problem
        seed += 1
