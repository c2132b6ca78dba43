"""Multipliers brought closer to stationarity, where a wide box makes a small error dear.

The bound loses |slope| times width for every variable inside its box, so an engine's last digits
cost it the proof when a box is a million wide. Any multipliers give a valid bound: these solve, by
least squares weighted with the widths, for slopes of zero at the variables that are inside.
"""

from __future__ import annotations

import numpy as np

from counterpoise.model import FloatArray, Side
from optimizer.certificate.case import Case
from optimizer.certificate.multipliers import (
    VARIANCE,
    Multiplier,
    Multipliers,
    borne_pieces,
    objective_key,
    tangent_at,
)
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import Norm, Point

_LARGEST_SYSTEM = 1_000_000
_INSIDE = 1e-9
_ROUNDS = 3


def polished(case: Case, claimed: Multipliers, variables: FloatArray) -> Multipliers:
    """Multipliers near the claimed ones with smaller slopes; the claimed ones where that is too large."""
    for _ in range(_ROUNDS):
        system = _System(case, claimed, variables)
        if system.size > _LARGEST_SYSTEM or system.size == 0:
            return claimed
        claimed = system.solve()
    return claimed


class _System:
    """The slopes at the point as a linear function of changes in weights and dual vectors."""

    def __init__(self, case: Case, claimed: Multipliers, variables: FloatArray) -> None:
        point = Point(variables)
        lagrangian, self._used = case.lagrangian(claimed, point)
        margin = _INSIDE * np.maximum(1.0, np.abs(variables))
        trade = variables - lagrangian.current
        inside = (variables > case.box.lower + margin) & (variables < case.box.upper - margin)
        inside &= (np.abs(variables) > margin) | (lagrangian.absolute == 0.0)
        self._inside = inside & ((np.abs(trade) > margin) | (lagrangian.traded == 0.0))
        self._reach = np.maximum(np.abs(case.box.lower), np.abs(case.box.upper))[self._inside]
        self._slopes = lagrangian.slope(variables, np.zeros(len(variables)))[self._inside]
        self._variables = variables
        self._goals = []
        for part in case.objective.parts if case.stage.minimised is None else ():
            claim = claimed.get(objective_key(part.kind))
            norm, components = part.rows.norm, None if claim is None else claim.components
            # What a solver claims may be anything: of another length, too.
            if norm is not None and components is not None and components.shape == norm.offset.shape:
                self._goals.append((objective_key(part.kind), norm, components))
        self._pieces = borne_pieces(self._used, claimed, point)
        self._claimed = claimed
        objective = case.objective if case.stage.minimised is None else None
        self._variance = None if objective is None else objective.variance
        self._aversion = 0.0 if objective is None else 2.0 * objective.half_aversion
        self._tangent = np.zeros(0)
        if self._variance is not None:
            self._tangent = tangent_at(self._variance, claimed, point)

    @property
    def size(self) -> int:
        """Entries of the system, or of what it is made from where that is more."""
        unknowns = sum(len(multiplier.weights) for _, _, multiplier in self._used)
        norms = [constraint.rows.norm for constraint, _, _ in self._used]
        unknowns += sum(len(norm.offset) for norm in norms if norm is not None)
        unknowns += sum(len(components) for _, _, components in self._goals) + len(self._tangent)
        unknowns += sum(len(components) for _, components in self._pieces)
        return max(int(self._inside.sum()), unknowns) * unknowns

    def solve(self) -> Multipliers:
        """One least-squares step."""
        blocks = [self._of_weights(constraint, side) for constraint, side, _ in self._used]
        norms = [constraint.rows.norm for constraint, _, _ in self._used]
        blocks += [self._of_components(norm) for norm in norms if norm is not None]
        blocks += [self._of_components(norm) for _, norm, _ in self._goals]
        blocks += [self._of_components(piece.norm) for piece, _ in self._pieces]
        if self._variance is not None:
            blocks.append(self._aversion * self._of_components(self._variance))
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
        for key, _, components in self._goals:
            polished[key] = Multiplier(np.zeros(0), components + next(steps))
        for piece, components in self._pieces:
            polished[piece.name, Side.UPPER] = Multiplier(np.zeros(0), components + next(steps))
        if self._variance is not None:
            polished[VARIANCE] = Multiplier(np.zeros(0), self._tangent + next(steps))
        return polished

    def _of_weights(self, constraint: Constraint, side: Side) -> FloatArray:
        count, rows = len(constraint.keys), constraint.rows
        slopes = np.zeros((len(self._variables), count))
        np.add.at(slopes, (rows.linear.column, rows.linear.row), rows.linear.coefficient)
        if constraint.over is not None:
            over = constraint.over.linear
            np.subtract.at(slopes, (over.column, over.row), constraint.bound(side) * over.coefficient)
        if rows.absolute is not None:
            kinks = rows.absolute.coefficient * np.sign(self._variables)[rows.absolute.column]
            np.add.at(slopes, (rows.absolute.column, rows.absolute.row), kinks)
        if rows.trades is not None:
            traded = rows.trades.absolute
            away = np.sign(self._variables - rows.trades.current)[traded.column]
            np.add.at(slopes, (traded.column, traded.row), traded.coefficient * away)
        return np.asarray(constraint.orientation(side) * slopes[self._inside])

    def _of_components(self, norm: Norm) -> FloatArray:
        return np.stack([norm.adjoint(unit)[self._inside] for unit in np.eye(len(norm.offset))], axis=1)
