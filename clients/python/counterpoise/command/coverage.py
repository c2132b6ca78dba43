"""Money within each horizon against what may be asked for: ratio, rung of the ladder, margin in money."""

from __future__ import annotations

import math
from collections.abc import Sequence

from counterpoise.command.layout import Section
from counterpoise.model import AllocationProblem, CoverageFigure, Line
from counterpoise.wording.coverage import (
    BLACK,
    FIRST_DAY,
    LADDER,
    coverage_ratio,
    ratio_in_words,
    ratio_of,
    rung_of,
    same_day_ratio,
)
from counterpoise.wording.figures import DUST, Money, percent
from counterpoise.wording.names import Names
from counterpoise.wording.stressed import BASE, Stressed

_SHOWN = 8
_HORIZONS_SHOWN = 5
_NAMED = 4
_SAME_DAY_MEANING = (
    "Same day: cash that may pay variation margin, less what is posted, against that of the first day."
)


def coverage(stressed: Stressed, problem: AllocationProblem, names: Names, money: Money) -> Section | None:
    """Two rows for every scenario, least covered first: sources over need, and sources less need."""
    order, money = stressed.by_coverage, money.of_scenarios
    if not order:
        return None
    days, passed = _columns(stressed)
    same_day = any(_first_day_call(stressed.coverage(name)) for name in order)
    rows: list[tuple[str, ...]] = []
    for scenario_id in order[:_SHOWN]:
        by_day = {item.horizon_trading_days: item for item in stressed.coverage(scenario_id)}
        pairs = [_sources_and_need(by_day.get(day)) for day in days]
        if same_day:
            pairs.insert(0, _cash_and_call(by_day.get(FIRST_DAY)))
        ratios = [ratio_in_words(coverage_ratio(*pair)) if pair is not None else "" for pair in pairs]
        beyond = [money.cell_of(pair[0] - pair[1], signed=True) if pair is not None else "" for pair in pairs]
        name = names.scenario(scenario_id) if scenario_id != BASE else "No scenario"
        rows += [(name, *ratios), ("  beyond the need", *beyond)]
    hidden = len(order) - _SHOWN
    return Section(
        title="Money against need, by trading days",
        sentences=(
            f"Money that is there within so many days, over what may be asked for by then; below it what is "
            f"left in {money.heading}.",
        ),
        columns=("", *(("same day",) if same_day else ()), *[_days(day) for day in days]),
        rows=rows,
        footnotes=(
            *([f"{hidden} more scenarios are better covered."] if hidden > 0 else []),
            *([f"{passed} more horizons are better covered."] if passed else []),
            *_short(stressed, names, money),
            *_never_money(stressed, problem, names),
            *_last_outflow(stressed, problem),
            f"Ladder: {'; '.join(rung.words for rung in LADDER)}.",
            *([_SAME_DAY_MEANING] if same_day else []),
        ),
    )


def least_in_words(stressed: Stressed, names: Names, money: Money) -> str:
    """The least coverage of all, as a sentence; empty without figures that ask for anything."""
    every = [item for figure in stressed.coverage_figures for item in _ratios(figure)]
    if not every:
        return ""
    ratio, beyond, when, figure = min(every, key=lambda item: item[:2])
    told, _, name = ratio_in_words(ratio).partition(" ")
    rung, day = rung_of(ratio), figure.horizon_trading_days
    parts = [name]
    if rung is BLACK:
        parts.append(f"short by {money.words_of(-beyond)} by day {day}")
    parts.append(rung.action_at(day, under_scenario=figure.scenario_id != BASE))
    return (
        f"At the least, money covers {told} times what may be asked for "
        f"({names.scenario(figure.scenario_id)}, {when}): {', '.join(part for part in parts if part)}."
    )


