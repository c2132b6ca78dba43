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
from optimizer.measures.book import Book, open_book
from optimizer.measures.constraint import Constraint, Prices
from optimizer.measures.limits import constraints_of
from optimizer.measures.objective import objective_of
from optimizer.usecases.question import Question
from optimizer.usecases.sensitivity.inputs import Input

_DELTA = 2.0**-16
"""Half the distance of central differences, in an input's unit. Inputs enter linearly, but for what
performance fees make of them, which errs by the square of it."""

_GOLDEN = (5.0**0.5 - 1.0) / 2.0
"""Multiples of it, without their whole parts, are far apart."""
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
    own = [at for at, item in enumerate(inputs) if isinstance(item.name, PremiumInput)]
    if own and isinstance(problem.objective.goal, _OF_RETURNS):
        by_variable[own] = _of_premia(question.book, [inputs[at] for at in own])
        derivatives[own] = by_variable[own] @ variables
    by_name = {constraint.name: constraint for constraint in question.case.constraints}
    for at, item in enumerate(inputs):
        if isinstance(item.name, BoundInput):
            constraint = by_name[f"limit/{item.name.limit_id}"]
            derivatives[at] = _of_bound(problem, item, constraint, prices, variables)
    return Slopes(derivatives, by_variable)


def _lagrangians(
    problem: AllocationProblem, inputs: Sequence[Input], prices: Prices
) -> tuple[Lagrangian, Lagrangian]:
    """With one input of each line a little lower and a little higher, without norms, which none is in.

    They are moved at once: each multiplies nothing but its own line.
    """
    below, above = (
        _separable(open_book(_moved(problem, inputs, np.full(len(inputs), delta))), prices)
        for delta in (-_DELTA, _DELTA)
    )
    return below, above


def _of_premia(book: Book, inputs: Sequence[Input]) -> FloatArray:
    """What a unit of each premium adds to one unit of each variable, shape (inputs, n + E).

    Premia are in the objective alone, and there only in what the drivers of a line earn together, B mu: in
    returns, in alphas declared over cash, in fees. All are moved at once, each by its own share, and what
    that makes of a line is split by its exposures.
    """
    shares = _shares(book.loadings[:, [item.place for item in inputs]])
    below, above = (open_book(_moved(book.problem, inputs, delta * shares)) for delta in (-_DELTA, _DELTA))
    earned = above.universe.premium - below.universe.premium
    gained = _separable(below, None).linear - _separable(above, None).linear
    count = book.line_count
    by_line = np.divide(gained[:count], earned, out=np.zeros(count), where=earned != 0.0)
    risen = (above.premia - below.premia)[[item.place for item in inputs]] / (2.0 * _DELTA * shares)
    found = np.zeros((len(inputs), len(gained)))
    found[:, :count] = risen[:, np.newaxis] * book.loadings.T[[item.place for item in inputs]] * by_line
    return found


def _shares(loadings: FloatArray) -> FloatArray:
    """Parts between 1 and 2 at which exposures of no line cancel, shape (D,); of a few the best."""
    order = np.arange(1.0, loadings.shape[1] + 1.0)
    size = np.abs(loadings).sum(axis=1)
    exposed = size > 0.0
    tried = [1.0 + np.mod(order * multiple * _GOLDEN, 1.0) for multiple in range(1, 9)]
    left = [np.min(np.abs(loadings[exposed] @ shares) / size[exposed], initial=np.inf) for shares in tried]
    return np.asarray(tried[int(np.argmax(left))])


def _moved(problem: AllocationProblem, inputs: Sequence[Input], deltas: FloatArray) -> AllocationProblem:
    for item, delta in zip(inputs, deltas, strict=True):
        problem = item.moved(problem, item.value + float(delta))
    return problem


def _separable(book: Book, prices: Prices | None) -> Lagrangian:
    """The Lagrangian without norms; of the objective alone without prices."""
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
