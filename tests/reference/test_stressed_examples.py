"""Examples under scenarios whose numbers are worked out here by hand."""

import datetime

import numpy as np
import pytest

from counterpoise.model import (
    LeverageDefinition,
    MeasureLiquidityRequest,
    StressPortfolioRequest,
    TerminationReason,
    WarningCode,
)
from optimizer.usecases.analyse import measure_liquidity, stress_portfolio
from tests.answers import assert_optimal, describe, limit_reports, objective, positions
from tests.problems.stressed_examples import CASH_DRAG, programme, sixty_forty
from tests.reference.conic import ConicStatus
from tests.reference.conic_stress import solve_stress
from tests.reference.stress_book import StressBook
from tests.reference.stress_proof import least_violation

GOLDEN = {
    0.0: 1.3,
    -0.1: 1.3296703296703296,
    -0.2: 1.3658536585365855,
    -0.3: 1.4109589041095891,
    -0.4: 1.4687499999999998,
}
GROSS = LeverageDefinition.GROSS_NOTIONAL


def by_scenario(figures, definition):
    return [figure.value for figure in figures if figure.definition == definition]


def test_leverage_of_sixty_forty_with_an_overlay_rises_without_a_trade(allocate):
    falls = tuple(fall for fall in GOLDEN if fall)
    # (.6 (1 - fall) + .3 (1 - fall) + .4) / (1 - .9 fall)
    expected = [(0.9 * (1 + fall) + 0.4) / (1 + 0.9 * fall) for fall in GOLDEN]
    assert expected == pytest.approx(list(GOLDEN.values()), abs=1e-15)
    problem = sixty_forty(falls)
    given = stress_portfolio(StressPortfolioRequest(problem=problem))
    assert by_scenario(given.leverage_figures, GROSS) == pytest.approx(expected, abs=1e-12)
    chosen = allocate(problem)
    assert_optimal(chosen)
    assert by_scenario(chosen.leverage_figures, GROSS) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    ("reserve", "short_2008", "short_2020"),
    [
        # Need in 2008 within 1/5/20/23/63 days: margin .054 x .5 = .027 and loss .3 x .5 x day / 63.
        # Need in 2020: margin 1.82 x .027 = .04914 and loss .5 x .120/.183/.309/.341/.341.
        # Nothing but the reserve pays: .15 x .5 = .075 or .25 x .5 = .125.
        (0.15, {23: 0.15 * 23 / 63 - 0.048, 63: 0.102}, {1: 0.03414, 5: 0.06564, 20: 0.12864, 23: 0.14464}),
        (0.25, {63: 0.052}, {5: 0.01564, 20: 0.07864, 23: 0.09464}),
    ],
)
def test_a_reserve_of_15_or_25_percent_of_notional_runs_short(reserve, short_2008, short_2020):
    problem = programme(reserve=reserve)
    response = measure_liquidity(
        MeasureLiquidityRequest(problem=problem, horizon_trading_days=(1, 5, 20, 23, 63))
    )
    short = {"": {}, "2008": short_2008, "2020": short_2020 | {63: short_2020[23]}}
    for figure in response.reserve.coverage_figures:
        missing = figure.need_fraction - figure.source_fraction
        expected = short[figure.scenario_id].get(figure.horizon_trading_days)
        if expected is None:
            assert missing <= 1e-12, figure
        else:
            assert missing == pytest.approx(expected, abs=1e-12), figure
    reports = {report.scenario_id: report for report in response.stresses}
    assert reports["2008"].first_shortfall_trading_days == min(short_2008)
    assert reports["2020"].first_shortfall_trading_days == min(short_2020)
    # Cash pays what it has beyond .027 of margin; the funds are gated.
    cash = reserve * 0.5 - 0.027
    for name, call, unpaid in (("2008", 0.15, short_2008[63]), ("2020", 0.1705 + 0.02214, short_2020[23])):
        report = reports[name]
        assert report.cash_call_fraction == pytest.approx(call, abs=1e-12)
        assert [(item.line_id, item.value) for item in report.payments] == [("cash", pytest.approx(cash))]
        assert report.unpaid_fraction == pytest.approx(unpaid, abs=1e-12)
        assert report.reserve_gone_multiple == pytest.approx(cash / call, abs=1e-12)
        assert report.notice_deadlines == ()
    assert WarningCode.COVERAGE_SHORT in {warning.code for warning in response.warnings}


