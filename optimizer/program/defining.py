"""Rows that say what columns are: sizes of positions and trades, violations, exposures, components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from counterpoise.model import FloatArray, IndexArray
from optimizer.program.columns import TRADE, Columns
from optimizer.program.costs import goal_costs
from optimizer.program.lines import Lines
from optimizer.program.parts import Parts
from optimizer.program.rows import Entries, together
from optimizer.program.stack import Stack


@dataclass(frozen=True, eq=False)
class BoxRows:
    """Where bounds of free variables stand: rows of at_most, and the variables they are of."""

    upper_at: IndexArray
    upper_of: IndexArray
    lower_at: IndexArray
    lower_of: IndexArray


def define_columns(lines: Lines, columns: Columns, parts: Parts, equal: Stack, at_most: Stack) -> BoxRows:
    """Adds the rows of every column that is not a variable, and those of boxes."""
    _absolute_columns(columns, at_most)
    _trade_columns(columns, at_most)
    _slack_columns(lines, columns, at_most)
    _held_goal(lines, columns, parts, at_most)
    upper_at, upper_of = _bounds(columns, lines.inputs.upper, 1.0, at_most)
    lower_at, lower_of = _bounds(columns, lines.inputs.lower, -1.0, at_most)
    _components(lines, columns, equal)
    return BoxRows(upper_at, upper_of, lower_at, lower_of)


def _trade_columns(columns: Columns, at_most: Stack) -> None:
    """H - current <= t and current - h <= t, in tenths of NAV, for lines that may trade either way."""
    traded = np.flatnonzero(columns.traded_place >= 0)
    count = len(traded)
    each, ones = np.arange(count), np.ones(count)
    top = Entries(count, each, columns.traded_place[traded], -ones)
    for sign in (1.0, -1.0):
        own = Entries(count, each, columns.place[traded], sign / TRADE * ones)
        at_most.add(together([own, top]), sign / TRADE * columns.current[traded])


def _slack_columns(lines: Lines, columns: Columns, at_most: Stack) -> None:
    """No violation is below zero, and those of priorities that are done stay where they are held."""
    every = np.array([at for slacks in columns.slack_of.values() for at in slacks], dtype=np.intp)
    count = len(every)
    at_most.add(Entries(count, np.arange(count), every, -np.ones(count)), np.zeros(count))
    stage = lines.inputs.stage
    if stage is None:
        return
    for held in stage.held if stage.penalty is None else stage.held[:-1]:
        slacks = np.array(columns.slack_of.get(held.priority, []), dtype=np.intp)
        if len(slacks):
            row = np.zeros(len(slacks), dtype=np.intp)
            at_most.add(Entries(1, row, slacks, np.ones(len(slacks))), np.array([held.at]))


def _held_goal(lines: Lines, columns: Columns, parts: Parts, at_most: Stack) -> None:
    """What the goal minimises stays below a value, while net return chooses among equal optima."""
    if parts.held_goal is None or lines.inputs.held_at is None:
        return
    costs = goal_costs(lines, columns, parts.held_goal)
    scale = float(np.abs(costs.cost).max(initial=0.0)) or 1.0
    column = np.flatnonzero(costs.cost)
    row = Entries(1, np.zeros(len(column), dtype=np.intp), column, costs.cost[column] / scale)
    at_most.add(row, np.array([(lines.inputs.held_at - costs.constant) / scale]))


def _absolute_columns(columns: Columns, at_most: Stack) -> None:
    """H <= t and -h <= t for the lines that may change sign."""
    count = len(columns.signed)
    each, ones = np.arange(count), np.ones(count)
    top = Entries(count, each, columns.absolute_place[columns.signed], -ones)
    for sign in (1.0, -1.0):
        own = Entries(count, each, columns.place[columns.signed], sign * ones)
        at_most.add(together([own, top]), np.zeros(count))


def _bounds(
    columns: Columns, bounds: FloatArray, sign: float, at_most: Stack
) -> tuple[IndexArray, IndexArray]:
    """Bounds of free variables, where there are any; their rows and variables."""
    bounded = np.flatnonzero(np.isfinite(bounds[columns.free]))
    count, of = len(bounded), columns.free[bounded]
    entries = Entries(count, np.arange(count), bounded, np.full(count, sign))
    return at_most.add(entries, sign * bounds[of]), of


def _components(lines: Lines, columns: Columns, equal: Stack) -> None:
    """X = B'v for every set of lines that needs it, and q = (L'x, z) / scale for each block."""
    _exposures(lines, columns, equal)
    for index, block in enumerate(columns.blocks):
        rank, start = block.factor.shape[0], columns.block_start[index]
        exposure_at = columns.exposure_start.get(block.scope)
        if exposure_at is None:
            of_lines = block.factor @ block.loadings[np.ix_(block.lines, block.drivers)].T
            row, line = np.nonzero(of_lines)
            _define(columns, equal, Entries(rank, row, block.lines[line], of_lines[row, line]), start)
        else:
            row, driver = np.nonzero(block.factor)
            column = exposure_at + block.drivers[driver]
            from_exposure = Entries(rank, row, column, -block.factor[row, driver])
            own = Entries(rank, np.arange(rank), start + np.arange(rank), np.ones(rank))
            equal.add(together([own, from_exposure]), np.zeros(rank))
        _define(columns, equal, block.shared, start + rank)


def _exposures(lines: Lines, columns: Columns, equal: Stack) -> None:
    """X = B'v of its lines; of lines that have an x of their own, that x instead.

    Lines in two sets would tie the factorisation's dense parts of both together.
    """
    loadings = {"": lines.loadings} | {block.space: block.loadings for block in columns.blocks}
    for (space, counted), start in columns.exposure_start.items():
        left, inner = np.frombuffer(counted, dtype=np.intp), []
        for other, other_start in _inside(columns, space, counted):
            if np.all(np.isin(other, left)):
                left = left[~np.isin(left, other)]
                inner.append(other_start)
        through = loadings[space][left]
        line, driver = np.nonzero(through)
        count = through.shape[1]
        each = np.arange(count)
        of_inner = [Entries(count, each, at + each, -np.ones(count)) for at in inner]
        _define(columns, equal, Entries(count, driver, left[line], through[line, driver]), start, of_inner)


def _inside(columns: Columns, space: str, counted: bytes) -> list[tuple[IndexArray, int]]:
    """Smaller sets of lines with an x, largest first, and where their x begins."""
    others = [
        (np.frombuffer(other, dtype=np.intp), start)
        for (other_space, other), start in columns.exposure_start.items()
        if other_space == space and len(other) < len(counted)
    ]
    return sorted(others, key=lambda item: -len(item[0]))


def _define(columns: Columns, equal: Stack, of: Entries, start: int, less: Sequence[Entries] = ()) -> None:
    """Columns from `start` on equal these rows of the variables; `less` goes to their side of the row."""
    each = np.arange(of.count)
    free = columns.free_part(of)
    own = Entries(of.count, each, start + each, np.ones(of.count))
    away = Entries(of.count, free.row, free.column, -free.value)
    equal.add(together([own, away, *less]), of.times(columns.fixed))
