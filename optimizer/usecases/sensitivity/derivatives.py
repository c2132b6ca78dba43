"""Derivatives of the optimal objective by inputs, from certified multipliers.

The envelope theorem: where p moves, the least value of f moves as the Lagrangian
f(v; p) + sum w_k g_k(v; p) does at the certified v and w. Less is better, so every derivative here is
minus that of the Lagrangian; for goals that are maximised f is the negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
from optimizer.certificate.bound import Lagrangian, zero_lagrangian
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


@dataclass(frozen=True, eq=False)
class Slopes:
    """What inputs are worth as they rise."""

    derivatives: FloatArray
    """Improvement of the objective per unit of each input, shape (inputs,)."""
    by_variable: FloatArray
    """The same for one unit of each variable, be it held or not; 0 for bounds, shape (inputs, n + E)."""


def slopes_of(question: Question, inputs: Sequence[Input], prices: Prices, variables: FloatArray) -> Slopes:
    """Derivatives of the objective by inputs, and what the inputs add to single variables.

    Where soft limits are missed, those of margin rates and bounds are for violations that stay as they are.
    """
    problem = question.problem
    derivatives, by_variable = np.zeros(len(inputs)), np.zeros((len(inputs), len(variables)))
    unit = np.ones(len(variables))
    for kind in (AlphaInput, MarginRateInput):
        own = [at for at, item in enumerate(inputs) if isinstance(item.name, kind)]
        if own:
            below, above = _lagrangians(problem, [inputs[at] for at in own], prices)
            places = [inputs[at].place for at in own]
            derivatives[own] = _risen(below, above, variables)[places]
            by_variable[own, places] = _risen(below, above, unit)[places]
    by_name = {constraint.name: constraint for constraint in question.case.constraints}
    values_returns = isinstance(problem.objective.goal, _OF_RETURNS)
    for at, item in enumerate(inputs):
        if isinstance(item.name, BoundInput):
            constraint = by_name[f"limit/{item.name.limit_id}"]
            derivatives[at] = _of_bound(problem, item, constraint, prices, variables)
        elif isinstance(item.name, PremiumInput) and values_returns:
            # A premium is in the objective alone: in returns, in alphas declared over cash, in fees.
            below, above = _lagrangians(problem, [item], None)
            derivatives[at] = _risen(below, above, variables).sum()
            by_variable[at] = _risen(below, above, unit)
    return Slopes(derivatives, by_variable)


def _lagrangians(
    problem: AllocationProblem, inputs: Sequence[Input], prices: Prices | None
) -> tuple[Lagrangian, Lagrangian]:
    """With inputs a little lower and a little higher, but for norms, which no input that is moved is in.

    One input of each line is moved at once: it multiplies nothing but its own line. Constraints are left
    out without prices.
    """
    ends = []
    for delta in (-_DELTA, _DELTA):
        moved = problem
        for item in inputs:
            moved = item.moved(moved, item.value + delta)
        ends.append(_separable(moved, prices))
    return ends[0], ends[1]


def _separable(problem: AllocationProblem, prices: Prices | None) -> Lagrangian:
    book = open_book(problem)
    lagrangian = zero_lagrangian(book.variable_count)
    for part in objective_of(book).parts:
        lagrangian.add_rows(part.rows, np.ones(1), 1.0)
    if prices is not None:
        for constraint in constraints_of(book):
            for side in constraint.sides:
                weights = prices.by_side.get((constraint.name, side))
                if weights is not None:
                    lagrangian.add_rows(constraint.rows, weights, constraint.orientation(side))
    return lagrangian


def _risen(below: Lagrangian, above: Lagrangian, variables: FloatArray) -> FloatArray:
    """How much less each variable adds per unit by which inputs rise."""
    return np.asarray((below.by_variable(variables) - above.by_variable(variables)) / (2.0 * _DELTA))


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
