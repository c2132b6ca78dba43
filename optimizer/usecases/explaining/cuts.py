"""What each trial proved of all moves: cuts, and the least cost that obeys them.

Moves t >= 0 of bounds have an allocation exactly if the least violation V(t) is zero. The multipliers w of
V at a trial t' prove V(t) >= V(t') - w'(t - t'), so that every sufficient t obeys w'(t - t') >= V(t'). The
bound of a ratio multiplies what the ratio is over, and o(v) is not known before v is: for it V(t) is at
least V(t') less w (t - t') o, with the largest o above t' and the least below. That is concave in t; its
chord up to the farthest move that can still pay lies below, and the cut takes that instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from counterpoise.model import FloatArray, Side, StructuralRule
from optimizer.measures.box import Box
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import ConvexRows
from optimizer.usecases.explaining.bounds import Bound

_NO_WEIGHT = 1e-9


@dataclass(frozen=True, eq=False)
class Ratio:
    """Multipliers of the members of a ratio, and what they are over at the trial's point."""

    weights: FloatArray
    over: ConvexRows
    here: float
    """Their sum over the members, each times its own."""


@dataclass(frozen=True, eq=False)
class Trial:
    """Moves that were tried, and the point that violates least with them."""

    moves: FloatArray
    least_violation: float
    """Certified from below."""
    variables: FloatArray


@dataclass(frozen=True, eq=False)
class Cut:
    """What one trial proved."""

    trial: FloatArray
    level: float
    """The least violation there, from below."""
    slopes: FloatArray
    """Multipliers of bounds that are no ratios; zero for the others."""
    ratios: Mapping[int, Ratio]
    """By place among the movable bounds."""


def cut_of(
    movable: Sequence[Bound],
    constraints: Mapping[str, Constraint],
    weights: Mapping[tuple[str, Side], FloatArray],
    trial: Trial,
) -> Cut:
    """The cut of a trial, from the certified multipliers by constraint name and side."""
    slopes, ratios = np.zeros(len(movable)), {}
    for place, bound in enumerate(movable):
        constraint = constraints[f"limit/{bound.limit_id}"]
        for side in sides_of(constraint, bound):
            weight = weights.get((constraint.name, side))
            if weight is None:
                continue
            if constraint.over is None:
                slopes[place] += float(np.sum(weight))
            else:
                here = float(weight @ constraint.over.values(trial.variables))
                ratios[place] = Ratio(weight, constraint.over, here)
    return Cut(trial.moves, trial.least_violation, slopes, ratios)


def least_cost(
    costs: FloatArray, cuts: Sequence[Cut], most: FloatArray, box: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, float] | None:
    """The cheapest moves up to `most` that obey every cut, and their cost; None where there are none.

    No sufficient moves cost less: ratios are over whatever they can be over inside the box.
    """
    rows, levels = [], []
    for cut in cuts:
        row, level = cut.slopes.copy(), cut.level + float(cut.slopes @ cut.trial)
        for place, ratio in cut.ratios.items():
            low, high = _ends(ratio, box)
            trial, far = cut.trial[place], max(most[place], cut.trial[place])
            # V falls by -low * trial towards no move, by high * (far - trial) towards the farthest.
            between = np.isfinite(far) and far > 0.0
            row[place] = (high * (far - trial) + low * trial) / far if between else high
            level += low * trial
        rows.append(row)
        levels.append(level)
    return _least(costs, np.array(rows), np.array(levels), most)


def likely_cost(costs: FloatArray, cuts: Sequence[Cut]) -> tuple[FloatArray, float] | None:
    """The same with ratios over what they were at each trial's point: near the truth, and no proof."""
    rows = np.array([cut.slopes for cut in cuts])
    for row, cut in zip(rows, cuts, strict=True):
        for place, ratio in cut.ratios.items():
            row[place] = ratio.here
    levels = np.array([cut.level for cut in cuts]) + np.einsum("ij,ij->i", rows, [cut.trial for cut in cuts])
    return _least(costs, rows, levels, np.full(len(costs), np.inf))


def reach(
    box: Box, line_ids: Sequence[str], bounds: Sequence[Bound], most: Mapping[Bound, float]
) -> tuple[FloatArray, FloatArray]:
    """Where lines can be while boxes move at most so far, shape (n + E,) each."""
    lower, upper = box.lower.copy(), box.upper.copy()
    place = {line_id: index for index, line_id in enumerate(line_ids)}
    for bound in bounds:
        if bound.key.structural_rule is not StructuralRule.LINE_BOX or bound.key.line_id is None:
            continue
        line, end = place[bound.key.line_id], bound.value + bound.direction * most.get(bound, 0.0)
        if bound.side is Side.UPPER:
            upper[line] = min(upper[line], end)
        else:
            lower[line] = max(lower[line], end)
    return lower, upper


def sides_of(constraint: Constraint, bound: Bound) -> tuple[Side, ...]:
    """The sides that a bound is on: a neutrality limit has one bound for both."""
    return constraint.sides if bound.mirrored else (bound.side,)


def _ends(ratio: Ratio, box: tuple[FloatArray, FloatArray]) -> tuple[float, float]:
    """The least and the largest that members can be over, weighted and added."""
    linear = ratio.over.linear
    coefficients = linear.transposed_times(ratio.weights, len(box[0]))
    constant = float(ratio.weights @ ratio.over.constant)
    ends = coefficients * box[0], coefficients * box[1]
    return constant + float(np.minimum(*ends).sum()), constant + float(np.maximum(*ends).sum())


def _least(
    costs: FloatArray, rows: FloatArray, levels: FloatArray, most: FloatArray
) -> tuple[FloatArray, float] | None:
    sizes = np.maximum(np.abs(rows).max(axis=1, initial=0.0), _NO_WEIGHT)
    ends = [(0.0, end if np.isfinite(end) else None) for end in most]
    solved = linprog(costs, A_ub=-rows / sizes[:, None], b_ub=-levels / sizes, bounds=ends, method="highs")
    if solved.x is None:
        return None
    return np.maximum(solved.x, 0.0), float(solved.fun)
