"""The page on scenarios: what a board asks of bad times, in the words and numbers of the answer."""

import dataclasses
import datetime

import numpy as np
import pytest

from counterpoise.model import (
    CoverageFigure,
    LeverageDefinition,
    LeverageFigure,
    LineValue,
    NoticeDeadline,
    StressedCorrelation,
    SymmetricMatrix,
)
from tests import sample_answers, sample_stress, sample_total, sample_total_problem

PROBLEM = sample_stress.problem()
ALLOCATION = sample_stress.answer()
NEW = (
    "WHAT EACH SCENARIO DOES",
    "LEVERAGE AFTER EACH SCENARIO",
    "WORST CASH CALL, AND WHAT PAYS IT",
    "MONEY AGAINST NEED, BY TRADING DAYS",
    "WHEN THE RESERVE IS GONE",
    "REDEMPTION NOTICES",
)


@pytest.fixture
def told(section):
    return lambda title, allocation=ALLOCATION, problem=PROBLEM: section(title, allocation, problem)


def with_stress(which, **changes):
    """The answer with other numbers of one scenario."""
    stresses = tuple(
        dataclasses.replace(item, **changes) if item.scenario_id == which else item
        for item in ALLOCATION.stresses
    )
    return dataclasses.replace(ALLOCATION, stresses=stresses)


def test_scenarios_are_told_between_the_reserve_and_the_risk(printed):
    output = printed(ALLOCATION, PROBLEM)
    titles = [line for line in output.splitlines() if line.isupper() and not line.startswith(" ")]
    place = titles.index("MARGIN AND RESERVE")
    assert tuple(titles[place + 1 : place + 7]) == NEW
    assert titles[place + 7] == "RISK"
    assert max(map(len, output.splitlines())) <= 100


@pytest.mark.parametrize(
    ("allocation", "problem"),
    [
        (sample_total.answer(), sample_total_problem.problem()),
        (sample_answers.optimal(), sample_answers.pension_problem()),
        (sample_answers.basic(), sample_answers.pension_problem()),
    ],
)
def test_without_scenarios_the_page_is_as_short_as_before(printed, allocation, problem):
    output = printed(allocation, problem)
    for words in (*NEW, "scenario", "bad times"):
        assert words not in output


def test_what_does_each_scenario_do_to_this_portfolio(told):
    losses = told("WHAT EACH")
    # 19.43 % of $2bn; the sum of the four parts; the worst first and a gain last.
    assert "Equity crash 1 19.43 388.65 16.31 1.84 1.28 0.00 Rates up 200 bp 63 2.00" in losses
    assert "rally 20 -6.06 -121.20 -5.00 -0.80 -0.26 0.00" in losses
    assert (
        # Exposures of 0.606, 0.9 and 2.1 bp of NAV per bp: 18.2, 1.8 and 1.05 % of NAV.
        "- Equity crash (history 2025.1, gfc-2008): World equity -30.0 %, IG spread +200 bp, Ten-year rate "
        "-50 bp; Multi-strategy fund -5.0 % beyond its drivers, at once." in losses
    )
    assert "Ten-year rate +200 bp, by day 63; the risk model expects World equity +3.4 %" in losses


def test_how_levered_is_it_after_each_scenario(told):
    after = told("LEVERAGE AFTER")
    assert "No scenario 1.180x 1.300x 1.180x 0.220x 1.180x" in after
    assert "Equity crash 1.223x 1.300x 1.223x 0.250x 1.223x Rates up 200 bp 1.184x" in after


def test_figures_after_scenarios_are_not_taken_for_those_of_today(told):
    assert "Gross leverage is 1.180x of NAV" in told("ALLOCATION")
    today = told("LEVERAGE OVER NAV")
    assert today.count("Gross notional") == 1
    assert "1.180x 1.300x" in today
    assert "1.223x" not in today
    reserve = told("MARGIN AND RESERVE")
    assert reserve.count("to clearing-a") == 1
    assert "covers a loss of 12.0 % on the overlays, 22.00 % of NAV" in reserve
    risk = told("RISK Total") or told("RISK")
    assert "Total volatility: 10.10 % a year." in risk
    assert "active risk is 1.35 % a year" in told("ALLOCATION")


def test_ruin_is_said_and_has_no_leverage(told):
    ruined = with_stress("crash", ruin=True, loss_fraction=1.04)
    figures = tuple(item for item in ALLOCATION.leverage_figures if item.scenario_id != "crash")
    ruined = dataclasses.replace(ruined, leverage_figures=figures)
    assert "Equity crash ruined 1.300x ruined ruined ruined" in told("LEVERAGE AFTER", ruined)
    assert "Equity crash loses all of NAV or more: the fund ends there" in told("WHAT EACH", ruined)
    assert "it loses 104.00 % of NAV = $2.08bn: all there is." in told("ALLOCATION", ruined)


