"""Soft limits in lexicographic order: what one priority leaves to those after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from counterpoise.model import BoolArray, FloatArray, Side
from optimizer.certificate.multipliers import Used
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import Point

STAGE_GAP = 2e-7
"""Largest gap of a soft stage, over the larger of 1 and its violation."""

HELD_WITHIN = 1e-6
"""How far above its least violation a priority may be in later stages, relative likewise; and how far a
limit that is met may be missed there, in its own unit."""

_MET = 1e-9
"""Below this a priority is met, and its limits are as hard as any."""

_LIGHTEST = 0.1
"""Weights below this leave no smaller room: engines could not keep to it."""

_PRICED_BELOW = 1e-3
"""A limit whose multiplier is below its weight by this part of it is met by every least solution."""

Met = Mapping[tuple[str, Side], BoolArray]
"""Members of soft sides that are met, by constraint name and side."""


@dataclass(frozen=True, eq=False)
class Held:
    """A soft priority that is done."""

    priority: int
    bound: float
    """The least weighted violation that is possible, proven."""
    met: Met = field(default_factory=dict)
    """Members that every least solution meets: hard from here on, whatever they weigh."""
    lightest: float = 1.0
    """The least weight among the others, over the largest of the priority."""

    @property
    def all_met(self) -> bool:
        """Whether the priority is met altogether."""
        return self.bound < _MET

    @property
    def at(self) -> float:
        """Where engines hold it: at zero where it is met, else at most half way to what is allowed.

        The room is smaller where a limit weighs little, which could otherwise be missed by more.
        """
        room = 0.5 * HELD_WITHIN * max(1.0, self.bound) * max(self.lightest, _LIGHTEST)
        return 0.0 if self.all_met else self.bound + room

    def broken(self, constraints: Iterable[Constraint], variables: FloatArray | Point) -> bool:
        """Whether a point violates the priority, or a member that is met, more than it may."""
        own = [constraint for constraint in constraints if constraint.priority == self.priority]
        if weighted_violation(own, variables) > self.bound + HELD_WITHIN * max(1.0, self.bound):
            return True
        return any(
            bool(np.any(constraint.excess(side, variables)[met] * constraint.unit.weight > HELD_WITHIN))
            for constraint in own
            for side in constraint.sides
            if (met := self.met.get((constraint.name, side))) is not None
        )

    def ratio(self, used: Iterable[Used]) -> float:
        """The largest multiplier over its weight, among members that are not met."""
        ratios = [
            float(multiplier.weights.max(where=~self._met(constraint, side), initial=0.0))
            / constraint.violation_weight
            for constraint, side, multiplier in used
            if constraint.priority == self.priority
        ]
        return max(ratios, default=0.0)

    def _met(self, constraint: Constraint, side: Side) -> BoolArray:
        if self.all_met:
            return np.ones(len(constraint.keys), dtype=bool)
        return self.met.get((constraint.name, side), np.zeros(len(constraint.keys), dtype=bool))


@dataclass(frozen=True)
class Stage:
    """Where a lexicographic solve stands: priorities held, and the one that is minimised now."""

    held: tuple[Held, ...] = ()
    minimised: int | None = None
    """None for the last stage, the goal itself."""


def weighted_violation(constraints: Iterable[Constraint], variables: FloatArray | Point) -> float:
    """Sum of weight times violation."""
    return sum(
        constraint.violation_weight * float(constraint.violation(variables).sum())
        for constraint in constraints
    )


def held_after(
    priority: int,
    bound: float,
    constraints: Iterable[Constraint],
    weights: Mapping[tuple[str, Side], FloatArray],
    variables: FloatArray,
) -> Held:
    """What a certified stage leaves: its bound, and the members that every least solution meets.

    The bound exceeds no weighted violation less the sum of (weight - multiplier) times each one's own:
    a member whose multiplier is well below its weight is violated by no least solution. Held with the
    others in one sum, it could be missed for return at the price of its small weight.
    """
    met: dict[tuple[str, Side], BoolArray] = {}
    lightest = 1.0
    for constraint in constraints:
        if constraint.priority != priority:
            continue
        for side in constraint.sides:
            multiplier = weights.get((constraint.name, side), np.zeros(len(constraint.keys)))
            excess = constraint.excess(side, variables) * constraint.unit.weight
            cheap = multiplier < (1.0 - _PRICED_BELOW) * constraint.violation_weight
            met[constraint.name, side] = cheap & (excess < HELD_WITHIN)
            if not np.all(met[constraint.name, side]):
                lightest = min(lightest, constraint.violation_weight / constraint.unit.weight)
    return Held(priority, bound, met, lightest)
