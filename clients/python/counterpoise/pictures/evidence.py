"""Alpha and R-squared over rolling windows, with the thresholds of the verdict."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from counterpoise.model import AlphaEvidence, AlphaQuestion, VerifyAlphaResponse
from counterpoise.pictures.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    SMALL,
    TEXT,
    VERMILLION,
    new_figure,
    plain,
    settled,
)
from counterpoise.wording.evidence import counted, rolling_explained, thresholds, verdict
from counterpoise.wording.figures import percent
from counterpoise.wording.names import cut

_SHOWN = 6
_STYLES = (
    (BLUE, "o", "-"),
    (VERMILLION, "s", "-"),
    (GREEN, "^", "-"),
    (ORANGE, "D", "--"),
    (PURPLE, "v", "--"),
    (SKY, "P", "--"),
)
_ROWS = 12
_MARKS = 12
"""Marks along a line: as many as tell lines apart."""
_TICKS = 7
"""Years with a tick, about."""
_LABEL_GAP = 0.065
"""Of the height of the axes, between labels beside it."""
_LONGEST = 24
_PERCENTS = (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)
_TICK_GAP = 8.0
"""Percent of R-squared between ticks that can both be read, one of them in two lines."""


def draw_evidence(response: VerifyAlphaResponse, question: AlphaQuestion) -> Figure:
    """Rolling alpha, % a year, beside rolling adjusted R-squared with the thresholds of alpha and of beta.

    A line for every sleeve, of the first six. Raises ValueError where the answer has no rolling windows.
    """
    rolled = [item for item in response.evidence if item.rolling]
    if not rolled:
        raise ValueError(
            "this answer has no rolling windows: ask for rolling_period_count, shorter than the histories"
        )
    hidden = len(rolled) - _SHOWN
    more = f" ({hidden} more sleeves not drawn)" if hidden > 0 else ""
    figure = new_figure(_finding(rolled, question) + more, _ROWS)
    alphas, explained = figure.subplots(1, 2)
    window = counted(question.rolling_period_count or 0, question)
    shown = rolled[:_SHOWN]
    earned = [[100 * one.annual_alpha for one in item.rolling] for item in shown]
    _draw(alphas, shown, f"Alpha over {window}, % a year", earned)
    alphas.axhline(0.0, color=INK, linewidth=1.0)
    shares = [[100 * rolling_explained(item, one, question) for one in item.rolling] for item in shown]
    _draw(explained, shown, f"Adjusted R-squared over {window}, %", shares, bounds=(0.0, 100.0))
    _mark_thresholds(explained, question)
    return figure


def _mark_thresholds(axes: Axes, question: AlphaQuestion) -> None:
    """Dotted lines, with their words among the ticks: there no line of a sleeve is covered."""
    charge, reclassify = thresholds(question)
    levels = (100 * charge, 100 * reclassify)
    others = [tick for tick in _PERCENTS if min(abs(tick - level) for level in levels) >= _TICK_GAP]
    words = (f"alpha below\n{percent(charge, 0)} %", f"beta above\n{percent(reclassify, 0)} %")
    axes.set_yticks([*others, *levels], [*(f"{tick:g}" for tick in others), *words])
    if levels[1] - levels[0] < _TICK_GAP:
        below, above = axes.get_yticklabels()[-2:]
        below.set_verticalalignment("top")
        above.set_verticalalignment("bottom")
    for level in levels:
        axes.axhline(level, color=INK, linewidth=1.0, linestyle=":")


def _finding(rolled: Sequence[AlphaEvidence], question: AlphaQuestion) -> str:
    """What the first sleeve's windows say; of several how many are above the threshold of beta in some."""
    _, reclassify = thresholds(question)
    if len(rolled) > 1:
        often = [item.sleeve_id for item in rolled if _share_above(item, reclassify, question) > 0]
        named = f": {', '.join(cut(name, _LONGEST) for name in often[:3])}" if often else ""
        return (
            f"{len(often)} of {len(rolled)} sleeves were beta in some window, explained by more than "
            f"{percent(reclassify, 0)} %{named}"
        )
    (item,) = rolled
    above = sum(window.annual_alpha > 0 for window in item.rolling)
    return (
        f"{cut(item.sleeve_id, _LONGEST)} ({verdict(item)}) had alpha above zero in {above} of "
        f"{len(item.rolling)} windows, and was explained by more than {percent(reclassify, 0)} % in "
        f"{percent(_share_above(item, reclassify, question), 0)} % of them"
    )


def _share_above(item: AlphaEvidence, level: float, question: AlphaQuestion) -> float:
    explained = [rolling_explained(item, window, question) for window in item.rolling]
    return sum(share > level for share in explained) / len(explained)


def _draw(
    axes: Axes,
    rolled: Sequence[AlphaEvidence],
    title: str,
    heights: Sequence[Sequence[float]],
    bounds: tuple[float, float] | None = None,
) -> None:
    paths = [
        [(_year(window.last_date), height) for window, height in zip(item.rolling, path, strict=True)]
        for item, path in zip(rolled, heights, strict=True)
    ]
    for path, (colour, marker, dashes) in zip(paths, _STYLES, strict=False):
        axes.plot(
            [place for place, _ in path],
            [value for _, value in path],
            color=colour,
            marker=marker,
            markevery=max(1, len(path) // _MARKS),
            linestyle=dashes,
            linewidth=1.8,
            markersize=5,
        )
    values = [value for path in paths for _, value in path]
    least, largest = bounds or (min([0.0, *values]), max([0.0, *values]))
    room = 0.06 * ((largest - least) or 1.0)
    axes.set_ylim(least - room, largest + room)
    places = [place for path in paths for place, _ in path]
    width = (max(places) - min(places)) or 0.1
    axes.set_xlim(min(places) - 0.02 * width, max(places) + 0.02 * width)
    years = range(math.ceil(min(places)), math.floor(max(places)) + 1, 1 + int(width) // _TICKS)
    axes.set_xticks(years, [str(year) for year in years], fontsize=SMALL)
    axes.set_xlabel("last day of the window; ticks are the first days of years", fontsize=SMALL, color=INK)
    axes.set_title(title, loc="left", fontsize=TEXT + 1, color=INK)
    axes.tick_params(labelsize=SMALL, color=GREY)
    plain(axes)
    axes.grid(axis="y", color="#E3E3E3", linewidth=0.8)
    axes.set_axisbelow(True)
    _name(axes, [item.sleeve_id for item in rolled], [path[-1] for path in paths])


def _year(date: datetime.date | None) -> float:
    """A day as years after Christ: the first of January 2020 is 2020."""
    return date.year + (date.timetuple().tm_yday - 1) / 366 if date is not None else 0.0


def _name(axes: Axes, names: Sequence[str], ends: Sequence[tuple[float, float]]) -> None:
    """Names and last values beside the axes at the ends of the lines, apart from each other."""
    bottom, top = axes.get_ylim()
    span = top - bottom
    order = sorted(range(len(names)), key=lambda index: ends[index][1])
    heights = [ends[index][1] for index in order]
    places = settled(heights, _LABEL_GAP * span, bottom + 0.03 * span, top - 0.03 * span)
    for index, place in zip(order, places, strict=True):
        axes.annotate(
            f"{cut(names[index], _LONGEST)} {percent(ends[index][1] / 100, 1)} %",
            ends[index],
            (1.03, place),
            textcoords=axes.get_yaxis_transform(),
            annotation_clip=False,
            va="center",
            fontsize=SMALL,
            color=INK,
            parse_math=False,
            arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.6, "relpos": (0.0, 0.5)},
        )
