"""Rows of limits, and where their bounds go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from counterpoise.model import BoolArray, FloatArray, IndexArray, Side
from optimizer.program.columns import Columns, spread
from optimizer.program.lines import Lines
from optimizer.program.parts import Parts
from optimizer.program.rows import Entries, Rows, together
from optimizer.program.stack import Stack

_SATISFIED = 5e-8
"""A row without free columns is left out when it holds to this, NAV fraction: half of what the
certificate allows."""


_NOISE = 1e-13
"""A row without larger entries has none: nothing that its columns do reaches the tolerance."""


@dataclass(frozen=True, eq=False)
class Slot:
    """Where the members of one side of a limit stand.

    Rows of the inequalities, or of the equalities for a target (side None); a multiplier of a row
    over `scale` is the member's.
    """

    name: str
    side: Side | None
    members: IndexArray
    rows: IndexArray
    scale: FloatArray
    member_count: int


@dataclass(frozen=True, eq=False)
class Edges:
    """How bounds become right-hand sides: (edge - constant) / scale of the rows at `at`.

    An edge is a bound in the direction of its rows, one for each slot of the equalities or of the
    inequalities; `slot` says whose a row is.
    """

    at: IndexArray
    slot: IndexArray
    constant: FloatArray
    scale: FloatArray
    hollow_slot: IndexArray
    """Of rows without free columns, which stand only where they do not hold."""
    hollow_constant: FloatArray
    hollow_stands: BoolArray
    are_targets: bool

    def fill(self, bounds: FloatArray, edges: FloatArray) -> None:
        """Writes the right-hand sides of limits."""
        bounds[self.at] = (edges[self.slot] - self.constant) / self.scale

    def hold(self, edges: FloatArray) -> bool:
        """Whether the same rows without free columns stand at these edges."""
        room = edges[self.hollow_slot] - self.hollow_constant
        return bool(np.array_equal(_stands(room, self.are_targets), self.hollow_stands))


def _stands(room: FloatArray, is_target: bool) -> BoolArray:
    """Which rows without free columns do not hold by themselves."""
    return np.asarray(np.abs(room) > _SATISFIED if is_target else room < -_SATISFIED)


def is_target(rows: Rows) -> bool:
    """Whether both bounds are one, to be met."""
    return rows.lower is not None and rows.lower == rows.upper and rows.softness is None and not rows.concave


def edges_of(parts: Parts) -> tuple[FloatArray, FloatArray]:
    """Edges of the equalities' slots and of the inequalities', in the order of the slots."""
    equal, at_most = [], []
    for rows in parts.rows:
        if is_target(rows):
            equal.append(rows.lower)
            continue
        if rows.lower is not None:
            at_most.append(-rows.lower)
        if rows.upper is not None:
            at_most.append(-rows.upper if rows.concave else rows.upper)
    return np.array(equal, dtype=float), np.array(at_most, dtype=float)


class _Gathered:
    """What the rows of limits in one stack leave for their edges."""

    def __init__(self, are_targets: bool) -> None:
        none = np.zeros(0, dtype=np.intp)
        self._are_targets = are_targets
        self._count = 0
        self._rows: list[tuple[IndexArray, IndexArray, FloatArray, FloatArray]] = [
            (none, none, np.zeros(0), np.zeros(0))
        ]
        self._hollow: list[tuple[IndexArray, FloatArray, BoolArray]] = [
            (none, np.zeros(0), np.zeros(0, dtype=bool))
        ]

    def keep(self, edge: float, constant: FloatArray, size: FloatArray) -> BoolArray:
        """Which rows of the next slot stand."""
        hollow = size <= 0.0
        stands = _stands(edge - constant, self._are_targets)
        slot = np.full(int(hollow.sum()), self._count, dtype=np.intp)
        self._hollow.append((slot, constant[hollow], stands[hollow]))
        return ~hollow | stands

    def add(self, at: IndexArray, constant: FloatArray, scale: FloatArray) -> None:
        """The rows of that slot."""
        self._rows.append((at, np.full(len(at), self._count, dtype=np.intp), constant, scale))
        self._count += 1

    def edges(self) -> Edges:
        """Of all slots."""
        at, slot, constant, scale = (np.concatenate(part) for part in zip(*self._rows, strict=True))
        hollow_slot, hollow_constant, stands = (
            np.concatenate(part) for part in zip(*self._hollow, strict=True)
        )
        return Edges(at, slot, constant, scale, hollow_slot, hollow_constant, stands, self._are_targets)


def lay_limits(
    lines: Lines, columns: Columns, families: Sequence[Rows], equal: Stack, at_most: Stack
) -> tuple[tuple[Slot, ...], Edges, Edges]:
    """Adds the rows of each side that is bounded; edges of equalities and of inequalities."""
    slots: list[Slot] = []
    targets, others = _Gathered(are_targets=True), _Gathered(are_targets=False)
    for rows in families:
        entries, constant = spread(columns, lines, rows)
        size = entries.largest()
        size = np.where(size > _NOISE, size, 0.0)
        scale = np.where(size > 0.0, size, 1.0)
        count = len(constant)
        if is_target(rows) and rows.lower is not None:
            keep = targets.keep(rows.lower, constant, size)
            at = equal.add(_kept(entries, 1.0 / scale, keep), np.zeros(int(keep.sum())))
            targets.add(at, constant[keep], scale[keep])
            slots.append(Slot(rows.name, None, np.flatnonzero(keep), at, scale[keep], count))
            continue
        for side, bound in ((Side.LOWER, rows.lower), (Side.UPPER, rows.upper)):
            if bound is None:
                continue
            # A concave measure is the negative of its rows: its lower bound holds them from above.
            sign = -1.0 if side is Side.LOWER and not rows.concave else 1.0
            keep = others.keep(-bound if rows.concave else sign * bound, sign * constant, size)
            beyond = _kept(entries, sign / scale, keep)
            if rows.softness is not None:
                beyond = together([beyond, _relief(columns, rows, side, scale, keep)])
            at = at_most.add(beyond, np.zeros(beyond.count))
            others.add(at, sign * constant[keep], scale[keep])
            slots.append(Slot(rows.name, side, np.flatnonzero(keep), at, scale[keep], count))
    return tuple(slots), targets.edges(), others.edges()


def _kept(entries: Entries, factor: FloatArray, keep: BoolArray) -> Entries:
    """Some of the rows, each times its factor."""
    if keep.all():
        return entries.by_row(factor)
    renumbered = np.cumsum(keep) - 1
    stays = keep[entries.row]
    row = entries.row[stays]
    return Entries(
        int(keep.sum()), renumbered[row], entries.column[stays], entries.value[stays] * factor[row]
    )


def _relief(columns: Columns, rows: Rows, side: Side, scale: FloatArray, keep: BoolArray) -> Entries:
    """What the weighted violations of a soft side take away from its rows."""
    place = columns.slack_place[rows.name, side][keep]
    row = np.flatnonzero(place >= 0)
    weight = 1.0 if rows.softness is None else rows.softness.weight
    return Entries(len(place), row, place[row], -1.0 / (weight * scale[keep][row]))
