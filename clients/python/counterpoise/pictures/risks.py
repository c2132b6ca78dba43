"""Who adds the risk: shares of the volatilities by line and by driver."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from counterpoise.model import Allocation, AllocationProblem, RiskStatistic
from counterpoise.pictures.style import BLUE, ORANGE, bars, label, new_figure, room_for_text
from counterpoise.wording import shares
from counterpoise.wording.figures import percent
from counterpoise.wording.names import Names

_SHOWN = 24
_LEAST_SHARE = 5e-3
_PANELS = (
    (RiskStatistic.TOTAL_VOLATILITY, "By line", BLUE, shares.by_line),
    (RiskStatistic.TOTAL_VOLATILITY, "By driver", BLUE, shares.by_driver),
    # Line by line, active risk is one large negative share of the reference portfolio, which tells nothing.
    (
        RiskStatistic.ACTIVE_VOLATILITY,
        "Who uses the active risk",
        ORANGE,
        shares.by_driver_and_own,
    ),
)
_WORDS = {
    RiskStatistic.TOTAL_VOLATILITY: "total volatility",
    RiskStatistic.ACTIVE_VOLATILITY: "active risk",
}


def draw_risk(allocation: Allocation, problem: AllocationProblem) -> Figure:
    """Euler shares of total volatility by line and by driver, and who uses the active risk.

    In percent of each volatility, so that the bars of a panel sum to 100; what diversifies is below zero.
    Active risk is by driver, and by line as far as it is beyond the drivers. Raises ValueError where the
    answer carries no shares.
    """
    names = Names(problem)
    given = allocation.risk.shares if allocation.risk is not None else ()
    panels = [
        (statistic, heading, colour, rows)
        for statistic, heading, colour, split in _PANELS
        if (rows := shares.cut(split(given, statistic, names), _SHOWN, _LEAST_SHARE))
    ]
    if not panels:
        raise ValueError("this answer carries no shares of risk: draw an optimum asked for in full view")
    largest = [(statistic, rows) for statistic, heading, _, rows in panels if heading != _PANELS[0][1]]
    most = max(len(rows) for *_, rows in panels)
    figure = new_figure(_finding(allocation, largest), most + 1)
    for place, (statistic, heading, colour, rows) in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), place + 1)
        _draw(axes, rows, heading, f"% of the {_WORDS[statistic]}", colour)
        axes.set_ylim(most - 0.4, -0.6)  # bars are equally thick in all panels
    return figure


def _finding(
    allocation: Allocation, panels: Sequence[tuple[RiskStatistic, Sequence[tuple[str, float]]]]
) -> str:
    """The largest share of each volatility."""
    figures = allocation.risk.figures if allocation.risk is not None else ()
    volatilities = shares.volatilities(figures)
    findings = []
    for statistic, rows in panels:
        name, share = max(rows, key=lambda row: row[1])
        volatility = volatilities.get(statistic)
        of = f" of {percent(volatility)} % a year" if volatility is not None else ""
        findings.append(f"{_WORDS[statistic]}{of}: {percent(share, 0)} % is {name}")
    text = "; ".join(findings)
    return f"{text[:1].upper()}{text[1:]}" or "Who adds the risk"


def _draw(axes: Axes, rows: Sequence[tuple[str, float]], heading: str, unit: str, colour: str) -> None:
    bars(axes, [name for name, _ in rows], heading, unit)
    values = [100 * share for _, share in rows]
    axes.barh(range(len(rows)), values, height=0.62, color=colour)
    for place, value in enumerate(values):
        label(axes, percent(value / 100, 1), value, place, leftwards=value < 0)
    room_for_text(axes, values, 0.22, leftwards=min(values) < 0)
