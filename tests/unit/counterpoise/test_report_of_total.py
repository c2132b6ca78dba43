"""The report of a total portfolio: costs, risk, reserve, counterparties, basis points."""

import dataclasses

import pytest

from counterpoise.model import (
    CounterpartyReport,
    EntityRef,
    LeverageDefinition,
    LeverageFigure,
    MeetRiskBudget,
    Objective,
    RiskShare,
    RiskSplit,
    RiskStatistic,
)
from tests import sample_answers, sample_total, sample_total_problem

PROBLEM = sample_total_problem.problem()
ALLOCATION = sample_total.answer()


def test_the_page_follows_the_questions_of_a_board(printed):
    output = printed()
    titles = [line for line in output.splitlines() if line.isupper() and not line.startswith(" ")]
    assert titles == [
        "ALLOCATION",
        "WARNINGS",
        "BENEFIT TO THE TOTAL FUND",
        "POSITIONS, AND THE FIRST LEDGER: CAPITAL",
        "SECOND LEDGER: EXPOSURE",
        "SECOND LEDGER: RATES AND SPREADS",
        "LEVERAGE OVER NAV",
        "MARGIN AND RESERVE",
        "RISK",
        "RISK BUDGET",
        "EVIDENCE BEHIND THE ALPHA",
        "FEES OF THE SLEEVES",
        "SYNTHETIC AGAINST PHYSICAL",
        "WHAT WAS MAXIMIZED",
        "SOFT LIMITS",
        "LIMITS THAT BIND",
        "LIMITS WITH ROOM",
        "COUNTERPARTIES",
        "TRADES",
        "CERTIFICATE",
    ]
    assert max(map(len, output.splitlines())) <= 100


def test_a_small_problem_has_no_sections_with_nothing_to_say(printed):
    output = printed(sample_answers.optimal(), sample_answers.pension_problem())
    for title in ("RATES AND", "RISK BUDGET", "FEES OF", "WHAT WAS", "SOFT", "COUNTERPARTIES", "TRADES\n"):
        assert title not in output


def test_trades_are_told_with_their_cost_and_what_keeps_them_back(section):
    trades = section("TRADES")
    assert "26.50 % of NAV one-way, 53.00 % two-way" in trades
    # 5 bp of 53 % of $2bn, over two years.
    assert "2.65 bp of NAV once = $530k, 1.33 bp a year over a holding period of 2 years." in trades
    assert "Corporate bond fund 30.00 15.00 -15.00 -300.00 0.75 5.0 " in trades
    assert "Multi-strategy fund 12.00 10.00 -2.00 -40.00 0.10 5.0 redemption terms" in trades
    assert "can be done in part except where redemption terms bind, but only the whole" in trades
    assert "Turnover cap: 26.50 % of 26.50 % used; +0.1 % is worth 0.3 bp = $60k." in trades


def test_trades_without_cost_and_limit_are_one_sentence(section):
    free = [dataclasses.replace(line, trading_cost_fraction=None) for line in ALLOCATION.positions]
    trading = dataclasses.replace(ALLOCATION.trading, cost_fraction=0.0, cost_amount=0.0)
    trades = section(
        "TRADES", dataclasses.replace(ALLOCATION, positions=tuple(free), trading=trading, limits=())
    )
    assert trades == (
        "TRADES Turnover from today's holdings: 26.50 % of NAV one-way, 53.00 % two-way. "
        "No trading cost is counted. Every trade can be done in part, but only the whole is certified; "
        "the order is not part of it."
    )


def test_lines_without_a_stated_trading_cost_are_marked(section):
    unstated = [
        dataclasses.replace(line, trading_cost_fraction=None) if line.line_id == "macro" else line
        for line in ALLOCATION.positions
    ]
    assert "marks lines" not in section("TRADES")
    trades = section("TRADES", dataclasses.replace(ALLOCATION, positions=tuple(unstated)))
    assert "Macro fund 8.00 9.00 +1.00 +20.00 - Market-neutral" in trades
    assert "- marks lines without a stated trading cost: none is counted." in trades


def test_a_sleeve_that_may_let_nothing_go_is_told_although_it_does_not_trade(section):
    kept = [
        dataclasses.replace(line, change_fraction=0.0, trading_cost_fraction=0.0)
        if line.line_id == "multi-strategy"
        else line
        for line in ALLOCATION.positions
    ]
    trades = section("TRADES", dataclasses.replace(ALLOCATION, positions=tuple(kept)))
    assert "Multi-strategy fund 10.00 10.00 0.00 0.00 redemption terms" in trades


def test_rates_are_told_in_basis_points_and_money(section):
    rates = section("SECOND LEDGER: RATES")
    # -0.0002095 of $2bn for a basis point.
    assert "Ten-year rate -0.975 -1.120 0.000 -2.095 -2.600 +0.505 -$419k" in rates
    assert "World equity" not in rates
    exposure = section("SECOND LEDGER: EXPOSURE")
    assert "Ten-year rate" not in exposure
    assert "Sum 50.00 8.00 2.60 60.60 60.00 +0.60" in exposure


