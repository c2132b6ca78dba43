"""The cheapest relaxation: bounds moved for the least weighted sum, by cutting planes.

Moves t >= 0 of bounds have an allocation exactly if the least violation V(t) is zero. The multipliers
L of V at t' prove V(t') - L'(t - t') <= V(t), so that every sufficient t obeys L'(t - t') >= V(t'): a cut.
The least cost under all cuts so far is a lower bound; the point behind V(t') tells moves that suffice.
Members of a limit share its bound: what they weigh adds up, and the worst of them says how far it moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from counterpoise.model import FloatArray, LimitKey, Side, SolveAttempt
from optimizer.measures.box import Box
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import ConvexRows
from optimizer.usecases.explaining.attempts import Engines, LeastViolation
from optimizer.usecases.explaining.bounds import CEILING, Bound, LooseProblem
from optimizer.usecases.ladder import OutOfTime

COST_GAP = 1e-6
"""Largest distance of a cost from its lower bound, over the larger of 1 and the cost."""
_MISSED = 1e-7
"""Violations up to here are within what every answer may miss, over the unit's weight."""
_NO_WEIGHT = 1e-9
_LEANT = 1e-6
"""Multipliers of the ceiling below this are an engine's noise."""
_CUTS = 200
_FURTHER = 8
"""Trials after the cost is proven, for fewer moves of the same cost."""


@dataclass(frozen=True, eq=False)
class CheapestMoves:
    """How far bounds move, where any; why not, where `moves` is None."""

    moves: Mapping[Bound, float] | None
    attempts: tuple[SolveAttempt, ...]
    impossible: bool = False
    """Whether what must not move contradicts itself, proven."""
    leans: bool = False
    """Whether the proof leans on the ceiling of leverage: above it there may be cheaper ones."""


def cheapest_moves(loose: LooseProblem, engines: Engines) -> CheapestMoves:
    """Moves whose cost is proven to be the least, but for the gap. Raises OutOfTime.

    Where several cost the same, those at a corner of the cuts are tried for a while: they move fewest.
    """
    search = _Search([bound for bound in loose.bounds if bound.weight is not None])
    further = 0
    for _ in range(_CUTS):
        try:
            outcome = search.step(loose, engines)
        except OutOfTime:
            if not search.proven:
                raise
            break
        if not outcome.cut:
            best = search.best if search.proven else None
            return CheapestMoves(best, search.attempts, outcome.impossible, search.leans)
        further += search.proven
        if search.proven and (outcome.sufficient or further > _FURTHER):
            break
    return CheapestMoves(search.best if search.proven else None, search.attempts, leans=search.leans)


@dataclass(frozen=True)
class _Step:
    """What became of one trial."""

    cut: bool
    """Whether it was certified, so that the search can go on."""
    impossible: bool = False
    sufficient: bool = False
    """Whether the trial's own moves were enough."""


