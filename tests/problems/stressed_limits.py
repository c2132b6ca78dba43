"""Limits on what scenarios do, with room around what a book has: sometimes hardly any."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from counterpoise.model import (
    ConditionalValueAtRiskMeasure,
    CorrelationRegime,
    IlliquidShareMeasure,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    LineKind,
    LineScope,
    LiquidityCoverageMeasure,
    RiskMeasure,
    RiskStatistic,
    ScenarioLossMeasure,
    ScenarioScope,
)
from tests.problems.draw import Draw
from tests.problems.stressed_usual import usual_limits
from tests.reference.stress_book import StressBook
from tests.reference.stress_members import members
from tests.reference.stress_risk import reference_volatility

HORIZONS = (1, 5, 20, 63, 95)
LEAST_NAV = 0.4
Maker = Callable[[Draw, StressBook, str], Limit]


def stressed_limits(draw: Draw, book: StressBook) -> tuple[Limit, ...]:
    """Coverage in most problems, two to five others of stress, and some that say nothing of scenarios."""
    limits: list[Limit] = []
    if draw.chance(0.75):
        limits.append(_coverage(draw, book, "coverage"))
    makers: tuple[Maker, ...] = (_coverage, _leverage, _leverage, _loss, _tail, _risk, _risk, _illiquid)
    limits += [draw.one(makers)(draw, book, f"stress-{number}") for number in range(draw.count(2, 5))]
    limits += usual_limits(draw, book)
    gross = book.plain.leverage(LeverageDefinition.GROSS_NOTIONAL)
    if gross > 1.45 or draw.chance(0.4):
        cap = LeverageMeasure(definition=LeverageDefinition.GROSS_NOTIONAL)
        limits.append(Limit(limit_id="gross-cap", upper=gross + draw.between(0.03, 0.6), leverage=cap))
    return tuple(limits)


def room(draw: Draw, size: float = 1.0) -> float:
    """Sometimes next to nothing, sometimes more than matters."""
    return size * draw.one((draw.magnitude(1e-4, 1e-2), draw.magnitude(3e-3, 0.1), draw.magnitude(0.02, 0.3)))


def _states(draw: Draw, book: StressBook, *, base: bool) -> ScenarioScope:
    """All scenarios, or some; with the base state or without."""
    if draw.chance(0.5):
        return ScenarioScope(all_scenarios=True, base=base and draw.chance(0.3))
    ids = [item.scenario_id for item in book.problem.scenarios]
    return ScenarioScope(scenario_ids=draw.some(ids)[:6], base=base and draw.chance(0.5))


def _solvent(draw: Draw, book: StressBook) -> ScenarioScope:
    """States that leave much of NAV."""
    ids = [item.scenario_id for item in book.problem.scenarios if book.nav_after(item) > LEAST_NAV]
    return ScenarioScope(scenario_ids=tuple(draw.shuffled(draw.some(ids))), base=draw.chance(0.3))


def _above(draw: Draw, book: StressBook, limit: Limit, size: float = 1.0) -> Limit:
    """An upper bound with room over what the book has."""
    most = max(float(member.value) for member in members(book, limit))
    return dataclasses.replace(limit, upper=max(most, 0.0) + room(draw, size) + 1e-4)


def _coverage(draw: Draw, book: StressBook, limit_id: str) -> Limit:
    measure = LiquidityCoverageMeasure(
        scenarios=_states(draw, book, base=True),
        horizon_trading_days=tuple(draw.shuffled(draw.some(HORIZONS))),
        need_multiple=draw.one((None, 1.0, draw.between(1.0, 1.5))),
    )
    limit = Limit(limit_id=limit_id, liquidity_coverage=measure)
    least = min(float(member.value) for member in members(book, limit))
    lower = 0.0 if least > 1e-3 and draw.chance(0.5) else least - room(draw)
    return dataclasses.replace(limit, lower=lower)


def _leverage(draw: Draw, book: StressBook, limit_id: str) -> Limit:
    measure = LeverageMeasure(definition=draw.one(tuple(LeverageDefinition)), scenarios=_solvent(draw, book))
    return _above(draw, book, Limit(limit_id=limit_id, leverage=measure))


def _loss(draw: Draw, book: StressBook, limit_id: str) -> Limit:
    """Not more than some loss; rarely not less, which is a floor under what a scenario may bring."""
    limit = Limit(
        limit_id=limit_id, scenario_loss=ScenarioLossMeasure(scenarios=_states(draw, book, base=False))
    )
    if draw.chance(0.8):
        return _above(draw, book, limit, 0.5)
    least = min(float(member.value) for member in members(book, limit))
    return dataclasses.replace(limit, lower=least - room(draw, 0.5))


def _tail(draw: Draw, book: StressBook, limit_id: str) -> Limit:
    measure = ConditionalValueAtRiskMeasure(
        return_sample_id="quarters", confidence=draw.one((0.9, 0.95, 0.99, draw.between(0.6, 0.995)))
    )
    limit = Limit(limit_id=limit_id, conditional_value_at_risk=measure)
    return _above(draw, book, limit, 0.3)


def _risk(draw: Draw, book: StressBook, limit_id: str) -> Limit:
    """Volatility of the stressed regime where there is one, and both values-at-risk."""
    stressed = book.problem.market.risk_model.stressed_correlation is not None
    regime = (
        CorrelationRegime.STRESSED
        if stressed and draw.chance(0.8)
        else draw.one((None, CorrelationRegime.NORMAL))
    )
    statistics = [RiskStatistic.TOTAL_VOLATILITY, RiskStatistic.GAUSSIAN_VALUE_AT_RISK]
    if book.problem.mandate.reference_exposures:
        statistics.append(RiskStatistic.ACTIVE_VOLATILITY)
        if reference_volatility(book, regime) > 0.01:
            statistics.append(RiskStatistic.RELATIVE_VALUE_AT_RISK)
    statistic = draw.one(statistics)
    gaussian = statistic == RiskStatistic.GAUSSIAN_VALUE_AT_RISK
    kinds = [LineKind.ALPHA_SLEEVE, LineKind.FUNDED_BETA, LineKind.OVERLAY]
    whole = (RiskStatistic.ACTIVE_VOLATILITY, RiskStatistic.RELATIVE_VALUE_AT_RISK)
    scoped = statistic not in whole and draw.chance(0.25)
    measure = RiskMeasure(
        statistic=statistic,
        lines=LineScope(kinds=draw.some(kinds)) if scoped else None,
        regime=regime,
        confidence=draw.one((0.95, 0.99, draw.between(0.55, 0.999))) if gaussian else None,
        horizon_trading_days=draw.one((1, 10, 20, 252)) if gaussian else None,
    )
    return _above(draw, book, Limit(limit_id=limit_id, risk=measure), 0.3)


def _illiquid(draw: Draw, book: StressBook, limit_id: str) -> Limit:
    measure = IlliquidShareMeasure(
        horizon_trading_days=draw.one((1, 5, 20, 60, 95)), scenarios=_solvent(draw, book)
    )
    return _above(draw, book, Limit(limit_id=limit_id, illiquid_share=measure))
