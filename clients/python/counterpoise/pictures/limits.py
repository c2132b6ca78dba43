"""Limits: how much of each is used, and what one small step more is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from counterpoise.model import Allocation, AllocationProblem, LimitReport, MeetRiskBudget
from counterpoise.pictures.style import (
    BLUE,
    INK,
    PURPLE,
    SMALL,
    VERMILLION,
    WIDE,
    bars,
    label,
    new_figure,
    room_for_text,
)
from counterpoise.wording.figures import money_of
from counterpoise.wording.members import first_of_each, with_count
from counterpoise.wording.names import Names
from counterpoise.wording.prices import dearest, gain_in_words, loosening, optimized, worth
from counterpoise.wording.soft import is_missed, misses_in_words
from counterpoise.wording.stressed import stressed
from counterpoise.wording.used import used_share

_SHOWN = 24
_WIDE_RANGE = 25.0
"""Ratio of gains from which on a linear scale hides the least of them."""
_MOST_USED = 1.5
"""A soft limit that is missed further than this is drawn no longer."""
_BOUND, _ROOM, _MISSED = "at its bound", "with room", "soft and missed"
_WITHOUT_PRICE = {_BOUND: "nothing", _MISSED: "comes first"}
_COLOURS = {_BOUND: (VERMILLION, ""), _ROOM: (BLUE, ""), _MISSED: (PURPLE, "//")}


@dataclass(frozen=True, kw_only=True)
class _Row:
    """One limit; `used` is None where no share says how much of it is used."""

    limit: LimitReport
    used: float | None
    gain: float
    count: int = 1

    @property
    def state(self) -> str:
        """Where the limit stands."""
        if is_missed(self.limit):
            return _MISSED
        return _BOUND if self.limit.binding else _ROOM


def draw_limits(allocation: Allocation, problem: AllocationProblem) -> Figure:
    """How much of each limit is used, in percent, beside what loosening it by a small step is worth.

    Of an upper bound the value is used; of a lower bound what it demands of the value; of a range the
    way from its middle to its bound; of reserve and coverage what is needed of what there is. The worth
    is in the objective's unit, basis points a year where it is a rate, on a logarithmic scale where gains
    differ much. Dearest first, then most used; of a limit under scenarios or by horizon, the members with
    room are one row. Raises ValueError where the answer carries no limits that somebody stated or can grant.
    """
    names, given = Names(problem), stressed(allocation)
    priced = {limit.key for limit in dearest(allocation, problem.objective)}
    rows = [
        _Row(
            limit=limit,
            used=used_share(limit, allocation.reserve, given, names),
            gain=loosening(limit, problem.objective).gain if limit.key in priced else 0.0,
        )
        for limit in allocation.limits
        if limit.key.limit_id is not None or limit.key in priced
    ]
    if not rows:
        raise ValueError("this answer carries no limits to draw: draw an optimum of a mandate with limits")
    rows = _gathered(sorted(rows, key=lambda row: (-row.gain, -(row.used if row.used is not None else 0.0))))
    shown, hidden = rows[:_SHOWN], len(rows) - _SHOWN
    figure = new_figure(_finding(allocation, problem, names), len(shown) + 1)
    grid = figure.add_gridspec(1, 2, width_ratios=(1.25, 1.0))
    more = f" ({hidden} more with more room)" if hidden > 0 else ""
    _draw_used(figure.add_subplot(grid[0, 0]), shown, names, f"How much is used{more}")
    _draw_worth(figure.add_subplot(grid[0, 1]), shown, problem, names)
    figure.legend(
        handles=[
            Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=state)
            for state, (colour, hatch) in _COLOURS.items()
            if any(row.state == state for row in shown)
        ],
        loc="outside lower left",
        ncols=3,
        frameon=False,
        fontsize=SMALL,
    )
    return figure


def _gathered(rows: Sequence[_Row]) -> list[_Row]:
    """Rows in their order; members with room of one limit under scenarios or by horizon are one."""
    roomy = first_of_each([row for row in rows if row.state == _ROOM], lambda row: row.limit.key)
    kept = {row.limit.key: replace(row, count=count) for row, count in roomy}
    return [kept.get(row.limit.key, row) for row in rows if row.state != _ROOM or row.limit.key in kept]


def _finding(allocation: Allocation, problem: AllocationProblem, names: Names) -> str:
    best = dearest(allocation, problem.objective)
    missed = misses_in_words(allocation, names)
    if not best and missed:
        return f"Soft limits decide, missed as little as the rules allow: {missed}"
    if not best:
        return f"No limit is worth loosening, counted in {optimized(problem.objective)}"
    price = worth(best[0], problem.objective, names, money_of(problem))
    return f"{names.limit(best[0].key)} holds the portfolio back most: {price}"


def _draw_used(axes: Axes, rows: Sequence[_Row], names: Names, heading: str) -> None:
    titles = [with_count(names.limit(row.limit.key), row.count) for row in rows]
    bars(axes, titles, heading, "% of the limit", WIDE)
    axes.axvline(100.0, color=INK, linewidth=1.0, linestyle="--")
    for place, row in enumerate(rows):
        used = 100 * min(row.used or 0.0, _MOST_USED)
        colour, hatch = _COLOURS[row.state]
        axes.barh(place, used, height=0.62, color=colour, hatch=hatch, edgecolor="white")
        label(axes, _in_words(row.limit, names), max(used, 100.0), place)
    room_for_text(axes, [100.0, *[100 * min(row.used or 0.0, _MOST_USED) for row in rows]], 0.55)
    axes.set_xticks([0, 25, 50, 75, 100])


def _draw_worth(axes: Axes, rows: Sequence[_Row], problem: AllocationProblem, names: Names) -> None:
    scale, unit = (1.0, "") if isinstance(problem.objective.goal, MeetRiskBudget) else (1e4, "bp of ")
    brings = "is worth" if problem.objective.maximizes else "takes away"
    after = ", after soft limits" if any(row.state == _MISSED for row in rows) else ""
    heading = f"What a small step {brings}{after}"
    bars(axes, ["" for _ in rows], heading, f"{unit}{optimized(problem.objective)}")
    money = money_of(problem)
    gains = [scale * row.gain for row in rows]
    for place, (row, gain) in enumerate(zip(rows, gains, strict=True)):
        step = loosening(row.limit, problem.objective, is_share=names.is_share(row.limit.key))
        if gain > 0:
            axes.plot([0.0, gain], [place] * 2, color=VERMILLION, linewidth=2.0)
            axes.plot([gain], [place], color=VERMILLION, marker="o", markersize=8)
            price = gain_in_words(row.gain, problem.objective, money)
            label(axes, f"{price}, for {step.step} {step.direction}", gain, place, gap=9.0)
    _scale(axes, [gain for gain in gains if gain > 0])
    start = max(0.0, axes.get_xlim()[0])  # a logarithmic axis has no zero to write at
    for place, row in enumerate(rows):
        if row.gain <= 0 and row.state in _WITHOUT_PRICE:
            label(axes, _WITHOUT_PRICE[row.state], start, place)


def _scale(axes: Axes, gains: Sequence[float]) -> None:
    """A scale on which the least gain is seen beside the largest, with room for text."""
    if gains and max(gains) > _WIDE_RANGE * min(gains):
        ratio = max(gains) / min(gains)
        axes.set_xscale("log")
        axes.set_xlim(min(gains) / ratio**0.1, max(gains) * ratio**1.4)
        axes.set_xlabel(f"{axes.get_xlabel()}, logarithmic", fontsize=SMALL, color=INK)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
    else:
        room_for_text(axes, gains, 1.6)
    least, _ = axes.get_xlim()
    beyond = 1.3 * max(gains, default=0.0)  # there the axis is room for text, and has no ticks
    axes.set_xticks([tick for tick in axes.get_xticks() if least <= tick <= beyond])


def _in_words(limit: LimitReport, names: Names) -> str:
    """The value between the bounds that there are."""

    def told(number: float) -> str:
        return names.number(limit.key, number, limit.unit)

    value = told(limit.value)
    if limit.lower is not None and limit.lower == limit.upper:
        return f"{value}, fixed"
    if limit.lower is not None and limit.upper is not None:
        return f"{value} in {told(limit.lower)} to {told(limit.upper)}"
    if limit.lower is not None:
        return f"{value}, at least {told(limit.lower)}"
    return f"{value} of {told(limit.upper)}" if limit.upper is not None else value
