"""Columns of pieces: how many each has, and what they weigh in it."""

from __future__ import annotations

import numpy as np

from counterpoise.model import FloatArray
from optimizer.program.rows import Netted, Peak, Piece, Tail


def column_count(piece: Piece) -> int:
    """How many columns a piece has."""
    match piece:
        case Peak():
            return 1
        case Netted():
            return piece.rows.count
        case Tail():
            return 1 + piece.losses.entries.count


def column_weights(piece: Piece) -> FloatArray:
    """The piece as a weighted sum of its columns."""
    match piece:
        case Peak():
            return np.ones(1)
        case Netted():
            return np.ones(piece.rows.count)
        case Tail():
            return np.concatenate([np.ones(1), np.full(piece.losses.entries.count, piece.most)])
