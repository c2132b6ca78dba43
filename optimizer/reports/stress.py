"""What each scenario does: losses, calls on cash, what pays them, and when money runs out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from counterpoise.model import (
    CoverageFigure,
    DriverValue,
    FloatArray,
    LineKind,
    LineValue,
    MissingShockRule,
    NoticeDeadline,
    StressReport,
)
from optimizer.measures.book import Book
from optimizer.measures.convex import weighted_count
from optimizer.measures.coverage import money, money_per_unit
from optimizer.measures.margin import initial_margins, stressed_margins, variation_values
from optimizer.measures.shocks import Shock
from optimizer.reports.coverage import SHORT, first_shortfall
from optimizer.reports.weekdays import weekday_after

_NEGLIGIBLE = 1e-9
"""Payments and positions below this are none, NAV fraction."""

_MOST_DEADLINES = 50


def report_stresses(
    book: Book, variables: FloatArray, figures: Sequence[CoverageFigure]
) -> tuple[StressReport, ...]:
    """One for every scenario, in the problem's order; `figures` are of these positions."""
    turns = sorted(range(book.line_count), key=lambda index: _turn(book, index))
    posted = weighted_count(book.postings.tier, variables[book.line_count :], book.line_count)
    held = _Held(variables, initial_margins(book, variables), posted, turns)
    return tuple(_report(book, held, shock, figures) for shock in book.shocks[1:])


@dataclass(frozen=True, eq=False)
class _Held:
    """What is held today, whatever happens."""

    variables: FloatArray
    margins: FloatArray
    """Initial margin of each pool."""
    posted: FloatArray
    """What each line has posted, shape (n,)."""
    turns: Sequence[int]
    """Lines in the order in which they pay."""


def _report(book: Book, held: _Held, shock: Shock, every_figure: Sequence[CoverageFigure]) -> StressReport:
    variables, today = held.variables, held.margins
    losses = -shock.final * variables[: book.line_count]
    loss = float(losses.sum())
    stressed = stressed_margins(book, variables, shock, today)
    variation = float(variation_values(book, variables, shock, shock.last_day).sum())
    increase = float(np.maximum(stressed - today, 0.0).sum())
    payments = list(_payments(book, held, shock, variation + increase))
    paid = sum(item.value for item in payments)
    figures = [figure for figure in every_figure if figure.scenario_id == shock.scenario_id]
    tiers = book.is_kind(LineKind.RESERVE_TIER) | book.is_kind(LineKind.CREDIT_LINE)
    return StressReport(
        scenario_id=shock.scenario_id,
        horizon_trading_days=shock.last_day,
        loss_fraction=loss,
        funded_loss_fraction=float(losses[book.is_kind(LineKind.FUNDED_BETA)].sum()),
        overlay_loss_fraction=float(losses[book.is_kind(LineKind.OVERLAY)].sum()),
        sleeve_loss_fraction=float(losses[book.is_kind(LineKind.ALPHA_SLEEVE)].sum()),
        reserve_loss_fraction=float(losses[tiers].sum()),
        ruin=loss >= 1.0,
        variation_margin_fraction=variation,
        margin_increase_fraction=increase,
        payments=tuple(payments),
        unpaid_fraction=max(variation + increase - paid, 0.0),
        first_shortfall_trading_days=first_shortfall(figures),
        reserve_gone_multiple=_reserve_gone(
            book, variables, shock, float(today.sum()), float(stressed.sum()) + variation
        ),
        notice_deadlines=tuple(_notice_deadlines(book, variables, shock, figures)),
        regressed_shocks=_regressed(book, shock),
    )


def _payments(book: Book, held: _Held, shock: Shock, call: float) -> Iterator[LineValue]:
    """Lines in the order in which they pay, each with what it has until the call is met."""
    free = np.maximum(money(book, shock, shock.last_day, held.variables) - held.posted, 0.0)
    left = call
    for index in held.turns:
        paid = min(float(free[index]), left)
        if paid > _NEGLIGIBLE:
            left -= paid
            yield LineValue(line_id=book.problem.portfolio.line_ids[index], value=paid)


def _turn(book: Book, index: int) -> tuple[int, int, int]:
    """Cash of the same day, other tiers, credit, funded lines, sleeves; then as soon as they are money."""
    line = book.problem.portfolio.lines[index]
    order = {
        LineKind.RESERVE_TIER: 1 - int(book.same_day[index]),
        LineKind.CREDIT_LINE: 2,
        LineKind.FUNDED_BETA: 3,
        LineKind.ALPHA_SLEEVE: 4,
        LineKind.OVERLAY: 5,
    }
    first = line.first_money_trading_days
    return order[line.kind], 0 if first is None else first, index


def _reserve_gone(
    book: Book, variables: FloatArray, shock: Shock, margin_today: float, asked_then: float
) -> float | None:
    """Where the reserve's value, on its way from today's to the scenario's, meets what is asked for."""
    tiers = book.is_kind(LineKind.RESERVE_TIER)
    held = variables[: book.line_count][tiers]
    then = (shock.sold * shock.kept * (1.0 + shock.final))[tiers]
    room = float(held.sum()) - margin_today
    slope = float(held @ (1.0 - then)) + asked_then - margin_today
    if room <= 0.0:
        return 0.0 if asked_then > 0.0 else None
    return room / slope if slope > 0.0 else None


def _notice_deadlines(
    book: Book, variables: FloatArray, shock: Shock, figures: Sequence[CoverageFigure]
) -> Iterator[NoticeDeadline]:
    """Where what is there without notice falls short: the last day for notice to each line, by date."""
    lines = book.problem.portfolio.lines
    wait = [
        (index, line.first_money_trading_days)
        for index, line in enumerate(lines)
        if line.capital_per_unit > 0.0 and (line.first_money_trading_days or 0) > 1
    ]
    slow = [index for index, _ in wait]
    needed = None
    for figure in sorted(figures, key=lambda figure: figure.horizon_trading_days):
        late = money_per_unit(book, shock, figure.horizon_trading_days) * variables[: book.line_count]
        there = figure.source_fraction - float(late[slow].sum())
        if figure.need_fraction > there + SHORT:
            needed = figure.horizon_trading_days
            break
    if needed is None:
        return
    due = [
        (notice, index)
        for index, notice in wait
        if notice is not None and variables[index] > _NEGLIGIBLE and shock.kept[index] > 0.0
    ]
    for notice, index in sorted(due, key=lambda item: -item[0])[:_MOST_DEADLINES]:
        yield NoticeDeadline(
            line_id=lines[index].line_id,
            needed_trading_days=needed,
            notice_trading_days=notice,
            latest_date=weekday_after(book.problem.portfolio.as_of_date, needed - notice),
        )


def _regressed(book: Book, shock: Shock) -> tuple[DriverValue, ...]:
    scenario = shock.scenario
    if scenario is None or scenario.missing_shock_rule is not MissingShockRule.REGRESS:
        return ()
    named, moves = set(scenario.shocked_driver_ids), shock.driver_moves(shock.last_day)
    return tuple(
        DriverValue(driver_id=driver_id, value=float(moves[index]))
        for index, driver_id in enumerate(book.problem.market.driver_ids)
        if driver_id not in named
    )