def test_counterparties_are_told_with_their_caps_largest_first(section):
    told = section("COUNTERPARTIES")
    assert "Bank B 14.00 280.00 0.85 17.00 2.00 Bank A 8.00 160.00 0.50 10.00 2.00" in told
    assert "Nothing lies with 1 more." in told
    idle = dataclasses.replace(ALLOCATION, counterparties=(CounterpartyReport(counterparty_id="bank-c"),))
    assert section("COUNTERPARTIES", idle) == ""


def test_a_risk_budget_has_wanted_and_realised_shares(section):
    told = section("RISK BUDGET")
    assert "Macro fund 50.00 58.00 +8.00" in told
    assert "Together they" not in told


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ({"total_fraction": 0.2}, "wanted is 20.00 % of NAV."),
        ({"annual_volatility": 0.01}, "wanted is a volatility of 1.00 % a year."),
    ],
)
def test_a_risk_budget_has_wanted_and_realised_size(section, size, words):
    risk = dataclasses.replace(ALLOCATION.risk, annual_budget_volatility=0.0085, budget_total_fraction=0.19)
    goal = Objective(meet_risk_budget=MeetRiskBudget(shares=(), **size))
    told = section(
        "RISK BUDGET",
        dataclasses.replace(ALLOCATION, risk=risk),
        dataclasses.replace(PROBLEM, objective=goal),
    )
    assert f"Together they come to 19.00 % of NAV with a volatility of 0.85 % a year; {words}" in told


def test_who_uses_the_active_risk_is_told_by_driver_and_by_line_beyond(section):
    risk = section("RISK Total") or section("RISK")
    for words in (
        "Multi-strategy fund, on its own 40.0",
        "Macro fund, on its own 30.0",
        "Ten-year rate 12.0",
    ):
        assert words in risk
    assert "beyond the drivers 3.0" in risk  # of total volatility
    assert "86.0" not in risk


def test_small_users_of_risk_are_summed(section):
    active = RiskStatistic.ACTIVE_VOLATILITY
    shares = [RiskShare(statistic=active, split=RiskSplit.DRIVER, share=1.0)] + [
        RiskShare(
            statistic=active,
            split=RiskSplit.RESIDUAL,
            subject=EntityRef(line_id=f"line-{number}"),
            share=0.09 if number < 10 else 0.01,
        )
        for number in range(20)
    ]
    risk = dataclasses.replace(ALLOCATION.risk, shares=tuple(shares))
    told = section("RISK", dataclasses.replace(ALLOCATION, risk=risk))
    assert told.count(", on its own 9.0") == 10
    assert "10 smaller together 10.0" in told


def test_correlations_of_the_largest_driver_are_told(section):
    assert "Assumed correlations of World equity: Ten-year rate 0.10, IG spread -0.50." in section("RISK")


def test_what_sleeves_share_beyond_the_drivers_is_told(section):
    assert "2 sleeves are assumed correlated by 0.30, the others independent." in section("RISK")
    model = dataclasses.replace(PROBLEM.market.risk_model, sleeve_residual_correlation=None)
    independent = dataclasses.replace(PROBLEM, market=dataclasses.replace(PROBLEM.market, risk_model=model))
    assert "the sleeves are assumed independent" in section("RISK", ALLOCATION, independent)


def test_active_risk_is_told_against_its_limit(section):
    assert "Active risk against the reference: 1.35 % a year, of at most 3.00 %." in section("RISK")


def test_what_covers_a_margin_call_says_what_it_counts(section):
    told = section("MARGIN AND RESERVE")
    # 2.65 % of NAV behind overlays of 22 %.
    assert "the same day covers a loss of 12.0 % on the overlays, 22.00 % of NAV. Beyond it," in told
    assert "to clearing-b: Cash 0.85 17.00 0.84" in told
    some = dataclasses.replace(ALLOCATION.reserve, variation_margin_eligible_fraction=0.011)
    told = section("MARGIN AND RESERVE", dataclasses.replace(ALLOCATION, reserve=some))
    assert "covers a loss of 5.0 % on the overlays" in told
    assert "The rest of the free reserve, 1.55 % of NAV, must be sold for cash first; with it" in told
    assert "the cover is 12.0 %." in told
    none = dataclasses.replace(ALLOCATION.reserve, variation_margin_eligible_fraction=0.0)
    told = section("MARGIN AND RESERVE", dataclasses.replace(ALLOCATION, reserve=none))
    assert "Nothing that is free may pay variation margin the same day." in told


def test_commitment_above_gross_is_explained(section):
    figures = (
        *ALLOCATION.leverage_figures,
        LeverageFigure(definition=LeverageDefinition.COMMITMENT, value=1.25),
    )
    above = dataclasses.replace(ALLOCATION, leverage_figures=figures)
    assert "weights below 1 put gross under commitment." in section("LEVERAGE", above)
    assert "weights below 1" not in section("LEVERAGE")
