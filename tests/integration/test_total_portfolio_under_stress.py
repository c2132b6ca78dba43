"""The total portfolio on bad days: its scenarios, and what they do to its answer, by hand."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from counterpoise import AllocationProblem, files
from counterpoise.model import (
    Aggregation,
    CorrelationRegime,
    Driver,
    DriverScope,
    DriverValue,
    ExpectedReturn,
    ExposureMeasure,
    Limit,
    LineScope,
    RiskStatistic,
    SymmetricMatrix,
    VolatilityCorrelation,
)
from tests.reference.lexicographic import solve_lexicographic

EXAMPLES = Path(__file__).parents[2] / "clients" / "python" / "examples"

# What 2022 did to the drivers, from the rows of the library.
RATES = {
    "us_equity": -0.254,
    "world_equity": -0.7 * 0.254 - 0.3 * 0.297,
    "emerging_equity": -0.296,
    "treasury_2y": -0.051,
    "treasury_5y": -0.5 * 0.051 - 0.5 * 0.164,
    "treasury_10y": -0.164,
    "ig_credit": -0.228 + 0.85 * 0.164,
    "hy_credit": -0.177 + 0.425 * (0.051 + 0.164),
    "commodities": 0.214,
}
# Weights in gross leverage that are not 1: ten-year equivalents, funds' own leverage, cash equivalents.
WEIGHTS = {
    "five-year-future": 0.56,
    "equity-market-neutral": 2.0,
    "fixed-income-arbitrage": 3.0,
    "long-short-equity": 1.5,
    "cash": 0.0,
    "bills": 0.0,
}
CAP_AFTER_A_SCENARIO = 1.4
NEED_MULTIPLE = 1.5


@pytest.fixture(scope="module")
def plan():
    return AllocationProblem.from_yaml(EXAMPLES / "total_portfolio.yaml")


@pytest.fixture(scope="module")
def allocated(plan, allocate):
    return allocate(plan)


@pytest.fixture(scope="module")
def held(allocated):
    return {position.line_id: position.fraction for position in allocated.positions}


@pytest.fixture(scope="module")
def after_2022(plan):
    """Returns of lines. Three sleeves end where their styles did; nothing falls by all of it."""
    scenario = next(item for item in plan.scenarios if item.scenario_id == "rates-2022")
    own = scenario.line_moves(195)
    returns = {
        line.line_id: loaded(line, RATES) + own.get(line.line_id, 0.0) for line in plan.portfolio.lines
    }
    assert min(returns.values()) > -1.0
    return returns


@pytest.fixture(scope="module")
def first_day(plan):
    """Moves of drivers on the worst first day: S&P 500 -12 %, ten years -2.5 %, others as expected."""
    ids = plan.market.driver_ids
    covariance = plan.market.risk_model.covariance(ids)
    shocked = [ids.index("us_equity"), ids.index("treasury_10y")]
    weights = np.linalg.solve(covariance[np.ix_(shocked, shocked)], [-0.12, -0.025])
    return dict(zip(ids, covariance[:, shocked] @ weights, strict=True))


def loaded(line, moves):
    """What a line's drivers make of it."""
    return sum(item.value * moves[item.driver_id] for item in line.loadings)


def test_the_scenarios_come_out_of_the_library_as_they_are_written(plan):
    command = [sys.executable, EXAMPLES / "total_portfolio_scenarios.py"]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    assert json.loads(output) == [
        json.loads(files.to_json(scenario, print_empty=False)) for scenario in plan.scenarios
    ]
    assert {scenario.source.library_version for scenario in plan.scenarios} == {"1"}


def test_leverage_after_2022_is_at_its_cap(after_2022, allocated, held):
    styles = {name: after_2022[name] for name in ("global-macro", "relative-value", "trend")}
    assert styles == pytest.approx({"global-macro": 0.093, "relative-value": -0.009, "trend": 0.27}, abs=1e-6)
    nav = 1.0 + sum(after_2022[name] * fraction for name, fraction in held.items())
    gross = sum(WEIGHTS.get(name, 1.0) * value * (1.0 + after_2022[name]) for name, value in held.items())
    assert min(held.values()) > -1e-9  # no shorts, so notional is what is held
    assert gross / nav == pytest.approx(CAP_AFTER_A_SCENARIO, abs=1e-6)
    stress = next(item for item in allocated.stresses if item.scenario_id == "rates-2022")
    assert stress.loss_fraction == pytest.approx(1.0 - nav, abs=1e-9)
    assert stress.loss_fraction == pytest.approx(0.2545, abs=1e-4)


def test_cash_pays_the_worst_first_day(plan, first_day, allocated, held):
    called = 0.0
    for pool in plan.portfolio.margin_pools:
        lines = [line for line in plan.portfolio.lines if line.margin_pool_id == pool.margin_pool_id]
        called += max(0.0, -sum(held[line.line_id] * loaded(line, first_day) for line in lines))
    base = [pool for pool in allocated.pool_margins if not pool.scenario_id]
    posted = sum(item.value for pool in base for item in pool.posted_fractions if item.line_id == "cash")
    assert called == pytest.approx(0.012, abs=1e-4)
    assert held["cash"] - posted == pytest.approx(NEED_MULTIPLE * called, abs=1e-7)
    members = [report.key for report in allocated.limits if report.key.limit_id == "liquidity-coverage"]
    binding = [report.key for report in allocated.limits if report.key in members and report.binding]
    assert [(key.scenario_id, key.horizon_trading_days) for key in binding] == [("worst-week", 0)]


