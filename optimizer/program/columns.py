"""The columns of the program: what is free, where |h| needs a column of its own, blocks of risk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from counterpoise.model import BoolArray, FloatArray, IndexArray, Side
from optimizer.program.gather import Parts
from optimizer.program.lines import Lines
from optimizer.program.rows import Ball, Entries, ExposureRows, Rows, Spread

TRADE = 0.1
"""Columns of trades count tenths of NAV: engines are closest where numbers are of order one."""

_WORTH_SHARING = 10
"""Residuals from which one column for their norm pays, where several cones hold it."""


@dataclass(frozen=True, eq=False)
class Block:
    """The components (L'x, z) / scale of a volatility, shared by every ball over the same scope.

    L'x has columns, and so have residuals that several lines share or that a fixed line has. A
    residual that one free line has to itself is that line's column times a number.
    """

    lines: IndexArray
    drivers: IndexArray
    scale: float
    factor: FloatArray
    """L'/scale of the scope's drivers, components by drivers."""
    shared: Entries
    """z/scale of residuals with columns, from all variables."""
    shared_at: IndexArray
    """Underlyings of those."""
    own: IndexArray
    """Lines that have their residual to themselves."""
    own_factor: FloatArray
    own_at: IndexArray
    """Underlyings of those."""

    @property
    def residual_count(self) -> int:
        """Number of residuals."""
        return self.shared.count + len(self.own)

    @property
    def size(self) -> int:
        """Number of columns."""
        return int(self.factor.shape[0] + self.shared.count)


@dataclass(frozen=True, eq=False)
class Columns:
    """Main columns, then the components of each block.

    Main are the free variables, |h| of lines that may change sign, |t| and |t|^1.5 of trades, |pairs|,
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
    pairs_start: dict[str, int]
    exposure_start: dict[bytes, int]
    """First column of x for each set of lines whose risk counts somewhere through x."""
    norm_place: dict[str, int]
    """Column above each norm of a goal, over its block's scale, by name of ball."""
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
    traded_rising, traded, impact = _trades(lines, parts)
    traded_place, at = _places(traded, at, lines.count)
    impact_place, at = _places(impact, at, lines.count)
    pairs_start = {}
    for rows in parts.rows:
        if rows.pairs is not None:
            pairs_start[rows.name] = at
            at += rows.pairs.count
    blocks, block_of = _blocks(lines, parts, place)
    exposure_start: dict[bytes, int] = {}
    for block in blocks:
        # With no more lines than drivers x would only stand between L' and the lines.
        if len(block.lines) > len(block.drivers) and block.lines.tobytes() not in exposure_start:
            exposure_start[block.lines.tobytes()] = at
            at += len(lines.reference)
    norm_place = {}
    for ball in goal_balls(parts):
        norm_place[ball.name], at = at, at + 1
    logarithm_start = at
    at += sum(len(goal.budget.lines) for goal in parts.goals if goal.budget is not None)
    slack_place, slack_of, at = _slacks(lines, parts, at)
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
        pairs_start=pairs_start,
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


def _trades(lines: Lines, parts: Parts) -> tuple[FloatArray, IndexArray, IndexArray]:
    """Which way lines can be traded, and which need columns for |t| and for |t|^1.5."""
    lower, upper = lines.inputs.lower[: lines.count], lines.inputs.upper[: lines.count]
    free = lower < upper
    impact = free & np.any([goal.charges.impact > 0.0 for goal in parts.goals], axis=0)
    counted = np.any([goal.charges.traded > 0.0 for goal in parts.goals], axis=0)
    for rows in parts.rows:
        if rows.traded is not None:
            counted[rows.traded.column[rows.traded.value > 0.0]] = True
    one_way = np.where(lower >= lines.current, 1.0, np.where(upper <= lines.current, -1.0, 0.0))
    rising = np.where(free & ~impact, one_way, 0.0)
    return rising, np.flatnonzero(impact | (counted & free & (rising == 0.0))), np.flatnonzero(impact)


def _places(members: IndexArray, start: int, count: int) -> tuple[IndexArray, int]:
    """Columns for these lines from `start` on, and where the next begin."""
    place = np.full(count, -1, dtype=np.intp)
    place[members] = start + np.arange(len(members))
    return place, start + len(members)


def _slacks(
    lines: Lines, parts: Parts, at: int
) -> tuple[dict[tuple[str, Side], IndexArray], dict[int, list[int]], int]:
    """Columns for the violations of every soft side, one for each member that may still be missed."""
    stage = lines.inputs.stage
    place: dict[tuple[str, Side], IndexArray] = {}
    of_priority: dict[int, list[int]] = {}
    if stage is None:
        return place, of_priority, at
    sides = [
        (rows.name, side, rows.softness, len(rows.offset))
        for rows in parts.rows
        for side, bound in ((Side.LOWER, rows.lower), (Side.UPPER, rows.upper))
        if bound is not None
    ]
    sides += [(ball.name, Side.UPPER, ball.softness, 1) for ball in parts.balls]
    for name, side, softness, count in sides:
        if softness is None:
            continue
        missed = np.flatnonzero(~stage.met(softness.priority, name, side, count))
        place[name, side], end = _places(missed, at, count)
        of_priority.setdefault(softness.priority, []).extend(range(at, end))
        at = end
    return place, of_priority, at


def goal_balls(parts: Parts) -> list[Ball]:
    """The norms that goals charge."""
    return [ball for goal in parts.goals for ball in goal.balls]


def cone_balls(parts: Parts) -> list[Ball]:
    """The balls that are cones: all but a variance that the objective charges."""
    return [*goal_balls(parts), *parts.balls]


def charged_directly(parts: Parts) -> bool:
    """Whether the variance is charged on the lines themselves.

    Where no cone asks for its components, and with no more lines than drivers, columns for them
    would only double a dense problem.
    """
    ball = parts.goal.variance
    return ball is not None and not cone_balls(parts) and len(ball.lines) <= len(ball.drivers)


def _blocks(lines: Lines, parts: Parts, place: IndexArray) -> tuple[tuple[Block, ...], dict[str, int]]:
    balls: Sequence[Ball] = cone_balls(parts)
    if parts.goal.variance is not None and not charged_directly(parts):
        balls = [parts.goal.variance, *balls]
    blocks: list[Block] = []
    seen: dict[tuple[str, bytes, bytes, bool], int] = {}
    block_of = {}
    for ball in balls:
        scope = (ball.spread.name, ball.lines.tobytes(), ball.drivers.tobytes(), ball.with_residual)
        if scope not in seen:
            seen[scope] = len(blocks)
            blocks.append(_block(lines, ball, place))
        block_of[ball.name] = seen[scope]
    return tuple(blocks), block_of


def _block(lines: Lines, ball: Ball, place: IndexArray) -> Block:
    spread = ball.spread
    factor = spread.factor[ball.drivers, :].T
    residual = spread.residual[ball.lines] * float(ball.with_residual)
    factored = lines.loadings[np.ix_(ball.lines, ball.drivers)] @ factor.T
    variance = (factored**2).sum(axis=1) + residual**2
    scale = float(np.sqrt(variance.max(initial=0.0))) or 1.0
    holders = ball.lines[residual > 0.0]
    sizes = residual[residual > 0.0] / scale
    underlying = spread.underlying[holders]
    correlated = np.isin(underlying, spread.correlated)
    alone = (np.bincount(underlying, minlength=lines.count)[underlying] == 1) & (place[holders] >= 0)
    alone &= ~correlated
    shared = ~alone & ~correlated
    shared_at, row = np.unique(underlying[shared], return_inverse=True)
    together = Entries(len(shared_at), row.astype(np.intp), holders[shared], sizes[shared])
    if correlated.any():
        together = _stacked(together, _correlated(spread, holders[correlated], sizes[correlated]))
        shared_at = np.concatenate([shared_at, spread.correlated])
    return Block(
        lines=ball.lines,
        drivers=ball.drivers,
        scale=scale,
        factor=factor / scale,
        shared=together,
        shared_at=shared_at,
        own=holders[alone],
        own_factor=sizes[alone],
        own_at=underlying[alone],
    )


def _correlated(spread: Spread, holders: IndexArray, sizes: FloatArray) -> Entries:
    """C'z over the lines behind z."""
    number = {int(underlying): index for index, underlying in enumerate(spread.correlated)}
    member = np.array([number[int(underlying)] for underlying in spread.underlying[holders]], dtype=np.intp)
    block = spread.correlation_factor[member] * sizes[:, None]
    line, component = np.nonzero(block)
    return Entries(len(spread.correlated), component, holders[line], block[line, component])


def _stacked(first: Entries, second: Entries) -> Entries:
    """One set of rows below the other."""
    return Entries(
        first.count + second.count,
        np.concatenate([first.row, first.count + second.row]),
        np.concatenate([first.column, second.column]),
        np.concatenate([first.value, second.value]),
    )


def spread(columns: Columns, lines: Lines, rows: Rows) -> tuple[Entries, FloatArray]:
    """A family's rows over the columns, and the constants that fixed variables leave in them."""
    constant = rows.offset + rows.linear.times(columns.fixed)
    parts = [columns.free_part(rows.linear)]
    if rows.exposure is not None:
        of_x = rows.exposure.entries
        start = columns.exposure_start.get(rows.exposure.lines.tobytes())
        if start is not None:
            parts.append(Entries(of_x.count, of_x.row, start + of_x.column, of_x.value))
        else:
            direct = _through_lines(lines, rows.exposure)
            constant = constant + direct.times(columns.fixed)
            parts.append(columns.free_part(direct))
    if rows.absolute is not None:
        fixed = np.abs(columns.fixed[: lines.count])
        constant = constant + rows.absolute.times(fixed)
        parts += columns.absolute_parts(rows.absolute)
    if rows.traded is not None:
        of_trades, left = columns.traded_parts(rows.traded)
        parts += of_trades
        constant = constant + left
    if rows.pairs is not None:
        own = columns.pairs_start[rows.name] + np.arange(rows.pairs.count)
        parts.append(Entries(1, np.zeros(len(own), dtype=np.intp), own, np.ones(len(own))))
    return together(parts), constant


def _through_lines(lines: Lines, exposure: ExposureRows) -> Entries:
    """Rows over exposures as rows over the lines behind them."""
    weights = np.zeros((exposure.entries.count, lines.loadings.shape[1]))
    weights[exposure.entries.row, exposure.entries.column] = exposure.entries.value
    block = weights @ lines.loadings[exposure.lines].T
    row, line = np.nonzero(block)
    return Entries(exposure.entries.count, row, exposure.lines[line], block[row, line])


def together(parts: Sequence[Entries]) -> Entries:
    """Entries of several parts of the same rows."""
    return Entries(
        parts[0].count,
        np.concatenate([part.row for part in parts]),
        np.concatenate([part.column for part in parts]),
        np.concatenate([part.value for part in parts]),
    )
