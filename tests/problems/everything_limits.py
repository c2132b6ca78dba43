"""Limits of every kind around a book, some of them soft and beyond what can be had."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from counterpoise.model import (
    CounterpartyExposure,
    CounterpartyMeasure,
    FactorNeutralityMeasure,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    LineKind,
    LineScope,
    SoftLimit,
    TurnoverCount,
    TurnoverMeasure,
)
from tests.problems.draw import Draw
from tests.problems.limits import exposed_drivers, line_scope, random_limits
from tests.reference.book import Book
from tests.reference.scopes import violation_units

Maker = Callable[[Draw, Book, str], Limit]


def everything_limits(draw: Draw, book: Book) -> tuple[Limit, ...]:
    """A handful of limits; the hard ones allow the book."""
    limits = list(random_limits(draw, book, most=5))
    makers: list[Maker] = [_neutrality]
    if book.problem.portfolio.counterparties:
        makers.append(_counterparty)
    if all(line.current_fraction is not None for line in book.problem.portfolio.lines):
        makers.append(_turnover)
    limits += [draw.one(makers)(draw, book, f"rule-{number}") for number in range(draw.count(0, 3))]
    return soften(draw, book, limits) if draw.chance(0.5) else tuple(limits)


def soften(draw: Draw, book: Book, limits: list[Limit]) -> tuple[Limit, ...]:
    """About half of the limits soft; half of these ask for what the book does not have.

    A soft cap on gross leverage comes with a hard one above it, so that it is not the only one.
    """
    softened: list[Limit] = []
    for limit in limits:
        if limit.limit_id == "gross-cap" or draw.chance(0.5):
            softened.append(limit)
            continue
        soft = SoftLimit(
            priority=draw.count(1, 3),
            violation_weight=draw.one((None, draw.magnitude(0.01, 10.0))),
        )
        wanted = tighter(draw, book, limit) if draw.chance(0.5) else limit
        softened.append(dataclasses.replace(wanted, soft=soft))
    gross = LeverageMeasure(definition=LeverageDefinition.GROSS_NOTIONAL)
    if any(limit.soft is not None and limit.leverage == gross for limit in softened):
        most = max(1.5, book.leverage(gross.definition) + 0.1)
        softened.append(Limit(limit_id="hard-gross-cap", upper=most, leverage=gross))
    return tuple(softened)


def tighter(draw: Draw, book: Book, limit: Limit) -> Limit:
    """The limit with its bounds moved past what the book has."""
    values = [member.value for member in book.members(limit)]
    size = max(0.1 / violation_units(book.problem, limit), *(abs(value) for value in values))
    lower, upper = limit.lower, limit.upper
    if lower is not None and (upper is None or draw.chance(0.5)):
        lower = max(values) + draw.magnitude(0.01, 1.0) * size
        return dataclasses.replace(limit, lower=lower, upper=None if upper is None else max(lower, upper))
    if upper is None:
        return limit
    if limit.position or limit.exposure or limit.reference_beta:
        upper = min(values) - draw.magnitude(0.01, 1.0) * size
        return dataclasses.replace(limit, lower=None if lower is None else min(lower, upper), upper=upper)
    # What is never below zero gets a bound above zero.
    largest = max(abs(value) for value in values)
    return dataclasses.replace(limit, upper=min(upper, largest * draw.between(0.2, 0.95)))


def _turnover(draw: Draw, book: Book, limit_id: str) -> Limit:
    measure = TurnoverMeasure(lines=line_scope(draw, book), count=draw.one(tuple(TurnoverCount)))
    (member,) = book.members(Limit(limit_id=limit_id, turnover=measure))
    return Limit(limit_id=limit_id, upper=member.value + draw.magnitude(0.005, 0.5), turnover=measure)


def _neutrality(draw: Draw, book: Book, limit_id: str) -> Limit:
    """Of the sleeves where there are any, else of any lines."""
    kinds = {line.kind for line in book.problem.portfolio.lines}
    sleeves = LineKind.ALPHA_SLEEVE in kinds and draw.chance(0.7)
    measure = FactorNeutralityMeasure(
        drivers=exposed_drivers(draw, book),
        lines=LineScope(kinds=(LineKind.ALPHA_SLEEVE,)) if sleeves else line_scope(draw, book),
    )
    probe = Limit(limit_id=limit_id, upper=0.0, factor_neutrality=measure)
    largest = max(abs(member.value) for member in book.members(probe))
    room = draw.magnitude(0.005, 0.3) / violation_units(book.problem, probe)
    return dataclasses.replace(probe, upper=largest + room)


def _counterparty(draw: Draw, book: Book, limit_id: str) -> Limit:
    ids = tuple(item.counterparty_id for item in book.problem.portfolio.counterparties)
    measure = CounterpartyMeasure(
        counterparty_ids=draw.some(ids), exposure=draw.one(tuple(CounterpartyExposure))
    )
    members = book.members(Limit(limit_id=limit_id, upper=0.0, counterparty=measure))
    largest = max(member.value for member in members)
    return Limit(limit_id=limit_id, upper=largest + draw.magnitude(0.005, 0.5), counterparty=measure)
