"""The members of several constraints, one below the other: what all of them ask of a point at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain
from typing import Final

import numpy as np

from counterpoise.model import BoolArray, FloatArray, IndexArray, LimitKey, Side, Unit
from counterpoise.recall import Recall
from optimizer.certificate.multipliers import Used
from optimizer.measures.constraint import Constraint
from optimizer.measures.convex import ConvexRows, Piece, Pieces, Point, SparseRows, Trades, no_rows, stacked


class Members:
    """M members of constraints, in their order; all arrays have a number for each, shape (M,)."""

    def __init__(self, constraints: Iterable[Constraint]) -> None:
        self.constraints = tuple(constraints)
        self._rows = _rows_of(self.constraints)
        self._sign = self._each([constraint.sign for constraint in self.constraints])
        self._lower, self._has_lower = self._bounds([constraint.lower for constraint in self.constraints])
        self._upper, self._has_upper = self._bounds([constraint.upper for constraint in self.constraints])

    def excess(self, point: Point) -> FloatArray:
        """How far each member is beyond the side that it breaks most; minus infinity where all is free."""
        rows = self._rows.values(point)
        measured, by_lower, by_upper = self._sign * rows, self._lower, self._upper
        below, above = by_lower - measured, measured - by_upper
        if self._rows.over is not None:
            ratio, over = self._rows.ratio, self._rows.over.values(point)
            below = np.where(ratio, rows - by_lower * over, below)
            above = np.where(ratio, rows - by_upper * over, above)
        return np.maximum(
            np.where(self._has_lower, below, -np.inf), np.where(self._has_upper, above, -np.inf)
        )

    def scale(self, members: IndexArray, point: Point, free: BoolArray) -> FloatArray:
        """What violations of some members are divided by, above zero, shape (members,).

        The steepest slope in a line that can move; at least one but for exposures per basis point.
        """
        steepest = self._rows.steepness(members, point, free)
        per_basis_point = self._per_basis_point[members]
        return np.where(per_basis_point & (steepest > 0.0), steepest, np.maximum(1.0, steepest))

    def key(self, member: int) -> LimitKey:
        """The key of a member."""
        at, place = self._rows.owner(member)
        return self.constraints[at].keys[place]

    def weights(self, used: Iterable[Used]) -> Weights:
        """The weights of multipliers of these constraints, zero where there are none."""
        lower, upper = np.zeros(self._rows.count), np.zeros(self._rows.count)
        for constraint, side, multiplier in used:
            start = self._start[constraint]
            by_side = upper if side is Side.UPPER else lower
            by_side[start : start + len(multiplier.weights)] = multiplier.weights
        bounds = self._upper * upper, self._lower * lower
        return Weights(
            rows=self._rows.rows,
            signed=self._sign * (upper - lower),
            total=upper + lower,
            over=self._rows.over,
            ratio=self._rows.ratio,
            bound=bounds[0] - bounds[1],
            of_ratio=bounds[0] + bounds[1],
            bound_size=np.abs(bounds[0]) + np.abs(bounds[1]),
        )

    @cached_property
    def _start(self) -> dict[Constraint, int]:
        return dict(zip(self.constraints, self._rows.starts, strict=False))

    @cached_property
    def _per_basis_point(self) -> BoolArray:
        units = [constraint.unit is Unit.NAV_FRACTION_PER_BASIS_POINT for constraint in self.constraints]
        return np.repeat(np.array(units, dtype=bool), self._rows.counts)

    def _each(self, numbers: Sequence[float]) -> FloatArray:
        return np.repeat(np.array(numbers, dtype=float), self._rows.counts)

    def _bounds(self, bounds: Sequence[float | None]) -> tuple[FloatArray, BoolArray]:
        """Bounds, zero where there are none, and where there are some."""
        given = np.array([bound is not None for bound in bounds], dtype=bool)
        return self._each([bound or 0.0 for bound in bounds]), np.repeat(given, self._rows.counts)


@dataclass(frozen=True, eq=False)
class Weights:
    """Multipliers of all members as weights of their rows and of their bounds, shape (M,) each."""

    rows: ConvexRows
    """All but the norms."""
    signed: FloatArray
    """Of the rows."""
    total: FloatArray
    """The sum over both sides, >= 0."""
    over: ConvexRows | None
    ratio: BoolArray
    """Members that are ratios: their bounds multiply `over`."""
    bound: FloatArray
    """Weight times bound, of a lower side negative."""
    of_ratio: FloatArray
    """Weight times bound, with the bound's sign on either side."""
    bound_size: FloatArray
    """Weight times absolute bound."""


