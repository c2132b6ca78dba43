"""Money over need by horizon: what there is, by kind, as multiples of what may be asked for."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from counterpoise.model import Allocation, AllocationProblem, MeasureLiquidityResponse
from counterpoise.pictures.coverage import CoverageRow, coverage_rows, finding
from counterpoise.pictures.style import (
    BLUE,
    GREY,
    INK,
    MINT,
    ORANGE,
    SKY,
    SMALL,
    VERMILLION,
    bars,
    label,
    new_figure,
)
from counterpoise.wording.coverage import AMBER, BLACK, GREEN, RED, ratio_in_words
from counterpoise.wording.figures import DUST, Money, money_of, percent
from counterpoise.wording.names import Names
from counterpoise.wording.stressed import BASE, stressed

_PARTS = (
    ("reserve, posted included", MINT, ""),
    ("funded lines", BLUE, ""),
    ("alpha sleeves", ORANGE, ".."),
    ("undrawn credit", SKY, "//"),
)
_MOST_DRAWN = 3.0
"""Times the need: a bar that is longer is cut here and says so."""
_LEAST_DRAWN = 1e-3
"""Times the need: less cannot be seen."""


def draw_liquidity(
    answer: Allocation | MeasureLiquidityResponse, problem: AllocationProblem, scenario_id: str | None = None
) -> Figure:
    """Money by kind over what may be asked for, horizon by horizon, under one scenario.

    In multiples of the need, so that 1 is enough at every horizon; the rungs of the ladder are marked. The
    first row is the first day's variation margin against cash alone. Without `scenario_id` the least covered
    scenario is drawn; empty is the state without a scenario. Raises ValueError where the answer carries no
    such figures.
    """
    given = stressed(answer)
    if not given.coverage_figures:
        raise ValueError(
            "this answer carries no coverage: draw an optimum, in full view, of a problem with scenarios or "
            "coverage limits, or a measured liquidity"
        )
    if scenario_id is None:
        scenario_id = given.by_coverage[0]
    figures = given.coverage(scenario_id)
    if not figures:
        raise ValueError(f"this answer carries no coverage of scenario {scenario_id!r}")
    names, money = Names(problem), money_of(problem)
    rows = coverage_rows(figures)
    which = names.scenario(scenario_id) if scenario_id != BASE else "Without a scenario"
    figure = new_figure(finding(which, rows, money), len(rows) + 2)
    kinds = _draw(figure.add_subplot(), rows, money)
    figure.legend(
        handles=[
            *[
                Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=kind)
                for index, (kind, colour, hatch) in enumerate(_PARTS)
                if index in kinds
            ],
            Line2D([], [], color=VERMILLION, linewidth=2.2, label="the need"),
        ],
        loc="outside lower right",
        ncols=5,
        frameon=False,
        fontsize=SMALL,
    )
    return figure


def _draw(axes: Axes, rows: list[CoverageRow], money: Money) -> set[int]:
    """Draws the rows; the kinds of money that can be seen."""
    heading = "Money by when it is there, trading days"
    bars(axes, [row.name for row in rows], heading, "times what may be asked for by then")
    end = min(max([GREEN.least, *[row.ratio for row in rows if row.need >= DUST]]), _MOST_DRAWN)
    seen: set[int] = set()
    for place, row in enumerate(rows):
        if row.need < DUST:
            there = f"{percent(row.sources)} % of NAV = {money.words_beyond_dust(row.sources)}"
            label(axes, f"nothing is asked for; {there} is there", 0.0, place)
            continue
        seen |= _stack(axes, place, row, end)
        sums = f"{percent(row.sources)} % there, {percent(row.need)} % asked"
        told = f"{ratio_in_words(row.ratio)}: {sums}, {_left(row, money)}"
        label(axes, told, max(min(row.ratio, end), 1.0), place, gap=14.0 if row.ratio > end else 6.0)
    axes.axvline(1.0, color=VERMILLION, linewidth=2.2)
    for rung in (AMBER, GREEN):
        axes.axvline(rung.least, color=GREY, linewidth=1.0, linestyle="--", zorder=0.5)
    axes.set_xlim(0.0, 1.75 * end)
    ticks = {0.0: BLACK.name, 0.5: "", 1.0: RED.name, AMBER.least: AMBER.name, GREEN.least: GREEN.name}
    ticks |= {tick: "" for tick in (2.0, 2.5, 3.0) if tick <= end}
    axes.set_xticks(list(ticks), [f"{tick:g}\n{name}" for tick, name in ticks.items()])
    return seen


def _stack(axes: Axes, place: int, row: CoverageRow, end: float) -> set[int]:
    """Draws one bar, cut where it is too long; the kinds that it shows."""
    start, seen = 0.0, set()
    for index, (part, (_, colour, hatch)) in enumerate(zip(row.parts, _PARTS, strict=True)):
        width = min(part / row.need, end - start)
        if width > _LEAST_DRAWN:
            axes.barh(place, width, left=start, height=0.62, color=colour, hatch=hatch, edgecolor="white")
            start += width
            seen.add(index)
    if row.ratio > end:
        axes.plot([end], [place], marker=">", markersize=9, color=INK, clip_on=False)
    return seen


def _left(row: CoverageRow, money: Money) -> str:
    """What is left of the money, or what is short."""
    left = row.sources - row.need
    return f"{money.words_beyond_dust(abs(left))} {'left' if left > -DUST else 'short'}"