class _Search:
    """Cuts so far, the next trial under them, and the cheapest moves known to suffice."""

    def __init__(self, movable: Sequence[Bound]) -> None:
        self.attempts: tuple[SolveAttempt, ...] = ()
        self._movable = movable
        self._costs = np.array([bound.weight for bound in movable], dtype=float)
        self._cuts, self._levels = np.zeros((0, len(movable))), np.zeros(0)
        self._trial = np.zeros(len(movable))
        self._least_cost = 0.0
        self._best: FloatArray | None = None
        self._best_cost = np.inf
        self.leans = False

    @property
    def proven(self) -> bool:
        """Whether nothing is cheaper than the best by more than the gap."""
        return self._best_cost - self._least_cost <= COST_GAP * max(1.0, self._least_cost)

    @property
    def best(self) -> dict[Bound, float]:
        """The cheapest moves that suffice, of those that move something."""
        moves = np.zeros(len(self._movable)) if self._best is None else self._best
        return {bound: float(move) for bound, move in zip(self._movable, moves, strict=True) if move > 0.0}

    def step(self, loose: LooseProblem, engines: Engines) -> _Step:
        """Solves at the trial and adds its cut. Raises OutOfTime."""
        moves = dict(zip(self._movable, self._trial.tolist(), strict=True))
        solved = LeastViolation(loose.with_bounds(loose.bounds, moves, soft=True), engines, self.attempts)
        self.attempts = solved.ended.attempts
        certificate, prices = solved.ended.judgement.certificate, solved.ended.judgement.prices
        variables = solved.ended.variables
        if certificate is None or certificate.optimality is None or prices is None or variables is None:
            proof = None if certificate is None else certificate.infeasibility
            self.leans |= proof is not None and any(item.key.limit_id == CEILING for item in proof.weights)
            return _Step(cut=False, impossible=proof is not None)
        leant = prices.by_side.get((f"limit/{CEILING}", Side.UPPER))
        self.leans |= leant is not None and bool(leant.max(initial=0.0) > _LEANT)
        constraints = {constraint.name: constraint for constraint in solved.case.constraints}
        missing = np.array([_missing(constraints, bound, variables) for bound in self._movable])
        self._keep(self._trial + missing)
        cut = np.array(
            [_slope(constraints, bound, prices.by_side, solved.case.box) for bound in self._movable]
        )
        self._cuts = np.vstack([self._cuts, cut])
        level = certificate.optimality.objective_bound + cut @ self._trial
        self._levels = np.append(self._levels, level)
        least = _least(self._costs, self._cuts, self._levels)
        if least is None:
            return _Step(cut=False)
        self._trial, self._least_cost = least
        return _Step(cut=True, sufficient=not missing.any())

    def _keep(self, moves: FloatArray) -> None:
        """Takes moves that are cheaper, or no dearer than the gap and fewer."""
        cost = float(self._costs @ moves)
        gap = 0.5 * COST_GAP * max(1.0, cost)
        fewer = self._best is not None and np.count_nonzero(moves) < np.count_nonzero(self._best)
        if cost < self._best_cost - gap or (fewer and cost <= self._best_cost + gap):
            self._best, self._best_cost = moves, cost


def worst_member(bound: Bound, constraints: Sequence[Constraint], v: FloatArray) -> LimitKey:
    """The member of a bound's limit that comes closest to it, at a point."""
    if bound.key.structural_rule is not None:
        return bound.key
    constraint = next(item for item in constraints if item.name == f"limit/{bound.limit_id}")
    excess = np.max([constraint.excess(side, v) for side in _sides(constraint, bound)], axis=0)
    return constraint.keys[int(np.argmax(excess))]


def _least(costs: FloatArray, cuts: FloatArray, levels: FloatArray) -> tuple[FloatArray, float] | None:
    """The cheapest moves that obey every cut, and their cost; None where there are none."""
    sizes = np.maximum(np.abs(cuts).max(axis=1, initial=0.0), _NO_WEIGHT)
    solved = linprog(costs, A_ub=-cuts / sizes[:, None], b_ub=-levels / sizes, method="highs")
    if solved.x is None:
        return None
    return np.maximum(solved.x, 0.0), float(solved.fun)


def _sides(constraint: Constraint, bound: Bound) -> tuple[Side, ...]:
    """The sides that a bound is on: a neutrality limit has one bound for both."""
    return constraint.sides if bound.mirrored else (bound.side,)


def _missing(constraints: Mapping[str, Constraint], bound: Bound, variables: FloatArray) -> float:
    """How much further a bound has to move for a point."""
    constraint = constraints[f"limit/{bound.limit_id}"]
    worst = 0.0
    for side in _sides(constraint, bound):
        excess = constraint.excess(side, variables)
        if constraint.over is not None:
            excess = excess / np.maximum(constraint.over.values(variables), _NO_WEIGHT)
        worst = max(worst, float(excess.max(initial=0.0)))
    return worst if worst * bound.unit.weight > _MISSED else 0.0


def _slope(
    constraints: Mapping[str, Constraint],
    bound: Bound,
    weights: Mapping[tuple[str, Side], FloatArray],
    box: Box,
) -> float:
    """By how much at most the least violation falls per unit of a bound's move."""
    constraint, slope = constraints[f"limit/{bound.limit_id}"], 0.0
    for side in _sides(constraint, bound):
        weight = weights.get((constraint.name, side))
        if weight is not None:
            # The bound of a ratio weighs what the ratio is over, at most its largest value in the box.
            most = 1.0 if constraint.over is None else _largest(constraint.over, box)
            slope += float(np.sum(weight * most))
    return slope


def _largest(rows: ConvexRows, box: Box) -> FloatArray:
    """The largest values of affine rows over a box."""
    linear = rows.linear
    ends = np.maximum(
        linear.coefficient * box.lower[linear.column], linear.coefficient * box.upper[linear.column]
    )
    return np.asarray(rows.constant + np.bincount(linear.row, ends, minlength=linear.row_count))
