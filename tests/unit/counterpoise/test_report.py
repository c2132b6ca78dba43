"""The report of an optimum for other objectives, other money and other parts than the example's."""

import dataclasses

import pytest

from counterpoise.command import layout, report
from counterpoise.model import (
    LeverageFigure,
    LimitKey,
    LimitReport,
    MaximizeAlpha,
    MaximizeUtility,
    MinimizeActiveRisk,
    MinimizeRisk,
    Objective,
    Position,
    ReturnReport,
    ReturnTerm,
    RiskFigure,
    RiskReport,
    SleeveVerdict,
    StructuralRule,
    Unit,
)
from counterpoise.wording.figures import Money, against, fixed
from tests import sample_answers

PROBLEM = sample_answers.pension_problem()
ALLOCATION = sample_answers.optimal()


@pytest.fixture
def printed(capsys):
    def show(allocation=ALLOCATION, problem=PROBLEM):
        layout.show(report.certified(allocation, problem))
        return capsys.readouterr().out

    return show


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        (Objective(maximize_alpha=MaximizeAlpha()), ("more alpha", "0.15 bp = $7.5k a year")),
        (Objective(maximize_utility=MaximizeUtility(total_risk_aversion=2)), ("more risk-adjusted return",)),
        (
            Objective(minimize_active_risk=MinimizeActiveRisk()),
            ("has less active risk", "reserve saves 0.15 bp"),
        ),
        (Objective(minimize_risk=MinimizeRisk()), ("has less volatility", "reserve saves 0.15 bp")),
    ],
)
def test_the_worth_of_a_limit_is_in_the_objectives_words(printed, objective, words):
    output = printed(problem=dataclasses.replace(PROBLEM, objective=objective))
    for word in words:
        assert word in output


def test_parts_newer_than_the_client_are_shown_by_their_numbers(printed):
    newer = dataclasses.replace(
        ALLOCATION,
        positions=(Position(line_id="alpha", kind=99, fraction=1.0, amount=1.0),),
        leverage_figures=(LeverageFigure(definition=99, value=1.0),),
        expected_return=ReturnReport(
            annual_net_return=0.01, terms=(ReturnTerm(kind=99, line_id="alpha", annual_return=0.01),)
        ),
        risk=RiskReport(figures=(RiskFigure(statistic=99, annual_volatility=0.1),)),
        limits=(
            LimitReport(key=LimitKey(structural_rule=99), unit=99, value=1.0, upper=1.0, binding=False),
            LimitReport(
                key=LimitKey(), unit=99, upper=0.0, upper_slack=0.0, upper_shadow_price=1.0, binding=True
            ),
        ),
        sleeve_verdicts=(SleeveVerdict(line_id="alpha", sleeve_class=99, annual_alpha=0.01),),
    )
    assert printed(newer).count("99") >= 6


def test_a_default_cap_is_shown_where_the_mandate_has_none(printed):
    problem = dataclasses.replace(PROBLEM, mandate=dataclasses.replace(PROBLEM.mandate, limits=()))
    assert "1.500x" in printed(problem=problem)


def test_rules_that_nobody_can_loosen_are_left_out(printed):
    budget = LimitReport(
        key=LimitKey(structural_rule=StructuralRule.CAPITAL_BUDGET),
        value=1.0,
        unit=Unit.NAV_FRACTION,
        lower=1.0,
        upper=1.0,
        lower_slack=0.0,
        upper_slack=0.0,
        lower_shadow_price=0.0,
        upper_shadow_price=0.5,
        binding=True,
    )
    unheld = dataclasses.replace(
        budget,
        key=LimitKey(structural_rule=StructuralRule.LINE_BOX, line_id="bond_fund"),
        value=0.0,
        lower=0.0,
        upper=None,
        upper_slack=None,
        lower_shadow_price=0.1,
        upper_shadow_price=None,
    )
    output = printed(dataclasses.replace(ALLOCATION, limits=(*ALLOCATION.limits, budget, unheld)))
    assert "exactly 100.00 %" not in output  # there is one capital
    assert "Position: bond_fund" not in output


def test_what_overlays_cost_is_paid_by_alpha_where_nothing_else_is_to_beat(printed):
    assert "The overlays cost 16.5 bp of NAV a year more than funds would." in printed()
    without = dataclasses.replace(ALLOCATION.expected_return, annual_reference_return=None)
    output = " ".join(printed(dataclasses.replace(ALLOCATION, expected_return=without)).split())
    assert "earn that back from 0.61 % of alpha on; 1.50 % is counted: 24.0 bp of NAV remain." in output


def test_many_lines_are_cut_to_the_largest(printed):
    positions = tuple(
        dataclasses.replace(ALLOCATION.positions[0], line_id=f"line-{index}", fraction=index / 1000)
        for index in range(1, 51)
    )
    output = printed(dataclasses.replace(ALLOCATION, positions=positions))
    assert "and 20 smaller ones" in output
    assert "line-50 " in output
    assert "line-20 " not in output


@pytest.mark.parametrize(
    ("code", "amount", "words"),
    [
        ("USD", 1_125_000.0, "$1.125M"),
        ("USD", -42_310.0, "-$42.31k"),
        ("CHF", 2e9, "CHF 2bn"),
        ("EUR", 0.004, "€0.00"),
        ("USD", -0.001, "$0.00"),
    ],
)
def test_money_in_sentences_has_the_scale_of_its_amount(code, amount, words):
    assert Money(currency_code=code, nav_amount=1e6).words(amount) == words


def test_money_in_tables_has_the_scale_of_the_portfolio():
    small, large = (Money(currency_code="USD", nav_amount=nav) for nav in (200e3, 500e6))
    assert (small.heading, small.cell_of(0.3)) == ("$", "60,000")
    assert (large.heading, large.cell_of(0.3)) == ("$M", "150.00")


def test_no_number_is_minus_zero():
    assert fixed(-0.0001, 2, signed=True) == "0.00"
    assert against(-1e-7, "that") == "as much as that"
    assert against(-2.5e-4, "that") == "2.5 bp less than that"
