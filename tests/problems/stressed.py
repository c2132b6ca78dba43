"""Random problems with scenarios: margin of all methods, liquidity, gates, paths, samples, both regimes.

As elsewhere a book comes first, and limits leave room around what it has, so that the problem is feasible.
"""

from __future__ import annotations

import dataclasses
import datetime

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    CashFlow,
    CreditLine,
    DriverValue,
    FloatArray,
    Line,
    LineKind,
    Mandate,
    MaximizeNetReturn,
    MaximizeUtility,
    MinimizeCost,
    MinimizeRisk,
    Objective,
    TotalPortfolio,
)
from tests.problems.draw import Draw
from tests.problems.randomized import RandomCase
from tests.problems.stressed_limits import stressed_limits
from tests.problems.stressed_lines import stressed_lines
from tests.problems.stressed_market import return_sample, stressed_market
from tests.problems.stressed_pools import with_pools
from tests.problems.stressed_scenarios import random_scenarios
from tests.reference.numbers import loadings
from tests.reference.return_terms import Postings
from tests.reference.stress_book import StressBook
from tests.reference.stress_covariance import normal_covariance
from tests.reference.stress_margin import initial_margin

SCENARIOS = 20
LARGEST_USE_OF_A_TIER = 0.6


def stressed(seed: int, scenarios: int = SCENARIOS) -> AllocationProblem:
    """A feasible problem of 8 to 17 lines; equal seeds give equal problems."""
    return stressed_case(seed, scenarios).problem


def stressed_case(seed: int, scenarios: int = SCENARIOS) -> RandomCase:
    """The problem with the book that its limits were built around, which is also what is held now."""
    draw = Draw(seed)
    market = stressed_market(draw)
    lines, pools = with_pools(draw, stressed_lines(draw, market))
    nav_amount = draw.magnitude(1e8, 1e11)
    portfolio = TotalPortfolio(
        portfolio_id="stressed",
        as_of_date=datetime.date(2025, 6, 1) + datetime.timedelta(days=draw.count(0, 60)),
        base_currency_code="USD",
        nav_amount=nav_amount,
        lines=tuple(lines),
        margin_pools=pools,
        cash_flows=_cash_flows(draw, nav_amount) if draw.chance(0.6) else (),
    )
    problem = AllocationProblem(
        market=market,
        portfolio=portfolio,
        mandate=Mandate(mandate_id="stressed"),
        objective=Objective(maximize_net_return=MaximizeNetReturn()),
    )
    h, postings = _book(draw, problem)
    covariance = normal_covariance(problem)
    problem = dataclasses.replace(
        problem,
        portfolio=dataclasses.replace(portfolio, lines=_boxed(draw, lines, h, nav_amount)),
        scenarios=random_scenarios(draw, market.driver_ids, covariance, portfolio, scenarios),
        return_samples=(return_sample(draw, market, covariance),),
    )
    reference = _reference(draw, problem, h)
    problem = dataclasses.replace(
        problem,
        mandate=Mandate(mandate_id="stressed", reference_exposures=reference),
        objective=_goal(draw, with_reference=bool(reference)),
    )
    limits = stressed_limits(draw, StressBook(problem, h, postings))
    mandate = dataclasses.replace(problem.mandate, limits=limits)
    return RandomCase(problem=dataclasses.replace(problem, mandate=mandate), positions=h, postings=postings)


def _cash_flows(draw: Draw, nav_amount: float) -> tuple[CashFlow, ...]:
    """Benefits that add up, or a contribution first."""
    total, found = draw.one((0.0, draw.normal(-0.005, 0.003))), []
    for day in draw.some((1, 5, 20, 63, 90)):
        total += draw.between(0.0, 0.008)
        found.append(CashFlow(horizon_trading_days=day, outflow_amount=total * nav_amount))
    return tuple(found)


def _book(draw: Draw, problem: AllocationProblem) -> tuple[FloatArray, Postings]:
    """Capital that sums to one, and margined positions that the tiers can carry with room."""
    lines = problem.portfolio.lines
    h = np.zeros(len(lines))
    capital = 1.0
    for row, line in enumerate(lines):
        if line.credit_line is not None:
            h[row] = draw.one((0.0, draw.between(0.0, 0.05)))
            capital += h[row]
        elif line.overlay is not None:
            h[row] = draw.one((0.0, draw.normal(0.1, 0.35), draw.normal(0.1, 0.35)))
        elif line.margin_pool_id:
            h[row] = draw.between(0.0, 0.1)
    tiers = [row for row, line in enumerate(lines) if line.reserve_tier is not None]
    paid = [row for row, line in enumerate(lines) if line.capital_per_unit == 1.0 and row not in tiers]
    reserve = draw.between(0.08, 0.35) * capital
    cash = next(row for row in tiers if lines[row].line_id == "cash")
    for row, share in zip(tiers, draw.shares(len(tiers)), strict=True):
        h[row] = reserve * (0.6 * share + (0.4 if row == cash else 0.0))
    for row, share in zip(paid, draw.shares(len(paid)), strict=True):
        h[row] = (capital - reserve) * share
    return _carried(draw, problem, h)