def test_what_is_the_worst_cash_call_and_what_pays_it(told):
    call = told("WORST CASH CALL")
    # 2.4 % of variation margin and 0.384 % of initial margin; the free cash is 2.65 %.
    assert "Equity crash asks for 2.78 % of NAV = $55.68M by day 1: variation margin 2.40 %" in call
    assert "initial margin beyond today's 0.38 %." in call
    assert "Cash 2.65 53.00 0.13 Nothing pays 0.13 2.68 0.13" in call
    assert "days 1 to 63: 2.78 % (Equity crash)." in call
    assert "Horizons end" not in call


def test_calls_within_each_horizon_name_the_scenario_that_asks_for_most(told):
    figures = tuple(
        dataclasses.replace(item, variation_margin_fraction=0.05)
        if (item.scenario_id, item.horizon_trading_days) == ("rates-up", 63)
        else item
        for item in ALLOCATION.reserve.coverage_figures
    )
    reserve = dataclasses.replace(ALLOCATION.reserve, coverage_figures=figures)
    call = told("WORST CASH CALL", dataclasses.replace(ALLOCATION, reserve=reserve))
    # With 0.42 % of initial margin beyond today's.
    assert "days 1 to 20: 2.78 % (Equity crash); day 63: 5.42 % (Rates up 200 bp)." in call


def test_a_worst_call_after_the_last_horizon_is_told_apart(told):
    call = told("WORST CASH CALL", with_stress("crash", horizon_trading_days=195))
    assert "Horizons end at day 63; the worst call is at its scenario's end, day 195." in call


def test_tables_of_scenarios_of_a_large_fund_are_in_billions(told):
    portfolio = dataclasses.replace(PROBLEM.portfolio, nav_amount=20e9)
    large = dataclasses.replace(PROBLEM, portfolio=portfolio)
    assert "by day loss $bn" in told("WHAT EACH", ALLOCATION, large)
    assert "Equity crash 1 19.43 3.89 16.31" in told("WHAT EACH", ALLOCATION, large)
    assert "Cash 2.65 0.53 0.13" in told("WORST CASH CALL", ALLOCATION, large)
    assert "beyond the need +0.05 -0.02 +0.46 +8.92 +13.82" in told("MONEY AGAINST", ALLOCATION, large)
    assert "by day loss $M" in told("WHAT EACH")


def test_a_scenario_that_calls_for_nothing_has_no_section(told):
    quiet = tuple(item for item in ALLOCATION.stresses if item.scenario_id == "rally")
    assert told("WORST CASH CALL", dataclasses.replace(ALLOCATION, stresses=quiet)) == ""


def test_is_there_money_for_the_need_at_every_horizon(told):
    covered = told("MONEY AGAINST")
    # 4.00 over 4.104 %; 2.65 % of cash over 2.40 %; in money $2bn times the difference.
    assert "same day 1 day 5 days 20 days 63 days Equity crash 1.10 red 0.97 black 1.56 green" in covered
    assert "beyond the need +5.00 -2.08 +46.20 +891.66 +1,382.11" in covered
    assert "No scenario no need 3.03 green" in covered
    assert "Under Equity crash money is short from the horizon of 1 day on, by up to 0.10 % of NAV" in covered
    assert "amber from 1.2: no new overlays, redemption notices go in now; red from 1: cash" in covered
    assert "black below 1: overlays are cut the same day if a scenario brings it within 5 days." in covered


def test_that_known_outflows_end_is_told_where_a_horizon_lies_beyond(told):
    assert "Known outflows end at day 20." in told("MONEY AGAINST")
    until_20 = tuple(item for item in ALLOCATION.reserve.coverage_figures if item.horizon_trading_days <= 20)
    reserve = dataclasses.replace(ALLOCATION.reserve, coverage_figures=until_20)
    assert "Known outflows" not in told("MONEY AGAINST", dataclasses.replace(ALLOCATION, reserve=reserve))


def covered_by(*ratios):
    """The answer with one scenario whose sources are these multiples of a need of 10 %."""
    figures = tuple(
        CoverageFigure(
            scenario_id="crash",
            horizon_trading_days=day,
            reserve_source_fraction=0.1 * ratio,
            initial_margin_fraction=0.1,
        )
        for day, ratio in enumerate(ratios, start=2)
    )
    return dataclasses.replace(
        ALLOCATION, reserve=dataclasses.replace(ALLOCATION.reserve, coverage_figures=figures)
    )


def test_on_which_rung_of_the_ladder_is_it(told):
    words = told("MONEY AGAINST", covered_by(1.5, 1.4999, 1.2, 1.19, 1.0))
    assert "1.50 green 1.49 amber 1.20 amber 1.19 red 1.00 red" in words
    assert "0.99 black 0.99 black" in told("MONEY AGAINST", covered_by(0.999, 0.9999))


