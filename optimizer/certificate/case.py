"""What a claim is judged by, all of it from the request, and the bound that its multipliers give."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from counterpoise.model import FloatArray
from optimizer.certificate.bound import Lagrangian, add_constraints, objective_lagrangian, zero_lagrangian
from optimizer.certificate.members import Members
from optimizer.certificate.multipliers import Multipliers, Used, borne_pieces, projected
from optimizer.certificate.soft import Held, Stage, weighted_violation
from optimizer.measures.book import Book
from optimizer.measures.box import Box, box_of
from optimizer.measures.budget import RiskBudget
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import Point, point_of
from optimizer.measures.limits import constraints_of
from optimizer.measures.objective import ConvexObjective, objective_of


@dataclass(frozen=True, eq=False)
class Case:
    """A problem at one stage of its soft priorities."""

    book: Book
    box: Box
    constraints: tuple[Constraint, ...]
    objective: ConvexObjective
    stage: Stage = field(default_factory=Stage)

    @cached_property
    def hard(self) -> tuple[Constraint, ...]:
        """The constraints that no answer may break."""
        return tuple(constraint for constraint in self.constraints if constraint.priority == 0)

    @cached_property
    def hard_members(self) -> Members:
        """Their members."""
        return Members(self.hard)

    @cached_property
    def _counted(self) -> Members:
        """Of the constraints that this stage minimises or keeps to: all but later priorities."""
        counted = {0, self.stage.minimised, *(held.priority for held in self.stage.held)}
        constraints = tuple(item for item in self.constraints if item.priority in counted)
        return self.hard_members if len(constraints) == len(self.hard) else Members(constraints)

    def violation(self, priority: int, variables: FloatArray | Point) -> float:
        """Weighted violation of a soft priority at v."""
        own = [constraint for constraint in self.constraints if constraint.priority == priority]
        return weighted_violation(own, variables)

    def value(self, variables: FloatArray | Point) -> float:
        """What this stage minimises, at v."""
        if self.stage.minimised is not None:
            return self.violation(self.stage.minimised, variables)
        return self.objective.value(variables)

    def lagrangian(
        self, claimed: Multipliers, variables: FloatArray | Point
    ) -> tuple[Lagrangian, list[Used]]:
        """A function whose least value over the box bounds this stage, and the multipliers in it.

        The excess of a soft constraint, weighted, is at least any multiple of its measure less its
        bound between zero and its weight. A held priority p adds mu (V_p - where it is held): its
        constraints then take multipliers up to mu times their weights; what is held is for `less_held`.
        """
        minimised, point = self.stage.minimised, point_of(variables)
        if minimised is None:
            lagrangian = objective_lagrangian(self.objective, claimed, point)
        else:
            lagrangian = zero_lagrangian(len(point.variables))
        used = list(projected(self._counted.constraints, claimed, point, minimised))
        pieces = borne_pieces(used, claimed, point)
        return add_constraints(lagrangian, self._counted, used, pieces), used

    def less_held(
        self, bound: float, value: float, used: list[Used], variables: FloatArray | Point
    ) -> tuple[float, float]:
        """The bound less mu times where priorities are held, and how far that is from engines towards v.

        mu is the largest ratio of a multiplier to its constraint's weight. An engine misses a hair, so
        that a point is optimal for priorities held where it was asked to hold them (0), where v has them
        (1), or between; all of it is within what a later stage is allowed.
        """
        asked = had = 0.0
        for held in self.stage.held:
            ratio = held.ratio(used)
            asked += ratio * held.at
            had += ratio * self.violation(held.priority, variables)
        if asked == had:
            return bound - asked, 0.0
        part = min(max((bound - value - asked) / (had - asked), 0.0), 1.0)
        return bound - (asked + part * (had - asked)), part


def open_case(book: Book, box: Box | None = None, budget: RiskBudget | None = None) -> Case:
    """Boxes, constraints and objective of a problem, its soft limits held as if they were hard."""
    constraints = constraints_of(book)
    priorities = sorted({constraint.priority for constraint in constraints} - {0})
    met = tuple(Held(priority, bound=0.0) for priority in priorities)
    box = box_of(book) if box is None else box
    return Case(book, box, constraints, objective_of(book, budget), Stage(held=met))
