"""What a validated problem is worth knowing of, each part worked out when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np

from counterpoise.canonical import problem_sha256
from counterpoise.model import (
    AllocationProblem,
    FloatArray,
    MaximizeNetReturn,
    MaximizeUtility,
    MeetRiskBudget,
)
from optimizer.certificate import Case, Stage, open_case
from optimizer.measures.book import Book, open_book
from optimizer.measures.box import Box, box_of
from optimizer.measures.budget import RiskBudget, risk_budget
from optimizer.program import Budget, HeldPriority, Inputs, Prepared, SoftStage, prepare

_NEXT_TO = 1e-3
"""An engine is this close to a risk budget, of itself, when nothing keeps it away: the goal is flat there."""


class Question:
    """A problem under work."""

    def __init__(self, problem: AllocationProblem) -> None:
        self.problem = problem

    @cached_property
    def book(self) -> Book:
        """Its numbers as arrays."""
        return open_book(self.problem)

    @cached_property
    def box(self) -> Box:
        """Bounds of every variable."""
        return box_of(self.book)

    @cached_property
    def priorities(self) -> tuple[int, ...]:
        """Priorities of its soft limits, first to last."""
        softs = (limit.soft for limit in self.problem.mandate.limits)
        return tuple(sorted({soft.priority for soft in softs if soft is not None}))

    @cached_property
    def prepared(self) -> Prepared:
        """The program with soft limits taken as hard, laid out for engines."""
        return prepare(self._inputs)

    def prepared_at(self, stage: Stage, penalty: float | None = None) -> Prepared:
        """The program at one stage of its soft priorities, held in rows or by a penalty."""
        return prepare(replace(self._inputs, stage=_soft_stage(stage, penalty)))

    @property
    def ignores_cost(self) -> bool:
        """Whether the goal leaves open which of its equal optima is cheapest."""
        return not isinstance(self.problem.objective.goal, MaximizeNetReturn | MaximizeUtility)

    def prepared_for_return(
        self, stage: Stage | None, variables: FloatArray, held_at: float
    ) -> Iterator[Prepared]:
        """Programs that maximise net return among equal optima, the best choice first.

        A risk budget decides its own lines for good: where they are next to the budget they are put
        there exactly, else they keep their positions. Of other goals the function that they minimise is
        held. `stage` None takes soft limits as hard.
        """
        inputs = replace(self._inputs, for_return=True, stage=None if stage is None else _soft_stage(stage))
        if inputs.budget is None:
            yield prepare(replace(inputs, held_at=held_at))
            return
        decided, exact = inputs.budget.lines, inputs.budget.positions
        found = variables[decided]
        inside = (inputs.lower[decided] <= exact) & (exact <= inputs.upper[decided])
        if np.all(inside & (np.abs(found - exact) < _NEXT_TO * exact)):
            yield prepare(_pinned(inputs, exact))
        yield prepare(_pinned(inputs, found))

    @cached_property
    def case(self) -> Case:
        """What claims are judged by, with soft limits met."""
        return open_case(self.book, self.box, self._budget)

    @cached_property
    def sha256(self) -> str:
        """The problem's identity."""
        return problem_sha256(self.problem)

    @cached_property
    def _budget(self) -> RiskBudget | None:
        goal = self.problem.objective.goal
        return risk_budget(self.book, goal) if isinstance(goal, MeetRiskBudget) else None

    @cached_property
    def _inputs(self) -> Inputs:
        lower, upper = self.box.given()
        found, budget = self._budget, None
        if found is not None:
            budget = Budget(found.lines, found.shares, found.positions, found.volatility)
        return Inputs(self.problem, self.book.alpha, self.book.fees, lower, upper, budget)


def _pinned(inputs: Inputs, positions: FloatArray) -> Inputs:
    """The lines of a risk budget at these positions."""
    lower, upper = inputs.lower.copy(), inputs.upper.copy()
    if inputs.budget is not None:
        lower[inputs.budget.lines] = upper[inputs.budget.lines] = positions
    return replace(inputs, lower=lower, upper=upper)


def _soft_stage(stage: Stage, penalty: float | None = None) -> SoftStage:
    held = (HeldPriority(held.priority, held.at, held.all_met, held.met) for held in stage.held)
    return SoftStage(tuple(held), stage.minimised, penalty)
