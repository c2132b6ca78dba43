"""Weak duality over the finite box: a bound that is valid for any multipliers.

For constraints g_k(v) <= b_k with weights w_k >= 0, f* >= min over the box of f + sum w_k (g_k - b_k).
Norms are replaced by linear functions below them and a quadratic by its tangent, so the minimum
separates by variable: min of r v + s |v| over [lower, upper], in closed form.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from counterpoise.model import FloatArray, Side
from optimizer.certificate.multipliers import OBJECTIVE, Multiplier, Multipliers, dual_vector
from optimizer.measures.box import Box
from optimizer.measures.constraint import Constraint
from optimizer.measures.objective import ConvexObjective


@dataclass(eq=False)
class Lagrangian:
    """constant + linear'v + absolute'|v|, and the sum of absolute addends behind the constant."""

    constant: float
    linear: FloatArray
    absolute: FloatArray
    magnitude: float = 0.0

    def add_constant(self, value: float) -> None:
        """Adds a number and remembers its size for the rounding bound."""
        self.constant += value
        self.magnitude += abs(value)

    def minimum(self, box: Box) -> float:
        """The least value over the box."""
        return self.constant + float(self.least_by_variable(box).sum())

    def least_by_variable(self, box: Box) -> FloatArray:
        """The least r v + s |v| over each variable's interval; s >= 0."""
        at_kink = np.clip(0.0, box.lower, box.upper)
        return np.asarray(
            np.minimum.reduce(
                [self.linear * v + self.absolute * np.abs(v) for v in (box.lower, box.upper, at_kink)]
            )
        )

    def rounding(self, box: Box) -> float:
        """What floating-point rounding can have taken from or added to the minimum."""
        reach = np.maximum(np.abs(box.lower), np.abs(box.upper))
        size = self.magnitude + float((np.abs(self.linear) + self.absolute) @ reach)
        return float(4.0 * np.finfo(float).eps * (len(self.linear) + 10) * size)

    def box_prices(self, box: Box) -> tuple[FloatArray, FloatArray]:
        """Improvement per unit by which each lower and each upper bound is loosened, >= 0."""
        falling = self.linear + self.absolute * np.where(box.lower > 0.0, 1.0, -1.0)
        rising = self.linear + self.absolute * np.where(box.upper >= 0.0, 1.0, -1.0)
        return np.maximum(falling, 0.0), np.maximum(-rising, 0.0)


def zero_lagrangian(variable_count: int) -> Lagrangian:
    """No objective: what an infeasibility proof starts from."""
    return Lagrangian(0.0, np.zeros(variable_count), np.zeros(variable_count))


def objective_lagrangian(
    objective: ConvexObjective, claimed: Multipliers, variables: FloatArray
) -> Lagrangian:
    """A function below the objective that separates by variable and touches it at v."""
    rows, count = objective.rows, len(variables)
    one = np.ones(1)
    lagrangian = zero_lagrangian(count)
    lagrangian.add_constant(float(rows.constant[0]))
    lagrangian.linear += rows.linear.transposed_times(one, count)
    if rows.absolute is not None:
        lagrangian.absolute += rows.absolute.transposed_times(one, count)
    if rows.norm is not None:
        claim = claimed.get(OBJECTIVE)
        vector = dual_vector(rows.norm, None if claim is None else claim.components, 1.0, variables)
        lagrangian.linear += rows.norm.adjoint(vector)
        lagrangian.add_constant(-float(vector @ rows.norm.offset))
    if objective.variance is not None:
        image = objective.variance.image(variables)
        tangent = 2.0 * objective.half_aversion * image
        lagrangian.linear += objective.variance.adjoint(tangent)
        lagrangian.add_constant(-float(tangent @ objective.variance.offset))
        lagrangian.add_constant(-objective.half_aversion * float(image @ image))
    return lagrangian


def add_constraints(
    lagrangian: Lagrangian, multipliers: Iterable[tuple[Constraint, Side, Multiplier]]
) -> Lagrangian:
    """Adds weight times excess of every constraint, norms through their dual vectors."""
    count = len(lagrangian.linear)
    for constraint, side, multiplier in multipliers:
        weights, rows = multiplier.weights, constraint.rows
        orientation = constraint.orientation(side)
        lagrangian.add_constant(orientation * float(weights @ rows.constant))
        lagrangian.add_constant(
            -orientation * constraint.sign * constraint.bound(side) * float(weights.sum())
        )
        lagrangian.linear += orientation * rows.linear.transposed_times(weights, count)
        if rows.absolute is not None:
            lagrangian.absolute += orientation * rows.absolute.transposed_times(weights, count)
        if rows.norm is not None and multiplier.components is not None:
            lagrangian.linear += rows.norm.adjoint(multiplier.components)
            lagrangian.add_constant(-float(multiplier.components @ rows.norm.offset))
    return lagrangian
