"""`counterpoise backtest`: options become a plan, and wrong ones are named."""

import datetime
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from counterpoise import files
from counterpoise.backtest import Gate, MarginPeriod, RedemptionTerms, WalkForwardPlan
from counterpoise.command.backtest_plan import BacktestOptions, left_out, walk_plan
from counterpoise.command.commands import app
from counterpoise.command.estimate_arguments import Methods
from counterpoise.command.history_arguments import Frequencies
from counterpoise.model import (
    AlphaPrior,
    ExponentialCovariance,
    LedoitWolfCovariance,
    ReturnBasis,
    VolatilityFloor,
)
from tests import walks

DAYS = datetime.date(2005, 1, 1), datetime.date(2005, 6, 30)


@pytest.fixture
def table(tmp_path):
    """The simulated history as a table."""
    history = walks.simulated()
    path = tmp_path / "returns.csv"
    columns = {column.column_id: column.returns for column in history.columns}
    pd.DataFrame(columns, index=pd.Index(history.dates, name="date")).to_csv(path)
    return path


def options(table, **changes):
    """What the command line gives without more."""
    stated = BacktestOptions(
        returns=table,
        frequency=Frequencies.MONTHLY,
        excess="equity,bonds,skill,clone",
        dates=None,
        cash="cash",
        sleeves=None,
        lines=None,
        window=60,
        rebalance=1,
        first=None,
        last=None,
        method=Methods.LEDOIT_WOLF,
        half_life=None,
        factor_count=None,
        floor=None,
        smoothing=None,
        prior=None,
        redemption=None,
        gate=None,
        margin=None,
        forced_sale_cost=0.0,
    )
    return replace(stated, **changes)


def test_a_problem_and_a_table_make_the_plan_of_the_library(table):
    problem = walks.problem()
    expected = walks.plan()
    made = walk_plan(problem, options(table))
    assert made.problem == expected.problem
    assert made.estimation.drivers == expected.estimation.drivers
    assert made.estimation.sleeve_ids == ("skill", "clone")
    assert made.estimation.ledoit_wolf == LedoitWolfCovariance()
    for column in expected.history.columns:
        assert made.history.column(column.column_id).basis is column.basis
        np.testing.assert_allclose(made.history.column(column.column_id).returns, column.returns)


def test_every_option_reaches_the_plan(table):
    made = walk_plan(
        walks.problem(),
        options(
            table,
            excess="equity,bonds",
            sleeves="skill",
            lines="clone",
            window=48,
            rebalance=3,
            first="2004-06-30",
            last="2006-06-30",
            method=Methods.EXPONENTIAL,
            half_life=24.0,
            floor=["funds=0.05:skill"],
            prior="0.01,0.03",
            redemption=["skill=3:2", "clone=1"],
            gate=["skill=2005-01-01:2005-06-30"],
            margin=["clearing=2005-01-01:2005-06-30:1.8"],
            forced_sale_cost=0.01,
        ),
    )
    assert isinstance(made, WalkForwardPlan)
    assert made.estimation.sleeve_ids == ("skill",)
    assert made.history.column("clone").basis is ReturnBasis.TOTAL
    assert (made.window_period_count, made.rebalance_period_count) == (48, 3)
    assert (made.first_date, made.last_date) == (datetime.date(2004, 6, 30), datetime.date(2006, 6, 30))
    assert made.estimation.exponential == ExponentialCovariance(half_life_periods=24.0)
    assert made.estimation.ledoit_wolf is None
    assert made.estimation.prior == AlphaPrior(annual_mean=0.01, annual_error=0.03)
    assert made.estimation.volatility_floors == (
        VolatilityFloor(volatility_floor_id="funds", column_ids=("skill",), annual_volatility=0.05),
    )
    assert made.redemptions == (
        RedemptionTerms(line_id="skill", every_period_count=3, notice_period_count=2),
        RedemptionTerms(line_id="clone", every_period_count=1, notice_period_count=0),
    )
    assert made.forced_sale_cost_rate == 0.01
    assert made.gates == (Gate(line_id="skill", first_date=DAYS[0], last_date=DAYS[1]),)
    assert made.margin_periods == (
        MarginPeriod(margin_pool_id="clearing", first_date=DAYS[0], last_date=DAYS[1], multiplier=1.8),
    )


def test_limits_that_the_second_walk_leaves_out_are_named():
    problem = walks.problem()
    assert left_out(problem, None) is None
    assert left_out(problem, "none") == ()
    assert left_out(problem, "beta,coverage") == ("beta", "coverage")


WRONG = {
    "--redemption": ["--redemption", "skill"],
    "--gate": ["--gate", "skill=2005-01-01"],
    "--gate: 'skill=2005-02-30:2005-03-01'": ["--gate", "skill=2005-02-30:2005-03-01"],
    "--margin": ["--margin", "clearing=2005-01-01:2005-06-30"],
    "--from": ["--from", "June"],
    "--half-life": ["--half-life", "12"],
    "--factor-count": ["--method", "factor"],
    "--without": ["--without", "nothing-of-that-name"],
    "--excess": ["--excess", "equity,nobody"],
}


@pytest.mark.parametrize("told", WRONG)
def test_wrong_options_are_named_before_anything_is_asked(told, table, tmp_path):
    path = tmp_path / "problem.json"
    lines = tuple(
        replace(line, current_fraction=float(line.line_id == "bills"))
        for line in walks.problem().portfolio.lines
    )
    problem = walks.problem()
    problem = replace(problem, portfolio=replace(problem.portfolio, lines=lines))
    path.write_text(files.problem_json(problem), encoding="utf-8")
    arguments = ["backtest", str(path), "--returns", str(table), "--frequency", "monthly", "--cash", "cash"]
    more = WRONG[told]
    excess = [] if "--excess" in more else ["--excess", "equity,bonds,skill,clone"]
    result = CliRunner().invoke(app, [*arguments, *excess, *more, "--target", "127.0.0.1:1"])
    assert result.exit_code == 2, result.output
    shown = " ".join(result.output.replace("│", " ").split())
    assert told in shown