def test_a_second_solver_finds_no_better_portfolio(plan, first_day, after_2022, allocated):
    """Rules of bad days that bind, put by hand as exposures; those that do not are left out.

    An exposure knows no absolute values and no posted cash, so its rules allow all that the mandate allows.
    What the second solver finds under them is no worse than the mandate's best: if it is no better than the
    answer either, that is the best.
    """
    leverage = {
        name: WEIGHTS.get(name, 1.0) * (1.0 + move) - CAP_AFTER_A_SCENARIO * move
        for name, move in after_2022.items()
    }
    margined = [line for line in plan.portfolio.lines if line.margin_pool_id]
    cash = {line.line_id: NEED_MULTIPLE * loaded(line, first_day) for line in margined}
    cash["cash"] = 1.0
    relaxed = with_exposures(plan, {"leverage-2022": leverage, "first-day": cash})
    limits = [
        *(limit for limit in plan.mandate.limits if limit.limit_id not in BAD_DAYS),
        exposure_limit("leverage-2022", upper=CAP_AFTER_A_SCENARIO),
        exposure_limit("first-day", lower=0.0),
    ]
    mandate = dataclasses.replace(relaxed.mandate, limits=tuple(limits))
    second = solve_lexicographic(dataclasses.replace(relaxed, mandate=mandate, scenarios=()))
    assert second.violations == pytest.approx({1: 0.0, 2: 0.03}, abs=1e-6)
    assert allocated.certificate.optimality.objective == pytest.approx(second.goal.objective, abs=1e-8)


BAD_DAYS = ("stressed-gross-cap", "liquidity-coverage", "illiquid-share", "sleeve-risk-in-bad-times")


def exposure_limit(driver_id, **bounds):
    measure = ExposureMeasure(
        drivers=DriverScope(driver_ids=(driver_id,)),
        aggregation=Aggregation.EACH,
        lines=LineScope(all_lines=True),
    )
    return Limit(limit_id=driver_id, exposure=measure, **bounds)


def with_exposures(plan, loadings):
    """The plan with drivers that neither move nor earn: sums of positions by the weights given."""
    market, portfolio = plan.market, plan.portfolio
    stated = market.risk_model.volatility_correlation
    axis_ids = (*stated.correlation.axis_ids, *loadings)
    square = np.eye(len(axis_ids))
    square[: -len(loadings), : -len(loadings)] = stated.correlation.to_square()
    volatilities = (
        *stated.annual_volatilities,
        *(DriverValue(driver_id=name, value=0.0) for name in loadings),
    )
    drivers = (Driver(driver_id=name, expected_return=ExpectedReturn(annual_excess=0.0)) for name in loadings)
    risk_model = dataclasses.replace(
        market.risk_model,
        stressed_correlation=None,
        volatility_correlation=VolatilityCorrelation(
            annual_volatilities=volatilities, correlation=SymmetricMatrix.from_square(axis_ids, square)
        ),
    )
    lines = (
        dataclasses.replace(
            line,
            loadings=(
                *line.loadings,
                *(
                    DriverValue(driver_id=name, value=weights[line.line_id])
                    for name, weights in loadings.items()
                    if line.line_id in weights
                ),
            ),
        )
        for line in portfolio.lines
    )
    return dataclasses.replace(
        plan,
        market=dataclasses.replace(market, drivers=(*market.drivers, *drivers), risk_model=risk_model),
        portfolio=dataclasses.replace(portfolio, lines=tuple(lines)),
    )


def test_money_is_there_whatever_comes(plan, allocated):
    figures = allocated.reserve.coverage_figures
    scenarios = ["", *[scenario.scenario_id for scenario in plan.scenarios]]
    assert {(figure.scenario_id, figure.horizon_trading_days) for figure in figures} == {
        (scenario_id, horizon) for scenario_id in scenarios for horizon in (1, 5, 20, 63, 95)
    }
    assert min(figure.source_fraction / figure.need_fraction for figure in figures) > 5.0
    assert {stress.first_shortfall_trading_days for stress in allocated.stresses} == {None}


def test_gates_of_2008_shut_the_sleeves(plan, allocated):
    """A monthly sleeve pays 63 days after notice; quarterly ones would a quarter later, but for the gates."""
    figures = {
        (figure.scenario_id, figure.horizon_trading_days): figure.sleeve_source_fraction
        for figure in allocated.reserve.coverage_figures
    }
    assert figures["crisis-2008", 95] == figures["crisis-2008", 63]
    assert figures["", 95] > figures["", 63] > figures["", 20] == 0.0


def test_bad_times_add_risk(allocated):
    """Sleeves at a correlation of 0.8, with each other and with growth."""
    normal, stressed = (
        {
            figure.statistic: figure.annual_volatility
            for figure in allocated.risk.figures
            if figure.regime is regime
        }
        for regime in (CorrelationRegime.NORMAL, CorrelationRegime.STRESSED)
    )
    for statistic in (RiskStatistic.TOTAL_VOLATILITY, RiskStatistic.ACTIVE_VOLATILITY):
        assert normal[statistic] < stressed[statistic] < 1.1 * normal[statistic]
    values = {report.key.limit_id: report.value for report in allocated.limits}
    assert values["sleeve-risk"] < values["sleeve-risk-in-bad-times"] <= 0.0125
