"""Random problems for property tests: everything that the contract has, switched on at random."""

from __future__ import annotations

import dataclasses
import datetime
from dataclasses import dataclass

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    DriverValue,
    EvidenceRule,
    FloatArray,
    Line,
    LineGroup,
    Mandate,
    MarginPool,
    MaximizeAlpha,
    MaximizeNetReturn,
    MaximizeUtility,
    MinimizeActiveRisk,
    MinimizeRisk,
    Objective,
    OutrightMargin,
    RectangularMatrix,
    TotalPortfolio,
)
from tests.problems.books import RandomBook, random_book
from tests.problems.draw import Draw
from tests.problems.limits import random_limits
from tests.problems.lines import random_lines
from tests.problems.markets import RandomMarket, random_market
from tests.reference.book import Book, Postings
from tests.reference.numbers import read_numbers


@dataclass(frozen=True, kw_only=True)
class RandomCase:
    """A random problem and a book that satisfies all of it, which is how its feasibility is known."""

    problem: AllocationProblem
    positions: FloatArray
    postings: Postings


def random_problem(seed: int) -> AllocationProblem:
    """A feasible problem of 5 to 60 lines; equal seeds give equal problems."""
    return random_case(seed).problem


def random_case(seed: int) -> RandomCase:
    """A feasible problem with the book that it was built around."""
    draw = Draw(seed)
    line_count = 5 + int(55 * draw.generator.beta(1.0, 2.0))
    market = random_market(draw, draw.count(1, 4 + line_count // 6))
    book = random_book(draw, line_count)
    nav_amount = draw.magnitude(1.0, 1e11)
    lines = random_lines(draw, book, market, nav_amount)
    positions = np.array(book.positions)
    postings = {(lines[item.tier].line_id, item.pool): item.value / (1 - item.haircut) for item in book.terms}
    portfolio = random_portfolio(draw, book, market, lines, nav_amount)
    reference = random_reference(draw, market, portfolio, positions)
    problem = AllocationProblem(
        market=market.model,
        portfolio=portfolio,
        mandate=Mandate(
            mandate_id="random", reference_exposures=reference, evidence_rule=random_evidence_rule(draw)
        ),
        objective=_objective(draw, with_reference=bool(reference)),
    )
    limits = random_limits(draw, Book(problem, positions, postings), most=2 + line_count // 5)
    mandate = dataclasses.replace(problem.mandate, limits=limits)
    return RandomCase(
        problem=dataclasses.replace(problem, mandate=mandate), positions=positions, postings=postings
    )


def random_portfolio(
    draw: Draw, book: RandomBook, market: RandomMarket, lines: tuple[Line, ...], nav_amount: float
) -> TotalPortfolio:
    """Loadings inline, or in one matrix for some of the lines, its columns in any order."""
    groups = tuple(
        LineGroup(line_group_id=f"group_{number}", line_ids=draw.some([line.line_id for line in lines]))
        for number in range(draw.count(0, 3))
    )
    matrix = None
    if draw.chance(0.4):
        chosen = set(draw.some([line.line_id for line in lines]))
        columns = tuple(draw.shuffled(market.model.driver_ids))
        rows = {
            line.line_id: {item.driver_id: item.value for item in line.loadings}
            for line in lines
            if line.line_id in chosen
        }
        matrix = RectangularMatrix(
            row_ids=tuple(rows),
            column_ids=columns,
            values=np.array([values.get(column, 0.0) for values in rows.values() for column in columns]),
        )
        lines = tuple(
            dataclasses.replace(line, loadings=()) if line.line_id in chosen else line for line in lines
        )
    return TotalPortfolio(
        portfolio_id="random",
        as_of_date=datetime.date(2025, 6, 30),
        base_currency_code=draw.one(("USD", "EUR", "JPY")),
        nav_amount=nav_amount,
        lines=lines,
        loading_matrix=matrix,
        margin_pools=tuple(
            MarginPool(margin_pool_id=pool_id, outright=OutrightMargin()) for pool_id in book.pool_ids
        ),
        line_groups=groups,
    )


def random_reference(
    draw: Draw, market: RandomMarket, portfolio: TotalPortfolio, positions: FloatArray
) -> tuple[DriverValue, ...]:
    """None, exposures near those of the book, or unrelated ones; drivers may be missing."""
    way = draw.count(0, 3)
    if way == 0:
        return ()
    probe = AllocationProblem(
        market=market.model,
        portfolio=portfolio,
        mandate=Mandate(mandate_id="probe"),
        objective=Objective(minimize_risk=MinimizeRisk()),
    )
    exposures = read_numbers(probe).loadings.T @ positions
    result = []
    for driver_id, exposure, unit in zip(market.model.driver_ids, exposures, market.units, strict=True):
        value = draw.between(0.0, 0.6) * unit if way == 1 else float(exposure) + draw.normal(0, 0.03) * unit
        if draw.chance(0.85):
            result.append(DriverValue(driver_id=driver_id, value=value))
    return tuple(result)


def _objective(draw: Draw, *, with_reference: bool) -> Objective:
    goals = [
        Objective(maximize_net_return=MaximizeNetReturn()),
        Objective(maximize_alpha=MaximizeAlpha()),
        Objective(maximize_utility=MaximizeUtility(total_risk_aversion=draw.magnitude(0.1, 100.0))),
        Objective(minimize_risk=MinimizeRisk()),
    ]
    if with_reference:
        aversion = draw.magnitude(0.1, 100.0)
        goals.append(Objective(maximize_utility=MaximizeUtility(active_risk_aversion=aversion)))
        goals.append(Objective(minimize_active_risk=MinimizeActiveRisk()))
    return draw.one(goals)


def random_evidence_rule(draw: Draw) -> EvidenceRule | None:
    """The defaults, or thresholds of its own."""
    if draw.chance(0.5):
        return None
    charge = draw.between(0.1, 0.5)
    return EvidenceRule(
        charge_r_squared=charge if draw.chance(0.5) else None,
        reclassify_r_squared=draw.between(0.5, 0.95) if draw.chance(0.5) else None,
        minimum_observation_count=draw.count(12, 60) if draw.chance(0.5) else None,
    )
