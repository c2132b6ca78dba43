"""Which inputs are worth answering again for: by tangents, and by what begins to matter within a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from counterpoise.model import AlphaInput, BoundInput, FloatArray, PremiumInput, Side
from optimizer.measures.box import Box
from optimizer.measures.constraint import Constraint, Prices
from optimizer.usecases.ladder import Climb
from optimizer.usecases.question import Question
from optimizer.usecases.sensitivity.derivatives import slopes_of
from optimizer.usecases.sensitivity.inputs import Input, inputs_of

FLAT = 1e-6
"""Inputs that move the objective by less per unit, those of bounds weighed, do not move it: that much is
left of multipliers of bounds that do not bind, and of positions that are none."""
_AT = 1e-6
"""A position this close to a bound of its line is at it."""
_MET = 1e-9
"""A priority that is proven to be missed by less is met."""
_UNPAID = 1e-6
"""Objective per weighted unit of violation that counts as none."""


@dataclass(frozen=True)
class Candidate:
    """An input, how far it is moved, and what the multipliers say it is worth."""

    item: Input
    length: float
    derivative: float
    """Improvement of the objective per unit that the input rises; 0 where multipliers leave only rounding."""
    kinked: bool
    """Whether soft limits that are met at a price may be missed once it moves: the derivative is then one of
    no move at all unless answers beside it show that they are not."""

    @property
    def tangent(self) -> float:
        """What a step is worth by the derivative, >= 0."""
        return abs(self.derivative) * self.length


def candidates_of(question: Question, ended: Climb, step: float, count: int) -> tuple[Candidate, ...]:
    """The `count` inputs of the steepest tangents, the steepest first, half as many by what those hide.

    Those begin to matter, or to matter more, within a step: a line that is at its bound comes in once its
    input makes up for its reduced cost, a bound that does not bind does once it has moved by its slack.
    Inputs without a tangent come first, then the sooner the earlier. Equal ones come in the problem's order.
    Margin rates and bounds are left out where soft limits
    are missed and the objective would gain by missing them more: how much of that a move allows is not in
    the multipliers of the last stage. Premia and alphas are in the objective alone.
    """
    prices, variables = ended.judgement.prices, ended.variables
    if prices is None or variables is None:
        return ()
    of_limits = {constraint.keys[0].limit_id or "": constraint for constraint in question.case.constraints}
    inputs = inputs_of(question.problem, of_limits)
    if _pays_for_misses(question, ended):
        inputs = tuple(item for item in inputs if isinstance(item.name, PremiumInput | AlphaInput))
    lengths = np.array([item.step(step) for item in inputs])
    slopes = slopes_of(question, inputs, prices, variables)
    steep = np.abs(slopes.derivatives) * lengths >= FLAT * step
    derivatives = np.where(steep, slopes.derivatives, 0.0)
    left = _left_of_lines(question.box, prices, variables, slopes.by_variable * lengths[:, np.newaxis])
    for at, item in enumerate(inputs):
        if isinstance(item.name, BoundInput):
            left[at] = _left_of_bound(question, item, of_limits[item.name.limit_id], variables, lengths[at])
    by_tangent = np.argsort(-np.abs(derivatives) * lengths, kind="stable")
    first = [at for at in by_tangent if steep[at]][:count]
    soonest = [at for at in np.lexsort((-left, steep)) if left[at] > 0.0 and at not in first]
    priced = bool(_priced(question, prices))
    return tuple(
        Candidate(
            item=inputs[at],
            length=float(lengths[at]),
            derivative=float(derivatives[at]),
            kinked=priced and not isinstance(inputs[at].name, PremiumInput | AlphaInput),
        )
        for at in (*first, *soonest[: (count + 1) // 2])
    )


def _left_of_lines(box: Box, prices: Prices, variables: FloatArray, moves: FloatArray) -> FloatArray:
    """How much of a step is left when the first line leaves its bound; 0 where none does, shape (inputs,).

    `moves` is what a step adds to the worth of one unit of each variable, shape (inputs, n + E). A move
    each way is made, so that its sign does not matter.
    """
    reduced = prices.box_lower + prices.box_upper
    bound = (variables - box.lower < _AT) | (box.upper - variables < _AT)
    size = np.abs(moves)
    used = np.divide(reduced, size, out=np.ones_like(size), where=(size > 0.0) & bound)
    return np.asarray(np.maximum(1.0 - used, 0.0).max(axis=1, initial=0.0))


def _left_of_bound(
    question: Question, item: Input, constraint: Constraint, variables: FloatArray, length: float
) -> float:
    """How much of a step is left when the first member meets a bound that tightens; 0 where none does.

    A neutrality limit has its bound on both sides of zero.
    """
    neutral = question.problem.mandate.limits[item.place].factor_neutrality is not None
    sides: Sequence[Side] = constraint.sides
    if not neutral and isinstance(item.name, BoundInput):
        sides = (item.name.side,)
    scale = 1.0 if constraint.over is None else constraint.over.values(variables)
    slack = min(float(np.min(-constraint.excess(side, variables) / scale)) for side in sides)
    return max(1.0 - max(slack, 0.0) / length, 0.0)


def _pays_for_misses(question: Question, ended: Climb) -> bool:
    """Whether the objective would gain if a priority that is missed were missed by more."""
    certificate, prices = ended.judgement.certificate, ended.judgement.prices
    if certificate is None or certificate.optimality is None or prices is None:
        return False
    stages = certificate.optimality.soft_stages
    missed = {stage.priority for stage in stages if stage.violation_bound > _MET}
    return bool(missed & _priced(question, prices))


def _priced(question: Question, prices: Prices) -> set[int]:
    """Priorities of soft limits that cost the objective something."""
    return {
        constraint.priority
        for constraint in question.case.constraints
        if constraint.priority
        for side in constraint.sides
        if np.any(prices.by_side.get((constraint.name, side), 0.0) > _UNPAID * constraint.violation_weight)
    }
