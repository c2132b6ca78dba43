"""Reports on scenarios beside the simulation: losses, calls, what pays, when it runs short, notice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from counterpoise.model import LineKind, Scenario, StressReport
from tests.reference.stress_book import StressBook
from tests.reference.stress_calls import (
    SHORT,
    deadlines,
    first_shortfall,
    gone_multiple,
    gone_slope,
    payments,
    quick_gap,
)
from tests.reference.stress_liquidity import figure
from tests.reference.stress_margin import all_variation, margin_increase
from tests.reference.stress_moves import last_day, regressed
from tests.reference.stress_stated import Stated

NEAR = 1e-11
"""What is this near to a threshold may be on either side of it."""

SMALL = 1e-6
"""Positions and payments below this are nothing to speak of."""


def stresses(book: StressBook, reports: Sequence[StressReport], days: Sequence[int]) -> Iterator[Stated]:
    """Every number of every report, one for each scenario in their order."""
    if [item.scenario_id for item in reports] != [item.scenario_id for item in book.problem.scenarios]:
        yield "reports of scenarios", float(len(reports)), float(len(book.problem.scenarios))
        return
    for scenario, report in zip(book.problem.scenarios, reports, strict=True):
        for name, said, measured in _numbers(book, scenario, report):
            yield f"{name} in {scenario.scenario_id}", said, measured


def _numbers(book: StressBook, scenario: Scenario, report: StressReport) -> Iterator[Stated]:
    yield "horizon", float(report.horizon_trading_days), float(last_day(scenario))
    lost = dict.fromkeys(LineKind, 0.0)
    for line, r, h in zip(book.lines, book.after(scenario), book.h, strict=True):
        lost[line.kind] -= r * h
    yield "loss", report.loss_fraction, 1.0 - book.nav_after(scenario)
    yield "funded loss", report.funded_loss_fraction, lost[LineKind.FUNDED_BETA]
    yield "overlay loss", report.overlay_loss_fraction, lost[LineKind.OVERLAY]
    yield "sleeve loss", report.sleeve_loss_fraction, lost[LineKind.ALPHA_SLEEVE]
    others = lost[LineKind.RESERVE_TIER] + lost[LineKind.CREDIT_LINE]
    yield "reserve loss", report.reserve_loss_fraction, others
    yield "ruin", float(report.ruin), float(book.nav_after(scenario) <= 0)
    called = all_variation(book, scenario, last_day(scenario))
    yield "variation margin", report.variation_margin_fraction, called
    yield "margin increase", report.margin_increase_fraction, margin_increase(book, scenario)
    paid, unpaid = payments(book, scenario)
    said = {item.line_id: item.value for item in report.payments}
    for line_id in paid.keys() | said.keys():
        yield f"payment by {line_id}", said.get(line_id, 0.0), paid.get(line_id, 0.0)
    yield "unpaid", report.unpaid_fraction, unpaid
    moves = regressed(book.problem, book.numbers.covariance, scenario, last_day(scenario))
    reported = {item.driver_id: item.value for item in report.regressed_shocks}
    for driver_id in moves.keys() | reported.keys():
        yield f"regressed {driver_id}", reported.get(driver_id), moves.get(driver_id, float("nan"))


def orders(book: StressBook, reports: Sequence[StressReport], days: Sequence[int]) -> Iterator[str]:
    """Where payments, horizons, multiples or deadlines are not those of the simulation."""
    for scenario, report in zip(book.problem.scenarios, reports, strict=True):
        for fault in (
            *_payment_order(book, scenario, report),
            *_shortfall(book, scenario, report, list(days)),
            *_gone(book, scenario, report),
            *_notices(book, scenario, report, list(days)),
        ):
            yield f"{fault} in {scenario.scenario_id}"


def _payment_order(book: StressBook, scenario: Scenario, report: StressReport) -> Iterator[str]:
    expected = [line_id for line_id, value in payments(book, scenario)[0].items() if value > SMALL]
    said = [item.line_id for item in report.payments if item.value > SMALL]
    if said != expected:
        yield f"payments come from {said}, should from {expected}"


def _shortfall(book: StressBook, scenario: Scenario, report: StressReport, days: list[int]) -> Iterator[str]:
    figures = [figure(book, scenario, day) for day in days]
    if any(abs(item.need - item.sources - SHORT) < NEAR for item in figures):
        return
    expected = first_shortfall(book, scenario, days)
    if report.first_shortfall_trading_days != expected:
        yield f"first shortfall {report.first_shortfall_trading_days}, should be {expected}"


def _gone(book: StressBook, scenario: Scenario, report: StressReport) -> Iterator[str]:
    room, slope = gone_slope(book, scenario)
    if abs(room) < NEAR or abs(slope) < NEAR:
        return
    expected, said = gone_multiple(book, scenario), report.reserve_gone_multiple
    if (said is None) != (expected is None):
        yield f"reserve gone at {said}, should be {expected}"
    if said is None or expected is None:
        return
    # The quotient carries the rounding of what it divides by.
    if abs(said - expected) > (1e-9 + 1e-9 / abs(slope)) * max(1.0, expected):
        yield f"reserve gone at {said}, should be {expected}"


def _notices(book: StressBook, scenario: Scenario, report: StressReport, days: list[int]) -> Iterator[str]:
    if any(abs(quick_gap(book, scenario, day) - SHORT) < 2 * SHORT for day in days):
        return
    held = {line.line_id for line, h in zip(book.lines, book.h, strict=True) if h > SMALL}
    expected = [
        (item.line_id, item.needed, item.notice, item.latest)
        for item in deadlines(book, scenario, days, smallest=SMALL)
    ]
    said = [
        (item.line_id, item.needed_trading_days, item.notice_trading_days, item.latest_date)
        for item in report.notice_deadlines
        if item.line_id in held
    ]
    if said != expected:
        yield f"notices {said}, should be {expected}"
