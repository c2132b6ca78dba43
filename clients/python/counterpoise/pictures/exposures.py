"""Exposure by driver as stacked bars beside the reference portfolio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from counterpoise.model import Allocation, Unit
from counterpoise.pictures.style import BLUE, INK, ORANGE, SKY, bars, label, room_for_text
from counterpoise.wording.figures import fixed
from counterpoise.wording.names import Names

_SHOWN = 24
_PARTS = (("physical", BLUE, ""), ("synthetic", SKY, "//"), ("hidden in sleeves", ORANGE, ".."))
_REFERENCE, _TOTAL = "reference portfolio", "total"


@dataclass(frozen=True, kw_only=True)
class _Form:
    """How exposures of one unit are drawn: `scale` times the decimal, `least` is left out."""

    scale: float
    digits: int
    least: float
    heading: str
    axis: str


UNITS = {
    Unit.NAV_FRACTION: _Form(
        scale=100.0, digits=1, least=1e-5, heading="Exposure: need not sum to 100 %", axis="% of NAV"
    ),
    Unit.NAV_FRACTION_PER_BASIS_POINT: _Form(
        scale=1e4,
        digits=2,
        least=1e-8,
        heading="Exposure to rates and spreads",
        axis="bp of NAV for each bp that the driver rises",
    ),
}


@dataclass(frozen=True, kw_only=True)
class ExposureRow:
    """One driver, or the smaller ones together: physical, synthetic and hidden part."""

    name: str
    unit: Unit
    parts: tuple[float, float, float]
    reference: float | None

    @property
    def size(self) -> float:
        """What makes a row worth drawing."""
        return sum(abs(part) for part in self.parts) + abs(self.reference or 0.0)

    @property
    def mixed(self) -> bool:
        """Whether long and short parts hide the total."""
        return min(self.parts) < 0 < max(self.parts)


def exposure_rows(allocation: Allocation, names: Names, unit: Unit) -> list[ExposureRow]:
    """Exposures of one unit, largest first; more than fit are one row."""
    rows = [
        ExposureRow(
            name=names.driver(item.driver_id),
            unit=unit,
            parts=(item.funded, item.overlay, item.alpha_look_through),
            reference=item.reference,
        )
        for item in allocation.exposures
        if item.unit is unit
    ]
    rows = sorted((row for row in rows if row.size >= UNITS[unit].least), key=lambda row: -row.size)
    small = rows[_SHOWN:]
    if not small:
        return rows
    rest = ExposureRow(
        name=f"{len(small)} smaller ones together",
        unit=unit,
        parts=(
            sum(row.parts[0] for row in small),
            sum(row.parts[1] for row in small),
            sum(row.parts[2] for row in small),
        ),
        reference=sum(row.reference or 0.0 for row in small),
    )
    return [*rows[:_SHOWN], rest]


def draw_exposure(axes: Axes, rows: Sequence[ExposureRow]) -> None:
    """Stacked bars, shorts to the left, the total in figures, the reference as an upright stroke."""
    form = UNITS[rows[0].unit]
    referenced = any(row.reference is not None for row in rows)
    unit = f"{form.axis}; in brackets: against the reference" if referenced else form.axis
    bars(axes, [row.name for row in rows], form.heading, unit)
    edges = []
    for place, row in enumerate(rows):
        least, largest = _stack(axes, place, row, form.scale)
        total, reference = form.scale * sum(row.parts), form.scale * (row.reference or 0.0)
        if row.reference is not None:
            axes.plot([reference] * 2, [place - 0.4, place + 0.4], color=INK, linewidth=2.2)
        if row.mixed:
            axes.plot([total], [place], marker="D", markersize=5, color="white", markeredgecolor=INK)
        text = fixed(total, form.digits)
        if row.reference is not None:
            text += f" ({fixed(total - reference, form.digits, signed=True)})"
        leftwards = total < 0
        edge = min(least, reference) if leftwards else max(largest, reference)
        label(axes, text, edge, place, leftwards=leftwards)
        edges += [least, largest, reference]
    room_for_text(axes, edges, 0.22, leftwards=any(sum(row.parts) < 0 for row in rows))


def exposure_legend(rows: Sequence[ExposureRow]) -> list[Patch | Line2D]:
    """Keys of what the rows have."""
    keys: list[Patch | Line2D] = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=label)
        for index, (label, colour, hatch) in enumerate(_PARTS)
        if any(row.parts[index] for row in rows)
    ]
    if any(row.reference is not None for row in rows):
        keys.append(Line2D([], [], color=INK, linewidth=2.2, label=_REFERENCE))
    if any(row.mixed for row in rows):
        keys.append(
            Line2D([], [], linestyle="", marker="D", color="white", markeredgecolor=INK, label=_TOTAL)
        )
    return keys


def _stack(axes: Axes, place: int, row: ExposureRow, scale: float) -> tuple[float, float]:
    """Draws the parts; the two ends of the bar."""
    least = largest = 0.0
    for part, (_, colour, hatch) in zip(row.parts, _PARTS, strict=True):
        start = largest if part >= 0 else least
        axes.barh(place, scale * part, left=start, height=0.62, color=colour, hatch=hatch, edgecolor="white")
        least, largest = least + scale * min(part, 0.0), largest + scale * max(part, 0.0)
    return least, largest
