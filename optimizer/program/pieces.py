"""Rows of pieces: largest of several rows, sums of absolute values, means of the worst."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from counterpoise.model import FloatArray, IndexArray
from optimizer.program.columns import Columns
from optimizer.program.lines import Lines
from optimizer.program.rows import Entries, Netted, Peak, Piece, Tail, together
from optimizer.program.stack import Stack


@dataclass(frozen=True, eq=False)
class PieceSlot:
    """Where the rows of a piece stand; a multiplier of a row over `scale` is that of its part."""

    name: str
    rows: IndexArray
    scale: FloatArray
    opposite: IndexArray | None = None
    """Rows of the other sign, whose multipliers count against the first."""

    def components(self, of_at_most: FloatArray) -> FloatArray:
        """The multiplier of every part."""
        raw = of_at_most[self.rows]
        if self.opposite is not None:
            raw = raw - of_at_most[self.opposite]
        return np.asarray(raw / self.scale)


def define_piece(lines: Lines, columns: Columns, piece: Piece, start: int, at_most: Stack) -> PieceSlot:
    """Rows that keep the columns of a piece above what it is."""
    match piece:
        case Peak():
            return _peak(columns, piece, start, at_most)
        case Netted():
            return _netted(columns, piece, start, at_most)
        case Tail():
            return _tail(lines, columns, piece, start, at_most)


def _peak(columns: Columns, piece: Peak, start: int, at_most: Stack) -> PieceSlot:
    """Row v <= w for every row, and 0 <= w."""
    count = piece.rows.count
    top = Entries(count, np.arange(count), np.full(count, start), -np.ones(count))
    at_most.add(Entries(1, np.zeros(1, dtype=np.intp), np.array([start]), -np.ones(1)), np.zeros(1))
    rows = at_most.add(together([columns.free_part(piece.rows), top]), -piece.rows.times(columns.fixed))
    return PieceSlot(piece.name, rows, np.ones(count))


def _netted(columns: Columns, piece: Netted, start: int, at_most: Stack) -> PieceSlot:
    """Row v - p <= e and p - row v <= e for the columns e."""
    own, count = columns.free_part(piece.rows), piece.rows.count
    each = np.arange(count)
    top = Entries(count, each, start + each, -np.ones(count))
    scale = np.maximum(own.largest(), 1.0)
    offset = (piece.offset - piece.rows.times(columns.fixed)) / scale
    above = at_most.add(together([own, top]).by_row(1.0 / scale), offset)
    below = at_most.add(together([own.by_row(-np.ones(count)), top]).by_row(1.0 / scale), -offset)
    return PieceSlot(piece.name, above, scale, below)


def _tail(lines: Lines, columns: Columns, piece: Tail, start: int, at_most: Stack) -> PieceSlot:
    """Loss - t <= s and 0 <= s for every outcome, with columns t and s."""
    count = piece.losses.entries.count
    each, ones = np.arange(count), np.ones(count)
    own, constant = columns.exposure_part(lines, piece.losses)
    threshold = Entries(count, each, np.full(count, start), -ones)
    beyond = Entries(count, each, start + 1 + each, -ones)
    at_most.add(beyond, np.zeros(count))
    rows = at_most.add(together([own, threshold, beyond]), -constant)
    return PieceSlot(piece.name, rows, ones)
