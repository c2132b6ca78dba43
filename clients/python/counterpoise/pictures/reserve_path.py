"""What is left of the reserve after margin, by horizon and scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from counterpoise.model import Allocation, AllocationProblem, CoverageFigure, MeasureLiquidityResponse
from counterpoise.pictures.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ON_WHITE,
    ORANGE,
    PURPLE,
    SKY,
    SMALL,
    TEXT,
    VERMILLION,
    new_figure,
    plain,
    settled,
    shortened,
)
from counterpoise.wording.figures import DUST, Money, money_of, percent
from counterpoise.wording.names import Names
from counterpoise.wording.stressed import BASE, Stressed, stressed

_SHOWN = 6
_STYLES = (
    (VERMILLION, "o", "-"),
    (BLUE, "s", "-"),
    (ORANGE, "^", "-"),
    (GREEN, "D", "--"),
    (PURPLE, "v", "--"),
    (SKY, "P", "--"),
)
_ROWS = 11
_LABEL_GAP = 0.062
"""Of the height of the axes, between labels beside it."""
_ROOM_FOR_NAMES = 0.36
"""Of the width of the lines, beside them."""


@dataclass(frozen=True, kw_only=True)
class _Path:
    """One scenario: what is left by horizon, fractions of NAV."""

    scenario_id: str
    days: tuple[int, ...]
    left: tuple[float, ...]

    @property
    def least(self) -> float:
        return min(self.left)


def draw_reserve_path(answer: Allocation | MeasureLiquidityResponse, problem: AllocationProblem) -> Figure:
    """The reserve less initial and variation margin, horizon by horizon, a line for every scenario.

    In percent of NAV; below zero the reserve does not pay all of it. The six scenarios that leave least are
    drawn, beside the state without a scenario. Raises ValueError where the answer carries no such figures.
    """
    given = stressed(answer)
    if not given.coverage_figures:
        raise ValueError(
            "this answer carries no coverage: draw an optimum, in full view, of a problem with scenarios or "
            "coverage limits, or a measured liquidity"
        )
    names, money = Names(problem), money_of(problem)
    paths = sorted(_paths(given), key=lambda path: path.least)
    base = [path for path in paths if path.scenario_id == BASE]
    worst = [path for path in paths if path.scenario_id != BASE]
    figure = new_figure(_finding(worst or base, names, money), _ROWS)
    axes = figure.add_subplot()
    hidden = len(worst) - _SHOWN
    more = f" ({hidden} more scenarios leave more)" if hidden > 0 else ""
    _draw(axes, [*worst[:_SHOWN], *base], given.horizons, names)
    axes.set_title(
        f"Reserve less initial and variation margin{more}", loc="left", fontsize=TEXT + 1, color=INK
    )
    return figure


def _paths(given: Stressed) -> list[_Path]:
    def left(figure: CoverageFigure) -> float:
        margin = figure.initial_margin_fraction + figure.variation_margin_fraction
        return figure.reserve_source_fraction - margin

    return [
        _Path(
            scenario_id=name,
            days=tuple(item.horizon_trading_days for item in given.coverage(name)),
            left=tuple(left(item) for item in given.coverage(name)),
        )
        for name in given.by_coverage
    ]


def _finding(paths: Sequence[_Path], names: Names, money: Money) -> str:
    worst = paths[0]
    day = worst.days[worst.left.index(worst.least)]
    when = f"within {day} day{'s' if day != 1 else ''}"
    if worst.scenario_id == BASE:
        return f"Without a scenario the reserve keeps {percent(worst.least)} % of NAV beyond margin, {when}"
    name, amount = names.scenario(worst.scenario_id), f"{percent(abs(worst.least))} % of NAV"
    told = f"{amount} = {money.words_beyond_dust(abs(worst.least))}"
    if worst.least <= -DUST:
        return f"The reserve does not pay all margin under {name}: {told} is missing {when}"
    return f"The reserve pays all margin; {name} leaves least: {told} {when}"


def _draw(axes: Axes, paths: Sequence[_Path], days: tuple[int, ...], names: Names) -> None:
    place = {day: index for index, day in enumerate(days)}
    for index, path in enumerate(paths):
        colour, marker, dashes = _STYLES[index] if path.scenario_id != BASE else (INK, "x", ":")
        axes.plot(
            [place[day] for day in path.days],
            [100 * value for value in path.left],
            color=colour,
            marker=marker,
            linestyle=dashes,
            linewidth=1.8,
            markersize=6,
        )
    values = [100 * value for path in paths for value in path.left]
    least, largest = min([0.0, *values]), max([0.0, *values])
    room = 0.08 * ((largest - least) or 1.0)
    axes.set_ylim(least - room, largest + room)
    last = len(days) - 1
    axes.set_xlim(-0.15, last + _ROOM_FOR_NAMES * max(last, 1))
    axes.set_xticks(range(len(days)), [str(day) for day in days], fontsize=SMALL)
    axes.set_xlabel(
        "trading days from the as-of date; lines only join what is measured", fontsize=SMALL, color=INK
    )
    axes.set_ylabel("% of NAV", fontsize=SMALL, color=INK)
    axes.tick_params(labelsize=SMALL, color=GREY)
    plain(axes)
    axes.grid(axis="y", color="#E3E3E3", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.axhline(0.0, color=INK, linewidth=1.2)
    if least < 0:
        axes.axhspan(least - room, 0.0, color=VERMILLION, alpha=0.06, zorder=0)
    _name(axes, paths, float(last), names)


def _name(axes: Axes, paths: Sequence[_Path], last: float, names: Names) -> None:
    """Names and last values at the ends of the lines, apart from each other."""
    bottom, top = axes.get_ylim()
    order = sorted(paths, key=lambda path: path.left[-1])
    ends = [100 * path.left[-1] for path in order]
    height = top - bottom
    places = settled(ends, _LABEL_GAP * height, bottom + 0.03 * height, top - 0.03 * height)
    for path, end, place in zip(order, ends, places, strict=True):
        name = names.scenario(path.scenario_id)
        axes.annotate(
            f"{shortened(name)} {percent(path.left[-1])} %",
            (last, end),
            (last + 0.06 * max(last, 1.0), place),
            va="center",
            fontsize=SMALL,
            color=INK,
            parse_math=False,
            bbox=ON_WHITE,
            arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.6, "relpos": (0.0, 0.5)},
        )
