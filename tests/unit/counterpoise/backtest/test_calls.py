"""Margin calls: who asks, who pays, and what happens when the reserve is gone."""

import datetime
from dataclasses import replace

import pytest

from counterpoise.backtest import MarginPeriod
from counterpoise.backtest.calls import settle
from counterpoise.backtest.earning import Earned
from counterpoise.backtest.margin import line_margined, margin_of, pool_margined
from counterpoise.backtest.posting import post
from counterpoise.model import (
    CollateralTerms,
    CreditLine,
    Line,
    LineValue,
    MarginPool,
    OutrightMargin,
    ReserveTier,
    RiskMargin,
    ScanMargin,
    ScanScenario,
    UnfundedAccount,
)
from tests import walks

HAIRCUT = 0.005


def plan_with(*more_lines, pools=(), **terms):
    plan = walks.plan(**terms)
    portfolio = plan.problem.portfolio
    portfolio = replace(
        portfolio,
        lines=(*portfolio.lines, *more_lines),
        margin_pools=(*portfolio.margin_pools, *pools),
    )
    return replace(plan, problem=replace(plan.problem, portfolio=portfolio))


def notes():
    """A tier that pays no variation margin, and is collateral after 10 %."""
    return Line(
        line_id="notes",
        annual_residual_volatility=0.0,
        reserve_tier=ReserveTier(
            annual_cash_drag=0.0,
            cash_equivalent=False,
            variation_margin_eligible=False,
            collateral_terms=(CollateralTerms(margin_pool_id="clearing", haircut=0.1),),
        ),
    )


def settled(plan, money, due, before=0.0):
    holdings = {line.line_id: money.get(line.line_id, 0.0) for line in plan.problem.portfolio.lines}
    return settle(plan, plan.periods[0], Earned(holdings, {}, {"clearing": due}), {"clearing": before}, {})


def test_losses_are_paid_from_the_tier_that_may_pay_them_and_gains_go_there():
    plan = plan_with()
    after = settled(plan, {"equity-future": 100.0, "bills": 30.0}, -8.0, before=5.0)
    (call,) = after.calls
    assert call.variation_margin == 8.0
    assert call.margin_increase == pytest.approx(1.0)  # 6 % of 100 against 5 before
    assert call.payments == {"bills": 8.0}
    assert after.holdings["bills"] == 22.0
    assert after.reserve.free == pytest.approx(22.0 - 6.0 / (1 - HAIRCUT))
    gained = settled(plan, {"equity-future": 100.0, "bills": 30.0}, 8.0, before=6.0)
    assert gained.holdings["bills"] == 38.0
    assert gained.calls == ()


def test_other_tiers_pay_what_the_first_cannot():
    plan = plan_with(notes())
    after = settled(plan, {"equity-future": 100.0, "bills": 3.0, "notes": 30.0}, -8.0)
    assert after.calls[0].payments == {"bills": 3.0, "notes": 5.0}
    assert after.reserve.free == pytest.approx(25.0 - 6.0 / 0.9)  # notes are posted first
    assert not after.reserve.exhausted


def test_what_the_reserve_cannot_pay_is_raised_from_funds_pro_rata_at_a_cost():
    plan = plan_with()
    money = {"equity-future": 100.0, "equity-fund": 60.0, "bond-fund": 40.0, "bills": 3.0}
    after = settled(plan, money, -8.0)
    assert after.reserve.exhausted
    assert after.reserve.free == pytest.approx(-(8.0 - 3.0) - 6.0)
    sold = (5.0 + 6.0 / (1 - HAIRCUT)) / (1 - 0.0005)
    assert after.forced_sales == {
        "equity-fund": pytest.approx(0.6 * sold),
        "bond-fund": pytest.approx(0.4 * sold),
    }
    assert after.cost == pytest.approx(sold * 0.0005)
    assert after.holdings["bills"] * (1 - HAIRCUT) == pytest.approx(6.0)
    capital = sum(after.holdings[name] for name in ("equity-fund", "bond-fund", "bills"))
    assert capital == pytest.approx(103.0 - 8.0 - after.cost)


