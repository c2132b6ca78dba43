"""Linear functions below norms: the dual vectors of a claim, each of a weight of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import scipy.sparse as sp

from counterpoise.model import FloatArray, Side
from optimizer.certificate.multipliers import Multiplier, Multipliers, borne_pieces, dual_vector, projected
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import Point


class Tangents:
    """What replaces the norms of constraints and the pieces that they share.

    A norm that the claim gives no weight has the tangent at the point.
    """

    def __init__(self, constraints: Iterable[Constraint], claimed: Multipliers, point: Point) -> None:
        used = list(projected(constraints, claimed, point))
        totals = _totals((constraint, multiplier.weights) for constraint, _, multiplier in used)
        self._point = point
        self._norms = {
            (constraint.name, side): multiplier.components / multiplier.weights[0]
            for constraint, side, multiplier in used
            if multiplier.components is not None
        }
        self._pieces = {
            piece.name: components / totals[piece.name]
            for piece, components in borne_pieces(used, claimed, point)
        }

    def of(self, constraint: Constraint, side: Side) -> tuple[sp.csr_array, FloatArray]:
        """Slopes over all variables and constants of the linear functions, by row, shapes (m, n) and (m,)."""
        count, width = len(constraint.keys), len(self._point.variables)
        slope, constant = sp.csr_array((count, width)), np.zeros(count)
        norm, pieces = constraint.rows.norm, constraint.rows.pieces
        if norm is not None:
            key = constraint.name, side
            if key not in self._norms:
                self._norms[key] = dual_vector(norm, None, 1.0, self._point)
            slope = slope + sp.csr_array(norm.adjoint(self._norms[key])[None, :])
            constant = constant - float(self._norms[key] @ norm.offset)
        if pieces is not None:
            slopes = []
            for piece in pieces.pieces:
                if piece.name not in self._pieces:
                    self._pieces[piece.name] = dual_vector(piece.norm, None, 1.0, self._point)
                slopes.append(piece.norm.adjoint(self._pieces[piece.name]))
            offsets = [float(self._pieces[piece.name] @ piece.norm.offset) for piece in pieces.pieces]
            weights = pieces.weights
            matrix = sp.csr_array(
                (weights.coefficient, (weights.row, weights.column)), shape=(count, len(slopes))
            )
            slope = slope + matrix @ sp.csr_array(np.array(slopes))
            constant = constant - matrix @ np.array(offsets)
        return slope, constant

    def claim(
        self, weighed: Iterable[tuple[Constraint, Side, FloatArray]]
    ) -> dict[tuple[str, Side], Multiplier]:
        """These weights along the tangents, as a claim."""
        weighed = list(weighed)
        found: dict[tuple[str, Side], Multiplier] = {}
        for constraint, side, weights in weighed:
            key = constraint.name, side
            components = None if constraint.rows.norm is None else float(weights[0]) * self._norms[key]
            found[key] = Multiplier(weights, components)
        for name, total in _totals((constraint, weights) for constraint, _, weights in weighed).items():
            found[name, Side.UPPER] = Multiplier(np.zeros(0), total * self._pieces[name])
        return found


def _totals(weighed: Iterable[tuple[Constraint, FloatArray]]) -> dict[str, float]:
    """What each piece weighs, above zero, by its name."""
    totals: dict[str, float] = {}
    for name, total in _each_total(weighed):
        totals[name] = totals.get(name, 0.0) + total
    return totals


def _each_total(weighed: Iterable[tuple[Constraint, FloatArray]]) -> Iterator[tuple[str, float]]:
    for constraint, weights in weighed:
        pieces = constraint.rows.pieces
        if pieces is not None:
            for piece, total in zip(pieces.pieces, pieces.totals(weights).tolist(), strict=True):
                if total > 0.0:
                    yield piece.name, total
