"""How pictures look: one palette that the colour-blind can tell apart, a title that says the finding.

Colours are those of Okabe and Ito, "Color Universal Design" (2008). Nothing depends on colour alone:
what two colours tell apart is also apart in place, in hatching or in words.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

BLUE, SKY, ORANGE = "#0072B2", "#56B4E9", "#E69F00"
GREEN, MINT = "#009E73", "#8FD3BF"
VERMILLION, PURPLE, GREY, INK = "#D55E00", "#CC79A7", "#999999", "#222222"

_WIDTH_INCHES = 12.0
HALF_INCHES = 6.6
"""Width of a figure that stands beside another one."""
_ROW_INCHES = 0.34
_LEAST_INCHES = 3.4
_TITLE_COLUMNS, _UNIT_COLUMNS = 104, 62
NARROW, WIDE = 30, 46
"""Columns of type that names beside an axis may take."""
TEXT, SMALL = 10.0, 9.0
"""Sizes of type in points."""
ON_WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
"""Behind labels, so that lines of the grid end where the text begins."""


def new_figure(title: str, rows: int, width_inches: float = _WIDTH_INCHES) -> Figure:
    """An empty figure as high as `rows` rows of bars need, with its finding as title."""
    columns = round(_TITLE_COLUMNS * width_inches / _WIDTH_INCHES)
    lines = textwrap.wrap(title, columns, break_on_hyphens=False)
    height = max(_LEAST_INCHES, _ROW_INCHES * rows + 1.5) + 0.25 * len(lines)
    layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08)
    figure = Figure(figsize=(width_inches, height), dpi=110, layout=layout)
    figure.suptitle(
        "\n".join(lines), x=0.012, ha="left", fontsize=13, fontweight="bold", color=INK, parse_math=False
    )
    return figure


def bars(axes: Axes, names: Sequence[str], heading: str, unit: str, columns: int = NARROW) -> None:
    """Makes axes for horizontal bars, the first name at the top, names in at most two lines."""
    labels = ["\n".join(textwrap.wrap(name, columns, max_lines=2, placeholder=" …")) for name in names]
    axes.set_title(heading, loc="left", fontsize=TEXT + 1, color=INK)
    axes.set_xlabel(textwrap.fill(unit, _UNIT_COLUMNS), fontsize=SMALL, color=INK)
    # Money has dollar signs, which are no formulas.
    axes.set_yticks(range(len(names)), labels, fontsize=SMALL, color=INK, parse_math=False)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=SMALL, color=GREY)
    plain(axes)
    axes.grid(axis="x", color="#E3E3E3", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.axvline(0.0, color=INK, linewidth=0.8)


def shortened(name: str, columns: int = NARROW) -> str:
    """A name in one line."""
    return textwrap.shorten(name, columns, placeholder=" …")


def plain(axes: Axes) -> None:
    """Leaves of the frame what carries numbers."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GREY)


def label(
    axes: Axes, text: str, end: float, place: float, *, leftwards: bool = False, gap: float = 5.0
) -> None:
    """Writes beside the end of a horizontal bar, `gap` points away."""
    axes.annotate(
        text,
        (end, place),
        (-gap if leftwards else gap, 0),
        textcoords="offset points",
        va="center",
        ha="right" if leftwards else "left",
        fontsize=SMALL,
        color=INK,
        parse_math=False,
        bbox=ON_WHITE,
    )


def room_for_text(axes: Axes, values: Sequence[float], share: float, *, leftwards: bool = False) -> None:
    """Widens the x axis so that text of a share of its width fits beyond the longest bars.

    To the left there is room for text only where some is written `leftwards`.
    """
    least, largest = min([0.0, *values]), max([0.0, *values])
    span = (largest - least) or 1.0
    left = share * span if leftwards else 0.02 * span
    axes.set_xlim(least - left, largest + share * span)


def settled(places: Sequence[float], gap: float, lowest: float, highest: float) -> list[float]:
    """Places of labels, ascending, at least `gap` apart, each group around the middle of what it labels.

    Labels that would touch make one group, and groups that would touch join; whatever is left over is moved
    into the range from `lowest` to `highest`.
    """
    groups: list[list[float]] = []  # places less their rank times the gap: equal within a group once settled
    for rank, place in enumerate(places):
        groups.append([place - rank * gap])
        while len(groups) > 1 and _mean(groups[-2]) > _mean(groups[-1]):
            last = groups.pop()
            groups[-1] += last
    levels = [level for group in groups for level in [_mean(group)] * len(group)]
    room = max(highest - gap * (len(levels) - 1), lowest)
    return [min(max(level, lowest), room) + rank * gap for rank, level in enumerate(levels)]


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)


def spread(places: Sequence[float], gap: float, highest: float) -> list[float]:
    """Places of labels, ascending, at least `gap` apart where there is room, none above `highest`."""
    moved = list(places)
    for index in range(1, len(moved)):
        moved[index] = max(moved[index], moved[index - 1] + gap)
    ceiling = highest
    for index in reversed(range(len(moved))):
        moved[index] = min(moved[index], ceiling)
        ceiling = moved[index] - gap
    return moved
