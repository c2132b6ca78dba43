"""What is called after a scenario, what pays it and in which order, and when money runs short."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from counterpoise.model import LineKind, Scenario
from tests.reference.stress_book import StressBook, add_on, gate, uses_capital
from tests.reference.stress_liquidity import figure, first_money, posted, source
from tests.reference.stress_margin import all_initial, all_variation, margin_increase
from tests.reference.stress_moves import last_day

SHORT = 1e-9
"""Needs exceed sources where they do by more than this."""

ORDER = {LineKind.CREDIT_LINE: 2, LineKind.FUNDED_BETA: 3, LineKind.ALPHA_SLEEVE: 4}


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """The last day of notice to a line."""

    line_id: str
    needed: int
    notice: int
    latest: datetime.date


def available_money(book: StressBook, scenario: Scenario, row: int) -> float:
    """What a line has to pay with after the scenario; tiers without what they have posted today."""
    money = source(book, row, scenario, last_day(scenario))
    if book.lines[row].reserve_tier is not None:
        money -= posted(book, book.lines[row])
    return max(money, 0.0)


def payers(book: StressBook) -> list[int]:
    """Rows in the order in which they pay: cash, other tiers, credit, funds, sleeves; the fastest first."""

    def place(row: int) -> tuple[int, int, int]:
        line = book.lines[row]
        tier = line.reserve_tier
        kind = ORDER.get(line.kind, 9) if tier is None else (0 if tier.variation_margin_eligible else 1)
        return kind, first_money(line) or 10**6, row

    return sorted(range(len(book.lines)), key=place)


def payments(book: StressBook, scenario: Scenario) -> tuple[dict[str, float], float]:
    """Line -> what it pays, in order, and what nothing pays."""
    left = all_variation(book, scenario, last_day(scenario)) + margin_increase(book, scenario)
    paid: dict[str, float] = {}
    for row in payers(book):
        part = min(left, available_money(book, scenario, row))
        if part > 0:
            paid[book.lines[row].line_id] = part
            left -= part
    return paid, left


def first_shortfall(book: StressBook, scenario: Scenario | None, days: list[int]) -> int | None:
    """The first horizon at which needs exceed sources."""
    for day in days:
        found = figure(book, scenario, day)
        if found.need > found.sources + SHORT:
            return day
    return None


def gone_slope(book: StressBook, scenario: Scenario) -> tuple[float, float]:
    """What the reserve has beyond margin today, and what the whole scenario takes of it."""
    room, slope = -all_initial(book), all_initial(book, scenario) - all_initial(book)
    slope += all_variation(book, scenario, last_day(scenario))
    for row, (line, r) in enumerate(zip(book.lines, book.after(scenario), strict=True)):
        if line.reserve_tier is not None:
            kept = (1.0 - add_on(scenario, line)) * (1.0 - gate(scenario, line)) * (1.0 + r)
            room += book.h[row]
            slope += book.h[row] * (1.0 - kept)
    return room, slope


def gone_multiple(book: StressBook, scenario: Scenario) -> float | None:
    """The part of the scenario at which the reserve no longer covers margin."""
    room, slope = gone_slope(book, scenario)
    if room <= 0:
        return 0.0
    return room / slope if slope > 0 else None


def quick_gap(book: StressBook, scenario: Scenario, day: int) -> float:
    """Need less the sources that ask for no notice: lines that are money in a day, and credit."""
    quick = sum(
        source(book, row, scenario, day)
        for row, line in enumerate(book.lines)
        if line.credit_line is not None or (first_money(line) or 2) <= 1
    )
    return figure(book, scenario, day).need - quick


def deadlines(
    book: StressBook, scenario: Scenario, days: list[int], *, smallest: float = 0.0
) -> list[Deadline]:
    """Last days of notice in time order, for positions above `smallest`."""
    needed = next((day for day in days if quick_gap(book, scenario, day) > SHORT), None)
    if needed is None:
        return []
    found: list[Deadline] = []
    for row, line in enumerate(book.lines):
        notice = first_money(line)
        if notice is None or notice <= 1 or not uses_capital(line):
            continue
        if book.h[row] > smallest and gate(scenario, line) < 1:
            latest = last_notice(book.problem.portfolio.as_of_date, needed, notice)
            found.append(Deadline(line_id=line.line_id, needed=needed, notice=notice, latest=latest))
    return sorted(found, key=lambda item: item.latest)


def last_notice(as_of: datetime.date, needed: int, notice: int) -> datetime.date:
    """The weekday `notice` weekdays before that of the need, which is `needed` weekdays after the as-of date.

    Where the as-of date is no weekday, nothing is gained by the days since the last one.
    """
    return _weekdays(_weekdays(as_of, needed, +1), notice, -1)


def _weekdays(start: datetime.date, count: int, direction: int) -> datetime.date:
    """So many Mondays to Fridays after a day, or before it."""
    day = start
    for _ in range(count):
        day += datetime.timedelta(days=direction)
        while day.weekday() >= 5:
            day += datetime.timedelta(days=direction)
    return day
