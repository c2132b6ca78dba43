"""The columns of the program: what is free, where |h| needs a column of its own, blocks of risk."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from counterpoise.model import BoolArray, FloatArray, IndexArray, Side
from optimizer.program.bends import lay_slacks, places, trades_of
from optimizer.program.blocks import Block, cone_balls, lay_blocks, topped_balls
from optimizer.program.lines import Lines
from optimizer.program.parts import Parts
from optimizer.program.piece_columns import column_count, column_weights
from optimizer.program.rows import Ball, Entries, ExposureRows, InRow, Rows, Tail, together

TRADE = 0.1
"""Columns of trades count tenths of NAV: engines are closest where numbers are of order one."""

_WORTH_SHARING = 10
"""Residuals from which one column for their norm pays, where several cones hold it."""


@dataclass(frozen=True, eq=False)
class Columns:
    """Main columns, then the components of each block.

    Main are the free variables, |h| of lines that may change sign, |t| and |t|^1.5 of trades, pieces,
    exposures x, the objective's norms, norms of residuals, weighted violations of soft limits, and
    logarithms of a risk budget.
    """

    free: IndexArray
    place: IndexArray
    """Column of each variable; -1 where it is fixed."""
    absolute_place: IndexArray
    """Column of |h| of each line; -1 where it has none."""
    fixed: FloatArray
    """Values of the variables that are not free, zero elsewhere."""
    signed: IndexArray
    """Free lines of either sign whose absolute value counts somewhere."""
    rising: FloatArray
    """Slope of |h| for free lines of one sign: 1, -1; 0 for others."""
    current: FloatArray
    """Positions now."""
    traded_place: IndexArray
    """Column of |t| / TRADE of each line; -1 where it has none."""
    traded_rising: FloatArray
    """Slope of |t| for free lines that can only be traded one way: 1, -1; 0 for others."""
    impact_place: IndexArray
    """Column of (|t| / TRADE)^1.5 of each line; -1 where it has none."""
    piece_start: dict[str, int]
    """First column of each piece, by name."""
    exposure_start: dict[tuple[str, bytes], int]
    """First column of x for each space and set of lines whose risk counts somewhere through x."""
    norm_place: dict[str, int]
    """Column above each norm of a goal or a piece, over its block's scale, by name of ball."""
    logarithm_start: int
    slack_place: dict[tuple[str, Side], IndexArray]
    """Column of the weighted violation of each member of a soft side; -1 where it is hard by now."""
    slack_of: dict[int, list[int]]
    """Those columns by priority."""
    residual_norm: dict[int, int]
    """Column above the norm of a block's residuals, for blocks where several cones share it."""
    main_count: int
    blocks: tuple[Block, ...]
    block_of: dict[str, int]
    """Block by name of ball."""
    block_start: list[int]
    count: int

    def free_part(self, entries: Entries) -> Entries:
        """The entries of free variables, over the columns."""
        keep = self.place[entries.column] >= 0
        column = self.place[entries.column[keep]]
        return Entries(entries.count, entries.row[keep], column, entries.value[keep])

    def absolute_parts(self, entries: Entries) -> list[Entries]:
        """Entries of |h|: of h itself where its sign is known, else of its own column."""
        rising = self.rising[entries.column]
        known = rising != 0.0
        one_sign = Entries(
            entries.count, entries.row[known], entries.column[known], (entries.value * rising)[known]
        )
        own = self.absolute_place[entries.column]
        signed = own >= 0
        either = Entries(entries.count, entries.row[signed], own[signed], entries.value[signed])
        return [self.free_part(one_sign), either]

    def traded_parts(self, entries: Entries) -> tuple[list[Entries], FloatArray]:
        """Entries of |h - current|, and the constants that they leave."""
        direction, own = self.traded_rising[entries.column], self.traded_place[entries.column]
        column = own >= 0
        one_way = ~column & (direction != 0.0)
        parts = [
            self.free_part(_some(entries, one_way, direction)),
            Entries(entries.count, entries.row[column], own[column], TRADE * entries.value[column]),
        ]
        fixed = np.abs(self.fixed[: len(self.current)] - self.current)
        away = np.where(direction != 0.0, -direction * self.current[entries.column], fixed[entries.column])
        constant = np.bincount(
            entries.row, np.where(column, 0.0, entries.value * away), minlength=entries.count
        )
        return parts, np.asarray(constant, dtype=float)

    def exposure_part(self, lines: Lines, exposure: ExposureRows) -> tuple[Entries, FloatArray]:
        """Rows over x: of its own columns where there are any, else of the lines behind it; constants."""
        of_x = exposure.entries
        start = self.exposure_start.get(("", exposure.lines.tobytes()))
        if start is not None:
            return Entries(of_x.count, of_x.row, start + of_x.column, of_x.value), np.zeros(of_x.count)
        direct = _through_lines(lines, exposure)
        return self.free_part(direct), direct.times(self.fixed)

    def piece_part(self, count: int, item: InRow) -> Entries:
        """A weighted piece in one of `count` rows."""
        if isinstance(item.piece, Ball):
            scale = item.piece.multiple * self.blocks[self.block_of[item.piece.name]].scale
            column, weights = np.array([self.norm_place[item.piece.name]]), np.array([scale])
        else:
            weights = column_weights(item.piece)
            column = self.piece_start[item.piece.name] + np.arange(len(weights))
        row = np.full(len(column), item.row, dtype=np.intp)
        return Entries(count, row, column, item.value * weights)


