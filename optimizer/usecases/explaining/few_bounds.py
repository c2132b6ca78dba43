"""Proofs that lean on few bounds: corners of all proofs along some tangents.

An interior point spreads its weights over every bound that has to do with a contradiction. With norms
replaced by linear functions below them, such as those that its proof uses, all proofs are a polyhedron,
and a corner weighs the fewest rows: without one of them the others, made linear, agree (Gleeson and Ryan
1990, "Identifying minimally infeasible subsystems of inequalities").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from counterpoise.model import FloatArray
from optimizer.certificate import Case
from optimizer.certificate.multipliers import Multipliers
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import Point
from optimizer.usecases.explaining.corners import corner, rows_along, shared_along, stacked
from optimizer.usecases.explaining.tangents import Tangents, claim_of

_OF_FACT = 1e-3
"""What the weight of a fact costs, where that of a bound costs 1."""


def with_few_bounds(case: Case, claimed: Multipliers, ignored: str) -> Multipliers | None:
    """Multipliers of hard constraints that weigh few of them; None where no tangents prove anything.

    The tangents are those of `claimed`, and where they are not enough the corners of dual balls, too: a
    claim that is off by a little is mended by a little of them. The constraint named `ignored` gets no
    weight, and no derived bound does. What comes back is a claim like any other, to be certified.
    """
    point = Point(0.5 * (case.box.lower + case.box.upper))
    hard = [item for item in case.hard if item.name != ignored and item.rows.logarithm is None]
    tangents = Tangents(hard, claimed, point)
    norms = any(item.rows.norm is not None or item.rows.pieces is not None for item in hard)
    found = _along(case, hard, tangents, corners=False)
    return found if found is not None or not norms else _along(case, hard, tangents, corners=True)


def _along(
    case: Case, hard: Sequence[Constraint], tangents: Tangents, *, corners: bool
) -> Multipliers | None:
    width = len(case.box.lower)
    sides = [
        (constraint, side, tangent)
        for constraint in hard
        for side in constraint.sides
        for tangent in tangents.of_norm(constraint, side, corners=corners)
    ]
    if not sides:
        return None
    pieces = {
        piece.name: piece
        for constraint in hard
        if constraint.rows.pieces is not None
        for piece in constraint.rows.pieces.pieces
    }
    along = {name: tangents.of_piece(piece, corners=corners) for name, piece in pieces.items()}
    shared = shared_along([(pieces[name].norm, own) for name, own in along.items()], width)
    rows = stacked(
        [
            rows_along(side, _cost(side[0]), {name: at for at, name in enumerate(pieces)}, width)
            for side in sides
        ]
    )
    found = corner(rows, shared, case.box, _current(hard, width))
    if found is None:
        return None
    of_rows, of_shared = found
    own_rows = np.split(of_rows, np.cumsum([len(constraint.keys) for constraint, _, _ in sides])[:-1])
    own_shared = np.split(of_shared, np.cumsum([len(own) for own in along.values()])[:-1])
    vectors = {
        name: weights @ np.array(own)
        for (name, own), weights in zip(along.items(), own_shared, strict=False)
        if weights.any()
    }
    weighed = (
        (constraint, side, tangent, weights)
        for (constraint, side, tangent), weights in zip(sides, own_rows, strict=True)
        if weights.any()
    )
    return claim_of(weighed, vectors)


def _cost(constraint: Constraint) -> float:
    return 1.0 if constraint.name.startswith("limit/") else _OF_FACT


def _current(constraints: Sequence[Constraint], width: int) -> FloatArray:
    """Holdings that trades start from; zeros where nothing counts trades."""
    trades = (constraint.rows.trades for constraint in constraints)
    return next((own.current for own in trades if own is not None), np.zeros(width))
