"""Proof that no allocation exists: weights under which the bounds contradict each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from counterpoise.model import FloatArray, InfeasibilityProof, ProofPiece, ProofWeight, Side
from optimizer.certificate.bound import add_constraints, zero_lagrangian
from optimizer.certificate.members import Members
from optimizer.certificate.multipliers import Multiplier, Multipliers, Used, borne_pieces, projected
from optimizer.certificate.residuals import VIOLATION_TOLERANCE
from optimizer.measures.box import Box
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import Point

_WIDE = 1_000.0
"""Derived bounds are this much wider in a proof, so that the caps behind them have to be named."""
_NEGLIGIBLE = (1e-1, 1e-2, 1e-3, 1e-4)
_TRIALS = 30


def prove_infeasible(
    constraints: Sequence[Constraint], box: Box, claimed: Multipliers, point: FloatArray
) -> InfeasibilityProof | None:
    """The proof that the claimed multipliers make, or None when they make none.

    With weights that sum to one, the least weighted violation over the box is the contradiction:
    every allocation violates some constraint by as much. It must exceed 1e-7 and its own rounding.
    """
    at, members = Point(point), Members(constraints)
    used = _netted(list(projected(constraints, claimed, at)))
    for wide in (box.widened(_WIDE), box):
        proof = _Proof(members, used, wide, claimed, at)
        if proof.holds:
            return _shortened(proof).publish()
    return None


def _netted(used: Sequence[Used]) -> list[Used]:
    """Weights of opposite sides against each other: what is left proves more."""
    weights = {(constraint.name, side): multiplier.weights for constraint, side, multiplier in used}
    netted = []
    for constraint, side, multiplier in used:
        opposite = weights.get((constraint.name, Side.LOWER if side is Side.UPPER else Side.UPPER))
        if opposite is None:
            netted.append((constraint, side, multiplier))
            continue
        left = np.maximum(multiplier.weights - opposite, 0.0)
        if np.any(left > 0.0):
            netted.append((constraint, side, Multiplier(left, multiplier.components)))
    return netted


class _Proof:
    """Weighted bounds over a box, weights scaled to sum to one."""

    def __init__(
        self, members: Members, used: Sequence[Used], box: Box, claimed: Multipliers, point: Point
    ) -> None:
        total = sum(float(multiplier.weights.sum()) for _, _, multiplier in used) or 1.0
        self.used = [(constraint, side, _scaled(multiplier, total)) for constraint, side, multiplier in used]
        self.box = box
        self._members = members
        self._claimed = {key: _scaled(multiplier, total) for key, multiplier in claimed.items()}
        self._point = point
        self.pieces = borne_pieces(self.used, self._claimed, point)
        lagrangian = add_constraints(zero_lagrangian(len(box.lower)), members, self.used, self.pieces)
        self.contradiction = lagrangian.minimum(box)
        self.rounding = lagrangian.rounding(box)

    @property
    def holds(self) -> bool:
        return self.contradiction - self.rounding > VIOLATION_TOLERANCE

    def without(self, dropped: set[int]) -> _Proof:
        kept = [item for index, item in enumerate(self.used) if index not in dropped]
        return _Proof(self._members, kept, self.box, self._claimed, self._point)

    def publish(self) -> InfeasibilityProof:
        weights = tuple(
            ProofWeight(
                key=key,
                side=side,
                weight=float(weight),
                components=() if multiplier.components is None else tuple(multiplier.components.tolist()),
            )
            for constraint, side, multiplier in self.used
            for key, weight in zip(constraint.keys, multiplier.weights, strict=True)
            if weight > 0.0
        )
        pieces = tuple(
            ProofPiece(
                margin_pool_id=piece.margin_pool_id,
                scenario_id=piece.scenario_id,
                horizon_trading_days=piece.horizon_trading_days,
                components=tuple(components.tolist()),
            )
            for piece, components in self.pieces
        )
        return InfeasibilityProof(
            weights=weights, contradiction=self.contradiction, error_bound=self.rounding, pieces=pieces
        )


def _shortened(proof: _Proof) -> _Proof:
    """The proof without the bounds that it can do without: an interior point weighs them all.

    First everything of little weight at once, then one after the other, lightest first, as long as
    the contradiction does not shrink.
    """
    weights = [float(multiplier.weights.max()) for _, _, multiplier in proof.used]
    for part in _NEGLIGIBLE:
        light = {index for index, weight in enumerate(weights) if weight < part * max(weights)}
        shorter = proof.without(light)
        if light and shorter.holds and shorter.contradiction >= 0.5 * proof.contradiction:
            proof = shorter
            break
    for _ in range(len(proof.used) - 1 if len(proof.used) <= _TRIALS else 0):
        weights = [float(multiplier.weights.sum()) for _, _, multiplier in proof.used]
        trials = (proof.without({index}) for index in np.argsort(weights))
        better = next((trial for trial in trials if trial.contradiction >= proof.contradiction), None)
        if better is None or not better.used:
            break
        proof = better
    return proof


def _scaled(multiplier: Multiplier, total: float) -> Multiplier:
    components = multiplier.components
    return Multiplier(multiplier.weights / total, None if components is None else components / total)
