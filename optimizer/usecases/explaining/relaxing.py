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
from optimizer.usecases.explaining.bounds import Bound, LooseProblem

COST_GAP = 1e-6
"""Largest distance of a cost from its lower bound, over the larger of 1 and the cost."""
_MISSED = 1e-7
"""Violations up to here are within what every answer may miss, over the unit's weight."""
_NO_WEIGHT = 1e-9
_CUTS = 200


@dataclass(frozen=True, eq=False)
class CheapestMoves:
    """How far bounds move, where any; why not, where `moves` is None."""

    moves: Mapping[Bound, float] | None
    attempts: tuple[SolveAttempt, ...]
    cost_bound: float = 0.0
    """No relaxation costs less."""
    impossible: bool = False
    """Whether what must not move contradicts itself, proven."""


def cheapest_moves(loose: LooseProblem, engines: Engines) -> CheapestMoves:
    """Moves whose cost is proven to be the least, but for the gap. Raises OutOfTime."""
    movable = [bound for bound in loose.bounds if bound.weight is not None]
    costs = np.array([bound.weight for bound in movable], dtype=float)
    cuts, levels = np.zeros((0, len(movable))), np.zeros(0)
    trial, best, best_cost = np.zeros(len(movable)), np.zeros(len(movable)), np.inf
    attempts: tuple[SolveAttempt, ...] = ()
    for _ in range(_CUTS):
        moves = {bound: float(move) for bound, move in zip(movable, trial, strict=True)}
        solved = LeastViolation(loose.with_bounds(loose.bounds, moves, soft=True), engines, attempts)
        attempts, certificate = solved.ended.attempts, solved.ended.judgement.certificate
        prices, variables = solved.ended.judgement.prices, solved.ended.variables
        if certificate is not None and certificate.infeasibility is not None:
            return CheapestMoves(None, attempts, impossible=True)
        if certificate is None or certificate.optimality is None or prices is None or variables is None:
            return CheapestMoves(None, attempts)
        constraints = {constraint.name: constraint for constraint in solved.case.constraints}
        found = trial + np.array([_missing(constraints, bound, variables) for bound in movable])
        if float(costs @ found) < best_cost:
            best, best_cost = found, float(costs @ found)
        cut = np.array([_slope(constraints, bound, prices.by_side, solved.case.box) for bound in movable])
        cuts = np.vstack([cuts, cut])
        levels = np.append(levels, certificate.optimality.objective_bound + cut @ trial)
        least = _least(costs, cuts, levels)
        if least is None:
            return CheapestMoves(None, attempts, impossible=True)
        trial, bound_cost = least
        proven = best_cost - bound_cost <= COST_GAP * max(1.0, best_cost)
        further += proven
        if proven and (further > _FURTHER or np.array_equal(best, found) and not np.any(found > trial_before)):
            return _chosen(movable, best, attempts)
    return _chosen(movable, best, attempts) if further else CheapestMoves(None, attempts)


def worst_member(loose: LooseProblem, bound: Bound, constraints: Sequence[Constraint], v: FloatArray) -> LimitKey:
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
    ends = np.maximum(linear.coefficient * box.lower[linear.column], linear.coefficient * box.upper[linear.column])
    return np.asarray(rows.constant + np.bincount(linear.row, ends, minlength=linear.row_count))
