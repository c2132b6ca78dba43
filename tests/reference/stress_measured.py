"""Leverage, margin, coverage and volatilities that are stated, beside what the simulation measures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from counterpoise.model import (
    CorrelationRegime,
    CoverageFigure,
    LeverageDefinition,
    LeverageFigure,
    PoolMargin,
    RiskFigure,
    RiskMeasure,
    RiskStatistic,
)
from tests.reference.stress_book import StressBook
from tests.reference.stress_leverage import leverage_after
from tests.reference.stress_liquidity import figure
from tests.reference.stress_margin import initial_margin, variation_margin
from tests.reference.stress_moves import last_day
from tests.reference.stress_risk import risk
from tests.reference.stress_stated import Stated


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
