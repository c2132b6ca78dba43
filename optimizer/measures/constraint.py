"""A measure and its bounds: what reports show and the certificate checks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from counterpoise.model import FloatArray, LimitKey, Side, Unit
from optimizer.measures.convex import ConvexRows, Point

_NOTHING = 1e-12
"""NAV below this part of today's is none."""


_SIDES: Final[dict[tuple[bool, bool], tuple[Side, ...]]] = {
    (False, False): (),
    (True, False): (Side.LOWER,),
    (False, True): (Side.UPPER,),
    (True, True): (Side.LOWER, Side.UPPER),
}
"""By whether there is a lower and an upper bound."""


@dataclass(frozen=True, eq=False)
class Constraint:
    """`lower <= sign * rows(v) <= upper` for m members of one limit or rule.

    `sign` is -1 for a concave measure (its rows are the convex negative). A side that is None is
    free. Only affine rows take two sides; validation has refused what is not convex.
    """

    keys: tuple[LimitKey, ...]
    unit: Unit
    rows: ConvexRows
    sign: float = 1.0
    lower: float | None = None
    upper: float | None = None
    priority: int = 0
    """0 for hard constraints, the priority of soft ones."""
    violation_weight: float = 1.0
    """What one unit of violation of a soft constraint weighs."""
    over: ConvexRows | None = None
    """Where set, the measure is rows over these, which are affine: with an upper bound the constraint is
    rows - upper * over <= 0, and violations are counted so. One member for each row."""

    @cached_property
    def name(self) -> str:
        """One name for all members: the limit's id or the rule's name, each in its own space."""
        return constraint_name(self.keys[0])

    @cached_property
    def sides(self) -> tuple[Side, ...]:
        """The sides that are bounded."""
        return _SIDES[self.lower is not None, self.upper is not None]

    def values(self, variables: FloatArray | Point) -> FloatArray:
        """The measure at v, in its unit, shape (m,); a ratio to what is not above zero has no meaning."""
        values = self.sign * self.rows.values(variables)
        if self.over is None:
            return np.asarray(values)
        over = self.over.values(variables)
        return np.asarray(values / np.where(np.abs(over) > _NOTHING, over, _NOTHING))

    def orientation(self, side: Side) -> float:
        """S such that s * rows(v) - s * sign * bound is the excess over a side's bound."""
        return self.sign if side is Side.UPPER else -self.sign

    def bound(self, side: Side) -> float:
        """The bound of a side."""
        bound = self.lower if side is Side.LOWER else self.upper
        if bound is None:
            raise ValueError(f"{self.name} has no {side.name.lower()} bound")
        return bound

    def excess(self, side: Side, variables: FloatArray | Point) -> FloatArray:
        """How far each member is beyond a side's bound; positive is a violation, shape (m,)."""
        if self.over is not None:
            return np.asarray(self.rows.values(variables) - self.bound(side) * self.over.values(variables))
        beyond = self.values(variables) - self.bound(side)
        return np.asarray(beyond if side is Side.UPPER else -beyond)

    def violation(self, variables: FloatArray | Point) -> FloatArray:
        """How far each member is beyond whichever side it breaks, >= 0, shape (m,)."""
        worst = np.zeros(len(self.keys))
        for side in self.sides:
            worst = np.maximum(worst, self.excess(side, variables))
        return worst


@dataclass(frozen=True, eq=False)
class Prices:
    """Shadow prices behind a certificate: objective improvement per unit of loosening, >= 0.

    `by_side` has one number per member of every bounded side; the box prices are by variable.
    """

    by_side: dict[tuple[str, Side], FloatArray]
    box_lower: FloatArray
    box_upper: FloatArray


def constraint_name(key: LimitKey) -> str:
    """`limit/ID` or `rule/NAME`: a limit may be called as a rule is."""
    if key.limit_id is not None:
        return f"limit/{key.limit_id}"
    if key.structural_rule is None:
        raise ValueError("a key names a limit or a rule")
    return f"rule/{key.structural_rule.name}"
