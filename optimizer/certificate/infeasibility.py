"""Proof that no allocation exists: weights under which the bounds contradict each other."""

from __future__ import annotations

from collections.abc import Sequence

from counterpoise.model import FloatArray, InfeasibilityProof, ProofWeight, Side
from optimizer.certificate.bound import Lagrangian, add_constraints, zero_lagrangian
from optimizer.certificate.multipliers import Multiplier, Multipliers, projected
from optimizer.certificate.residuals import VIOLATION_TOLERANCE
from optimizer.measures.box import Box
from optimizer.measures.constraint import Constraint

_Used = tuple[Constraint, Side, Multiplier]


def prove_infeasible(
    constraints: Sequence[Constraint], box: Box, claimed: Multipliers, point: FloatArray
) -> InfeasibilityProof | None:
    """The proof that the claimed multipliers make, or None when they make none.

    With weights that sum to one, the least weighted violation over the box is the contradiction:
    every allocation violates some constraint by as much. It must exceed 1e-7 and its own rounding.
    """
    used = list(projected(constraints, claimed, point))
    if not used:
        return None
    unit, lagrangian = _shortened(used, box)
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


def _shortened(used: Sequence[_Used], box: Box) -> tuple[Sequence[_Used], Lagrangian]:
    """The proof without the bounds that it is no worse without: an interior point weighs them all."""
    best = _normalised(used)
    lagrangian = add_constraints(zero_lagrangian(len(box.lower)), best)
    for candidate in sorted(used, key=lambda item: float(item[2].weights.sum())):
        names = {(item[0].name, item[1]) for item in best} - {(candidate[0].name, candidate[1])}
        shorter = _normalised([item for item in used if (item[0].name, item[1]) in names])
        if not shorter:
            break
        without = add_constraints(zero_lagrangian(len(box.lower)), shorter)
        if without.minimum(box) >= lagrangian.minimum(box):
            best, lagrangian = shorter, without
    return best, lagrangian


def _normalised(used: Sequence[_Used]) -> Sequence[_Used]:
    """Weights that sum to one."""
    total = sum(float(multiplier.weights.sum()) for _, _, multiplier in used)
    return [(constraint, side, _scaled(multiplier, total)) for constraint, side, multiplier in used]


def _scaled(multiplier: Multiplier, total: float) -> Multiplier:
    components = multiplier.components
    return Multiplier(multiplier.weights / total, None if components is None else components / total)
