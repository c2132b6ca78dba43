"""Whole books with known answers: risk budgets, hedged currencies, rebalances, the cheapest exposure."""

import numpy as np
import pytest

from counterpoise.model import ReturnTermKind, Unit, WarningCode
from tests.answers import assert_optimal, book_of, limit_reports, objective, positions
from tests.problems.worked_books import (
    BUDGET_SHARES,
    budget_problem,
    cheapest_exposure,
    hedged_currencies,
    rebalance,
)
from tests.reference.risk_budget import risk_budget

BUDGET_WEIGHTS = np.array([0.2322628217979151, 0.5393033604964126, 0.22843381770567228])
BUDGET_SIGMA = 0.0518508689001748
LINES = ("line-one", "line-two", "line-three")


def budget_shares(allocation):
    shares = {share.line_id: share for share in allocation.risk.budget_shares}
    return np.array([shares[name].share for name in LINES])


def codes(allocation):
    return {warning.code for warning in allocation.warnings}


@pytest.mark.parametrize("overlays", [False, True])
@pytest.mark.parametrize("total", [1.0, 0.6])
def test_a_risk_budget_is_met_exactly_where_nothing_stands_in_its_way(allocate, total, overlays):
    allocation = allocate(budget_problem(total_fraction=total, overlays=overlays))
    assert_optimal(allocation)
    found = positions(allocation)
    assert [found[name] for name in LINES] == pytest.approx(total * BUDGET_WEIGHTS, abs=1e-9)
    assert found["cash"] == pytest.approx(1.0 if overlays else 1.0 - total, abs=1e-7)
    assert budget_shares(allocation) == pytest.approx(BUDGET_SHARES, abs=1e-9)
    assert objective(allocation) == pytest.approx(0.0, abs=1e-7)
    assert allocation.objective.unit == Unit.RATIO
    assert WarningCode.RISK_SHARES_MISSED not in codes(allocation)


def test_a_risk_budget_of_a_given_volatility(allocate):
    allocation = allocate(budget_problem(annual_volatility=BUDGET_SIGMA / 2))
    assert_optimal(allocation)
    found = positions(allocation)
    assert [found[name] for name in LINES] == pytest.approx(BUDGET_WEIGHTS / 2, abs=1e-9)


def test_a_risk_budget_under_a_cap_reports_the_shares_that_came_out(allocate):
    cap = 0.3
    problem = budget_problem(total_fraction=1.0, cap=cap)
    allocation = allocate(problem)
    assert_optimal(allocation)
    book = book_of(problem, allocation)
    budget = risk_budget(problem, book.numbers, problem.objective.goal)
    assert positions(allocation)["line-two"] == pytest.approx(cap, abs=1e-6)
    shares = budget_shares(allocation)
    assert shares == pytest.approx(budget.risk_shares(book.h[budget.rows]), abs=1e-10)
    assert shares.sum() == pytest.approx(1.0, abs=1e-10)
    assert abs(shares - BUDGET_SHARES).max() > 0.01
    assert WarningCode.RISK_SHARES_MISSED in codes(allocation)
    # Where only one line is kept from its place, the others follow the slope of the distance.
    a = book.h[budget.rows]
    slope = budget.covariance @ a / (budget.volatility(a) * budget.volatility(budget.target))
    slope = slope - np.array(BUDGET_SHARES) / a
    assert slope[[0, 2]] == pytest.approx([0.0, 0.0], abs=1e-3)
    assert slope[1] < -0.1


def test_forwards_bring_currencies_into_their_band(allocate):
    allocation = allocate(hedged_currencies(band=0.05))
    assert_optimal(allocation)
    found = positions(allocation)
    assert found["eur_forward"] == pytest.approx(-0.35, abs=1e-5)
    assert found["jpy_forward"] == pytest.approx(-0.15, abs=1e-5)
    reports = {report.key.driver_id: report for report in limit_reports(allocation, "currency-band")}
    assert {key: report.value for key, report in reports.items()} == pytest.approx(
        {"fx-eur": 0.05, "fx-jpy": 0.05}, abs=1e-5
    )
    # A wider band saves the roll of a forward.
    assert reports["fx-eur"].upper_shadow_price == pytest.approx(0.002, abs=1e-5)
    by_driver = {report.driver_id: report for report in allocation.exposures}
    assert by_driver["fx-eur"].funded == pytest.approx(0.4, abs=1e-9)
    assert by_driver["fx-eur"].overlay == pytest.approx(-0.35, abs=1e-5)


def test_a_currency_that_loses_more_than_its_forward_costs_is_sold_short(allocate):
    allocation = allocate(hedged_currencies(band=0.05, euro_premium=-0.01))
    assert_optimal(allocation)
    assert positions(allocation)["eur_forward"] == pytest.approx(-0.45, abs=1e-5)


def test_trading_stops_where_the_next_trade_costs_what_it_earns(allocate):
    premium, linear, impact, years = 0.03, 0.005, 0.05, 2.0
    allocation = allocate(rebalance(premium=premium, linear_rate=linear, impact=impact, years=years))
    assert_optimal(allocation)
    # premium = (linear + 1.5 impact sqrt(t)) / years
    trade = ((premium * years - linear) / (1.5 * impact)) ** 2
    assert trade == pytest.approx(0.5377778, abs=1e-6)
    assert positions(allocation)["fund"] == pytest.approx(0.4 + trade, abs=1e-3)
    t = positions(allocation)["fund"] - 0.4
    once = linear * t + impact * t**1.5
    fund = allocation.positions[0]
    assert fund.trading_cost_fraction == pytest.approx(once, abs=1e-12)
    terms = {(term.kind, term.line_id): term.annual_return for term in allocation.expected_return.terms}
    assert terms[ReturnTermKind.TRADING_COST, "fund"] == pytest.approx(-once / years, abs=1e-12)
    best = premium * (0.4 + trade) - (linear * trade + impact * trade**1.5) / years
    assert objective(allocation) == pytest.approx(0.04 + best, abs=1e-6)


def test_nothing_is_traded_for_less_than_it_costs(allocate):
    allocation = allocate(rebalance(premium=0.002, linear_rate=0.005, impact=0.05, years=2.0))
    assert_optimal(allocation)
    assert positions(allocation)["fund"] == pytest.approx(0.4, abs=1e-6)


@pytest.mark.parametrize(("financing", "fee", "by"), [(0.001, 0.002, "future"), (0.003, 0.002, "fund")])
def test_the_cheapest_way_to_an_exposure(allocate, financing, fee, by):
    allocation = allocate(cheapest_exposure(financing=financing, fee=fee))
    assert_optimal(allocation)
    assert positions(allocation)[by] == pytest.approx(0.6, abs=1e-4)
    assert objective(allocation) == pytest.approx(0.6 * min(financing, fee), abs=1e-8)
    assert allocation.objective.unit == Unit.ANNUAL_RATE
