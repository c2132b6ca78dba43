"""The two ledgers: capital, which sums to all of NAV, beside exposure, which need not."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from counterpoise.model import Allocation, AllocationProblem, LineKind
from counterpoise.pictures.exposures import UNITS, draw_exposure, exposure_legend, exposure_rows
from counterpoise.pictures.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    MINT,
    ORANGE,
    SMALL,
    TEXT,
    new_figure,
    plain,
    spread,
)
from counterpoise.wording.figures import WORTH_A_SENTENCE, percent
from counterpoise.wording.names import Names

_LEAST_ROWS = 8
_LABEL_GAP = 6.0
"""Percent of the bar's height between labels beside it."""


def draw_ledgers(allocation: Allocation, problem: AllocationProblem) -> Figure:
    """Capital by use beside exposure by driver: physical, synthetic, in sleeves, and the reference.

    Capital is in percent of NAV and sums to 100. Exposure is in percent of NAV; that to drivers in
    basis points is in a panel of its own, in basis points of NAV per basis point. Raises ValueError
    where the answer carries no exposures.
    """
    if not allocation.exposures:
        raise ValueError("this answer carries no exposures: draw an optimum that was asked for in full view")
    names = Names(problem)
    panels = [rows for unit in UNITS if (rows := exposure_rows(allocation, names, unit))]
    heights = [len(rows) + 2 for rows in panels]
    figure = new_figure(_finding(allocation), max(sum(heights), _LEAST_ROWS))
    grid = figure.add_gridspec(max(len(panels), 1), 2, width_ratios=(1.0, 2.4), height_ratios=heights or [1])
    _draw_capital(figure.add_subplot(grid[:, 0]), allocation)
    for place, rows in enumerate(panels):
        draw_exposure(figure.add_subplot(grid[place, 1]), rows)
    handles = exposure_legend([row for rows in panels for row in rows])
    figure.legend(handles=handles, loc="outside lower right", ncols=5, frameon=False, fontsize=SMALL)
    return figure


def _finding(allocation: Allocation) -> str:
    held = {kind: sum(abs(p.fraction) for p in allocation.positions if p.kind == kind) for kind in LineKind}
    overlays, sleeves = held[LineKind.OVERLAY], held[LineKind.ALPHA_SLEEVE]
    if overlays < WORTH_A_SENTENCE:
        return "Capital and exposure are the same thing here: there are no overlays"
    carried = f"Overlays carry {percent(overlays, 1)} % of NAV without capital"
    if sleeves < WORTH_A_SENTENCE:
        return carried
    return f"{carried}; {percent(sleeves, 1)} % is in alpha sleeves"


def _draw_capital(axes: Axes, allocation: Allocation) -> None:
    uses = [use for use in _capital(allocation) if abs(use[1]) >= WORTH_A_SENTENCE]
    tops: list[float] = []
    above = below = 0.0
    for _, fraction, colour, hatch in uses:
        start = above if fraction >= 0 else below
        axes.bar(
            0.0, 100 * fraction, bottom=100 * start, width=0.55, color=colour, hatch=hatch, edgecolor="white"
        )
        tops.append(100 * (start + fraction / 2))
        above, below = above + max(fraction, 0.0), below + min(fraction, 0.0)
    order = sorted(range(len(uses)), key=lambda index: tops[index])
    places = spread([tops[index] for index in order], _LABEL_GAP * (above - below), 100 * above - 2)
    for place, index in zip(places, order, strict=True):
        name, fraction, *_ = uses[index]
        axes.annotate(
            f"{name} {percent(fraction, 1)} %",
            (0.275, tops[index]),
            (0.42, place),
            va="center",
            fontsize=SMALL,
            color=INK,
            parse_math=False,
            arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.6},
        )
    axes.set_xlim(-0.32, 1.35)
    axes.set_ylim(min(100 * below, 0.0) - 1, 100 * above + 1)
    axes.set_xticks([])
    axes.set_ylabel("% of NAV", fontsize=SMALL, color=INK)
    axes.tick_params(axis="y", labelsize=SMALL, color=GREY)
    axes.set_title("Capital: sums to 100 %", loc="left", fontsize=TEXT + 1, color=INK)
    plain(axes)
    axes.spines["bottom"].set_visible(False)
    axes.axhline(0.0, color=INK, linewidth=0.8)


def _capital(allocation: Allocation) -> list[tuple[str, float, str, str]]:
    """Uses from the bottom of the bar to its top: name, fraction, colour, hatch."""
    kinds = {position.line_id: position.kind for position in allocation.positions}

    def of(kind: LineKind, *, posted: bool | None = None) -> float:
        return sum(
            use.fraction
            for use in allocation.capital_uses
            if kinds.get(use.line_id) == kind and posted in (None, bool(use.margin_pool_id))
        )

    return [
        ("funded beta", of(LineKind.FUNDED_BETA), BLUE, ""),
        ("alpha sleeves", of(LineKind.ALPHA_SLEEVE), ORANGE, ".."),
        ("posted margin", of(LineKind.RESERVE_TIER, posted=True), GREEN, ""),
        ("free reserve", of(LineKind.RESERVE_TIER, posted=False), MINT, ""),
        ("drawn credit", of(LineKind.CREDIT_LINE), GREY, "xx"),
    ]