def test_credit_is_drawn_before_funds_are_sold():
    loan = Line(
        line_id="loan",
        annual_residual_volatility=0.0,
        credit_line=CreditLine(committed_amount=7.0, annual_borrowing_spread=0.01),
    )
    plan = plan_with(loan)
    after = settled(plan, {"equity-future": 100.0, "equity-fund": 100.0, "bills": 3.0}, -8.0)
    assert after.holdings["loan"] == 7.0
    assert after.forced_sales["equity-fund"] == pytest.approx(
        (5.0 + 6.0 / (1 - HAIRCUT) - 7.0) / (1 - 0.0005)
    )


def test_overlays_are_cut_to_what_is_covered_when_nothing_is_left_to_sell():
    plan = plan_with()
    after = settled(plan, {"equity-future": 100.0, "skill": 50.0, "bills": 4.0}, -1.0)
    assert after.reserve.exhausted
    kept = after.holdings["equity-future"]
    assert 0.06 * kept == pytest.approx(3.0 * (1 - HAIRCUT))
    assert after.forced_sales == {"equity-future": pytest.approx(100.0 - kept)}
    assert after.cost == pytest.approx((100.0 - kept) * 0.0001)


def test_margin_rises_while_a_margin_period_lasts():
    day = walks.plan().history.dates[walks.plan().periods[0]]
    rise = MarginPeriod(margin_pool_id="clearing", first_date=day, last_date=day, multiplier=1.8)
    plan = plan_with(margin_periods=(rise,))
    holdings = {line.line_id: 0.0 for line in plan.problem.portfolio.lines}
    holdings["equity-future"] = -100.0
    start = plan.periods[0]
    assert margin_of(plan, start, holdings, {})["clearing"] == pytest.approx(1.8 * 6.0)
    assert margin_of(plan, start + 1, holdings, {})["clearing"] == pytest.approx(6.0)
    assert day < plan.history.dates[start + 1] - datetime.timedelta(days=1)


def test_pools_that_are_not_outright_keep_their_share_of_gross_notional():
    scanned = MarginPool(margin_pool_id="house", scan=ScanMargin(scan_scenarios=()))
    plan = plan_with(pools=(scanned,))
    lines = tuple(
        replace(line, overlay=replace(line.overlay, margin_pool_id="house", initial_margin_rate=None))
        if line.line_id == "bond-future"
        else line
        for line in plan.problem.portfolio.lines
    )
    portfolio = replace(plan.problem.portfolio, lines=lines)
    plan = replace(plan, problem=replace(plan.problem, portfolio=portfolio))
    holdings = {line.line_id: 0.0 for line in lines} | {"bond-future": -200.0, "equity-future": 50.0}
    margins = margin_of(plan, plan.periods[0], holdings, {"house": 0.02})
    assert margins == {"clearing": pytest.approx(3.0), "house": pytest.approx(4.0)}


def house(plan):
    """The plan with its bond future at a pool of its own that takes bills, and notes that clearing takes."""
    portfolio = plan.problem.portfolio
    own = MarginPool(margin_pool_id="house", outright=OutrightMargin())

    def moved(line):
        if line.line_id == "bond-future":
            return replace(line, overlay=replace(line.overlay, margin_pool_id="house"))
        if line.line_id == "bills":
            taken = (CollateralTerms(margin_pool_id="house", haircut=0.0),)
            return replace(line, reserve_tier=replace(line.reserve_tier, collateral_terms=taken))
        return line

    lines = (*map(moved, portfolio.lines), notes())
    portfolio = replace(portfolio, lines=lines, margin_pools=(*portfolio.margin_pools, own))
    return replace(plan, problem=replace(plan.problem, portfolio=portfolio))


