"""Derivatives of the optimal objective by inputs, from certified multipliers.

The envelope theorem: where p moves, the least value of f moves as the Lagrangian
f(v; p) + sum w_k g_k(v; p) does at the certified v and w. Less is better, so every derivative here is
minus that of the Lagrangian; for goals that are maximised f is the negative.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    AlphaInput,
    BoundInput,
    FloatArray,
    MarginRateInput,
    MaximizeAlpha,
    MaximizeNetReturn,
    MaximizeUtility,
    MinimizeCost,
    PremiumInput,
    Side,
)
from optimizer.certificate.bound import zero_lagrangian
from optimizer.measures.book import open_book
from optimizer.measures.constraint import Constraint, Prices
from optimizer.measures.limits import constraints_of
from optimizer.measures.objective import objective_of
from optimizer.usecases.question import Question
from optimizer.usecases.sensitivity.inputs import Input

_DELTA = 2.0**-16
"""Half the distance of central differences, in an input's unit. Inputs enter linearly, but for what
performance fees make of them, which errs by the square of it."""

_OF_RETURNS = MaximizeNetReturn | MaximizeUtility | MaximizeAlpha | MinimizeCost
"""Goals that premia can change, be it by the fees that are charged on them."""


def derivatives_of(
    question: Question, inputs: Sequence[Input], prices: Prices, variables: FloatArray
) -> FloatArray:
    """Improvement of the objective per unit that each input rises, shape (inputs,).

    Where soft limits are missed, those of margin rates and bounds are for violations that stay as they are.
    """
    found = np.zeros(len(inputs))
    for kind in (AlphaInput, MarginRateInput):
        own = [at for at, item in enumerate(inputs) if isinstance(item.name, kind)]
        if own:
            by_line = _by_line(question.problem, [inputs[at] for at in own], prices, variables)
            found[own] = by_line[[inputs[at].place for at in own]]
    by_name = {constraint.name: constraint for constraint in question.case.constraints}
    values_returns = isinstance(question.problem.objective.goal, _OF_RETURNS)
    for at, item in enumerate(inputs):
        if isinstance(item.name, BoundInput):
            constraint = by_name[f"limit/{item.name.limit_id}"]
            found[at] = _of_bound(question.problem, item, constraint, prices, variables)
        elif isinstance(item.name, PremiumInput) and values_returns:
            found[at] = _of_premium(question.problem, item, variables)
    return found


def _by_line(
    problem: AllocationProblem, inputs: Sequence[Input], prices: Prices, variables: FloatArray
) -> FloatArray:
    """Derivatives by one input of each line, all at once: it multiplies nothing but its own line."""
    ends = []
    for delta in (-_DELTA, _DELTA):
        moved = problem
        for item in inputs:
            moved = item.moved(moved, item.value + delta)
        ends.append(_separable(moved, prices, variables))
    return np.asarray((ends[0] - ends[1]) / (2.0 * _DELTA))


def _separable(problem: AllocationProblem, prices: Prices, variables: FloatArray) -> FloatArray:
    """What each variable adds to the Lagrangian, but for norms, which no input that is moved here is in."""
    book = open_book(problem)
    lagrangian = zero_lagrangian(len(variables))
    for part in objective_of(book).parts:
        lagrangian.add_rows(part.rows, np.ones(1), 1.0)
    for constraint in constraints_of(book):
        for side in constraint.sides:
            weights = prices.by_side.get((constraint.name, side))
            if weights is not None:
                lagrangian.add_rows(constraint.rows, weights, constraint.orientation(side))
    return lagrangian.by_variable(variables)


def _of_premium(problem: AllocationProblem, item: Input, variables: FloatArray) -> float:
    """A premium is in the objective alone: in returns, in alphas declared over cash, in fees."""
    below, above = (
        objective_of(open_book(item.moved(problem, item.value + delta))).value(variables)
        for delta in (-_DELTA, _DELTA)
    )
    return (below - above) / (2.0 * _DELTA)


def _of_bound(
    problem: AllocationProblem, item: Input, constraint: Constraint, prices: Prices, variables: FloatArray
) -> float:
    """Shadow prices of all members: gained where the bound is an upper one that rises, lost where a lower.

    One unit of a ratio to stressed NAV is as many units of its rows as there is NAV left. A neutrality
    limit has its bound on both sides of zero.
    """
    lower, upper = (
        float(weights.sum() if constraint.over is None else weights @ constraint.over.values(variables))
        for side in (Side.LOWER, Side.UPPER)
        for weights in [prices.by_side.get((constraint.name, side), np.zeros(len(constraint.keys)))]
    )
    if problem.mandate.limits[item.place].factor_neutrality is not None:
        return lower + upper
    return upper if isinstance(item.name, BoundInput) and item.name.side is Side.UPPER else -lower