def _ratios(figure: CoverageFigure) -> list[tuple[float, float, str, CoverageFigure]]:
    """Ratio, what is left beyond the need and when, of all money and of cash; none of what is not asked."""
    all_money = figure.source_fraction - figure.need_fraction
    cash = figure.same_day_cash_fraction - figure.variation_margin_fraction
    told = (
        (ratio_of(figure), all_money, f"within {_days(figure.horizon_trading_days)}", figure),
        (same_day_ratio(figure), cash, "the same day, cash alone", figure),
    )
    return [item for item in told if not math.isinf(item[0])]


def _columns(stressed: Stressed) -> tuple[list[int], int]:
    """The horizons that are shown, in order, and how many others there are; those least covered first."""

    def least(day: int) -> float:
        return min(ratio_of(item) for item in stressed.coverage_figures if item.horizon_trading_days == day)

    days = stressed.horizons
    shown = sorted(days, key=lambda day: (least(day), day))[:_HORIZONS_SHOWN]
    return sorted(shown), len(days) - len(shown)


def _sources_and_need(figure: CoverageFigure | None) -> tuple[float, float] | None:
    return (figure.source_fraction, figure.need_fraction) if figure is not None else None


def _cash_and_call(figure: CoverageFigure | None) -> tuple[float, float] | None:
    if figure is None:
        return None
    return figure.same_day_cash_fraction, figure.variation_margin_fraction


def _first_day_call(figures: Sequence[CoverageFigure]) -> bool:
    return any(
        item.horizon_trading_days == FIRST_DAY and item.variation_margin_fraction >= DUST for item in figures
    )


def _short(stressed: Stressed, names: Names, money: Money) -> tuple[str, ...]:
    """Where and from when money is short, one scenario after the other."""
    told = []
    for scenario_id in stressed.by_coverage[:_SHOWN]:
        figures = stressed.coverage(scenario_id)
        short = [item for item in figures if item.need_fraction - item.source_fraction >= DUST]
        if not short:
            continue
        first = short[0]
        gap = max(item.need_fraction - item.source_fraction for item in short)
        since = _days(first.horizon_trading_days)
        name = "Without a scenario" if scenario_id == BASE else f"Under {names.scenario(scenario_id)}"
        told.append(
            f"{name} money is short from the horizon of {since} on, by up to {percent(gap)} % of NAV = "
            f"{money.words_of(gap)}."
        )
    return tuple(told)


def _never_money(stressed: Stressed, problem: AllocationProblem, names: Names) -> tuple[str, ...]:
    """Lines that state no liquidity, largest first, with their share of NAV."""
    held, nav = stressed.held(problem), problem.portfolio.nav_amount

    def share(line: Line) -> float:
        position = held.get(line.line_id, 0.0)
        if line.credit_line is None:
            return position
        return line.credit_line.committed_amount / nav - position  # what is not drawn

    silent = {
        line.line_id: share(line)
        for line in problem.portfolio.lines
        if not line.liquidity and not line.margin_pool_id and line.reserve_tier is None
    }
    order = sorted((key for key in silent if silent[key] >= DUST), key=lambda key: -silent[key])
    if not order:
        return ()
    told = ", ".join(f"{names.line(key)} {percent(silent[key])} %" for key in order[:_NAMED])
    more = f" and {len(order) - _NAMED} more" if len(order) > _NAMED else ""
    total = f" ({percent(sum(silent[key] for key in order))} % together)" if len(order) > 1 else ""
    states, count = ("state", "count") if len(order) > 1 else ("states", "counts")
    return (f"Of NAV, {told}{more}{total} {states} no liquidity and {count} as never money.",)


def _last_outflow(stressed: Stressed, problem: AllocationProblem) -> tuple[str, ...]:
    """From when on nothing more is known to go out; nothing where no horizon lies beyond."""
    last = max((flow.horizon_trading_days for flow in problem.portfolio.cash_flows), default=None)
    if last is None or last >= max(stressed.horizons):
        return ()
    return (f"Known outflows end at day {last}.",)


def _days(day: int) -> str:
    return f"{day} day{'s' if day != 1 else ''}"
