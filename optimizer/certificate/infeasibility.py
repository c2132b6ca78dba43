"""Proof that no allocation exists: weights under which the bounds contradict each other."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.model import FloatArray, InfeasibilityProof, ProofWeight
from optimizer.certificate.bound import add_constraints, zero_lagrangian
from optimizer.certificate.multipliers import Multiplier, Multipliers, projected
from optimizer.certificate.residuals import VIOLATION_TOLERANCE
from optimizer.measures.box import Box
from optimizer.measures.constraint import Constraint


def prove_infeasible(
    constraints: Sequence[Constraint], box: Box, claimed: Multipliers, point: FloatArray
) -> InfeasibilityProof | None:
    """The proof that the claimed multipliers make, or None when they make none.

    With weights that sum to one, the least weighted violation over the box is the contradiction:
    every allocation violates some constraint by as much. It must exceed 1e-7 and its own rounding.
    """
    used = list(projected(constraints, claimed, point))
    total = sum(float(multiplier.weights.sum()) for _, _, multiplier in used)
    if total <= 0.0:
        return None
    # Weights too small to matter only lengthen the proof.
    unit = [
        (constraint, side, _scaled(multiplier, total))
        for constraint, side, multiplier in used
        if multiplier.weights.max() > 1e-12 * total
    ]
    lagrangian = add_constraints(zero_lagrangian(len(point)), unit)
    contradiction, rounding = lagrangian.minimum(box), lagrangian.rounding(box)
    if not contradiction > max(VIOLATION_TOLERANCE, rounding):
        return None
    weights = tuple(
        ProofWeight(
            key=key,
            side=side,
            weight=float(weight),
            components=() if multiplier.components is None else tuple(multiplier.components.tolist()),
        )
        for constraint, side, multiplier in unit
        for key, weight in zip(constraint.keys, multiplier.weights, strict=True)
        if weight > 0.0
    )
    return InfeasibilityProof(weights=weights, contradiction=contradiction, error_bound=rounding)


def _scaled(multiplier: Multiplier, total: float) -> Multiplier:
    components = multiplier.components
    return Multiplier(multiplier.weights / total, None if components is None else components / total)
