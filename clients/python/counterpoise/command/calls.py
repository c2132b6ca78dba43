"""The worst cash call, and what pays it in which order."""

from __future__ import annotations

from counterpoise.command.layout import Section
from counterpoise.model import CoverageFigure, StressReport
from counterpoise.wording.figures import DUST, Money, percent
from counterpoise.wording.names import Names
from counterpoise.wording.stressed import BASE, Stressed

_NAMED = 4


def worst_call(stressed: Stressed, names: Names, money: Money) -> Section | None:
    """The scenario in which pools ask for most: what, how much, who pays, and what nobody pays."""
    worst = stressed.by_call[0] if stressed.stresses else None
    if worst is None or worst.cash_call_fraction < DUST:
        return None
    left, tables = worst.cash_call_fraction, money.of_scenarios
    rows = []
    for payment in worst.payments:
        left -= payment.value
        rows.append(
            (
                names.line(payment.line_id),
                percent(payment.value),
                tables.cell_of(payment.value),
                percent(max(left, 0.0)),
            )
        )
    if worst.unpaid_fraction >= DUST:
        unpaid = worst.unpaid_fraction
        rows.append(("Nothing pays", percent(unpaid), tables.cell_of(unpaid), percent(unpaid)))
    return Section(
        title="Worst cash call, and what pays it",
        sentences=(_called(worst, names, money),),
        columns=("Paid in this order", "% of NAV", tables.heading, "left to pay"),
        rows=rows,
        footnotes=(*_by_horizon(stressed, worst, names), *_others(stressed, names)),
    )


def _called(worst: StressReport, names: Names, money: Money) -> str:
    call = worst.cash_call_fraction
    return (
        f"{names.scenario(worst.scenario_id)} asks for {percent(call)} % of NAV = {money.words_of(call)} by "
        f"day {worst.horizon_trading_days}: variation margin {percent(worst.variation_margin_fraction)} %, "
        f"initial margin beyond today's {percent(worst.margin_increase_fraction)} %."
    )


def _by_horizon(stressed: Stressed, worst: StressReport, names: Names) -> tuple[str, ...]:
    """The largest call within each horizon, where answers say it by horizon."""
    increase = {item.scenario_id: item.margin_increase_fraction for item in stressed.stresses}

    def call(figure: CoverageFigure) -> float:
        return figure.variation_margin_fraction + increase.get(figure.scenario_id, 0.0)

    told: list[tuple[str, list[int]]] = []
    for day in stressed.horizons:
        figures = [
            item
            for item in stressed.coverage_figures
            if item.horizon_trading_days == day and item.scenario_id != BASE
        ]
        largest = max(figures, key=call, default=None)
        if largest is not None and call(largest) >= DUST:
            words = f"{percent(call(largest))} % ({names.scenario(largest.scenario_id)})"
            if not told or told[-1][0] != words:
                told.append((words, []))
            told[-1][1].append(day)
    if not told:
        return ()
    called = "; ".join(f"{_either(days)}: {words}" for words, days in told)
    last, end = stressed.horizons[-1], worst.horizon_trading_days
    ends = f" Horizons end at day {last}; the worst call is at its scenario's end, day {end}."
    return (f"The most that is called by each horizon, of NAV: {called}.{ends if end > last else ''}",)


def _either(days: list[int]) -> str:
    """Days that have the same call: `day 5`, `days 5 to 63`."""
    return f"day {days[0]}" if len(days) == 1 else f"days {days[0]} to {days[-1]}"


def _others(stressed: Stressed, names: Names) -> tuple[str, ...]:
    """Other calls that are not paid in full."""
    unpaid = [item for item in stressed.by_call[1:] if item.unpaid_fraction >= DUST]
    if not unpaid:
        return ()
    told = [
        f"{names.scenario(item.scenario_id)} by {percent(item.unpaid_fraction)} % of NAV"
        for item in unpaid[:_NAMED]
    ]
    more = f" and {len(unpaid) - _NAMED} more" if len(unpaid) > _NAMED else ""
    return (f"Not paid in full either: {', '.join(told)}{more}.",)
