"""Figures that triggers look at, against arithmetic by hand and plain loops over the contract's formulas."""

from __future__ import annotations

import datetime
import json
import math
from dataclasses import replace

import pytest

from counterpoise.model import (
    CashFlow,
    CoverageFigure,
    DriverShock,
    DriverValue,
    LeverageDefinition,
    MissingShockRule,
    RiskMeasure,
    RiskStatistic,
    Scenario,
)
from optimizer.measures.book import open_book
from optimizer.measures.limits import constraints_of
from optimizer.monitor.marks import apply_marks
from optimizer.rebalance.trading.postings import settled
from optimizer.rebalance.watching.figures import (
    LARGEST_COVERAGE,
    Figures,
    covered,
    measure,
    read_figures,
    write_figures,
)
from optimizer.reports.margin import report_pool_margins
from tests.problems.stressed import stressed_case
from tests.rebalancing import DAY, HOLDINGS, NOW, fund, marks
from tests.reference.stress_book import StressBook
from tests.reference.stress_leverage import leverage_after
from tests.reference.stress_liquidity import figure
from tests.reference.stress_risk import variance


def with_reference(problem, **exposures):
    values = tuple(DriverValue(driver_id=name, value=value) for name, value in exposures.items())
    return replace(problem, mandate=replace(problem.mandate, reference_exposures=values))


def with_line(problem, line_id, **fields):
    lines = tuple(
        replace(line, **fields) if line.line_id == line_id else line for line in problem.portfolio.lines
    )
    return replace(problem, portfolio=replace(problem.portfolio, lines=lines))


def test_leverage_of_a_fund_is_what_its_positions_add_up_to():
    found = measure(fund(), None, NOW).leverage_ratios
    assert found == pytest.approx(
        {
            LeverageDefinition.GROSS_NOTIONAL: 0.55 + 0.25 + 0.15075 + 0.08,
            LeverageDefinition.COMMITMENT: 0.55 + 0.25 + 0.15075 + 0.08,
            LeverageDefinition.OVERLAY: 0.15075,
            LeverageDefinition.NET: 0.55 + 0.25 + 0.15075 + 0.08,
        },
        abs=1e-12,
    )


def test_commitment_nets_a_short_future_against_its_fund():
    problem = fund(current=HOLDINGS | {"bond_future": -0.15075})
    problem = with_line(problem, "bond_future", underlying_id="bonds", minimum_fraction=-1.0)
    problem = with_line(problem, "bond_fund", underlying_id="bonds")
    found = measure(problem, None, NOW).leverage_ratios
    assert found[LeverageDefinition.GROSS_NOTIONAL] == pytest.approx(1.03075, abs=1e-12)
    assert found[LeverageDefinition.COMMITMENT] == pytest.approx(0.55 + 0.09925 + 0.08, abs=1e-12)
    assert found[LeverageDefinition.NET] == pytest.approx(0.55 + 0.09925 + 0.08, abs=1e-12)


def test_active_volatility_is_that_of_exposures_beyond_the_reference_and_of_residuals():
    problem = with_reference(fund(), equity=0.6, bonds=0.4)
    equity, bonds, sleeve = 0.16 * (0.55 - 0.6), 0.06 * (0.25 + 0.15075 - 0.4), 0.06 * 0.08
    expected = math.sqrt(equity**2 + bonds**2 + 2.0 * 0.1 * equity * bonds + sleeve**2)
    assert measure(problem, None, NOW).active_annual_volatility == pytest.approx(expected, rel=1e-12)


def test_there_is_no_active_volatility_without_a_reference_and_no_coverage_of_nothing():
    found = measure(fund(), None, NOW)
    assert (found.active_annual_volatility, found.coverage_ratio) == (None, None)


def test_coverage_of_a_fund_is_its_cash_over_margin_and_outflows():
    """Funds without a liquidity profile bring nothing; bonds fall by 10 % and the future calls for it."""
    problem = fund()
    fall = Scenario(
        scenario_id="fall",
        driver_shocks=(
            DriverShock(driver_id="bonds", shock=-0.1),
            DriverShock(driver_id="equity", shock=0.0),
        ),
        missing_shock_rule=MissingShockRule.REFUSE,
    )
    flow = CashFlow(horizon_trading_days=5, outflow_amount=0.02 * 500e6)
    portfolio = replace(problem.portfolio, cash_flows=(flow,))
    problem = replace(problem, portfolio=portfolio, scenarios=(fall,))
    margin, variation, outflow = 0.02 * 0.15075, 0.1 * 0.15075, 0.02
    expected = 0.12 / (margin + variation + outflow)
    assert measure(problem, None, NOW).coverage_ratio == pytest.approx(expected, rel=1e-9)


