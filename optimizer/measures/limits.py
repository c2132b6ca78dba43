"""Every constraint of a problem: its structural rules, then the limits of its mandate in order."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache, partial

from counterpoise.model import (
    ConditionalValueAtRiskMeasure,
    CounterpartyMeasure,
    ExposureMeasure,
    FactorNeutralityMeasure,
    IlliquidShareMeasure,
    LeverageMeasure,
    Limit,
    LiquidityCoverageMeasure,
    Measure,
    PositionMeasure,
    ReferenceBetaMeasure,
    ReserveMeasure,
    RiskMeasure,
    ScenarioLossMeasure,
    SoftLimit,
    TurnoverMeasure,
)
from optimizer.measures.book import Book
from optimizer.measures.constraint import Constraint
from optimizer.measures.counterparty import measure_counterparty
from optimizer.measures.coverage import measure_coverage
from optimizer.measures.exposure import measure_exposure, measure_reference_beta
from optimizer.measures.leverage import measure_leverage
from optimizer.measures.neutrality import measure_neutrality
from optimizer.measures.position import measure_position
from optimizer.measures.reserve import measure_reserve
from optimizer.measures.risk import measure_risk
from optimizer.measures.stress import measure_illiquid_share, measure_scenario_loss
from optimizer.measures.structure import structural_constraints
from optimizer.measures.tail import measure_tail
from optimizer.measures.turnover import measure_turnover


def constraints_of(book: Book) -> tuple[Constraint, ...]:
    """All constraints but the boxes, which `box_of` gives."""
    limits = book.problem.mandate.limits
    heaviest: dict[int, float] = {}
    for limit in limits:
        if limit.soft is not None:
            weight = limit.soft.violation_weight or 1.0
            heaviest[limit.soft.priority] = max(heaviest.get(limit.soft.priority, 0.0), weight)
    # What every measure may read of a problem, beside itself: more than most of them do.
    read = (book.reference, book.problem.scenarios, book.problem.return_samples)
    remembered = book.universe.constraints
    bounded = [remembered.get((*read, limit), partial(_bounded, book, limit, read)) for limit in limits]
    return (
        *structural_constraints(book),
        *(
            constraint if limit.soft is None else _softened(constraint, limit.soft, heaviest)
            for constraint, limit in zip(bounded, limits, strict=True)
        ),
    )


def _bounded(book: Book, limit: Limit, read: tuple[object, ...]) -> Constraint:
    """A limit with its bounds; another bound finds the measure."""
    own = (_same(limit.measure), sys.intern(limit.limit_id))
    measured = book.universe.measures.get((*read, *own), partial(measure, book, limit))
    lower, upper = limit.bounds
    return replace(measured, lower=lower, upper=upper)


@lru_cache(maxsize=256)
def _same(measure: Measure) -> Measure:
    """One object for equal measures: a limit that was read again with another bound brings its own."""
    return measure


def _softened(constraint: Constraint, soft: SoftLimit, heaviest: Mapping[int, float]) -> Constraint:
    """With what missing it weighs against others of its priority."""
    weight = (soft.violation_weight or 1.0) / heaviest[soft.priority]
    return replace(constraint, priority=soft.priority, violation_weight=weight * constraint.unit.weight)


def measure(book: Book, limit: Limit) -> Constraint:
    """What a limit measures, without its bounds."""
    match limit.measure:
        case PositionMeasure() as position:
            return measure_position(book, position, limit.limit_id)
        case ExposureMeasure() as exposure:
            return measure_exposure(book, exposure, limit.limit_id)
        case ReferenceBetaMeasure():
            return measure_reference_beta(book, limit.limit_id)
        case LeverageMeasure() as leverage:
            return measure_leverage(book, leverage, limit.limit_id)
        case RiskMeasure() as risk:
            return measure_risk(book, risk, limit.limit_id)
        case ReserveMeasure() as reserve:
            return measure_reserve(book, reserve, limit.limit_id)
        case FactorNeutralityMeasure() as neutrality:
            return measure_neutrality(book, neutrality, limit.limit_id)
        case CounterpartyMeasure() as counterparty:
            return measure_counterparty(book, counterparty, limit.limit_id)
        case TurnoverMeasure() as turnover:
            return measure_turnover(book, turnover, limit.limit_id)
        case stressed:
            return _measure_stressed(book, stressed, limit.limit_id)


def _measure_stressed(
    book: Book,
    measure: ScenarioLossMeasure
    | ConditionalValueAtRiskMeasure
    | LiquidityCoverageMeasure
    | IlliquidShareMeasure,
    limit_id: str,
) -> Constraint:
    """Of scenarios and samples."""
    match measure:
        case ScenarioLossMeasure():
            return measure_scenario_loss(book, measure, limit_id)
        case ConditionalValueAtRiskMeasure():
            return measure_tail(book, measure, limit_id)
        case LiquidityCoverageMeasure():
            return measure_coverage(book, measure, limit_id)
        case IlliquidShareMeasure():
            return measure_illiquid_share(book, measure, limit_id)