def test_what_the_windows_did_to_the_programme():
    response = stress_portfolio(StressPortfolioRequest(problem=programme(reserve=0.25)))
    reports = {report.scenario_id: report for report in response.stresses}
    # .875 in funds and .5 in futures: .875 x .135 + .5 x .3, and .875 x .083 + .5 x .341.
    assert reports["2008"].loss_fraction == pytest.approx(0.118125 + 0.15, abs=1e-12)
    assert reports["2020"].sleeve_loss_fraction == pytest.approx(0.072625, abs=1e-12)
    assert reports["2020"].overlay_loss_fraction == pytest.approx(0.1705, abs=1e-12)
    assert [reports[name].horizon_trading_days for name in ("2008", "2020")] == [63, 23]
    # Gross: (.875 x (1 - .083) + .5 x (1 - .341)) / (1 - .243125), cash left out.
    after = [
        item.value
        for item in response.leverage_figures
        if (item.definition, item.scenario_id) == (GROSS, "2020")
    ]
    assert after == [pytest.approx((0.802375 + 0.3295) / 0.756875, abs=1e-12)]


def test_notice_goes_in_before_money_is_needed_where_the_funds_are_open():
    problem = programme(reserve=0.15)
    opened = [type(scenario)(**{**vars(scenario), "gated_shares": ()}) for scenario in problem.scenarios]
    problem = type(problem)(**{**vars(problem), "scenarios": tuple(opened)})
    response = measure_liquidity(
        MeasureLiquidityRequest(problem=problem, horizon_trading_days=(1, 5, 20, 23, 63))
    )
    notices = {report.scenario_id: report.notice_deadlines for report in response.stresses}
    # As of Monday, 30 June 2025. Needed on day 23 in 2008, on day 1 in 2020; funds take 63 days.
    # 40 weekdays before are eight weeks, 62 are twelve weeks and two days.
    monday = datetime.date(2025, 6, 30)
    (of_2008,), (of_2020,) = notices["2008"], notices["2020"]
    assert (of_2008.line_id, of_2008.needed_trading_days, of_2008.notice_trading_days) == ("funds", 23, 63)
    assert of_2008.latest_date == monday - datetime.timedelta(weeks=8)
    assert of_2020.needed_trading_days == 1
    assert of_2020.latest_date == monday - datetime.timedelta(weeks=12, days=4)


def test_under_coverage_the_reserve_pays_every_call_and_its_price_is_what_it_costs(allocate):
    allocation = allocate(programme(coverage=0.0))
    assert_optimal(allocation)
    # The dearest day: .5 x .341 of variation margin and 1.82 x .027 of initial margin.
    reserve = 0.1705 + 0.04914
    assert positions(allocation)["cash"] == pytest.approx(reserve, abs=1e-6)
    assert all(report.unpaid_fraction <= 1e-7 for report in allocation.stresses)
    assert all(report.first_shortfall_trading_days is None for report in allocation.stresses)
    # A unit that moves from the funds to cash loses alpha, .2 of the equity premium, and the drag of cash.
    price = 0.03 + 0.2 * 0.05 + CASH_DRAG
    reported = sum(report.lower_shadow_price for report in limit_reports(allocation, "coverage"))
    assert reported == pytest.approx(price, abs=1e-6)
    for step in (0.01, -0.01):
        moved = allocate(programme(coverage=-step))
        assert_optimal(moved)
        gained = objective(moved) - objective(allocation)
        assert gained == pytest.approx(price * step, abs=2e-7)


def test_coverage_that_no_portfolio_can_meet_is_infeasible(allocate):
    # With .85 in gated funds .15 of cash is left, .21964 is needed.
    problem = programme(coverage=0.0, least_funds=0.85)
    allocation = allocate(problem)
    assert allocation.termination.reason == TerminationReason.INFEASIBLE, describe(allocation)
    assert solve_stress(problem).status == ConicStatus.INFEASIBLE
    proof = allocation.certificate.infeasibility
    assert proof.contradiction > proof.error_bound >= 0
    assert sum(item.weight for item in proof.weights) == pytest.approx(1.0, abs=1e-12)
    # Added up again from the request: the weighted bounds are missed by that much whatever is held.
    book = StressBook(problem, np.zeros(3), {})
    assert float(least_violation(book, proof)) == pytest.approx(proof.contradiction, abs=1e-9)
