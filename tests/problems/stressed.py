"""Random problems with scenarios: margin of all methods, liquidity, gates, paths, samples, both regimes.

As elsewhere a book comes first, and limits leave room around what it has, so that the problem is feasible.
"""

from __future__ import annotations

import dataclasses
import datetime

from counterpoise.model import (
    AllocationProblem,
    CashFlow,
    DriverValue,
    FloatArray,
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
from tests.problems.stressed_book import boxed_lines, random_stressed_book
from tests.problems.stressed_limits import stressed_limits
from tests.problems.stressed_lines import stressed_lines
from tests.problems.stressed_market import return_sample, stressed_market
from tests.problems.stressed_pools import with_pools
from tests.problems.stressed_scenarios import random_scenarios
from tests.reference.numbers import loadings
from tests.reference.stress_book import StressBook
from tests.reference.stress_covariance import normal_covariance

SCENARIOS = 20


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
    h, postings = random_stressed_book(draw, problem)
    covariance = normal_covariance(problem)
    problem = dataclasses.replace(
        problem,
        portfolio=dataclasses.replace(portfolio, lines=boxed_lines(draw, lines, h, nav_amount)),
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