def both(plan, money, settled_by_pool):
    holdings = {line.line_id: money.get(line.line_id, 0.0) for line in plan.problem.portfolio.lines}
    return settle(plan, plan.periods[0], Earned(holdings, {}, settled_by_pool), {}, {})


def test_a_tier_covers_only_pools_that_take_it():
    plan = house(walks.plan())
    money = {"bond-future": 1000.0, "notes": 40.0, "bills": 0.0}
    after = both(plan, money, {})
    assert after.reserve.exhausted
    assert after.reserve.free == pytest.approx(-15.0)  # 1.5 % of 1,000 at the house, which takes no notes


def test_one_pools_gain_does_not_pay_anothers_loss():
    plan = house(walks.plan())
    after = both(plan, {"bills": 5.0, "equity-fund": 100.0}, {"clearing": 100.0, "house": -90.0})
    assert after.reserve.exhausted
    assert after.calls[0].payments == {"bills": 5.0}
    assert after.forced_sales["equity-fund"] > 0.0


def test_what_is_not_posted_is_free_whoever_would_take_it():
    plan = plan_with()
    holdings = {line.line_id: 0.0 for line in plan.problem.portfolio.lines} | {"bills": 40.0}
    assert post(plan.problem.portfolio, holdings, {"clearing": 0.0}).free == 40.0
    stranger = bills_that_nobody_takes(plan)
    assert settle(stranger, stranger.periods[0], Earned(holdings, {}, {}), {}, {}).reserve.free == 40.0


def bills_that_nobody_takes(plan):
    def moved(line):
        if line.line_id != "bills":
            return line
        return replace(line, reserve_tier=replace(line.reserve_tier, collateral_terms=()))

    portfolio = plan.problem.portfolio
    portfolio = replace(portfolio, lines=tuple(map(moved, portfolio.lines)))
    return replace(plan, problem=replace(plan.problem, portfolio=portfolio))


def test_margin_of_the_day_reaches_accounts_scans_and_risk_measures_as_it_is_charged():
    day = walks.plan().history.dates[walks.plan().periods[0]]
    rise = MarginPeriod(margin_pool_id="clearing", first_date=day, last_date=day, multiplier=3.0)
    plan = plan_with(margin_periods=(rise,))
    start, lines = plan.periods[0], plan.problem.portfolio.lines
    account = UnfundedAccount(margin_pool_id="clearing", initial_margin_rate=0.5)
    sleeve = replace(lines[4], alpha_sleeve=replace(lines[4].alpha_sleeve, unfunded_account=account))
    assert line_margined(plan, sleeve, start).unfunded.initial_margin_rate == 1.0  # no more than all of it
    assert line_margined(plan, lines[2], start).initial_margin_rate == pytest.approx(0.18)
    assert line_margined(plan, lines[2], start + 1) == lines[2]
    scan = ScanScenario(scan_scenario_id="down", returns=(LineValue(line_id="equity-future", value=-0.05),))
    pool = MarginPool(margin_pool_id="clearing", scan=ScanMargin(scan_scenarios=(scan,)))
    (scanned,) = pool_margined(plan, pool, start).scan.scan_scenarios
    assert scanned.returns[0].value == pytest.approx(-0.15)
    risk = RiskMargin(volatility_multiple=2.0, margin_period_trading_days=5)
    measured = MarginPool(margin_pool_id="clearing", risk=risk)
    assert pool_margined(plan, measured, start).risk.volatility_multiple == 6.0


def test_forced_sales_cost_what_the_plan_says_beyond_their_spread():
    plan = replace(plan_with(), forced_sale_cost_rate=0.02)
    after = settled(plan, {"equity-future": 100.0, "equity-fund": 100.0, "bills": 3.0}, -8.0)
    sold = after.forced_sales["equity-fund"]
    assert after.cost == pytest.approx(sold * 0.0205)
    assert sold == pytest.approx((5.0 + 6.0 / (1 - HAIRCUT)) / (1 - 0.0205))
