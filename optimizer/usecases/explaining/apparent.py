"""Contradictions that show before any solve: one constraint that no point of the box can meet."""

from __future__ import annotations

import numpy as np

from counterpoise.model import FloatArray, InfeasibilityProof
from optimizer.certificate import Case
from optimizer.certificate.infeasibility import prove_infeasible
from optimizer.certificate.multipliers import Multiplier
from optimizer.certificate.residuals import VIOLATION_TOLERANCE
from optimizer.measures.box import Box
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import SparseRows, weighted_count


def apparent_contradiction(case: Case) -> InfeasibilityProof | None:
    """The proof from one member of one constraint that the box alone contradicts; None without one.

    Minima above what the capital budget leaves, maxima below it, a reserve above what the caps let in.
    Norms, pieces and trades count as zero here, below which they never are.
    """
    middle = 0.5 * (case.box.lower + case.box.upper)
    for constraint in case.hard:
        if constraint.over is not None or constraint.rows.logarithm is not None:
            continue
        for side in constraint.sides:
            orientation = constraint.orientation(side)
            least = orientation * (constraint.rows.constant - constraint.sign * constraint.bound(side))
            least = least + _least(constraint.rows.linear, case.box, orientation)
            least = least + _least_absolute(constraint, case.box)
            if not least.size or least.max() <= VIOLATION_TOLERANCE:
                continue
            weights = np.zeros(len(least))
            weights[int(np.argmax(least))] = 1.0
            claimed = {(constraint.name, side): Multiplier(weights)}
            proof = prove_infeasible([constraint], case.box, claimed, middle)
            if proof is not None:
                return proof
    return None


def _least(rows: SparseRows, box: Box, orientation: float) -> FloatArray:
    """The least of each row, times the orientation, over the box."""
    coefficient = orientation * rows.coefficient
    ends = np.minimum(coefficient * box.lower[rows.column], coefficient * box.upper[rows.column])
    return weighted_count(rows.row, ends, rows.row_count)


def _least_absolute(constraint: Constraint, box: Box) -> FloatArray:
    """The least of the absolute values in each row over the box."""
    rows = constraint.rows.absolute
    if rows is None:
        return np.zeros(len(constraint.keys))
    away = np.maximum(np.maximum(box.lower, -box.upper), 0.0)
    return rows.times(away)
