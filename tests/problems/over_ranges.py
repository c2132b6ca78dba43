"""Ordinary problems whose every unit takes its documented range, each order of magnitude as likely."""

from __future__ import annotations

import dataclasses

import numpy as np

from counterpoise.model import (
    AllocationProblem,
    AlphaBasis,
    AlphaSleeve,
    CreditLine,
    Driver,
    DriverUnit,
    DriverValue,
    ExpectedAlpha,
    ExpectedReturn,
    FactorEvidence,
    FundedBeta,
    Line,
    LineKind,
    Mandate,
    MarketModel,
    MaximizeNetReturn,
    MaximizeUtility,
    MinimizeCost,
    MinimizeRisk,
    Objective,
    Overlay,
    TradingCost,
    UnfundedAccount,
)
from tests.problems.books import RandomBook, random_book
from tests.problems.draw import Draw
from tests.problems.everything_lines import gross_of_fees
from tests.problems.limits import random_limits
from tests.problems.lines import PREFIX, random_tier
from tests.problems.markets import RandomMarket, random_correlation, random_risk_model
from tests.problems.randomized import RandomCase, random_portfolio
from tests.reference.book import Book

LARGEST_VOLATILITY = 3.0


def over_ranges(seed: int) -> AllocationProblem:
    """A feasible problem of 4 to 12 lines; equal seeds give equal problems."""
    return over_ranges_case(seed).problem


def over_ranges_case(seed: int) -> RandomCase:
    """A problem with the book that it was built around."""
    draw = Draw(seed)
    market = _market(draw)
    book = random_book(draw, draw.count(4, 12), wide=True)
    nav_amount = draw.magnitude(1e5, 1e13)
    trading = draw.chance(0.4)
    lines = tuple(
        _line(draw, book, index, market, nav_amount, trading=trading) for index in range(len(book.kinds))
    )
    positions = np.array(book.positions)
    postings = {(lines[item.tier].line_id, item.pool): item.value / (1 - item.haircut) for item in book.terms}
    problem = AllocationProblem(
        market=market.model,
        portfolio=random_portfolio(draw, book, market, lines, nav_amount),
        mandate=Mandate(mandate_id="over_ranges"),
        objective=_objective(draw),
    )
    limits = random_limits(draw, Book(problem, positions, postings), most=4)
    mandate = dataclasses.replace(problem.mandate, limits=limits)
    return RandomCase(
        problem=dataclasses.replace(problem, mandate=mandate), positions=positions, postings=postings
    )


def _signed(draw: Draw, low: float, high: float) -> float:
    return draw.magnitude(low, high) * draw.one((1.0, -1.0))


def _market(draw: Draw) -> RandomMarket:
    """Volatilities from 0.1 % to 300 %, or from 1 to 3,000 basis points; premia below them."""
    cash = draw.one((0.0, draw.magnitude(1e-4, 1.0), -draw.magnitude(1e-4, 0.2)))
    drivers, volatilities = [], []
    for number in range(draw.count(1, 5)):
        volatility = draw.magnitude(0.001, LARGEST_VOLATILITY)
        premium = _signed(draw, 1e-4, 1.0) * min(volatility, 1.0)
        if draw.chance(0.2):
            drivers.append(
                Driver(
                    driver_id=f"rate-{number}",
                    unit=DriverUnit.BASIS_POINT,
                    expected_return=ExpectedReturn(annual_basis_points=1000 * premium),
                )
            )
            volatilities.append(1000 * volatility)
        else:
            basis = ExpectedReturn(annual_excess=premium)
            drivers.append(Driver(driver_id=f"driver-{number}", expected_return=basis))
            volatilities.append(volatility)
    ids = tuple(driver.driver_id for driver in drivers)
    correlation = random_correlation(draw, len(ids), singular=len(ids) > 1 and draw.chance(0.1))
    model = MarketModel(
        annual_risk_free_rate=cash,
        drivers=tuple(drivers),
        risk_model=random_risk_model(draw, ids, np.array(volatilities), correlation),
    )
    units = tuple(0.001 if driver.in_basis_points else 1.0 for driver in drivers)
    return RandomMarket(model=model, units=units)