def test_a_limit_that_binds_at_a_ratio_of_one_is_not_short(told):
    exact = covered_by(1.0 - 1e-6, 2.0)
    words = told("MONEY AGAINST", exact)
    assert "1.00 red" in words
    assert "is short" not in words
    assert "At the least, money covers 1.00 times" in told("ALLOCATION", exact)


def test_more_horizons_than_fit_are_those_that_are_least_covered(told):
    words = told("MONEY AGAINST", covered_by(9, 8, 1.1, 7, 6, 5, 4))
    assert "4 days 5 days 6 days 7 days 8 days" in words
    assert "2 more horizons are better covered." in words


def test_without_a_first_horizon_of_one_day_nothing_is_said_of_the_same_day(told):
    assert "ame day" not in told("MONEY AGAINST", covered_by(1.3)).replace("cut the same day", "")


def test_at_which_market_level_is_the_reserve_gone(told):
    gone = told("WHEN THE RESERVE")
    # 2.68 % over margin today, 2.784 % of loss and calls: 0.963 times -30 %.
    # Of the overlays, none of which is exposed to the spread.
    assert "Equity crash 0.96 World equity -28.9 %, Ten-year rate -48 bp, IG spread +193 bp" in gone
    assert "Rates up 200 bp 1.01 Ten-year rate +202 bp" in gone
    assert "No multiple of rally uses it up." in gone


@pytest.mark.parametrize(
    ("multiple", "words"),
    [
        (4.0, "Equity crash 4.00 not before World equity has lost everything"),
        (0.0, "Equity crash 0.00 already gone as things are"),
    ],
)
def test_no_market_level_is_told_that_cannot_be(told, multiple, words):
    assert words in told("WHEN THE RESERVE", with_stress("crash", reserve_gone_multiple=multiple))


def test_by_when_must_notices_go_in(told):
    notices = told("REDEMPTION")
    assert "Multi-strategy fund 2025-11-28, today 63 63 Rates up 200 bp" in notices
    assert "Macro fund 2026-01-28 20 63 Rates up 200 bp" in notices
    assert (
        "Too late under Equity crash, where money is needed by day 1: Multi-strategy fund (63 days), Macro "
        "fund (20 days), Market-neutral fund (20 days), World equity fund (5 days) and 1 more." in notices
    )


def gated(share, **changes):
    """The problem whose crash gates one sleeve, and an answer without deadlines."""
    scenarios = tuple(
        dataclasses.replace(item, gated_shares=(LineValue(line_id="multi-strategy", value=share),))
        for item in PROBLEM.scenarios
    )
    stresses = tuple(
        dataclasses.replace(item, notice_deadlines=(), **changes) for item in ALLOCATION.stresses
    )
    problem = dataclasses.replace(PROBLEM, scenarios=scenarios)
    return dataclasses.replace(ALLOCATION, stresses=stresses), problem


def test_a_line_that_is_gated_in_full_needs_no_notice(told):
    answer, problem = gated(1.0)
    words = "No notice helps under Equity crash: Multi-strategy fund is gated in full."
    assert told("REDEMPTION", answer, problem) == f"REDEMPTION NOTICES {words}"
    assert told("REDEMPTION", ALLOCATION, problem).endswith(words)  # and not of scenarios that leave enough
    assert told("REDEMPTION", *gated(0.5)) == ""
    assert told("REDEMPTION", *gated(1.0, first_shortfall_trading_days=None, unpaid_fraction=0.0)) == ""


def test_the_first_deadline_that_can_be_met_counts(told):
    later = datetime.date(2025, 12, 15)
    first = datetime.date(2025, 12, 1)
    deadlines = tuple(
        NoticeDeadline(line_id="macro", needed_trading_days=30, notice_trading_days=20, latest_date=date)
        for date in (later, first)
    )
    changed = with_stress("crash", notice_deadlines=deadlines[1:])
    changed = dataclasses.replace(
        changed,
        stresses=tuple(
            dataclasses.replace(item, notice_deadlines=deadlines[:1])
            if item.scenario_id == "rates-up"
            else item
            for item in changed.stresses
        ),
    )
    notices = told("REDEMPTION", changed)
    assert "Macro fund 2025-12-01 20 30 Equity crash" in notices
    assert "2025-12-15" not in notices
    assert "Too late" not in notices


def test_the_headline_has_the_worst_of_it(told):
    headline = told("ALLOCATION")
    assert "In the worst of 3 scenarios, Equity crash, it loses 19.43 % of NAV = $388.6M." in headline
    assert "Gross leverage becomes 1.223x at most, without a trade (Equity crash)." in headline
    assert (
        "At the least, money covers 0.97 times what may be asked for (Equity crash, within 1 day): black, "
        "short by $2.08M by day 1, overlays are cut the same day." in headline
    )