def posted_in(problem):
    """What is posted behind the positions, which same-day cash lacks."""
    opened = open_book(problem)
    variables = settled(opened, opened.current[: opened.line_count], constraints_of(opened))
    return {
        (posted.line_id, pool.margin_pool_id): posted.value
        for pool in report_pool_margins(opened, variables)
        for posted in pool.posted_fractions
    }


@pytest.mark.parametrize("seed", range(12))
def test_figures_under_stress_are_those_of_plain_loops(seed):
    case = stressed_case(seed, 4)
    problem = case.problem
    day = problem.portfolio.as_of_date
    noon = datetime.datetime.combine(day, datetime.time(12), datetime.UTC)
    found = measure(problem, None, noon)
    held = [line.current_fraction for line in problem.portfolio.lines]
    book = StressBook(problem, held, posted_in(problem))
    ratios = []
    for scenario in book.scenarios():
        for days in book.days():
            parts = figure(book, scenario, days)
            ratios.append(parts.sources / parts.need if parts.need > 0 else math.inf)
            if days == 1 and parts.variation > 0:
                ratios.append(parts.same_day_cash / parts.variation)
    assert found.coverage_ratio == pytest.approx(min(*ratios, LARGEST_COVERAGE), rel=1e-9)
    for definition in LeverageDefinition:
        expected = leverage_after(book, definition, None)
        assert found.leverage_ratios[definition] == pytest.approx(expected, rel=1e-9, abs=1e-12)
    if problem.mandate.reference_exposures:
        normal = RiskMeasure(statistic=RiskStatistic.ACTIVE_VOLATILITY)
        expected = math.sqrt(variance(book, normal, active=True))
        assert found.active_annual_volatility == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("sources", "need", "ratio"),
    [
        (0.3, 0.2, 1.5),
        (0.0, 0.2, 0.0),
        (-0.1, 0.2, -0.5),
        (0.3, 0.0, LARGEST_COVERAGE),
        (0.0, 0.0, LARGEST_COVERAGE),
        (0.0, -0.1, LARGEST_COVERAGE),
        (-0.1, 0.0, 0.0),
        (-0.1, -0.05, 0.0),
        (-0.05, -0.1, LARGEST_COVERAGE),
        (0.3, 5e-324, LARGEST_COVERAGE),
        (0.3, 0.0003, LARGEST_COVERAGE),
    ],
)
def test_coverage_is_a_ratio_that_is_lower_where_less_is_covered(sources, need, ratio):
    found = CoverageFigure(reserve_source_fraction=sources, outflow_fraction=need)
    assert covered(found) == pytest.approx(ratio, rel=1e-12)


def test_drift_is_the_distance_of_the_line_that_is_furthest_from_its_target():
    wanted = HOLDINGS | {"equity_fund": 0.56, "bond_fund": 0.22, "bond_future": 0.17075}
    assert measure(fund(), wanted, NOW).drift_fraction == pytest.approx(0.03, abs=1e-12)
    assert measure(fund(), HOLDINGS, NOW).drift_fraction == 0.0
    assert measure(fund(), None, NOW).drift_fraction is None


def test_lines_without_a_target_have_no_drift():
    few = {"equity_fund": 0.54, "sold_long_ago": 0.5}
    assert measure(fund(), few, NOW).drift_fraction == pytest.approx(0.01, abs=1e-12)
    assert measure(fund(), {}, NOW).drift_fraction is None


def test_a_price_alone_moves_drift_and_leverage():
    problem = apply_marks(fund(), [marks(price=123.75)])
    found = measure(problem, HOLDINGS, NOW)
    assert found.drift_fraction == pytest.approx(0.015075, abs=1e-12)
    assert found.leverage_ratios[LeverageDefinition.OVERLAY] == pytest.approx(0.165825, abs=1e-12)


def test_of_holdings_that_do_not_add_up_nothing_is_measured_but_the_day():
    mixed = with_line(fund(), "cash", valuation_date=DAY - datetime.timedelta(days=1))
    unbalanced = with_line(fund(), "cash", current_fraction=0.11)
    invalid = with_line(fund(), "cash", current_fraction=200.0)
    for problem in (mixed, unbalanced, invalid):
        assert measure(problem, HOLDINGS, NOW) == Figures(as_of_date=DAY)


def test_old_marks_are_measured_as_young_ones_are():
    """Whether a run takes them is for the job's policy to say, which may be of years."""
    old = NOW + datetime.timedelta(days=400)
    assert measure(fund(), HOLDINGS, old) == measure(fund(), HOLDINGS, NOW)


@pytest.mark.parametrize(
    "figures",
    [
        Figures(as_of_date=DAY),
        measure(with_reference(fund(), equity=0.6), HOLDINGS, NOW),
        Figures(as_of_date=DAY, drift_fraction=0.1 + 0.2, coverage_ratio=1e-300),
    ],
)
def test_figures_are_read_as_they_were_written(figures):
    text = write_figures(figures)
    assert read_figures(text) == figures
    assert json.loads(text)["as_of_date"] == "2025-06-30"
