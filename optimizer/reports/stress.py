"""What each scenario does: losses, calls on cash, what pays them, and when money runs out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from counterpoise.model import (
    CoverageFigure,
    FloatArray,
    IndexArray,
    LineKind,
    LineValue,
    NoticeDeadline,
    StressReport,
)
from counterpoise.recall import Recall
from optimizer.measures.book import Book
from optimizer.reports.coverage import SHORT, Coverage, coverage_of
from optimizer.reports.holdings import Holdings
from optimizer.reports.instances import instances
from optimizer.reports.listing import lines_of
from optimizer.reports.locked import locked
from optimizer.reports.states import States, states_of
from optimizer.reports.weekdays import weekday_after

_NEGLIGIBLE = 1e-9
"""Payments and positions below this are none, NAV fraction."""

_MOST_DEADLINES = 50
_REPORT: Final = (
    "scenario_id",
    "horizon_trading_days",
    "loss_fraction",
    "funded_loss_fraction",
    "overlay_loss_fraction",
    "sleeve_loss_fraction",
    "reserve_loss_fraction",
    "ruin",
    "variation_margin_fraction",
    "margin_increase_fraction",
    "payments",
    "unpaid_fraction",
    "first_shortfall_trading_days",
    "reserve_gone_multiple",
    "notice_deadlines",
    "regressed_shocks",
)
_PAYMENT: Final = ("line_id", "value")
_DEADLINE: Final = ("line_id", "needed_trading_days", "notice_trading_days", "latest_date")


def report_stresses(
    book: Book, variables: FloatArray, figures: Sequence[CoverageFigure]
) -> tuple[StressReport, ...]:
    """One for every scenario, in the problem's order; `figures` are of these positions."""
    holdings = Holdings(book, variables)
    horizons = tuple(dict.fromkeys(figure.horizon_trading_days for figure in figures))
    return stresses_of(holdings, coverage_of(holdings, horizons))


@dataclass(frozen=True, eq=False)
class _Order:
    """What does not depend on positions or scenarios."""

    turns: tuple[int, ...]
    """Lines in the order in which they pay."""
    kinds: tuple[IndexArray, ...]
    """Funded lines, overlays, sleeves, and reserve with credit."""
    reserve: IndexArray
    slow: IndexArray
    """Lines that use capital and need notice, in their order."""
    notice: tuple[int, ...]
    """First day with money of each of those, in trading days."""
    longest_first: tuple[int, ...]
    """Those by falling notice, as their places in `slow`."""


_ORDERS: Final = Recall[_Order](8)


def stresses_of(holdings: Holdings, coverage: Coverage, *, full: bool = True) -> tuple[StressReport, ...]:
    """The same; unless `full`, without what pays, what is unpaid, and when to give notice."""
    book = holdings.book
    if not book.problem.scenarios:
        return ()
    states = states_of(book)
    order = _ORDERS.get((book.problem.portfolio,), lambda: locked(_order(book)))
    losses = states.losses * holdings.positions
    by_kind = [np.take(losses, lines, axis=1).sum(axis=1).tolist() for lines in order.kinds]
    initial, called = holdings.stressed_margins, holdings.variation_margins
    variations, whole = called.sum(axis=1).tolist(), initial.sum(axis=1).tolist()
    increases = np.maximum(initial - holdings.margins, 0.0).sum(axis=1).tolist()
    free = _free(states, order, holdings) if full else None
    gone = _reserve_gone(states, order, holdings, whole, variations)
    none: list[int | None] = [None] * len(states.scenario_ids)
    shortfalls = coverage.first_shortfalls or none
    needed = (_needed(order, coverage) or none) if full else none
    rows: list[tuple[object, ...]] = []
    for state, loss in enumerate(losses.sum(axis=1).tolist()):
        if state == 0:
            continue
        call = variations[state] + increases[state]
        payments = () if free is None else _payments(book, order, free[state], call)
        paid = sum([item.value for item in payments])
        margins = (variations[state], increases[state])
        rows.append(
            (
                states.scenario_ids[state],
                states.last_days[state],
                loss,
                *[part[state] for part in by_kind],
                loss >= 1.0,
                *margins,
                payments,
                max(call - paid, 0.0) if full else 0.0,
                shortfalls[state],
                gone[state],
                _notice_deadlines(holdings, states, order, state, needed[state]),
                states.regressed[state],
            )
        )
    return instances(StressReport, _REPORT, rows)


