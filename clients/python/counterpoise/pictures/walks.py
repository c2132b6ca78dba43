"""What walks made of NAV and of the reserve, date by date, beside the unlevered reference."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from counterpoise.pictures.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    SMALL,
    TEXT,
    VERMILLION,
    new_figure,
    plain,
)
from counterpoise.wording.figures import percent

_STYLES = ((BLUE, "-"), (VERMILLION, "--"), (GREEN, "-."), (ORANGE, ":"), (PURPLE, "-"))
_ROWS = 30
_HEIGHTS = (1.2, 1.0, 1.0)


def draw_walks(paths: Mapping[str, pd.DataFrame], per_year: int = 12) -> Figure:
    """NAV over the reference's, free reserve, and calls, date by date: a line for every walk by its name.

    `paths` are frames of `WalkForward.path_frame`, at most five, over the same dates. A cross marks every
    period in which a reserve was exhausted. The title compares the first walk with the second; the calls are
    those of the first. Raises ValueError where there is no walk, or more than five.
    """
    if not 0 < len(paths) <= len(_STYLES):
        raise ValueError(f"{len(paths)} walks; draw one to {len(_STYLES)}")
    figure = new_figure(_finding(paths, per_year), _ROWS)
    over, free, calls = figure.subplots(3, 1, sharex=True, height_ratios=_HEIGHTS)
    for (name, path), (colour, dashes) in zip(paths.items(), _STYLES, strict=False):
        ahead = 100.0 * (path["nav"] / path["reference_nav"] - 1.0)
        over.plot(path.index, ahead, color=colour, linestyle=dashes, linewidth=1.6, label=name)
        # The first decision is made on what was held before it.
        walked = path.iloc[1:]
        left, gone = 100.0 * walked["free_fraction"], walked["exhausted"].to_numpy(dtype=bool)
        free.plot(left.index, left, color=colour, linestyle=dashes, linewidth=1.3, label=name)
        free.plot(left.index[gone], left[gone], "x", color=colour, markersize=6)
    first_name, first = next(iter(paths.items()))
    width = np.median(np.diff(first.index.to_numpy()).astype("timedelta64[D]").astype(float))
    calls.bar(first.index, 100.0 * first["call_fraction"], width=0.8 * width, color=BLUE)
    _dress(over, "NAV over that of the unlevered reference", "%")
    over.legend(loc="best", fontsize=SMALL, frameon=False)
    _dress(free, "Reserve after haircuts less initial margin; a cross: exhausted", "% of NAV")
    _dress(calls, f"Margin calls: {first_name}", "% of NAV")
    return figure


def _finding(paths: Mapping[str, pd.DataFrame], per_year: int) -> str:
    counts = {name: int(path["exhausted"].iloc[1:].sum()) for name, path in paths.items()}
    told = ", ".join(f"{name} {_times(count)}" for name, count in counts.items())
    finding = f"Reserve exhausted: {told}"
    if len(paths) == 1:
        return finding
    one, other = (_annual(path, per_year) for path in list(paths.values())[:2])
    first, second = list(paths)[:2]
    return f"{finding}. {first.capitalize()} earned {_against(one - other)} {second}"


def _against(difference: float) -> str:
    points = percent(abs(difference))
    if points == percent(0.0):
        return "as much as"
    return f"{points} % a year {'more' if difference > 0 else 'less'} than"


def _times(count: int) -> str:
    return "never" if count == 0 else "once" if count == 1 else f"{count} times"


def _annual(path: pd.DataFrame, per_year: int) -> float:
    returns = path["net_return"].to_numpy(dtype=float)[1:]
    return float(np.expm1(per_year * np.log1p(returns).mean())) if len(returns) else 0.0


def _dress(axes: Axes, heading: str, unit: str) -> None:
    axes.set_title(heading, loc="left", fontsize=TEXT + 1, color=INK, parse_math=False)
    axes.set_ylabel(unit, fontsize=SMALL, color=INK)
    axes.tick_params(labelsize=SMALL, color=GREY)
    plain(axes)
    axes.grid(axis="y", color="#E3E3E3", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.axhline(0.0, color=INK, linewidth=1.0)
