"""Weak duality over the finite box: a bound that is valid for any multipliers.

For constraints g_k(v) <= b_k with weights w_k >= 0, f* >= min over the box of f + sum w_k (g_k - b_k).
Norms are replaced by linear functions below them and a quadratic by its tangent, so the minimum
separates by variable, in closed form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from counterpoise.model import FloatArray
from optimizer.certificate.members import Members, Weights
from optimizer.certificate.multipliers import (
    Borne,
    Multipliers,
    Used,
    dual_vector,
    objective_key,
    tangent_at,
)
from optimizer.measures.box import Box
from optimizer.measures.convex import ConvexRows, Norm, Point, logarithms, point_of
from optimizer.measures.objective import ConvexObjective

_TINY = 1e-300


@dataclass(eq=False)
class Lagrangian:
    """A constant and convex functions of single variables, with the sizes of what they were added from.

    constant + sum of linear v + absolute |v| + traded |t| + impact |t|^1.5 - logarithm ln v,
    t = v - current. The sizes are what rounding is measured against: terms that cancel leave their
    errors.
    """

    constant: float
    linear: FloatArray
    absolute: FloatArray
    traded: FloatArray
    impact: FloatArray
    logarithm: FloatArray
    current: FloatArray
    constant_size: float
    linear_size: FloatArray

    def add_constant(self, value: float, size: float) -> None:
        """Adds a number; `size` is the sum of absolute addends behind it."""
        self.constant += value
        self.constant_size += size

    def add_rows(self, rows: ConvexRows, weights: FloatArray, orientation: float) -> None:
        """Adds orientation * weights'rows, without the rows' norm."""
        self._add(rows, orientation * weights, weights)

    def add_weights(self, weights: Weights) -> None:
        """Adds weight times excess of every member, without norms and pieces."""
        self._add(weights.rows, weights.signed, weights.total)
        bounds = float(weights.bound @ ~weights.ratio), float(weights.bound_size @ ~weights.ratio)
        self.add_constant(-bounds[0], bounds[1])
        if weights.over is not None:
            ratio = weights.ratio
            self._add(weights.over, -weights.of_ratio * ratio, weights.bound_size * ratio)

    def _add(self, rows: ConvexRows, signed: FloatArray, sizes: FloatArray) -> None:
        """Adds signed'rows, whose sizes are what the signed weights were added from, >= 0."""
        count = len(self.linear)
        self.add_constant(float(signed @ rows.constant), float(sizes @ np.abs(rows.constant)))
        self.linear += rows.linear.transposed_times(signed, count)
        self.linear_size += rows.linear.sizes().transposed_times(sizes, count)
        if rows.absolute is not None:
            self.absolute += rows.absolute.transposed_times(signed, count)
        if rows.trades is not None:
            self.current = rows.trades.current
            self.traded += rows.trades.absolute.transposed_times(signed, count)
            self.impact += rows.trades.impact.transposed_times(signed, count)
        if rows.logarithm is not None:
            self.logarithm += rows.logarithm.transposed_times(signed, count)

    def add_norm(self, norm: Norm, components: FloatArray) -> None:
        """Adds components'(F v - g), which lies below their dual norm times the norm."""
        self.linear += norm.adjoint(components)
        self.linear_size += norm.adjoint_size(components)
        self.add_constant(-float(components @ norm.offset), float(np.abs(components) @ np.abs(norm.offset)))

    def minimum(self, box: Box) -> float:
        """The least value over the box."""
        return self.constant + float(self.least_by_variable(box).sum())

    def by_variable(self, variables: FloatArray) -> FloatArray:
        """What each variable adds."""
        values = self.linear * variables + self.absolute * np.abs(variables)
        if self.traded.any() or self.impact.any():
            trade = np.abs(variables - self.current)
            values = values + self.traded * trade + self.impact * trade**1.5
        if self.logarithm.any():
            used = self.logarithm > 0.0
            values[used] -= self.logarithm[used] * logarithms(variables[used])
        return np.asarray(values)

    def slope(self, variables: FloatArray, side: FloatArray) -> FloatArray:
        """Slopes by variable; at a kink those towards `side`, 1 or -1."""
        sign = np.where(variables == 0.0, side, np.sign(variables))
        slope = self.linear + self.absolute * sign
        trade = variables - self.current
        steep = self.traded + 1.5 * self.impact * np.sqrt(np.abs(trade))
        slope = slope + steep * np.where(trade == 0.0, side, np.sign(trade))
        used = (self.logarithm > 0.0) & (variables > 0.0)
        return np.asarray(slope - np.divide(self.logarithm, variables, out=np.zeros(len(slope)), where=used))

    def least_by_variable(self, box: Box) -> FloatArray:
        """The least of each variable's function over its interval.

        A convex function is least at a bound, at a kink or where its slope is zero: the least value
        over all such places, whether or not their slopes were worked out for the right piece.
        """
        lower, upper = box.lower, box.upper
        places = [np.zeros(len(lower))]
        if self.traded.any() or self.impact.any():
            places.append(self.current)
        if self.impact.any() or self.logarithm.any():
            places += self._level_places()
        inside = (np.minimum(np.maximum(place, lower), upper) for place in places)
        least = np.minimum(self.by_variable(lower), self.by_variable(upper))
        for place in inside:
            least = np.minimum(least, self.by_variable(place))
        return least

    def _level_places(self) -> Iterator[FloatArray]:
        """Where the slope of a piece is zero; pieces by the signs of v and of v - current."""
        if np.any((self.impact > 0.0) & (self.logarithm > 0.0)):
            raise ValueError("a variable has a charge for impact and a logarithm: no closed form")
        for sign in (1.0, -1.0):
            for direction in (1.0, -1.0):
                slope = self.linear + self.absolute * sign + self.traded * direction
                root = np.divide(
                    -direction * slope, 1.5 * self.impact, out=np.zeros(len(slope)), where=self.impact > 0.0
                )
                place = self.current + direction * np.maximum(root, 0.0) ** 2
                level = (self.logarithm > 0.0) & (slope > 0.0)
                yield np.divide(self.logarithm, slope, out=place, where=level)

    def rounding(self, box: Box) -> float:
        """What floating-point rounding can have taken from or added to the minimum."""
        reach = np.maximum(np.abs(box.lower), np.abs(box.upper))
        trade = reach + np.abs(self.current)
        size = self.constant_size + float((self.linear_size + self.absolute) @ reach)
        size += float(self.traded @ trade + self.impact @ trade**1.5)
        size += float(self.logarithm @ (1.0 + np.abs(np.log(np.maximum(reach, _TINY)))))
        return float(4.0 * np.finfo(float).eps * (len(self.linear) + 10) * size)

    def box_prices(self, box: Box) -> tuple[FloatArray, FloatArray]:
        """Improvement per unit by which each lower and each upper bound is loosened, >= 0."""
        down = -np.ones(len(self.linear))
        return np.maximum(self.slope(box.lower, down), 0.0), np.maximum(-self.slope(box.upper, -down), 0.0)


