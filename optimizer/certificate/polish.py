"""Multipliers brought closer to stationarity, where a wide box makes a small error dear.

The bound loses |slope| times width for every variable inside its box, so an engine's last digits
cost it the proof when a box is a million wide. Any multipliers give a valid bound: these solve, by
least squares weighted with the widths, for slopes of zero at the variables that are inside.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from counterpoise.model import FloatArray, Side
from optimizer.certificate.bound import add_constraints, objective_lagrangian
from optimizer.certificate.multipliers import OBJECTIVE, Multiplier, Multipliers, projected
from optimizer.measures.box import Box
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import Norm
from optimizer.measures.objective import ConvexObjective

_LARGEST_SYSTEM = 250_000
_INSIDE = 1e-9
_ROUNDS = 3


def polished(
    objective: ConvexObjective,
    constraints: Sequence[Constraint],
    box: Box,
    claimed: Multipliers,
    variables: FloatArray,
) -> Multipliers:
    """Multipliers near the claimed ones with smaller slopes; the claimed ones where that is too large."""
    for _ in range(_ROUNDS):
        system = _System(objective, constraints, box, claimed, variables)
        if system.size > _LARGEST_SYSTEM or system.size == 0:
            return claimed
        claimed = system.solve()
    return claimed


class _System:
    """The slopes at the point as a linear function of changes in weights and dual vectors."""

    def __init__(
        self,
        objective: ConvexObjective,
        constraints: Sequence[Constraint],
        box: Box,
        claimed: Multipliers,
        variables: FloatArray,
    ) -> None:
        self._used = list(projected(constraints, claimed, variables))
        lagrangian = objective_lagrangian(objective, claimed, variables)
        add_constraints(lagrangian, self._used)
        sign = np.sign(variables)
        margin = _INSIDE * np.maximum(1.0, np.abs(variables))
        inside = (variables > box.lower + margin) & (variables < box.upper - margin)
        self._inside = inside & ((np.abs(variables) > margin) | (lagrangian.absolute == 0.0))
        self._reach = np.maximum(np.abs(box.lower), np.abs(box.upper))[self._inside]
        self._slopes = (lagrangian.linear + lagrangian.absolute * sign)[self._inside]
        self._sign = sign
        goal = objective.rows.norm
        claim = claimed.get(OBJECTIVE)
        self._goal = goal if claim is not None and claim.components is not None else None
        self._goal_vector = claim.components if claim is not None else None
        self._claimed = claimed

    @property
    def size(self) -> int:
        """Entries of the system."""
        unknowns = sum(len(multiplier.weights) for _, _, multiplier in self._used)
        norms = [constraint.rows.norm for constraint, _, _ in self._used]
        unknowns += sum(len(norm.offset) for norm in [*norms, self._goal] if norm is not None)
        return int(self._inside.sum()) * unknowns

    def solve(self) -> Multipliers:
        """One least-squares step."""
        blocks = [self._of_weights(constraint, side) for constraint, side, _ in self._used]
        norms = [constraint.rows.norm for constraint, _, _ in self._used]
        blocks += [self._of_components(norm) for norm in [*norms, self._goal] if norm is not None]
        matrix = np.concatenate(blocks, axis=1) * self._reach[:, None]
        change = np.linalg.lstsq(matrix, -self._slopes * self._reach, rcond=1e-13)[0]
        ends = np.cumsum([block.shape[1] for block in blocks])
        steps = iter(np.split(change, ends[:-1]))
        moved = [multiplier.weights + next(steps) for _, _, multiplier in self._used]
        polished: dict[tuple[str, Side], Multiplier] = dict(self._claimed)
        for (constraint, side, multiplier), weights in zip(self._used, moved, strict=True):
            norm, components = constraint.rows.norm, multiplier.components
            if norm is None or components is None:
                polished[constraint.name, side] = Multiplier(weights)
                continue
            components = components + next(steps)
            # A dual vector may not be longer than its weight: the weight gives way.
            polished[constraint.name, side] = Multiplier(
                np.maximum(weights, norm.dual_length(components)), components
            )
        if self._goal is not None and self._goal_vector is not None:
            polished[OBJECTIVE] = Multiplier(np.zeros(0), self._goal_vector + next(steps))
        return polished

    def _of_weights(self, constraint: Constraint, side: Side) -> FloatArray:
        count = len(constraint.keys)
        slopes = np.zeros((len(self._sign), count))
        rows = constraint.rows
        np.add.at(slopes, (rows.linear.column, rows.linear.row), rows.linear.coefficient)
        if rows.absolute is not None:
            kinks = rows.absolute.coefficient * self._sign[rows.absolute.column]
            np.add.at(slopes, (rows.absolute.column, rows.absolute.row), kinks)
        return np.asarray(constraint.orientation(side) * slopes[self._inside])

    def _of_components(self, norm: Norm) -> FloatArray:
        return np.stack([norm.adjoint(unit)[self._inside] for unit in np.eye(len(norm.offset))], axis=1)
