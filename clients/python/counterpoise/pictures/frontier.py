"""A frontier: the objective against the number that is swept, and what its bound is worth below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from counterpoise.frames.bound_prices import at_edge
from counterpoise.frames.frontier import MISSED, axis_name, frontier_frame, price_name
from counterpoise.model import (
    AllocationProblem,
    MeetRiskBudget,
    SweepAxis,
    TraceFrontierResponse,
)
from counterpoise.pictures.style import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    SMALL,
    TEXT,
    VERMILLION,
    new_figure,
    plain,
)
from counterpoise.wording.names import Names
from counterpoise.wording.prices import optimized
from counterpoise.wording.sweeps import swept, value_in_words

_ROWS_OF_ONE, _ROWS_OF_TWO = 14, 24
_OPTIMAL, _INFEASIBLE = "optimal", "infeasible"
_AT_THE_BOTTOM = 0.04
_ROOM = 0.04
"""Of the span, on either side of the outermost values."""
_TICK_DECIMALS = 12
"""Ticks are sums of floats; what is beyond is dust."""
_HEADROOM = 1.1
"""A line of equal prices is drawn below the edge."""
_RING = 90.0
"""Size of the marks around points, in square points."""


def draw_frontier(
    points: Iterable[TraceFrontierResponse], axis: SweepAxis, problem: AllocationProblem
) -> Figure:
    """The objective at every value of one axis; where the axis is a bound, its shadow price below.

    A cross at the bottom marks a value that is proven infeasible, a circle one without proof or answer; a
    ring around the objective marks a value at which soft limits are missed. The axis spans every value that
    was asked for, and is read as tables are: bounds on shares of NAV in percent. A price is left out where
    the next tighter value is infeasible: it may be any number there. Raises ValueError where there are no
    points, or points of two axes.
    """
    answers = list(points)
    if not answers or any(len(point.coordinates) != 1 for point in answers):
        raise ValueError("draw the points of one axis, at least one; fix the second axis of two first")
    column = axis_name(axis)
    frame = frontier_frame(answers, (axis,)).sort_values(column)
    price = price_name(column)
    scale, unit = (1.0, "") if isinstance(problem.objective.goal, MeetRiskBudget) else (100.0, "%")
    goal = optimized(problem.objective)
    prices = _meaning(answers, frame, axis) if price in frame else None
    priced = prices is not None and bool(prices.notna().any())
    rows = _ROWS_OF_TWO if priced else _ROWS_OF_ONE
    names = Names(problem)
    moved = swept(axis, names)
    at = [value_in_words(value, axis, problem, names) for value in frame[column]]
    figure = new_figure(_finding(frame, at, goal, scale, unit), rows)
    if prices is not None and priced:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1.6, 1.0))
        _line(lower, frame, column, prices, ORANGE)
        _dress(lower, "Shadow price of the bound", "objective per unit")
        lower.set_ylim(bottom=0.0, top=_HEADROOM * prices.max() if (prices > 0.0).any() else None)
        lowest = lower
    else:
        upper = lowest = figure.subplots()
    _line(upper, frame, column, scale * frame["objective"], BLUE)
    _dress(upper, f"{goal[:1].upper()}{goal[1:]}", unit)
    _mark_misses(upper, frame, column, scale)
    _mark(upper, frame, column)
    if not frame["objective"].notna().any():
        upper.set_yticks([])
    _span(lowest, frame[column])
    lowest.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: value_in_words(round(value, _TICK_DECIMALS), axis, problem, names))
    )
    if upper.get_legend_handles_labels()[0]:
        upper.legend(loc="best", fontsize=SMALL, frameon=False)
    lowest.set_xlabel(f"{moved[:1].upper()}{moved[1:]}", fontsize=SMALL, color=INK, parse_math=False)
    return figure


def _meaning(
    points: Sequence[TraceFrontierResponse], frame: pd.DataFrame, axis: SweepAxis
) -> pd.Series[float]:
    """Prices that are one number; NaN beside values that are infeasible."""
    prices = frame[price_name(axis_name(axis))]
    if axis.limit_bound is None:
        return prices
    edge = at_edge(points, 0, axis.limit_bound)
    return prices.mask(pd.Series(edge, index=[point.point_index for point in points], dtype=bool))


def _span(axes: Axes, values: pd.Series[float]) -> None:
    """All values, those without an answer too, and some room beside them."""
    room = _ROOM * (values.max() - values.min()) or _ROOM * abs(values.max()) or _ROOM
    axes.set_xlim(values.min() - room, values.max() + room)


def _line(axes: Axes, frame: pd.DataFrame, column: str, values: pd.Series[float], colour: str) -> None:
    """A line through certified answers, broken where there is none."""
    axes.plot(frame[column], values, color=colour, marker="o", markersize=4, linewidth=1.6)


def _mark_misses(axes: Axes, frame: pd.DataFrame, column: str, scale: float) -> None:
    rows = frame[MISSED] > 0
    if rows.any():
        axes.scatter(
            frame.loc[rows, column],
            scale * frame.loc[rows, "objective"],
            s=_RING,
            facecolors="none",
            edgecolors=ORANGE,
            label="soft limits missed",
            zorder=3,
        )


def _mark(axes: Axes, frame: pd.DataFrame, column: str) -> None:
    """Marks what has no certified answer at the bottom, whatever the scale."""
    infeasible = frame["termination"] == _INFEASIBLE
    unproven = ~infeasible & (frame["termination"] != _OPTIMAL)
    marks = (
        (infeasible, "x", VERMILLION, VERMILLION, "infeasible"),
        (unproven, "o", "none", GREY, "not proven"),
    )
    for rows, marker, face, edge, name in marks:
        if rows.any():
            places = frame.loc[rows, column]
            axes.scatter(
                places,
                [_AT_THE_BOTTOM] * len(places),
                marker=marker,
                facecolors=face,
                edgecolors=edge if marker == "o" else None,
                label=name,
                transform=axes.get_xaxis_transform(),
                zorder=3,
            )


def _finding(frame: pd.DataFrame, at: Sequence[str], goal: str, scale: float, unit: str) -> str:
    good = frame["termination"] == _OPTIMAL
    told = [
        f"{scale * objective:.4g} {unit}".strip() + f" at {value}"
        for objective, value, certified in zip(frame["objective"], at, good, strict=True)
        if certified
    ]
    if not told:
        return f"No certified answer at any of {len(frame)} values"
    missing = len(frame) - len(told)
    left_out = f"; {missing} of {len(frame)} values have no certified answer" if missing else ""
    if len(told) == 1:
        return f"{goal[:1].upper()}{goal[1:]} is {told[0]}{left_out}"
    return f"{goal[:1].upper()}{goal[1:]} goes from {told[0]} to {told[-1]}{left_out}"


def _dress(axes: Axes, heading: str, unit: str) -> None:
    axes.set_title(heading, loc="left", fontsize=TEXT + 1, color=INK, parse_math=False)
    axes.set_ylabel(unit, fontsize=SMALL, color=INK)
    axes.tick_params(labelsize=SMALL, color=GREY)
    plain(axes)
    axes.grid(axis="y", color="#E3E3E3", linewidth=0.8)
    axes.set_axisbelow(True)