def _order(book: Book) -> _Order:
    tiers, credit = book.is_kind(LineKind.RESERVE_TIER), book.is_kind(LineKind.CREDIT_LINE)
    kinds = (
        book.is_kind(LineKind.FUNDED_BETA),
        book.is_kind(LineKind.OVERLAY),
        book.is_kind(LineKind.ALPHA_SLEEVE),
        tiers | credit,
    )
    wait = [
        (index, line.first_money_trading_days or 0)
        for index, line in enumerate(book.problem.portfolio.lines)
        if line.capital_per_unit > 0.0 and (line.first_money_trading_days or 0) > 1
    ]
    turns = sorted(range(book.line_count), key=lambda index: _turn(book, index))
    return _Order(
        turns=tuple(turns),
        kinds=tuple([np.flatnonzero(mask) for mask in kinds]),
        reserve=np.flatnonzero(tiers),
        slow=np.array([index for index, _ in wait], dtype=np.intp),
        notice=tuple([days for _, days in wait]),
        longest_first=tuple(sorted(range(len(wait)), key=lambda place: -wait[place][1])),
    )


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


def _free(states: States, order: _Order, holdings: Holdings) -> list[list[float]]:
    """What each line may pay in each state, lines in the order in which they pay."""
    free = np.maximum(states.last.of(holdings.positions) - holdings.posted, 0.0)
    rows: list[list[float]] = np.take(free, order.turns, axis=1).tolist()
    return rows


def _payments(book: Book, order: _Order, free: Sequence[float], call: float) -> tuple[LineValue, ...]:
    """Lines in the order in which they pay, each with what it has until the call is met."""
    line_ids, left = lines_of(book.problem.portfolio).line_ids, call
    rows: list[tuple[object, ...]] = []
    for index, most in zip(order.turns, free, strict=True):
        if left <= _NEGLIGIBLE:
            break
        paid = min(most, left)
        if paid > _NEGLIGIBLE:
            left -= paid
            rows.append((line_ids[index], paid))
    return instances(LineValue, _PAYMENT, rows)


def _reserve_gone(
    states: States, order: _Order, holdings: Holdings, margins: list[float], variations: list[float]
) -> list[float | None]:
    """Where the reserve's value, on its way from today's to the scenario's, meets what is asked for."""
    held = holdings.positions[order.reserve]
    margin_today = float(holdings.margins.sum())
    room = float(held.sum()) - margin_today
    gone: list[float | None] = []
    # One product after the other: a matrix times a vector rounds in another way.
    for lost, margin, variation in zip(
        np.take(states.lost_value, order.reserve, axis=1), margins, variations, strict=True
    ):
        asked_then = margin + variation
        slope = float(held @ lost) + asked_then - margin_today
        if room <= 0.0:
            gone.append(0.0 if asked_then > 0.0 else None)
        else:
            gone.append(room / slope if slope > 0.0 else None)
    return gone


def _needed(order: _Order, coverage: Coverage) -> list[int | None]:
    """First horizon at which what is there without notice falls short, by state; None where none is."""
    late = np.take(coverage.brought, order.slow, axis=1).sum(axis=1)
    short = (coverage.need > coverage.source - late + SHORT).tolist()
    count = len(coverage.horizons)
    return [
        min(
            [days for days, missing in zip(coverage.horizons, short[at:], strict=False) if missing],
            default=None,
        )
        for at in range(0, len(short), count)
    ]


def _notice_deadlines(
    holdings: Holdings, states: States, order: _Order, state: int, needed: int | None
) -> tuple[NoticeDeadline, ...]:
    """The last day for notice to each line, for its money to be there when it is needed; by date."""
    if needed is None or not len(order.slow):
        return ()
    waits = (holdings.positions[order.slow] > _NEGLIGIBLE) & (states.kept[state, order.slow] > 0.0)
    portfolio = holdings.book.problem.portfolio
    line_ids = lines_of(portfolio).line_ids
    due = [
        (order.notice[place], line_ids[order.slow[place]]) for place in order.longest_first if waits[place]
    ]
    return instances(
        NoticeDeadline,
        _DEADLINE,
        [
            (line_id, needed, notice, weekday_after(portfolio.as_of_date, needed - notice))
            for notice, line_id in due[:_MOST_DEADLINES]
        ],
    )
