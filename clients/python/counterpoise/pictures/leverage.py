"""Leverage after each scenario beside what it is today, with its caps."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from counterpoise.model import Allocation, AllocationProblem, LeverageDefinition, StressPortfolioResponse
from counterpoise.pictures.style import (
    BLUE,
    INK,
    SKY,
    SMALL,
    VERMILLION,
    bars,
    label,
    new_figure,
    room_for_text,
)
from counterpoise.wording.caps import leverage_caps
from counterpoise.wording.figures import DUST, fixed
from counterpoise.wording.names import Names
from counterpoise.wording.stressed import BASE, Stressed, stressed
from counterpoise.wording.words import LEVERAGE_DEFINITIONS

_SHOWN = 20
_GROSS = LeverageDefinition.GROSS_NOTIONAL
_BASE, _AFTER, _BEYOND, _CAP = "no scenario", "after the scenario", "beyond its cap", "cap"
_COLOURS = {_BASE: (BLUE, ""), _AFTER: (SKY, "//"), _BEYOND: (VERMILLION, "..")}


@dataclass(frozen=True, kw_only=True)
class _Row:
    """One scenario on one definition; `value` is None where it ruins the portfolio."""

    scenario_id: str
    value: float | None
    cap: float | None

    @property
    def state(self) -> str:
        if self.value is not None and self.cap is not None and self.value > self.cap + DUST:
            return _BEYOND
        return _BASE if self.scenario_id == BASE else _AFTER


def draw_leverage(answer: Allocation | StressPortfolioResponse, problem: AllocationProblem) -> Figure:
    """Gross leverage without a scenario and after each, most levered first, with caps as upright strokes.

    Over the NAV that is left, in multiples; other definitions that are capped under scenarios have panels of
    their own. Raises ValueError where the answer carries no leverage.
    """
    given = stressed(answer)
    if not given.leverage_figures:
        raise ValueError("this answer carries no leverage: draw an optimum, or a measured stress")
    names = Names(problem)
    caps = leverage_caps(problem, answer.limits)
    capped = {definition for definition, scenario_id in caps if scenario_id != BASE}
    definitions = [item for item in LeverageDefinition if item is _GROSS or item in capped]
    order = _order(given)
    panels = {
        definition: [
            _Row(
                scenario_id=name,
                value=given.leverage(definition).get(name),
                cap=caps.get((definition, name)),
            )
            for name in order
        ]
        for definition in definitions
    }
    figure = new_figure(_finding(panels[_GROSS], names), len(order[:_SHOWN]) + 1)
    hidden = len(order) - _SHOWN
    for place, (definition, rows) in enumerate(panels.items()):
        more = f" ({hidden} more have less)" if hidden > 0 and not place else ""
        axes = figure.add_subplot(1, len(panels), place + 1)
        _draw(
            axes,
            rows[:_SHOWN],
            f"{LEVERAGE_DEFINITIONS[definition][0]} leverage{more}",
            names,
            named=not place,
        )
    rows = [row for panel in panels.values() for row in panel[:_SHOWN]]
    figure.legend(handles=_keys(rows), loc="outside lower right", ncols=4, frameon=False, fontsize=SMALL)
    return figure


def _order(given: Stressed) -> list[str]:
    """The base state, then scenarios: those that ruin, then the most levered first."""
    gross = given.leverage(_GROSS)
    known = dict.fromkeys([*[item.scenario_id for item in given.stresses], *gross])
    after = sorted((name for name in known if name != BASE), key=lambda name: -gross.get(name, float("inf")))
    return [BASE, *after]


def _finding(rows: list[_Row], names: Names) -> str:
    base, *after = rows
    today = f"{fixed(base.value or 0.0, 3)}x"
    told = [(row.value, row) for row in after if row.value is not None]
    if not told:
        return f"Gross leverage is {today} of NAV{'; every scenario ruins it' if after else ''}"
    highest, worst = max(told, key=lambda item: item[0])
    beyond = [row for row in after if row.state == _BEYOND]
    ruined = sum(row.value is None for row in after)
    cap = f"; its cap is {fixed(worst.cap, 3)}x" if worst.cap is not None else ""
    if beyond:
        cap += f", and {len(beyond)} of {len(after)} scenarios are beyond theirs"
    cap += f"; {ruined} {'scenario ruins' if ruined == 1 else 'scenarios ruin'} it" if ruined else ""
    if highest <= (base.value or 0.0):
        return f"No scenario raises gross leverage above today's {today}{cap}"
    return (
        f"{names.scenario(worst.scenario_id)} takes gross leverage from {today} to {fixed(highest, 3)}x{cap}"
    )


def _draw(axes: Axes, rows: list[_Row], heading: str, names: Names, *, named: bool) -> None:
    titles = [names.scenario(row.scenario_id) if named else "" for row in rows]
    bars(axes, titles, heading, "times the NAV that is left")
    ends = [0.0]
    for place, row in enumerate(rows):
        if row.value is None:
            label(axes, "ruined: no NAV is left", 0.0, place)
            continue
        colour, hatch = _COLOURS[row.state]
        axes.barh(place, row.value, height=0.62, color=colour, hatch=hatch, edgecolor="white")
        if row.cap is not None:
            axes.plot([row.cap] * 2, [place - 0.4, place + 0.4], color=INK, linewidth=2.2)
        end = max(row.value, row.cap or 0.0)
        cap = f" of {fixed(row.cap, 3)}x" if row.cap is not None else ""
        label(axes, f"{fixed(row.value, 3)}x{cap}", end, place)
        ends.append(end)
    room_for_text(axes, ends, 0.35)


def _keys(rows: list[_Row]) -> list[Patch | Line2D]:
    keys: list[Patch | Line2D] = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=state)
        for state, (colour, hatch) in _COLOURS.items()
        if any(row.state == state and row.value is not None for row in rows)
    ]
    if any(row.cap is not None for row in rows):
        keys.append(Line2D([], [], color=INK, linewidth=2.2, label=_CAP))
    return keys
