"""What an answer or an analysis says of stress, number by number, beside the simulation at its positions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from counterpoise.model import (
    CorrelationRegime,
    CoverageFigure,
    LeverageDefinition,
    LeverageFigure,
    LimitKey,
    LimitReport,
    PoolMargin,
    RiskFigure,
    RiskMeasure,
    RiskStatistic,
    Warning,
    WarningCode,
)
from tests.reference.stress_book import StressBook
from tests.reference.stress_calls import first_shortfall
from tests.reference.stress_covariance import clips
from tests.reference.stress_leverage import leverage_after
from tests.reference.stress_liquidity import figure
from tests.reference.stress_margin import initial_margin, variation_margin
from tests.reference.stress_members import members
from tests.reference.stress_moves import last_day, regressed
from tests.reference.stress_risk import risk

Stated = tuple[str, float | None, float]
ABSOLUTE = 2e-9
RELATIVE = 1e-9
OF_ROOTS = 1e-8
"""Square roots near zero lose half of the digits."""


def unequal(stated: Iterator[Stated], *, absolute: float = ABSOLUTE) -> Iterator[str]:
    """Numbers that are missing, or not what they should be."""
    for name, said, measured in stated:
        if said is None or not abs(said - measured) <= absolute + RELATIVE * abs(measured):
            yield f"{name} is said to be {said}, is {measured}"


def rooted(book: StressBook) -> float:
    """Tolerance of what has margin in it."""
    pools = book.problem.portfolio.margin_pools
    return OF_ROOTS if any(pool.risk is not None for pool in pools) else ABSOLUTE


def leverages(book: StressBook, figures: Sequence[LeverageFigure]) -> Iterator[Stated]:
    """Four definitions in every state that is not ruin, and none in one that is."""
    said = {(item.scenario_id, item.definition): item.value for item in figures}
    for state in book.scenarios():
        name = "" if state is None else state.scenario_id
        for definition in LeverageDefinition:
            value = said.pop((name, definition), None)
            if book.nav_after(state) > 0:
                yield f"{definition.name} in {name}", value, leverage_after(book, definition, state)
            elif value is not None:
                yield f"{definition.name} in ruin {name}", value, float("nan")
    for key in said:
        yield f"leverage {key} of no state", None, 0.0


def pools(book: StressBook, margins: Sequence[PoolMargin]) -> Iterator[Stated]:
    """Both margins of every pool in every state."""
    said = {(item.scenario_id, item.margin_pool_id): item for item in margins}
    for state in book.scenarios():
        name, day = ("", 1) if state is None else (state.scenario_id, last_day(state))
        for pool in book.problem.portfolio.margin_pools:
            item = said.pop((name, pool.margin_pool_id), None)
            initial = None if item is None else item.initial_margin_fraction
            variation = None if item is None else item.variation_margin_fraction
            yield f"initial of {pool.margin_pool_id} in {name}", initial, initial_margin(book, pool, state)
            called = variation_margin(book, pool, state, day)
            yield f"variation of {pool.margin_pool_id} in {name}", variation, called
    for key in said:
        yield f"margin {key} of no state", None, 0.0


def coverages(book: StressBook, figures: Sequence[CoverageFigure], days: Sequence[int]) -> Iterator[Stated]:
    """Every component in every state and at every horizon."""
    said = {(item.scenario_id, item.horizon_trading_days): item for item in figures}
    for state in book.scenarios():
        name = "" if state is None else state.scenario_id
        for day in days:
            item, found = said.pop((name, day), None), figure(book, state, day)
            where = f"at {day} in {name}"
            if item is None:
                yield f"figure {where}", None, found.need
                continue
            yield f"reserve {where}", item.reserve_source_fraction, found.reserve
            yield f"funded {where}", item.funded_source_fraction, found.funded
            yield f"sleeves {where}", item.sleeve_source_fraction, found.sleeves
            yield f"credit {where}", item.credit_source_fraction, found.credit
            yield f"initial {where}", item.initial_margin_fraction, found.initial
            yield f"variation {where}", item.variation_margin_fraction, found.variation
            yield f"outflow {where}", item.outflow_fraction, found.outflow
            yield f"cash {where}", item.same_day_cash_fraction, found.same_day_cash
    for key in said:
        yield f"figure {key} of no state or horizon", None, 0.0


def volatilities(book: StressBook, figures: Sequence[RiskFigure]) -> Iterator[Stated]:
    """Total and active volatility in both regimes, where there are such."""
    said = {(item.statistic, item.regime): item.annual_volatility for item in figures}
    statistics = [RiskStatistic.TOTAL_VOLATILITY]
    if book.problem.mandate.reference_exposures:
        statistics.append(RiskStatistic.ACTIVE_VOLATILITY)
    regimes = [CorrelationRegime.NORMAL]
    if book.problem.market.risk_model.stressed_correlation is not None:
        regimes.append(CorrelationRegime.STRESSED)
    for statistic in statistics:
        for regime in regimes:
            measured = risk(book, RiskMeasure(statistic=statistic, regime=regime))
            yield f"{statistic.name} {regime.name}", said.get((statistic, regime)), measured
    if len(said) > len(statistics) * len(regimes):
        yield "number of risk figures", float(len(said)), float(len(statistics) * len(regimes))


def same_constraint(key: LimitKey) -> tuple[str | None, str, str, str, str, int | None]:
    """What tells the members of one limit apart."""
    days = key.horizon_trading_days
    return key.limit_id, key.line_id, key.driver_id, key.counterparty_id, key.scenario_id, days


def limits(book: StressBook, reports: Sequence[LimitReport]) -> Iterator[Stated]:
    """Value, bounds and slacks of every member, where NAV is left for ratios to it."""
    said = {same_constraint(item.key): item for item in reports if item.key.limit_id is not None}
    for limit in book.problem.mandate.limits:
        for member in members(book, limit):
            item = said.pop(same_constraint(member.key), None)
            if item is None:
                yield f"report of {member.key}", None, member.value
                continue
            if member.nav <= 0:
                continue
            yield str(member.key), item.value, member.value
            for side, bound, other in (
                ("lower", item.lower, member.lower),
                ("upper", item.upper, member.upper),
            ):
                if bound is not None or other is not None:
                    yield f"{side} of {member.key}", bound, float("nan") if other is None else other
            if member.lower is not None:
                yield f"lower slack of {member.key}", item.lower_slack, member.value - member.lower
            if member.upper is not None:
                yield f"upper slack of {member.key}", item.upper_slack, member.upper - member.value
    for key in said:
        yield f"report of {key}, which is no member", None, 0.0


def violations(book: StressBook, reports: Sequence[LimitReport]) -> Iterator[Stated]:
    """By how much every member is missed, ratios to stressed NAV times that NAV."""
    said = {same_constraint(item.key): item for item in reports if item.key.limit_id is not None}
    for limit in book.problem.mandate.limits:
        for member in members(book, limit):
            item = said.get(same_constraint(member.key))
            if item is not None:
                yield f"violation of {member.key}", item.violation, member.violation


def warned(book: StressBook, warnings: Sequence[Warning]) -> Iterator[str]:
    """Warnings that are due and missing, or there without a cause."""
    codes = {warning.code for warning in warnings}
    problem = book.problem
    due = {
        WarningCode.RUIN: any(book.nav_after(item) <= 0 for item in problem.scenarios),
        WarningCode.COVERAGE_SHORT: any(
            first_shortfall(book, item, book.days()) is not None for item in problem.scenarios
        ),
        WarningCode.SHOCK_REGRESSED: any(
            regressed(problem, book.numbers.covariance, item, 1) for item in problem.scenarios
        ),
    }
    if not clips(problem) and problem.market.risk_model.stressed_correlation is None:
        due[WarningCode.CORRELATION_REPAIRED] = False
    for code, expected in due.items():
        if (code in codes) != expected:
            yield f"warning {code.name} is {'missing' if expected else 'there without a cause'}"
