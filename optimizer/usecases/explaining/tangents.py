"""Linear functions below norms, and the claims that weights along them make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from counterpoise.model import FloatArray, Side
from optimizer.certificate.multipliers import Multiplier, Multipliers, borne_pieces, dual_vector, projected
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import Norm, Piece, Point

_MOST = 500
"""Norms of more components than this have one tangent."""


class Tangents:
    """Dual vectors, in the dual ball of their norm: that of a claim, and the corners of the ball if wanted.

    Each is the slope of a linear function below the norm. A norm that the claim gives no weight has the
    tangent at the point in the claim's place.
    """

    def __init__(self, constraints: Sequence[Constraint], claimed: Multipliers, point: Point) -> None:
        used = list(projected(constraints, claimed, point))
        totals: dict[str, float] = {}
        for constraint, _, multiplier in used:
            for piece, total in _totals(constraint, multiplier.weights):
                totals[piece.name] = totals.get(piece.name, 0.0) + total
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

    def of_norm(self, constraint: Constraint, side: Side, *, corners: bool) -> list[FloatArray | None]:
        """Tangents of a constraint's own norm; None alone where it has none."""
        norm = constraint.rows.norm
        if norm is None:
            return [None]
        return [*self._tangents(norm, self._norms.get((constraint.name, side)), corners)]

    def of_piece(self, piece: Piece, *, corners: bool) -> list[FloatArray]:
        """Tangents of a piece."""
        return self._tangents(piece.norm, self._pieces.get(piece.name), corners)

    def _tangents(self, norm: Norm, claimed: FloatArray | None, corners: bool) -> list[FloatArray]:
        first = dual_vector(norm, claimed, 1.0, self._point)
        if not corners or len(first) > _MOST:
            return [first]
        units = np.eye(len(first))
        others = (norm.project(unit, 1.0) for unit in np.concatenate([units, -units]))
        return [first, *(other for other in others if other.any())]


def _totals(constraint: Constraint, weights: FloatArray) -> Iterable[tuple[Piece, float]]:
    """What each piece weighs in weighted rows."""
    pieces = constraint.rows.pieces
    return () if pieces is None else zip(pieces.pieces, pieces.totals(weights).tolist(), strict=True)


def claim_of(
    weighed: Iterable[tuple[Constraint, Side, FloatArray | None, FloatArray]],
    pieces: Mapping[str, FloatArray],
) -> dict[tuple[str, Side], Multiplier]:
    """A claim of weights along tangents, added up by side, and of the dual vectors of pieces."""
    found: dict[tuple[str, Side], Multiplier] = {
        (name, Side.UPPER): Multiplier(np.zeros(0), vector) for name, vector in pieces.items()
    }
    for constraint, side, tangent, weights in weighed:
        key, components = (constraint.name, side), None if tangent is None else weights[0] * tangent
        before = found.get(key)
        if before is None or before.components is None or components is None:
            found[key] = Multiplier(weights, components)
        else:
            found[key] = Multiplier(before.weights + weights, before.components + components)
    return found
