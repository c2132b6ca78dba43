"""Multipliers of constraints, as they come from a solver: claims, valid whatever they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from counterpoise.model import FloatArray, ObjectiveTermKind, Side
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import Norm, Piece, Point, point_of


@dataclass(frozen=True, eq=False)
class Multiplier:
    """Weights of one side of a constraint: improvement of the minimised objective per unit.

    `weights` has one number per member. `components` is the dual vector of the constraint's norm,
    of dual norm at most the weight; None for constraints without a norm, and where it is not
    known: the direction of the norm at the answer then stands in.
    """

    weights: FloatArray
    components: FloatArray | None = None


Multipliers = Mapping[tuple[str, Side], Multiplier]
"""Multipliers by constraint name and side; a missing one is zero. Those of a piece are under its name,
upper side."""

Used = tuple[Constraint, Side, Multiplier]
"""One side of a constraint with multipliers that are dual feasible."""


def objective_key(kind: ObjectiveTermKind) -> tuple[str, Side]:
    """Key of the dual vector of the norm in a term of the objective."""
    return f"objective/{kind.name}", Side.UPPER


def projected(
    constraints: Iterable[Constraint],
    claimed: Multipliers,
    variables: FloatArray | Point,
    minimised_priority: int | None = None,
) -> Iterator[Used]:
    """The claimed multipliers of every bounded side, made dual feasible.

    Weights below zero or not finite become zero, those of a soft priority that is minimised at most
    what its violation weighs; components are brought into the dual ball: what comes out gives a valid
    bound, how good it is shows in the gap.
    """
    found = [
        (constraint, side, claim)
        for constraint in constraints
        for side in constraint.sides
        if (claim := claimed.get((constraint.name, side))) is not None
        and claim.weights.shape == (len(constraint.keys),)
    ]
    if not found:
        return
    point = point_of(variables)
    every = np.concatenate([claim.weights for _, _, claim in found])
    every = np.where(np.isfinite(every), np.maximum(every, 0.0), 0.0)
    end = 0
    for constraint, side, claim in found:
        start, end = end, end + len(constraint.keys)
        weights = every[start:end]
        if minimised_priority is not None and constraint.priority == minimised_priority:
            weights = np.minimum(weights, constraint.violation_weight)
        if not weights.any():
            continue
        components = None
        if constraint.rows.norm is not None:
            components = dual_vector(constraint.rows.norm, claim.components, float(weights[0]), point)
        yield constraint, side, Multiplier(weights, components)


Borne = tuple[Piece, FloatArray]
"""A piece with a dual vector that is feasible for all that it weighs."""


def borne_pieces(used: Iterable[Used], claimed: Multipliers, variables: FloatArray | Point) -> list[Borne]:
    """The pieces in constraints that have multipliers, each once, with the claimed dual vector.

    What a piece weighs is the sum over all rows that it stands in; its dual vector is brought into that
    many times its dual ball.
    """
    totals: dict[str, float] = {}
    pieces: dict[str, Piece] = {}
    for constraint, _, multiplier in used:
        own = constraint.rows.pieces
        if own is None:
            continue
        for piece, total in zip(own.pieces, own.totals(multiplier.weights), strict=True):
            pieces[piece.name] = piece
            totals[piece.name] = totals.get(piece.name, 0.0) + float(total)
    borne = []
    point = point_of(variables)
    for name, piece in pieces.items():
        if totals[name] > 0.0:
            claim = claimed.get((name, Side.UPPER))
            vector = None if claim is None else claim.components
            borne.append((piece, dual_vector(piece.norm, vector, totals[name], point)))
    return borne


VARIANCE = objective_key(ObjectiveTermKind.RISK)
"""Key of the point in the image of a variance where the objective's quadratic is replaced by a tangent."""


def tangent_at(variance: Norm, claimed: Multipliers, variables: FloatArray | Point) -> FloatArray:
    """The claimed point of the image of a variance, else its image at v."""
    image, claim = point_of(variables).image(variance), claimed.get(VARIANCE)
    components = None if claim is None else claim.components
    if components is None or components.shape != image.shape or not np.all(np.isfinite(components)):
        return image
    return components


def dual_vector(
    norm: Norm, claimed: FloatArray | None, radius: float, variables: FloatArray | Point
) -> FloatArray:
    """The claimed dual vector of a norm brought into its ball, else the norm's direction at v."""
    image = point_of(variables).image(norm)
    if claimed is None or claimed.shape != image.shape or not np.all(np.isfinite(claimed)):
        return radius * norm.direction(image)
    return norm.project(claimed, radius)
