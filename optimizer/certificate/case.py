"""What a claim is judged by, all of it from the request, and the bound that its multipliers give."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from counterpoise.model import FloatArray
from optimizer.certificate.bound import Lagrangian, add_constraints, objective_lagrangian, zero_lagrangian
from optimizer.certificate.multipliers import Multipliers, Used, projected
from optimizer.measures.book import Book
from optimizer.measures.box import Box, box_of
from optimizer.measures.constraint import Constraint
from optimizer.measures.limits import constraints_of
from optimizer.measures.objective import ConvexObjective, objective_of

STAGE_GAP = 2e-7
"""Largest gap of a soft stage, over the larger of 1 and its violation."""

HELD_WITHIN = 1e-6
"""How far above its least violation a priority may be in later stages, relative likewise."""

_MET = 1e-9
"""Below this a priority is met, and its limits are as hard as any."""


@dataclass(frozen=True)
class Held:
    """A soft priority that is done: the least weighted violation that is possible, proven."""

    priority: int
    bound: float

    @property
    def at(self) -> float:
        """Where engines hold it: at zero where it is met, else half way to what is allowed."""
        return 0.0 if self.bound < _MET else self.bound + 0.5 * HELD_WITHIN * max(1.0, self.bound)

    def broken(self, violation: float) -> bool:
        """Whether a point violates the priority more than it may."""
        return violation > self.bound + HELD_WITHIN * max(1.0, self.bound)


@dataclass(frozen=True)
class Stage:
    """Where a lexicographic solve stands: priorities held, and the one that is minimised now."""

    held: tuple[Held, ...] = ()
    minimised: int | None = None
    """None for the last stage, the goal itself."""


@dataclass(frozen=True, eq=False)
class Case:
    """A problem at one stage of its soft priorities."""

    book: Book
    box: Box
    constraints: tuple[Constraint, ...]
    objective: ConvexObjective
    stage: Stage = field(default_factory=Stage)

    @property
    def hard(self) -> tuple[Constraint, ...]:
        """The constraints that no answer may break."""
        return tuple(constraint for constraint in self.constraints if constraint.priority == 0)

    def violation(self, priority: int, variables: FloatArray) -> float:
        """Weighted violation of a soft priority at v."""
        return sum(
            constraint.violation_weight * float(constraint.violation(variables).sum())
            for constraint in self.constraints
            if constraint.priority == priority
        )

    def value(self, variables: FloatArray) -> float:
        """What this stage minimises, at v."""
        if self.stage.minimised is not None:
            return self.violation(self.stage.minimised, variables)
        return self.objective.value(variables)

    def lagrangian(self, claimed: Multipliers, variables: FloatArray) -> tuple[Lagrangian, list[Used]]:
        """A function whose least value over the box bounds this stage, and the multipliers in it.

        The excess of a soft constraint, weighted, is at least any multiple of its measure less its
        bound between zero and its weight. A held priority p adds mu (V_p - where it is held): its
        constraints then take multipliers up to mu times their weights. What is held is `held_costs`.
        """
        minimised = self.stage.minimised
        if minimised is None:
            lagrangian = objective_lagrangian(self.objective, claimed, variables)
        else:
            lagrangian = zero_lagrangian(len(variables))
        counted = {0, minimised, *(held.priority for held in self.stage.held)}
        constraints = [constraint for constraint in self.constraints if constraint.priority in counted]
        used = list(projected(constraints, claimed, variables, minimised))
        return add_constraints(lagrangian, used), used

    def held_costs(self, used: list[Used], variables: FloatArray) -> tuple[float, float]:
        """Sum of mu times where priorities are held: where engines held them, and where v has them.

        mu is the largest ratio of a multiplier to its constraint's weight. An engine misses a hair, so
        that a point is optimal for priorities held at either end or between; all of it is within what
        a later stage is allowed.
        """
        asked = had = 0.0
        for held in self.stage.held:
            ratios = [
                float(multiplier.weights.max()) / constraint.violation_weight
                for constraint, _, multiplier in used
                if constraint.priority == held.priority
            ]
            ratio = max(ratios, default=0.0)
            asked += ratio * held.at
            had += ratio * self.violation(held.priority, variables)
        return asked, had


def open_case(book: Book, box: Box | None = None) -> Case:
    """Boxes, constraints and objective of a problem, its soft limits held as if they were hard."""
    constraints = constraints_of(book)
    priorities = sorted({constraint.priority for constraint in constraints} - {0})
    met = tuple(Held(priority, bound=0.0) for priority in priorities)
    box = box_of(book) if box is None else box
    return Case(book, box, constraints, objective_of(book), Stage(held=met))


def widths(box: Box) -> FloatArray:
    """Largest absolute value of each variable in its box."""
    return np.maximum(np.abs(box.lower), np.abs(box.upper))
