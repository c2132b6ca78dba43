"""The cheapest weights of a contradiction between rows that are linear but for absolute values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from counterpoise.model import FloatArray, Side
from optimizer.measures.box import Box
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import Norm, SparseRows

_NOISE = 1e-9
"""Weights below this part of the largest are left over from the arithmetic."""


@dataclass(frozen=True, eq=False)
class Rows:
    """M rows at or below excesses.

    constant + linear v + absolute |v| + traded |v - current| + borne pieces(v)
    """

    constant: FloatArray
    linear: sp.csr_array
    absolute: sp.csr_array
    traded: sp.csr_array
    borne: sp.csr_array
    """How often each piece stands in each row, shape (M, pieces)."""
    cost: FloatArray
    """Of the weight of each."""


@dataclass(frozen=True, eq=False)
class Shared:
    """T linear functions below pieces, constant + linear v."""

    constant: FloatArray
    linear: sp.csr_array
    owner: sp.csr_array
    """Of which piece each is, ones of shape (pieces, T)."""


def rows_along(
    side: tuple[Constraint, Side, FloatArray | None], cost: float, pieces: Mapping[str, int], width: int
) -> Rows:
    """The excess over a side's bound along a tangent of its norm; impact of trades counts as none."""
    constraint, of, tangent = side
    rows, bound, orientation = constraint.rows, constraint.bound(of), constraint.orientation(of)
    count = len(constraint.keys)
    if constraint.over is None:
        constant = orientation * (rows.constant - constraint.sign * bound)
        linear = orientation * _matrix(rows.linear, count, width)
    else:
        constant = rows.constant - bound * constraint.over.constant
        linear = _matrix(rows.linear, count, width) - bound * _matrix(constraint.over.linear, count, width)
    if rows.norm is not None and tangent is not None:
        constant = constant - float(tangent @ rows.norm.offset)
        linear = linear + sp.csr_array(rows.norm.adjoint(tangent)[None, :])
    borne = None
    if rows.pieces is not None:
        at = np.array([pieces[piece.name] for piece in rows.pieces.pieces], dtype=np.intp)
        own = rows.pieces.weights
        borne = SparseRows(count, own.row, at[own.column], own.coefficient)
    return Rows(
        constant=constant,
        linear=linear,
        absolute=_matrix(rows.absolute, count, width),
        traded=_matrix(None if rows.trades is None else rows.trades.absolute, count, width),
        borne=_matrix(borne, count, len(pieces)),
        cost=np.full(count, cost),
    )


def _matrix(rows: SparseRows | None, count: int, width: int) -> sp.csr_array:
    if rows is None:
        return sp.csr_array((count, width))
    return sp.csr_array((rows.coefficient, (rows.row, rows.column)), shape=(count, width))


def stacked(every: Sequence[Rows]) -> Rows:
    """One below the other."""
    return Rows(
        constant=np.concatenate([rows.constant for rows in every]),
        linear=sp.vstack([rows.linear for rows in every], format="csr"),
        absolute=sp.vstack([rows.absolute for rows in every], format="csr"),
        traded=sp.vstack([rows.traded for rows in every], format="csr"),
        borne=sp.vstack([rows.borne for rows in every], format="csr"),
        cost=np.concatenate([rows.cost for rows in every]),
    )


def shared_along(pieces: Sequence[tuple[Norm, Sequence[FloatArray]]], width: int) -> Shared:
    """Pieces by their norms along tangents."""
    slopes = [sp.csr_array(norm.adjoint(tangent)[None, :]) for norm, own in pieces for tangent in own]
    owner = np.repeat(np.arange(len(pieces)), [len(own) for _, own in pieces])
    count = len(owner)
    return Shared(
        constant=np.array([-float(tangent @ norm.offset) for norm, own in pieces for tangent in own]),
        linear=sp.vstack([*slopes, sp.csr_array((0, width))], format="csr"),
        owner=sp.csr_array((np.ones(count), (owner, np.arange(count))), shape=(len(pieces), count)),
    )


def corner(rows: Rows, shared: Shared, box: Box, current: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """The cheapest weights of a contradiction of one, of rows y and of shared functions z; None without.

    Of each piece z adds up to borne'y. The slope of the weighted sum, linear'y + slopes'z + s + t with
    |s| <= absolute'y and |t| <= traded'y, is p - n with p, n >= 0; its least value over the box, constants
    weighed by y and z - t'current + lower'p - upper'n, is one or more.
    """
    width, lines = len(box.lower), len(box.derived_lower)
    by_sign, by_trade = np.unique(rows.absolute.indices), np.unique(rows.traded.indices)
    # What is posted is at least zero, and at most what margin asks for, which a row says.
    down = np.concatenate([np.flatnonzero(~box.derived_lower), np.arange(lines, width)])
    up = np.flatnonzero(~box.derived_upper)
    unit = sp.eye_array(width, format="csc")
    kinked = sp.hstack([unit[:, by_sign], unit[:, by_trade]])
    kinks = np.concatenate([np.zeros(len(by_sign)), -current[by_trade]])
    steep = sp.vstack([rows.absolute[:, by_sign].T, rows.traded[:, by_trade].T])
    count, spare, both = len(rows.constant), len(down) + len(up), sp.eye_array(len(kinks))
    level = sp.hstack([rows.linear.T, shared.linear.T, kinked, -kinked, -unit[:, down], unit[:, up]])
    rest = sp.csr_array((shared.owner.shape[0], 2 * len(kinks) + spare))
    least = np.concatenate([rows.constant, shared.constant, kinks, -kinks, box.lower[down], -box.upper[up]])
    beside = sp.csr_array((len(kinks), len(shared.constant)))
    within = sp.hstack([-steep, beside, both, both, sp.csr_array((len(kinks), spare))])
    solved = linprog(
        np.concatenate([rows.cost, np.zeros(len(least) - count)]),
        A_ub=sp.vstack([within, sp.csr_array(-least[None, :])], format="csc"),
        b_ub=np.append(np.zeros(len(kinks)), -1.0),
        A_eq=sp.vstack([level, sp.hstack([-rows.borne.T, shared.owner, rest])], format="csc"),
        b_eq=np.zeros(width + shared.owner.shape[0]),
        method="highs",
    )
    if solved.x is None:
        return None
    weights = np.asarray(solved.x[: count + len(shared.constant)])
    weights = np.where(weights > _NOISE * weights.max(initial=0.0), weights, 0.0)
    return weights[:count], weights[count:]