def _some(entries: Entries, keep: BoolArray, factor: FloatArray) -> Entries:
    return Entries(entries.count, entries.row[keep], entries.column[keep], (entries.value * factor)[keep])


def lay_columns(lines: Lines, parts: Parts) -> Columns:
    """Decides the columns of a problem."""
    lower, upper = lines.inputs.lower, lines.inputs.upper
    free = np.flatnonzero(lower < upper)
    rising = np.where(lower >= 0.0, 1.0, np.where(upper <= 0.0, -1.0, 0.0))[: lines.count]
    signed = _signed(lines, parts, rising)
    place = np.full(lines.width, -1, dtype=np.intp)
    place[free] = np.arange(len(free))
    absolute_place = np.full(lines.count, -1, dtype=np.intp)
    absolute_place[signed] = len(free) + np.arange(len(signed))
    at = len(free) + len(signed)
    traded_rising, traded, impact = trades_of(lines, parts)
    traded_place, at = places(traded, at, lines.count)
    impact_place, at = places(impact, at, lines.count)
    piece_start = {}
    for piece in parts.pieces:
        piece_start[piece.name], at = at, at + column_count(piece)
    blocks, block_of = lay_blocks(lines, parts, place)
    exposure_start: dict[tuple[str, bytes], int] = {}
    for block in blocks:
        # With no more lines than drivers x would only stand between L' and the lines.
        if len(block.lines) > len(block.drivers) and block.scope not in exposure_start:
            exposure_start[block.scope] = at
            at += block.loadings.shape[1]
    whole = ("", np.arange(lines.count).tobytes())
    tails = any(isinstance(piece, Tail) for piece in parts.pieces)
    if tails and lines.count > len(lines.reference) and whole not in exposure_start:
        # Thousands of outcomes are cheaper over a few exposures than over all lines.
        exposure_start[whole], at = at, at + len(lines.reference)
    norm_place = {}
    for ball in topped_balls(parts):
        norm_place[ball.name], at = at, at + 1
    logarithm_start = at
    at += sum(len(goal.budget.lines) for goal in parts.goals if goal.budget is not None)
    slack_place, slack_of, at = lay_slacks(lines, parts, at)
    residual_norm = {}
    uses = Counter(block_of[ball.name] for ball in cone_balls(parts))
    for index, block in enumerate(blocks):
        if uses[index] > 1 and block.residual_count >= _WORTH_SHARING:
            residual_norm[index], at = at, at + 1
    main_count = max(at, 1)
    block_start, end = [], main_count
    for block in blocks:
        block_start.append(end)
        end += block.size
    return Columns(
        free=free,
        place=place,
        absolute_place=absolute_place,
        fixed=np.where(lower < upper, 0.0, lower),
        signed=signed,
        rising=rising,
        piece_start=piece_start,
        exposure_start=exposure_start,
        current=lines.current,
        traded_place=traded_place,
        traded_rising=traded_rising,
        impact_place=impact_place,
        norm_place=norm_place,
        logarithm_start=logarithm_start,
        slack_place=slack_place,
        slack_of=slack_of,
        residual_norm=residual_norm,
        main_count=main_count,
        blocks=blocks,
        block_of=block_of,
        block_start=block_start,
        count=end,
    )


def _signed(lines: Lines, parts: Parts, rising: FloatArray) -> IndexArray:
    """Free lines of either sign whose absolute value counts somewhere."""
    counted = np.any([goal.charges.absolute > 0.0 for goal in parts.goals], axis=0)
    for rows in parts.rows:
        if rows.absolute is not None:
            counted[rows.absolute.column[rows.absolute.value > 0.0]] = True
    free = (lines.inputs.lower < lines.inputs.upper)[: lines.count]
    return np.flatnonzero(counted & (rising == 0.0) & free)


def spread(columns: Columns, lines: Lines, rows: Rows) -> tuple[Entries, FloatArray]:
    """A family's rows over the columns, and the constants that fixed variables leave in them."""
    constant = rows.offset + rows.linear.times(columns.fixed)
    parts = [columns.free_part(rows.linear)]
    if rows.exposure is not None:
        of_x, left = columns.exposure_part(lines, rows.exposure)
        parts.append(of_x)
        constant = constant + left
    if rows.absolute is not None:
        fixed = np.abs(columns.fixed[: lines.count])
        constant = constant + rows.absolute.times(fixed)
        parts += columns.absolute_parts(rows.absolute)
    if rows.traded is not None:
        of_trades, left = columns.traded_parts(rows.traded)
        parts += of_trades
        constant = constant + left
    parts += [columns.piece_part(len(constant), item) for item in rows.pieces]
    return together(parts), constant


def _through_lines(lines: Lines, exposure: ExposureRows) -> Entries:
    """Rows over exposures as rows over the lines behind them."""
    weights = np.zeros((exposure.entries.count, lines.loadings.shape[1]))
    weights[exposure.entries.row, exposure.entries.column] = exposure.entries.value
    block = weights @ lines.loadings[exposure.lines].T
    row, line = np.nonzero(block)
    return Entries(exposure.entries.count, row, exposure.lines[line], block[row, line])