def _line(
    draw: Draw, book: RandomBook, index: int, market: RandomMarket, nav_amount: float, *, trading: bool
) -> Line:
    """A line of the book's kind; its box, capacity and commitment leave room around the book's position."""
    kind, position = book.kinds[index], book.positions[index]
    current = max(position + draw.normal(0.0, 0.1), 0.0) if trading else None
    return Line(
        line_id=f"{PREFIX[kind]}.{index}",
        loadings=_loadings(draw, kind, market),
        annual_residual_volatility=draw.one((0.0, draw.magnitude(0.001, LARGEST_VOLATILITY))),
        current_fraction=current,
        maximum_fraction=position + draw.magnitude(0.01, 1.0) if draw.chance(0.4) else None,
        trading_cost=TradingCost(
            linear_rate=draw.magnitude(1e-5, 1.0),
            impact_coefficient=draw.one((None, draw.magnitude(1e-4, 100.0))),
        )
        if trading and draw.chance(0.6)
        else None,
        funded_beta=FundedBeta(annual_fee=draw.magnitude(1e-5, 1.0))
        if kind == LineKind.FUNDED_BETA
        else None,
        overlay=_overlay(draw, book, index) if kind == LineKind.OVERLAY else None,
        alpha_sleeve=_sleeve(draw, book, index, nav_amount) if kind == LineKind.ALPHA_SLEEVE else None,
        reserve_tier=dataclasses.replace(
            random_tier(draw, book, index), annual_cash_drag=_signed(draw, 1e-5, 1.0)
        )
        if kind == LineKind.RESERVE_TIER
        else None,
        credit_line=CreditLine(
            committed_amount=(position + draw.magnitude(0.01, 10.0)) * nav_amount,
            annual_borrowing_spread=draw.magnitude(1e-5, 1.0),
        )
        if kind == LineKind.CREDIT_LINE
        else None,
    )


def _loadings(draw: Draw, kind: LineKind, market: RandomMarket) -> tuple[DriverValue, ...]:
    """From a hundredth to a hundred of what one unit of the driver is."""
    if kind in (LineKind.RESERVE_TIER, LineKind.CREDIT_LINE):
        return ()
    places = draw.shuffled(range(len(market.units)))[: draw.count(1, 2)]
    return tuple(
        DriverValue(
            driver_id=market.model.driver_ids[place], value=_signed(draw, 0.01, 100.0) * market.units[place]
        )
        for place in places
    )


def _fund(draw: Draw) -> FundedBeta:
    return FundedBeta(annual_fee=draw.magnitude(1e-5, 1.0))


def _overlay(draw: Draw, book: RandomBook, index: int) -> Overlay:
    spread = _signed(draw, 1e-5, 0.5)
    return Overlay(
        margin_pool_id=book.pools[index],
        initial_margin_rate=book.margin_rates[index],
        annual_financing_spread=spread,
        annual_short_financing_spread=draw.one((None, spread - draw.magnitude(1e-5, 0.4))),
        annual_roll_cost=draw.one((0.0, draw.magnitude(1e-5, 1.0))),
        leverage_weight=draw.one((None, draw.magnitude(0.01, 100.0))),
    )


def _sleeve(draw: Draw, book: RandomBook, index: int, nav_amount: float) -> AlphaSleeve:
    account = None
    if book.pools[index]:
        account = UnfundedAccount(
            margin_pool_id=book.pools[index], initial_margin_rate=book.margin_rates[index]
        )
    room = draw.magnitude(0.001, 10.0)
    sleeve = AlphaSleeve(
        expected_alpha=ExpectedAlpha(net_of_fees=AlphaBasis(annual_over_beta=_signed(draw, 1e-4, 0.9))),
        evidence=FactorEvidence(r_squared=draw.between(0.0, 1.0), observation_count=draw.count(1, 1000)),
        unfunded_account=account,
        look_through_leverage=draw.one((None, draw.magnitude(0.01, 100.0))),
        capacity_amount=(book.positions[index] + room) * nav_amount if draw.chance(0.5) else None,
    )
    return gross_of_fees(draw, sleeve) if draw.chance(0.3) else sleeve


def _objective(draw: Draw) -> Objective:
    years = draw.magnitude(0.01, 100.0)
    way = draw.count(0, 3)
    return Objective(
        holding_period_years=years,
        maximize_net_return=MaximizeNetReturn() if way == 0 else None,
        maximize_utility=MaximizeUtility(total_risk_aversion=draw.magnitude(1e-3, 1e6)) if way == 1 else None,
        minimize_risk=MinimizeRisk() if way == 2 else None,
        minimize_cost=MinimizeCost() if way == 3 else None,
    )