@dataclass(frozen=True, eq=False)
class _Rows:
    """What follows from the functions of the constraints alone, whatever their bounds are."""

    starts: tuple[int, ...]
    counts: IndexArray
    """Members of each constraint."""
    rows: ConvexRows
    """All functions but norms of their own."""
    norms: tuple[tuple[int, ConvexRows], ...]
    """Members with a norm of their own, each with its one row."""
    over: ConvexRows | None
    """What members are ratios to, without entries for others; None where none is."""
    ratio: BoolArray

    @property
    def count(self) -> int:
        return len(self.rows.constant)

    def owner(self, member: int) -> tuple[int, int]:
        at = int(np.searchsorted(self.starts, member, side="right")) - 1
        return at, member - self.starts[at]

    def values(self, point: Point) -> FloatArray:
        values = self.rows.values(point)
        for member, own in self.norms:
            if own.norm is not None:
                values[member] += own.norm.length(point.image(own.norm))
        return values

    def steepness(self, members: IndexArray, point: Point, free: BoolArray) -> FloatArray:
        steepest = self.rows.steepness(point, free)[members]
        for member, own in self.norms:
            at = np.flatnonzero(members == member)
            if len(at):
                steepest[at] = own.steepness(point, free)
        return steepest


_ROWS: Final = Recall[_Rows](16)


def _rows_of(constraints: Sequence[Constraint]) -> _Rows:
    of_constraints = tuple(chain.from_iterable((item.rows, item.over) for item in constraints))
    return _ROWS.get(of_constraints, lambda: _stack(constraints))


def _stack(constraints: Sequence[Constraint]) -> _Rows:
    every = [constraint.rows for constraint in constraints]
    counts = [len(rows.constant) for rows in every]
    starts = (0, *accumulate(counts))[: len(counts)]
    overs = [constraint.over for constraint in constraints]
    over = None
    if any(rows is not None for rows in overs):
        constants = [
            np.zeros(n) if rows is None else rows.constant for rows, n in zip(overs, counts, strict=True)
        ]
        linear = [no_rows(n) if rows is None else rows.linear for rows, n in zip(overs, counts, strict=True)]
        over = ConvexRows(np.concatenate(constants), stacked(linear))
    return _Rows(
        starts=starts,
        counts=np.array(counts, dtype=np.intp),
        rows=ConvexRows(
            np.concatenate([np.zeros(0), *(rows.constant for rows in every)]),
            stacked([rows.linear for rows in every]),
            absolute=_together(every, lambda rows: rows.absolute),
            trades=_trades(every),
            logarithm=_together(every, lambda rows: rows.logarithm),
            pieces=_pieces(every, starts),
        ),
        norms=tuple(
            (start, rows) for start, rows in zip(starts, every, strict=True) if rows.norm is not None
        ),
        over=over,
        ratio=np.repeat(np.array([rows is not None for rows in overs], dtype=bool), counts),
    )


def _together(
    every: Sequence[ConvexRows], part: Callable[[ConvexRows], SparseRows | None]
) -> SparseRows | None:
    """A part of all functions, without entries for those that lack it; None where all do."""
    parts = [part(rows) for rows in every]
    if all(own is None for own in parts):
        return None
    return stacked(
        [no_rows(len(rows.constant)) if own is None else own for rows, own in zip(every, parts, strict=True)]
    )


def _trades(every: Sequence[ConvexRows]) -> Trades | None:
    """Trades of all functions: they are away from the same holdings."""
    current = next((rows.trades.current for rows in every if rows.trades is not None), None)
    absolute = _together(every, lambda rows: None if rows.trades is None else rows.trades.absolute)
    impact = _together(every, lambda rows: None if rows.trades is None else rows.trades.impact)
    return (
        None if current is None or absolute is None or impact is None else Trades(current, absolute, impact)
    )


def _pieces(every: Sequence[ConvexRows], starts: Sequence[int]) -> Pieces | None:
    """Pieces of all functions, each object once."""
    place: dict[Piece, int] = {}
    row, column, weight = [], [], []
    for rows, start in zip(every, starts, strict=True):
        if rows.pieces is not None:
            at = np.array(
                [place.setdefault(piece, len(place)) for piece in rows.pieces.pieces], dtype=np.intp
            )
            row.append(rows.pieces.weights.row + start)
            column.append(at[rows.pieces.weights.column])
            weight.append(rows.pieces.weights.coefficient)
    if not place:
        return None
    count = starts[-1] + len(every[-1].constant)
    weights = SparseRows(count, np.concatenate(row), np.concatenate(column), np.concatenate(weight))
    return Pieces(tuple(place), weights)
