"""A proposal: positions, leverage and losses before and after its trades."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from counterpoise.model import AllocationProblem, LeverageDefinition, RebalanceProposal, Trade
from counterpoise.pictures.style import BLUE, HALF_INCHES, SKY, SMALL, bars, label, new_figure, room_for_text
from counterpoise.wording.compared import Compared, compared
from counterpoise.wording.figures import fixed, percent
from counterpoise.wording.names import Names
from counterpoise.wording.words import LEVERAGE_DEFINITIONS

_TRADES_SHOWN = 18
_SCENARIOS_SHOWN = 8
_BEFORE, _AFTER = (SKY, "//"), (BLUE, "")
_HEIGHT = 0.36
_HALF = _HEIGHT / 2 + 0.01
_ROWS_OF_A_PAIR = 0.9
"""Two bars and their labels, in rows of one."""

_Pair = tuple[str, float | None, float | None, str]
"""Name, before and after in the unit of the axis, and what is written beside the bars."""


def draw_trades(proposal: RebalanceProposal, problem: AllocationProblem | None = None) -> Figure:
    """Positions before and after, in percent of NAV, of the lines that trade; the largest trades if many.

    Names of lines are those of the problem, ids without one. Raises ValueError where the proposal has no
    trades.
    """
    trades = proposal.plan.trades if proposal.plan is not None else ()
    if not trades:
        raise ValueError("this proposal has no trades to draw")
    names = Names(problem) if problem is not None else None
    largest = sorted(trades, key=lambda trade: -abs(trade.fraction))[:_TRADES_SHOWN]
    shown = [trade for trade in trades if trade in largest]
    figure = new_figure(_traded(proposal, trades), round(_ROWS_OF_A_PAIR * len(shown)) + 1, HALF_INCHES)
    hidden = len(trades) - len(shown)
    more = f" ({hidden} smaller trades are not drawn)" if hidden else ""
    pairs = [_trade(trade, names) for trade in shown]
    _draw(figure.add_subplot(), pairs, f"Positions{more}", "% of NAV")
    _legend(figure)
    return figure


def draw_before_after(proposal: RebalanceProposal, problem: AllocationProblem | None = None) -> Figure:
    """Leverage by definition, in multiples of NAV, and the loss of each scenario, in percent, on both sides.

    Names of scenarios are those of the problem, ids without one. Raises ValueError where the proposal carries
    no measures, as in lists.
    """
    items = compared(proposal)
    leverage = [item for item in items if item.part == "leverage"]
    losses = sorted((item for item in items if item.part == "loss"), key=lambda item: -_size(item))
    if not leverage:
        raise ValueError("this proposal carries no measures: ask for it by its name")
    names = Names(problem) if problem is not None else None
    shown = losses[:_SCENARIOS_SHOWN]
    counts = [len(leverage), *([len(shown)] if shown else [])]
    rows = round(_ROWS_OF_A_PAIR * sum(counts)) + 2 * len(counts)
    figure = new_figure(_changed(leverage, losses, names), rows, HALF_INCHES)
    grid = figure.add_gridspec(len(counts), 1, height_ratios=[count + 1 for count in counts])
    pairs = [_pair(_definition(item.name), item, lambda value: f"{fixed(value, 3)}x") for item in leverage]
    _draw(figure.add_subplot(grid[0, 0]), pairs, "Leverage", "times NAV")
    if shown:
        hidden = len(losses) - len(shown)
        more = f" ({hidden} more lose less)" if hidden else ""
        lost = [
            _pair(_scenario(item.name, names), item, lambda value: f"{percent(value)} %", 100.0)
            for item in shown
        ]
        _draw(figure.add_subplot(grid[1, 0]), lost, f"Loss by scenario{more}", "% of NAV; a gain is negative")
    _legend(figure)
    return figure


def _traded(proposal: RebalanceProposal, trades: Sequence[Trade]) -> str:
    turnover = proposal.plan.one_way_turnover_fraction if proposal.plan is not None else 0.0
    what = "line trades" if len(trades) == 1 else "lines trade"
    return f"{len(trades)} {what} {percent(turnover)} % of NAV one-way"


def _changed(leverage: Sequence[Compared], losses: Sequence[Compared], names: Names | None) -> str:
    gross = next((item for item in leverage if item.name == "gross_notional"), leverage[0])
    told = f"{_definition(gross.name)} leverage: {_from_to(gross, lambda value: f'{fixed(value, 3)}x')}"
    if not losses:
        return told
    worst = _from_to(losses[0], lambda value: f"{percent(value)} %")
    return f"{told}; loss under {_scenario(losses[0].name, names)}: {worst}"


def _from_to(item: Compared, told: Callable[[float], str]) -> str:
    sides = [told(value) for value in (item.before, item.after) if value is not None]
    return " to ".join(sides)


def _trade(trade: Trade, names: Names | None) -> _Pair:
    before, after = trade.current_fraction, trade.current_fraction + trade.fraction
    name = names.line(trade.line_id) if names is not None else trade.line_id
    text = f"{percent(before)} to {percent(after)} ({percent(trade.fraction, signed=True)})"
    return (name, 100 * before, 100 * after, text)


def _pair(name: str, item: Compared, told: Callable[[float], str], scale: float = 1.0) -> _Pair:
    before, after = (None if value is None else scale * value for value in (item.before, item.after))
    return (name, before, after, _from_to(item, told))


def _draw(axes: Axes, pairs: Sequence[_Pair], heading: str, unit: str) -> None:
    bars(axes, [name for name, *_ in pairs], heading, unit)
    ends = []
    for place, (_, before, after, text) in enumerate(pairs):
        for value, offset, (colour, hatch) in ((before, -_HALF, _BEFORE), (after, _HALF, _AFTER)):
            if value is not None:
                axes.barh(place + offset, value, height=_HEIGHT, color=colour, hatch=hatch, edgecolor="white")
        values = [value for value in (before, after) if value is not None]
        # Text of shorts stands right of zero, where no bar is.
        label(axes, text, max([0.0, *values]), place)
        ends += values
    room_for_text(axes, ends, 0.62)


def _legend(figure: Figure) -> None:
    handles = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=words)
        for words, (colour, hatch) in (("before", _BEFORE), ("after", _AFTER))
    ]
    figure.legend(handles=handles, loc="outside lower right", ncols=2, frameon=False, fontsize=SMALL)


def _definition(name: str) -> str:
    known = next((item for item in LeverageDefinition if item.name.lower() == name), None)
    return LEVERAGE_DEFINITIONS[known][0] if known is not None else f"newer kind {name}"


def _scenario(scenario_id: str, names: Names | None) -> str:
    return names.scenario(scenario_id) if names is not None else scenario_id


def _size(item: Compared) -> float:
    return max(value for value in (item.before, item.after, float("-inf")) if value is not None)
