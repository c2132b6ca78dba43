"""Mandates whose soft limits contradict each other, so that some must be missed."""

from __future__ import annotations

import dataclasses

import numpy as np

from counterpoise.model import (
    Aggregation,
    AllocationProblem,
    DriverScope,
    ExposureMeasure,
    Limit,
    LineScope,
    PositionMeasure,
    RiskMeasure,
    RiskStatistic,
    SoftLimit,
)
from tests.problems.draw import Draw
from tests.problems.everything import everything_without_limits
from tests.problems.everything_limits import everything_limits, tighter
from tests.problems.limits import random_limits
from tests.reference.book import TOTAL, Book
from tests.reference.numbers import capital_per_unit
from tests.reference.scopes import violation_units

ALL = LineScope(all_lines=True)


def lexicographic(seed: int) -> AllocationProblem:
    """A problem of 8 to 25 lines with soft limits of two or three priorities that cannot all be met.

    Its goal is no risk budget: claims that push a line of a budget to zero have no price in the end.
    """
    draw = Draw(seed)
    case = everything_without_limits(draw, budgets=False)
    book = Book(case.problem, case.positions, case.postings)
    hard = random_limits(draw, book, most=2)
    soft = [*_two_claims(draw, book), *_wishes(draw, book)]
    last = draw.count(2, 3)
    prioritised = [
        dataclasses.replace(
            limit,
            soft=SoftLimit(
                # Every priority has a limit, the first two those that exclude each other, in either order.
                priority=number + 1 if number < last else draw.count(1, last),
                violation_weight=draw.one((None, draw.magnitude(0.1, 10.0))),
            ),
        )
        for number, limit in enumerate(soft)
    ]
    limits = (*hard, *draw.shuffled(prioritised))
    mandate = dataclasses.replace(case.problem.mandate, limits=limits)
    return dataclasses.replace(case.problem, mandate=mandate)


def _two_claims(draw: Draw, book: Book) -> list[Limit]:
    """Two claims on capital that are more than all of it and all credit."""
    lines = book.problem.portfolio.lines
    paid = [line.line_id for line in lines if capital_per_unit(line) > 0]
    credit = sum(
        line.credit_line.committed_amount / book.problem.portfolio.nav_amount
        for line in lines
        if line.credit_line is not None
    )
    shuffled = draw.shuffled(paid)
    cut = draw.count(1, max(len(shuffled) - 1, 1))
    total = (1 + credit) * (1 + draw.magnitude(0.01, 0.5))
    part = draw.between(0.3, 0.7)
    claims = ((shuffled[:cut], part), (shuffled[cut:] or shuffled, 1 - part))
    limits = [
        Limit(
            limit_id=f"claim-{number}",
            lower=total * share,
            position=PositionMeasure(lines=LineScope(line_ids=tuple(ids)), aggregation=Aggregation.SUM),
        )
        for number, (ids, share) in enumerate(claims)
    ]
    return draw.shuffled(limits)


def _wishes(draw: Draw, book: Book) -> list[Limit]:
    """Exposure, less risk, and other limits beyond what the book has."""
    loaded = np.flatnonzero(np.abs(book.numbers.loadings).sum(axis=0))
    driver_ids = [book.problem.market.driver_ids[column] for column in loaded]
    wishes = [tighter(draw, book, limit) for limit in everything_limits(draw, book)[:2] if limit.soft is None]
    if driver_ids:
        driver_id = draw.one(driver_ids)
        measure = ExposureMeasure(
            drivers=DriverScope(driver_ids=(driver_id,)), aggregation=Aggregation.EACH, lines=ALL
        )
        probe = Limit(limit_id="exposure", exposure=measure)
        (member,) = book.members(probe)
        room = draw.between(0.05, 1.0) / violation_units(book.problem, probe)
        wishes.append(dataclasses.replace(probe, lower=member.value + room))
    volatility = RiskMeasure(statistic=RiskStatistic.TOTAL_VOLATILITY)
    upper = book.volatility(TOTAL) * draw.between(0.1, 0.9)
    wishes.append(Limit(limit_id="calm", upper=upper, risk=volatility))
    return [
        dataclasses.replace(limit, limit_id=f"wish-{number}")
        for number, limit in enumerate(draw.shuffled(wishes))
    ]
