"""Proofs that lean on few bounds: corners of all proofs that share the tangents of one.

An interior point spreads its weights over every bound that has to do with a contradiction. With norms
replaced by the linear functions below them that its proof uses, all proofs are a polyhedron, and a corner
weighs the fewest rows: without one of them the others, made linear, agree (Gleeson and Ryan 1990,
"Identifying minimally infeasible subsystems of inequalities").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from counterpoise.model import FloatArray, Side
from optimizer.certificate import Case
from optimizer.certificate.multipliers import Multipliers
from optimizer.measures.box import Box
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import Point, SparseRows
from optimizer.usecases.explaining.tangents import Tangents

_OF_FACT = 1e-3
"""What the weight of a fact costs, where that of a bound costs 1."""
_NOISE = 1e-9
"""Weights below this part of the largest are left over from the arithmetic."""


@dataclass(frozen=True, eq=False)
class _Rows:
    """M rows at or below excesses: constant + linear v + absolute |v| + traded |v - current|."""

    constant: FloatArray
    linear: sp.csr_array
    absolute: sp.csr_array
    traded: sp.csr_array
    cost: FloatArray
    """Of the weight of each."""


def with_few_bounds(case: Case, claimed: Multipliers, ignored: str) -> Multipliers | None:
    """Multipliers of hard constraints that weigh few of them; None where the tangents prove nothing.

    `claimed` gives the tangents. The constraint named `ignored` gets no weight, and no derived bound does.
    What comes back is a claim like any other, to be certified.
    """
    point = Point(0.5 * (case.box.lower + case.box.upper))
    tangents = Tangents(case.hard, claimed, point)
    sides = [
        (constraint, side)
        for constraint in case.hard
        if constraint.name != ignored and constraint.rows.logarithm is None
        for side in constraint.sides
    ]
    if not sides:
        return None
    rows = [_rows(constraint, side, tangents, len(point.variables)) for constraint, side in sides]
    weights = _corner(_stacked(rows), case.box, _current(case.hard, len(point.variables)))
    if weights is None:
        return None
    split = np.split(weights, np.cumsum([len(own.constant) for own in rows])[:-1])
    return tangents.claim((*side, own) for side, own in zip(sides, split, strict=True) if own.any())


def _rows(constraint: Constraint, side: Side, tangents: Tangents, width: int) -> _Rows:
    """The excess of a side, with tangents for norms; impact of trades, never below zero, counts as none."""
    rows, bound, orientation = constraint.rows, constraint.bound(side), constraint.orientation(side)
    slope, beside = tangents.of(constraint, side)
    if constraint.over is None:
        constant = orientation * (rows.constant - constraint.sign * bound)
        linear = orientation * _matrix(rows.linear, width)
    else:
        constant = rows.constant - bound * constraint.over.constant
        linear = _matrix(rows.linear, width) - bound * _matrix(constraint.over.linear, width)
    return _Rows(
        constant=constant + beside,
        linear=linear + slope,
        absolute=_matrix(rows.absolute, width, len(constant)),
        traded=_matrix(None if rows.trades is None else rows.trades.absolute, width, len(constant)),
        cost=np.full(len(constant), 1.0 if constraint.name.startswith("limit/") else _OF_FACT),
    )


def _matrix(rows: SparseRows | None, width: int, count: int = 0) -> sp.csr_array:
    if rows is None:
        return sp.csr_array((count, width))
    return sp.csr_array((rows.coefficient, (rows.row, rows.column)), shape=(rows.row_count, width))


def _stacked(every: Sequence[_Rows]) -> _Rows:
    return _Rows(
        constant=np.concatenate([rows.constant for rows in every]),
        linear=sp.vstack([rows.linear for rows in every], format="csr"),
        absolute=sp.vstack([rows.absolute for rows in every], format="csr"),
        traded=sp.vstack([rows.traded for rows in every], format="csr"),
        cost=np.concatenate([rows.cost for rows in every]),
    )


def _current(constraints: Sequence[Constraint], width: int) -> FloatArray:
    """Holdings that trades start from; zeros where nothing counts trades."""
    trades = (constraint.rows.trades for constraint in constraints)
    return next((own.current for own in trades if own is not None), np.zeros(width))


def _corner(rows: _Rows, box: Box, current: FloatArray) -> FloatArray | None:
    """The cheapest weights y >= 0 of a contradiction of one, shape (M,); None where there are none.

    The slope of the weighted sum, linear'y + s + t with |s| <= absolute'y and |t| <= traded'y, is p - n
    with p, n >= 0; its least value over the box, constant'y - t'current + lower'p - upper'n, is 1 or more.
    """
    width, lines = len(box.lower), len(box.derived_lower)
    by_sign, by_trade = np.unique(rows.absolute.indices), np.unique(rows.traded.indices)
    # What is posted is at least zero, and at most what margin asks for, which a row says.
    down = np.concatenate([np.flatnonzero(~box.derived_lower), np.arange(lines, width)])
    up = np.flatnonzero(~box.derived_upper)
    unit = sp.eye_array(width, format="csc")
    parts = [unit[:, by_sign], unit[:, by_trade]]
    level = sp.hstack([rows.linear.T, *parts, *(-part for part in parts), -unit[:, down], unit[:, up]])
    kinks = np.concatenate([np.zeros(len(by_sign)), -current[by_trade]])
    least = np.concatenate([rows.constant, kinks, -kinks, box.lower[down], -box.upper[up]])
    spare = len(down) + len(up)
    steep = sp.vstack([rows.absolute[:, by_sign].T, rows.traded[:, by_trade].T])
    eye = sp.eye_array(len(kinks))
    within = sp.hstack([-steep, eye, eye, sp.csr_array((len(kinks), spare))])
    solved = linprog(
        np.concatenate([rows.cost, np.zeros(2 * len(kinks) + spare)]),
        A_ub=sp.vstack([within, sp.csr_array(-least[None, :])], format="csc"),
        b_ub=np.append(np.zeros(len(kinks)), -1.0),
        A_eq=sp.csc_array(level),
        b_eq=np.zeros(width),
        method="highs",
    )
    if solved.x is None:
        return None
    weights = np.asarray(solved.x[: len(rows.constant)])
    return np.where(weights > _NOISE * weights.max(initial=0.0), weights, 0.0)
