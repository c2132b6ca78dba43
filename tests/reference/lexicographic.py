"""Soft limits stage after stage by the second solver: what each priority can reach, given those before."""

from __future__ import annotations

from dataclasses import dataclass

from counterpoise.model import AllocationProblem
from tests.reference.conic import ConicAnswer, ConicStatus, Stage, solve_conic
from tests.reference.soft import priorities

TOLERANCE = 1e-6
"""How far a later stage may worsen an earlier one; of itself where that is more."""


@dataclass(frozen=True, kw_only=True)
class LexicographicAnswer:
    """Least violation by priority, each given those before it, and the goal with all of them held.

    Without soft limits it is the goal alone. Where a stage has no optimum, `goal` is that stage's answer.
    """

    violations: dict[int, float]
    goal: ConicAnswer


def held_at(violation: float) -> float:
    """What a violation may become in later stages."""
    return violation + TOLERANCE * max(1.0, violation)


def solve_lexicographic(problem: AllocationProblem) -> LexicographicAnswer:
    """Goes through the priorities, then the goal."""
    violations: dict[int, float] = {}
    for priority in priorities(problem):
        held = {earlier: held_at(violation) for earlier, violation in violations.items()}
        answer = solve_conic(problem, Stage(priority=priority, held=held))
        if answer.status != ConicStatus.OPTIMAL:
            return LexicographicAnswer(violations=violations, goal=answer)
        violations[priority] = max(answer.objective, 0.0)
    held = {priority: held_at(violation) for priority, violation in violations.items()}
    goal = solve_conic(problem, Stage(priority=None, held=held))
    return LexicographicAnswer(violations=violations, goal=goal)
