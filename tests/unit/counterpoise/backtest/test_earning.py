"""What one period does to every kind of line."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoise.backtest.earning import charge_margin_credit, earn
from counterpoise.backtest.posting import post
from counterpoise.backtest.table import read_returns
from counterpoise.model import (
    CreditLine,
    Line,
    MarginPool,
    OutrightMargin,
    ReturnBasis,
    UnfundedAccount,
)
from tests import walks

EQUITY, BONDS, SKILL, CASH = -0.05, 0.02, 0.01, 0.003


def one_period(portfolio=None, *, skill=SKILL, own=None):
    """A plan of which the last period is this one, and its table."""
    draw = np.random.default_rng(1)
    excess = {
        name: np.append(draw.normal(0, 0.02, 40), last)
        for name, last in (("equity", EQUITY), ("bonds", BONDS), ("skill", skill), ("clone", 0.0))
    }
    cash = np.append(np.full(40, 0.002) + draw.normal(0, 1e-4, 40), CASH)
    history = walks.histories(excess, cash, walks.month_ends(41))
    plan = walks.plan(history, window_period_count=36)
    if own is not None:
        columns = (*history.columns, own)
        plan = replace(plan, estimation=replace(plan.estimation, history=replace(history, columns=columns)))
    return portfolio or plan.problem.portfolio, read_returns(plan), len(history.dates) - 1


def held(portfolio, **money):
    return {line.line_id: money.get(line.line_id.replace("-", "_"), 0.0) for line in portfolio.lines}


def test_a_fund_earns_cash_and_its_driver_less_its_fee():
    portfolio, table, last = one_period()
    earned = earn(portfolio, table, last, held(portfolio, equity_fund=100.0), {})
    assert earned.holdings["equity-fund"] == pytest.approx(
        100.0 * (1 + CASH + EQUITY - 0.0006 / 12), abs=1e-12
    )
    assert earned.earnings["funded beta"] == pytest.approx(100.0 * EQUITY)
    assert not any(earned.settled.values())


def test_a_sleeve_earns_its_own_column():
    portfolio, table, last = one_period()
    earned = earn(portfolio, table, last, held(portfolio, skill=100.0), {})
    assert earned.holdings["skill"] == pytest.approx(100.0 * (1 + CASH + SKILL), abs=1e-12)


def test_a_sleeve_without_a_return_earns_the_loadings_that_were_estimated():
    portfolio, table, last = one_period(skill=np.nan)
    estimated = {"skill": {"equity": 0.4, "bonds": 0.5}}
    earned = earn(portfolio, table, last, held(portfolio, skill=100.0), estimated)
    growth = 1 + CASH + 0.4 * EQUITY + 0.5 * BONDS
    assert earned.holdings["skill"] == pytest.approx(100.0 * growth, abs=1e-12)
    assert not table.has_return(portfolio.lines[4], last)


def test_a_total_return_column_earns_what_it_says():
    portfolio, table, last = one_period(own=walks.column("equity-fund", np.full(41, 0.07), ReturnBasis.TOTAL))
    earned = earn(portfolio, table, last, held(portfolio, equity_fund=100.0), {})
    assert earned.holdings["equity-fund"] == pytest.approx(107.0, abs=1e-12)  # net as it is


@pytest.mark.parametrize("notional", [50.0, -50.0])
def test_a_future_settles_its_return_less_financing_and_roll_and_drifts(notional):
    portfolio, table, last = one_period()
    earned = earn(portfolio, table, last, held(portfolio, equity_future=notional), {})
    carry = (0.003 * notional + 0.0005 * abs(notional)) / 12
    assert earned.settled["clearing"] == pytest.approx(notional * EQUITY - carry, abs=1e-12)
    assert earned.holdings["equity-future"] == pytest.approx(notional * (1 + EQUITY), abs=1e-12)
    assert earned.holdings["bills"] == 0.0  # settled through the reserve, afterwards


def test_shorts_receive_their_own_spread():
    portfolio, table, last = one_period()
    lines = tuple(
        replace(line, overlay=replace(line.overlay, annual_short_financing_spread=-0.001))
        if line.line_id == "equity-future"
        else line
        for line in portfolio.lines
    )
    portfolio = replace(portfolio, lines=lines)
    earned = earn(portfolio, table, last, held(portfolio, equity_future=-60.0), {})
    assert earned.settled["clearing"] == pytest.approx(60.0 * 0.05 - (60.0 * 0.001 + 60.0 * 0.0005) / 12)


def test_an_unfunded_sleeve_settles_its_return_over_cash():
    portfolio, table, last = one_period()
    account = UnfundedAccount(margin_pool_id="clearing", initial_margin_rate=0.1)
    lines = tuple(
        replace(line, alpha_sleeve=replace(line.alpha_sleeve, unfunded_account=account))
        if line.line_id == "skill"
        else line
        for line in portfolio.lines
    )
    portfolio = replace(portfolio, lines=lines)
    earned = earn(portfolio, table, last, held(portfolio, skill=100.0), {})
    assert earned.settled["clearing"] == pytest.approx(100.0 * SKILL)
    assert earned.earnings["sleeves"] == pytest.approx(100.0 * SKILL)


def test_tiers_earn_cash_less_drag_and_posted_cash_less_still():
    portfolio, table, last = one_period()
    pool = MarginPool(margin_pool_id="clearing", outright=OutrightMargin(), annual_margin_credit_spread=0.006)
    lines = tuple(
        replace(line, reserve_tier=replace(line.reserve_tier, annual_cash_drag=0.0024))
        if line.line_id == "bills"
        else line
        for line in portfolio.lines
    )
    portfolio = replace(portfolio, lines=lines, margin_pools=(pool,))
    money = held(portfolio, bills=100.0)
    posted = post(portfolio, money, {"clearing": 19.9})
    assert posted.posted == {("bills", "clearing"): pytest.approx(20.0)}
    earned = earn(portfolio, table, last, money, {})
    charged = charge_margin_credit(portfolio, earned, posted, {"bills"}, 12)
    assert charged.holdings["bills"] == pytest.approx(100.0 * (1 + CASH - 0.0002), abs=1e-12)
    assert charged.settled["clearing"] == pytest.approx(-20.0 * 0.0005)
    assert charge_margin_credit(portfolio, earned, posted, set(), 12).settled["clearing"] == 0.0


def test_what_is_borrowed_costs_cash_and_the_spread():
    portfolio, table, last = one_period()
    loan = Line(
        line_id="loan",
        annual_residual_volatility=0.0,
        credit_line=CreditLine(committed_amount=100.0, annual_borrowing_spread=0.012),
    )
    portfolio = replace(portfolio, lines=(*portfolio.lines, loan))
    earned = earn(portfolio, table, last, held(portfolio, loan=40.0), {})
    assert earned.holdings["loan"] == pytest.approx(40.0 * (1 + CASH + 0.001), abs=1e-12)
    assert earned.earnings["borrowing"] == pytest.approx(-40.0 * (CASH + 0.001))


def test_earnings_sum_to_the_change_of_net_asset_value():
    portfolio, table, last = one_period()
    money = held(
        portfolio,
        equity_fund=40.0,
        bond_fund=30.0,
        equity_future=25.0,
        bond_future=-10.0,
        skill=10.0,
        clone=5.0,
        bills=15.0,
    )
    earned = earn(portfolio, table, last, money, {})
    change = sum(
        line.capital_per_unit * (earned.holdings[line.line_id] - money[line.line_id])
        for line in portfolio.lines
    )
    assert change + sum(earned.settled.values()) == pytest.approx(sum(earned.earnings.values()), abs=1e-12)