def zero_lagrangian(variable_count: int) -> Lagrangian:
    """No objective: what an infeasibility proof starts from."""
    return Lagrangian(
        constant=0.0,
        linear=np.zeros(variable_count),
        absolute=np.zeros(variable_count),
        traded=np.zeros(variable_count),
        impact=np.zeros(variable_count),
        logarithm=np.zeros(variable_count),
        current=np.zeros(variable_count),
        constant_size=0.0,
        linear_size=np.zeros(variable_count),
    )


def objective_lagrangian(
    objective: ConvexObjective, claimed: Multipliers, variables: FloatArray | Point
) -> Lagrangian:
    """A function below the objective that separates by variable and touches it at v."""
    point = point_of(variables)
    lagrangian = zero_lagrangian(len(point.variables))
    for part in objective.parts:
        lagrangian.add_rows(part.rows, np.ones(1), 1.0)
        if part.rows.norm is not None:
            claim = claimed.get(objective_key(part.kind))
            vector = dual_vector(part.rows.norm, None if claim is None else claim.components, 1.0, point)
            lagrangian.add_norm(part.rows.norm, vector)
    if objective.variance is not None:
        # |q|^2 >= 2 y'q - |y|^2 for every y: a tangent, closest where y is the image at the optimum.
        y = tangent_at(objective.variance, claimed, point)
        lagrangian.add_norm(objective.variance, 2.0 * objective.half_aversion * y)
        charge = objective.half_aversion * float(y @ y)
        lagrangian.add_constant(-charge, charge)
    return lagrangian


def add_constraints(
    lagrangian: Lagrangian, members: Members, multipliers: Sequence[Used], pieces: Iterable[Borne]
) -> Lagrangian:
    """Adds weight times excess of every constraint, norms and pieces through their dual vectors.

    The multipliers are of constraints among the members.
    """
    lagrangian.add_weights(members.weights(multipliers))
    for constraint, _, multiplier in multipliers:
        if constraint.rows.norm is not None and multiplier.components is not None:
            lagrangian.add_norm(constraint.rows.norm, multiplier.components)
    for piece, components in pieces:
        lagrangian.add_norm(piece.norm, components)
    return lagrangian
