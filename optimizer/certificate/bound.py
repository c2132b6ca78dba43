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
from optimizer.measures.convex import ConvexRows, Norm
from optimizer.measures.objective import ConvexObjective


@dataclass(eq=False)
class Lagrangian:
    """constant + linear'v + absolute'|v|, and the sizes of the addends behind each number.

    The sizes are what rounding is measured against: terms that cancel leave their errors.
    """

    constant: float
    linear: FloatArray
    absolute: FloatArray
    constant_size: float
    linear_size: FloatArray

    def add_constant(self, value: float, size: float) -> None:
        """Adds a number; `size` is the sum of absolute addends behind it."""
        self.constant += value
        self.constant_size += size

    def add_rows(self, rows: ConvexRows, weights: FloatArray, orientation: float) -> None:
        """Adds orientation * weights'rows, without the rows' norm."""
        count = len(self.linear)
        self.add_constant(
            orientation * float(weights @ rows.constant), float(weights @ np.abs(rows.constant))
        )
        self.linear += orientation * rows.linear.transposed_times(weights, count)
        self.linear_size += rows.linear.sizes().transposed_times(weights, count)
        if rows.absolute is not None:
            self.absolute += orientation * rows.absolute.transposed_times(weights, count)

    def add_norm(self, norm: Norm, components: FloatArray) -> None:
        """Adds components'(F v - g), which lies below their dual norm times the norm."""
        self.linear += norm.adjoint(components)
        self.linear_size += norm.adjoint_size(components)
        self.add_constant(-float(components @ norm.offset), float(np.abs(components) @ np.abs(norm.offset)))

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
        size = self.constant_size + float((self.linear_size + self.absolute) @ reach)
        return float(4.0 * np.finfo(float).eps * (len(self.linear) + 10) * size)

    def box_prices(self, box: Box) -> tuple[FloatArray, FloatArray]:
        """Improvement per unit by which each lower and each upper bound is loosened, >= 0."""
        falling = self.linear + self.absolute * np.where(box.lower > 0.0, 1.0, -1.0)
        rising = self.linear + self.absolute * np.where(box.upper >= 0.0, 1.0, -1.0)
        return np.maximum(falling, 0.0), np.maximum(-rising, 0.0)


def zero_lagrangian(variable_count: int) -> Lagrangian:
    """No objective: what an infeasibility proof starts from."""
    return Lagrangian(
        constant=0.0,
        linear=np.zeros(variable_count),
        absolute=np.zeros(variable_count),
        constant_size=0.0,
        linear_size=np.zeros(variable_count),
    )


def objective_lagrangian(
    objective: ConvexObjective, claimed: Multipliers, variables: FloatArray
) -> Lagrangian:
    """A function below the objective that separates by variable and touches it at v."""
    rows = objective.rows
    lagrangian = zero_lagrangian(len(variables))
    lagrangian.add_rows(rows, np.ones(1), 1.0)
    if rows.norm is not None:
        claim = claimed.get(OBJECTIVE)
        vector = dual_vector(rows.norm, None if claim is None else claim.components, 1.0, variables)
        lagrangian.add_norm(rows.norm, vector)
    if objective.variance is not None:
        image = objective.variance.image(variables)
        lagrangian.add_norm(objective.variance, 2.0 * objective.half_aversion * image)
        charge = objective.half_aversion * float(image @ image)
        lagrangian.add_constant(-charge, charge)
    return lagrangian


def add_constraints(
    lagrangian: Lagrangian, multipliers: Iterable[tuple[Constraint, Side, Multiplier]]
) -> Lagrangian:
    """Adds weight times excess of every constraint, norms through their dual vectors."""
    for constraint, side, multiplier in multipliers:
        weights, rows = multiplier.weights, constraint.rows
        orientation = constraint.orientation(side)
        lagrangian.add_rows(rows, weights, orientation)
        bound = constraint.bound(side) * float(weights.sum())
        lagrangian.add_constant(-orientation * constraint.sign * bound, abs(bound))
        if rows.norm is not None and multiplier.components is not None:
            lagrangian.add_norm(rows.norm, multiplier.components)
    return lagrangian