@pytest.mark.parametrize(
    ("scenario_id", "day", "words"),
    [
        ("crash", 5, "black, short by $20M by day 5, overlays are cut the same day."),
        ("crash", 6, "black, short by $20M by day 6. What"),
        ("", 5, "(no scenario, within 5 days): black, short by $20M by day 5. What"),
    ],
)
def test_overlays_are_cut_only_where_a_scenario_runs_short_soon(told, scenario_id, day, words):
    figure = CoverageFigure(
        scenario_id=scenario_id,
        horizon_trading_days=day,
        reserve_source_fraction=0.09,
        initial_margin_fraction=0.1,
    )
    reserve = dataclasses.replace(ALLOCATION.reserve, coverage_figures=(figure,))
    assert words in told("ALLOCATION", dataclasses.replace(ALLOCATION, reserve=reserve))


def test_of_equal_ratios_the_larger_shortfall_is_told(told):
    figures = tuple(
        CoverageFigure(scenario_id=name, horizon_trading_days=1, initial_margin_fraction=need)
        for name, need in (("crash", 0.1), ("rates-up", 0.2))
    )
    reserve = dataclasses.replace(ALLOCATION.reserve, coverage_figures=figures)
    assert "(Rates up 200 bp, within 1 day): black, short by $400M by day 1" in told(
        "ALLOCATION", dataclasses.replace(ALLOCATION, reserve=reserve)
    )


def test_one_scenario_is_not_the_worst_of_many(told):
    (crash,) = (item for item in ALLOCATION.stresses if item.scenario_id == "crash")
    alone = dataclasses.replace(ALLOCATION, stresses=(crash,))
    assert "Under Equity crash it loses 19.43 % of NAV" in told("ALLOCATION", alone)


def test_a_portfolio_that_gains_in_every_scenario_is_not_said_to_lose(told):
    quiet = tuple(item for item in ALLOCATION.stresses if item.scenario_id == "rally")
    reserve = dataclasses.replace(ALLOCATION.reserve, coverage_figures=())
    gains = dataclasses.replace(ALLOCATION, stresses=quiet, reserve=reserve, leverage_figures=())
    assert "loses" not in told("ALLOCATION", gains)


def test_stressed_volatility_has_its_limit_and_its_correlation(told):
    risk = told("RISK Total") or told("RISK")
    assert "In bad times: total volatility 12.30 % a year, of at most 15.00 %; active risk" in risk
    assert "active risk against the reference 3.10 % a year." in risk
    assert (
        "Bad times assume that whole returns of sleeves correlate by 0.80 with each other and with World "
        "equity; volatilities stay." in risk
    )


def test_a_stressed_correlation_of_drivers_is_told_beside_todays(told):
    square = np.array([[1.0, 0.6, -0.5], [0.6, 1.0, 0.0], [-0.5, 0.0, 1.0]])
    ids = ("equity", "rate_10y", "ig_spread")
    stressed = StressedCorrelation(correlation=SymmetricMatrix.from_square(ids, square))
    model = dataclasses.replace(PROBLEM.market.risk_model, stressed_correlation=stressed)
    problem = dataclasses.replace(PROBLEM, market=dataclasses.replace(PROBLEM.market, risk_model=model))
    risk = told("RISK Total", ALLOCATION, problem) or told("RISK", ALLOCATION, problem)
    assert "Bad times assume correlations of World equity: Ten-year rate 0.60 (now 0.10);" in risk


def test_many_scenarios_are_cut_to_the_worst(told):
    stresses = tuple(
        dataclasses.replace(ALLOCATION.stresses[1], scenario_id=f"s-{number:02}", loss_fraction=number / 1000)
        for number in range(30)
    )
    figures = tuple(
        LeverageFigure(
            definition=LeverageDefinition.GROSS_NOTIONAL,
            value=1.0 + number / 1000,
            scenario_id=f"s-{number:02}",
        )
        for number in range(30)
    )
    many = dataclasses.replace(ALLOCATION, stresses=stresses, leverage_figures=figures)
    losses, after = told("WHAT EACH", many), told("LEVERAGE AFTER", many)
    assert "s-29 1 2.90" in losses
    assert "18 more lose less." in losses
    assert "s-17" not in losses
    assert "s-29 1.029x" in after
    assert "18 more have less gross leverage." in after


def test_ids_that_the_problem_does_not_know_are_shown_as_they_are(told):
    unknown = with_stress("crash", scenario_id="from-elsewhere")
    assert "from-elsewhere 1 19.43" in told("WHAT EACH", unknown)
    assert "from-elsewhere 0.96" in told("WHEN THE RESERVE", unknown)
