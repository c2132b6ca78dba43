"""How drivers move together, in calm and in stressed periods, and how much each moves."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from counterpoise.model import (
    CovarianceReport,
    EstimateRiskModelResponse,
    FloatArray,
    MarketModel,
    RegimeKind,
)
from counterpoise.pictures.style import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    SKY,
    SMALL,
    TEXT,
    VERMILLION,
    bars,
    label,
    new_figure,
    room_for_text,
)
from counterpoise.wording.estimation import model_correlation, model_volatilities, regime_of, square
from counterpoise.wording.figures import fixed, percent
from counterpoise.wording.names import cut

_SHOWN = 24
_WITH_NUMBERS = {1: 12, 3: 9}
"""Drivers up to which cells have numbers, by how many matrices stand beside each other."""
_WITH_VALUES = 8
"""Drivers up to which bars have numbers."""
_CELLS_INCHES = 10.0
_LETTER_INCHES = 0.08
_NARROW_INCHES, _SMALLER = 0.45, 7.5
"""Cells less wide than this have smaller numbers."""
_LONGEST = 22
_COLOURS = LinearSegmentedColormap.from_list("correlation", [VERMILLION, "white", BLUE])
_DARK = 0.6
"""Correlation from which numbers are white."""
_HEADINGS = {
    RegimeKind.ALL: "all periods",
    RegimeKind.CALM: "calm periods",
    RegimeKind.STRESSED: "stressed periods",
}
_BARS = {
    None: (BLUE, "", "in the model"),
    RegimeKind.CALM: (SKY, "//", "in calm periods"),
    RegimeKind.STRESSED: (ORANGE, "..", "in stressed periods"),
}


def draw_covariance(response: EstimateRiskModelResponse) -> Figure:
    """Correlations of drivers as the model has them, in calm and in stressed periods; volatilities below.

    The model's are what the estimator made of all periods, by shrinkage or factors; without a stress regime
    they stand alone. Of the first 24 drivers. Raises ValueError where the answer has no market.
    """
    market, report = response.market, response.covariance
    if market is None or report is None:
        raise ValueError("this answer has no market: ask for a risk model of at least one driver")
    ids = market.driver_ids
    size = min(len(ids), _SHOWN)
    matrices = _matrices(market, report)
    hidden = len(ids) - _SHOWN
    more = f" ({hidden} more drivers not drawn)" if hidden > 0 else ""
    figure = new_figure(_finding(matrices, ids) + more, 2 * size + 12)
    grid = figure.add_gridspec(2, len(matrices), height_ratios=(max(size, 6), max(size, 4)))
    for place, (heading, matrix) in enumerate(matrices):
        axes = figure.add_subplot(grid[0, place])
        _heat(axes, matrix[:size, :size], ids[:size], heading, place=place, count=len(matrices))
    _volatilities(figure.add_subplot(grid[1, :]), market, report, size)
    kinds = [None, *[kind for kind in _BARS if kind is not None and regime_of(report, kind) is not None]]
    keys = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=f"volatility {words}")
        for colour, hatch, words in (_BARS[kind] for kind in kinds)
    ]
    figure.legend(handles=keys, loc="outside lower right", ncols=len(keys), frameon=False, fontsize=SMALL)
    return figure


def _matrices(market: MarketModel, report: CovarianceReport) -> list[tuple[str, FloatArray]]:
    """That of the model, and calm and stressed where the answer has both."""
    model = [("Correlations in the model", model_correlation(market))]
    found = []
    for kind in (RegimeKind.CALM, RegimeKind.STRESSED):
        regime = regime_of(report, kind)
        matrix = square(regime.correlation, market.driver_ids) if regime is not None else None
        if regime is not None and matrix is not None:
            found.append((f"Correlations, {regime.period_count} {_HEADINGS[kind]}", matrix))
    return model + (found if len(found) > 1 else [])


def _finding(matrices: list[tuple[str, FloatArray]], ids: tuple[str, ...]) -> str:
    """How correlations change on average, and which pair changes most."""
    if len(ids) < 2:
        return f"One driver alone: {cut(ids[0], _LONGEST)}"
    rows, columns = np.tril_indices(len(ids), -1)
    pairs = [matrix[rows, columns] for _, matrix in matrices[-2:]]
    means = [fixed(float(values.mean()), 2) for values in pairs]
    matter = np.abs(pairs[-1] - pairs[0] if len(pairs) > 1 else pairs[0])
    place = int(np.argmax(matter))
    pair = f"{cut(ids[columns[place]], _LONGEST)} and {cut(ids[rows[place]], _LONGEST)}"
    ends = [fixed(float(values[place]), 2) for values in pairs]
    if len(pairs) < 2:
        return f"The mean correlation of drivers is {means[0]}; the strongest is of {pair}: {ends[0]}"
    moved = (
        f"leave the mean correlation of drivers at {means[0]}"
        if means[0] == means[1]
        else f"take the mean correlation of drivers from {means[0]} to {means[1]}"
    )
    return f"Bad times {moved}; {pair} change most, from {ends[0]} to {ends[1]}"


def _heat(
    axes: Axes, matrix: FloatArray, ids: tuple[str, ...], heading: str, *, place: int, count: int
) -> None:
    """One of `count` matrices; the first has the names of its rows."""
    axes.imshow(matrix, cmap=_COLOURS, vmin=-1.0, vmax=1.0, aspect="auto")
    names = [cut(name, _LONGEST) for name in ids]
    axes.set_title(heading, loc="left", fontsize=TEXT + 1, color=INK)
    axes.set_yticks(range(len(ids)), [""] * len(ids) if place else names, fontsize=SMALL, color=INK)
    cell = _CELLS_INCHES / count / len(ids)
    fits = cell > _LETTER_INCHES * (1 + max(len(name) for name in names))
    upright = 0 if fits else 90 if cell < 0.4 else 40
    axes.set_xticks(
        range(len(ids)),
        names,
        fontsize=SMALL,
        color=INK,
        rotation=upright,
        ha="right" if upright == 40 else "center",
    )
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_color(GREY)
    type_size = SMALL if cell > _NARROW_INCHES else _SMALLER
    if len(ids) > _WITH_NUMBERS[count]:
        return
    for row in range(len(ids)):
        for column in range(len(ids)):
            value = float(matrix[row, column])
            axes.text(
                column,
                row,
                fixed(value, 2),
                ha="center",
                va="center",
                fontsize=type_size,
                color="white" if abs(value) >= _DARK else INK,
            )


def _volatilities(axes: Axes, market: MarketModel, report: CovarianceReport, size: int) -> None:
    """A group of bars for every driver: the model's, and those of calm and stressed periods."""
    groups: list[tuple[str, str, list[float]]] = []
    ids = market.driver_ids[:size]
    floored = set(report.floored_column_ids)
    for kind, (colour, hatch, _) in _BARS.items():
        if kind is None:
            groups.append((colour, hatch, [float(value) for value in model_volatilities(market)[:size]]))
            continue
        regime = regime_of(report, kind)
        if regime is not None:
            by_id = {item.driver_id: item.value for item in regime.annual_volatilities}
            groups.append((colour, hatch, [by_id.get(name, 0.0) for name in ids]))
    floors = "; floors are in the model's alone" if floored & set(ids) and len(groups) > 1 else ""
    names = [f"{cut(name, _LONGEST)} (floor)" if name in floored else cut(name, _LONGEST) for name in ids]
    bars(axes, names, "Volatilities", f"% a year{floors}")
    thick = 0.8 / len(groups)
    for index, (colour, hatch, values) in enumerate(groups):
        places = [place - 0.4 + thick * (index + 0.5) for place in range(size)]
        scaled = [100 * value for value in values]
        axes.barh(places, scaled, height=0.9 * thick, color=colour, hatch=hatch, edgecolor="white")
        if size <= _WITH_VALUES:
            for place, value in zip(places, values, strict=True):
                label(axes, percent(value, 1), 100 * value, place)
    room_for_text(axes, [100 * value for _, _, values in groups for value in values], 0.08)
