"""Every constraint that a limit fans out to over scenarios and horizons, at given positions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from counterpoise.model import Limit, LimitKey, LiquidityCoverageMeasure, Scenario, ScenarioScope
from tests.reference.stress_book import StressBook
from tests.reference.stress_leverage import counted
from tests.reference.stress_liquidity import coverage, illiquid, same_day
from tests.reference.stress_risk import risk, tail_loss


@dataclass(frozen=True, kw_only=True)
class StressMember:
    """One constraint: its value, and by how much it is missed in the terms it is enforced in.

    A ratio to stressed NAV is enforced as `numerator <= upper * NAV`, which also asks for NAV above zero.
    """

    key: LimitKey
    value: float
    lower: float | None = None
    upper: float | None = None
    nav: float = 1.0

    @property
    def violation(self) -> float:
        """How far outside its bounds the value is, times stressed NAV; zero inside."""
        below = 0.0 if self.lower is None else (self.lower - self.value) * self.nav
        above = 0.0 if self.upper is None else (self.value - self.upper) * self.nav
        return max(below, above, 0.0)


def in_scope(book: StressBook, scope: ScenarioScope | None) -> list[Scenario | None]:
    """The states that a scope names, the base state first; the base state alone without a scope."""
    if scope is None:
        return [None]
    named = [
        scenario
        for scenario in book.problem.scenarios
        if scope.all_scenarios or scenario.scenario_id in scope.scenario_ids
    ]
    return [None, *named] if scope.base else named


def members(book: StressBook, limit: Limit) -> Iterator[StressMember]:
    """Members of a limit of any kind."""
    for key, value, nav in _valued(book, limit):
        yield StressMember(key=key, value=value, lower=limit.lower, upper=limit.upper, nav=nav)
    if not stressed(limit):
        for plain in book.plain.members(limit):
            key = LimitKey(
                limit_id=plain.limit_id,
                line_id=plain.line_id,
                driver_id=plain.driver_id,
                counterparty_id=plain.counterparty_id,
            )
            yield StressMember(key=key, value=plain.value, lower=plain.lower, upper=plain.upper)


def stressed(limit: Limit) -> bool:
    """Whether the limit is one of those that this module measures."""
    return any(
        measure is not None
        for measure in (
            limit.leverage,
            limit.risk,
            limit.scenario_loss,
            limit.conditional_value_at_risk,
            limit.liquidity_coverage,
            limit.illiquid_share,
        )
    )


def _valued(book: StressBook, limit: Limit) -> Iterator[tuple[LimitKey, float, float]]:
    """Key, value and stressed NAV where the value is a ratio to it, else 1."""
    for key, counts, nav in _ratios(book, limit):
        yield key, counts / nav, nav
    if limit.scenario_loss is not None:
        for state in in_scope(book, limit.scenario_loss.scenarios):
            yield _key(limit, state), 1.0 - book.nav_after(state), 1.0
    if limit.risk is not None:
        yield LimitKey(limit_id=limit.limit_id), risk(book, limit.risk), 1.0
    if limit.conditional_value_at_risk is not None:
        yield LimitKey(limit_id=limit.limit_id), tail_loss(book, limit.conditional_value_at_risk), 1.0
    if limit.liquidity_coverage is not None:
        for key, value in _coverages(book, limit, limit.liquidity_coverage):
            yield key, value, 1.0


def _ratios(book: StressBook, limit: Limit) -> Iterator[tuple[LimitKey, float, float]]:
    """Key, what counts, and the stressed NAV that it is over."""
    if limit.leverage is not None:
        for state in in_scope(book, limit.leverage.scenarios):
            yield _key(limit, state), counted(book, limit.leverage.definition, state), book.nav_after(state)
    if limit.illiquid_share is not None:
        day = limit.illiquid_share.horizon_trading_days
        for state in in_scope(book, limit.illiquid_share.scenarios):
            yield _key(limit, state, day), illiquid(book, state, day), book.nav_after(state)


def _coverages(
    book: StressBook, limit: Limit, measure: LiquidityCoverageMeasure
) -> Iterator[tuple[LimitKey, float]]:
    """Every state and horizon, and the same day where the first day is named."""
    multiple = 1.0 if measure.need_multiple is None else measure.need_multiple
    for state in in_scope(book, measure.scenarios):
        for day in measure.horizon_trading_days:
            yield _key(limit, state, day), coverage(book, state, day, multiple)
        if 1 in measure.horizon_trading_days:
            yield _key(limit, state, 0), same_day(book, state, multiple)


def _key(limit: Limit, state: Scenario | None, day: int | None = None) -> LimitKey:
    scenario_id = "" if state is None else state.scenario_id
    return LimitKey(limit_id=limit.limit_id, scenario_id=scenario_id, horizon_trading_days=day)