def _carried(draw: Draw, problem: AllocationProblem, h: FloatArray) -> tuple[FloatArray, Postings]:
    """Margined positions shrunk until no tier posts more than a part of itself; margin is in proportion."""
    lines, book = problem.portfolio.lines, StressBook(problem, h, {})
    postings: Postings = {}
    for pool in problem.portfolio.margin_pools:
        takers = [
            (line.line_id, terms)
            for line in lines
            if line.reserve_tier is not None
            for terms in line.reserve_tier.collateral_terms
            if terms.margin_pool_id == pool.margin_pool_id
        ]
        weights = [
            share * min(1.0, 0.8 * (terms.maximum_margin_share or 1.25))
            for share, (_, terms) in zip(draw.shares(len(takers)), takers, strict=True)
        ]
        # Cash posts what the others' shares leave.
        free = 1.0 - sum(w for w, (line_id, _) in zip(weights, takers, strict=True) if line_id != "cash")
        margin = initial_margin(book, pool) * draw.one((1.0, draw.between(1.0, 1.2)))
        for weight, (line_id, terms) in zip(weights, takers, strict=True):
            part = free if line_id == "cash" else weight
            postings[line_id, pool.margin_pool_id] = part * margin / (1 - terms.haircut)
    used = {
        line.line_id: sum(v for (tier, _), v in postings.items() if tier == line.line_id) for line in lines
    }
    room = [
        LARGEST_USE_OF_A_TIER * h[row] / used[line.line_id]
        for row, line in enumerate(lines)
        if used[line.line_id] > 0
    ]
    shrink = min([1.0, *room])
    scale = np.array([shrink if line.margin_pool_id else 1.0 for line in lines])
    return h * scale, {key: value * shrink for key, value in postings.items()}


def _boxed(draw: Draw, lines: list[Line], h: FloatArray, nav_amount: float) -> tuple[Line, ...]:
    """Boxes and commitments around what is held."""
    found = []
    for line, position in zip(lines, h, strict=True):
        held = float(position)
        low = held - draw.magnitude(0.02, 0.4) if draw.chance(0.3) else None
        if line.overlay is None:
            low = None if low is None else max(low, 0.0)
        boxed = dataclasses.replace(
            line,
            current_fraction=held,
            minimum_fraction=low,
            maximum_fraction=held + draw.magnitude(0.02, 0.4) if draw.chance(0.5) else None,
        )
        if line.credit_line is not None:
            committed = (held + draw.between(0.02, 0.2)) * nav_amount
            terms = CreditLine(
                committed_amount=committed, annual_borrowing_spread=line.credit_line.annual_borrowing_spread
            )
            boxed = dataclasses.replace(boxed, credit_line=terms)
        found.append(boxed)
    return tuple(found)


def _reference(draw: Draw, problem: AllocationProblem, h: FloatArray) -> tuple[DriverValue, ...]:
    """Half of the mandates have a reference, near what is held."""
    if draw.chance(0.4):
        return ()
    exposures = loadings(problem).T @ h
    return tuple(
        DriverValue(driver_id=driver.driver_id, value=float(exposure) * draw.between(0.6, 1.3))
        for driver, exposure in zip(problem.market.drivers, exposures, strict=True)
    )


def _goal(draw: Draw, *, with_reference: bool) -> Objective:
    """Net return or utility in nine of ten problems."""
    way = draw.generator.random()
    if way < 0.55:
        return Objective(maximize_net_return=MaximizeNetReturn())
    if with_reference and way < 0.7:
        return Objective(maximize_utility=MaximizeUtility(active_risk_aversion=draw.magnitude(0.5, 20.0)))
    if way < 0.92:
        return Objective(maximize_utility=MaximizeUtility(total_risk_aversion=draw.magnitude(0.5, 10.0)))
    return draw.one((Objective(minimize_risk=MinimizeRisk()), Objective(minimize_cost=MinimizeCost())))


def kinds_of(problem: AllocationProblem) -> set[LineKind]:
    """Kinds of line that a problem has."""
    return {line.kind for line in problem.portfolio.lines}
