"""The report of what is small: dust of a solver, small steps, little room, shares that say little."""

import dataclasses

import pytest

from counterpoise.command import layout, report
from counterpoise.model import (
    CapitalUse,
    LimitKey,
    LimitReport,
    LineKind,
    PoolMargin,
    Position,
    ReturnTerm,
    ReturnTermKind,
    RiskShare,
    RiskSplit,
    RiskStatistic,
    StructuralRule,
    SyntheticCost,
    Unit,
)
from tests import sample_answers

PROBLEM = sample_answers.pension_problem()
ALLOCATION = sample_answers.optimal()


@pytest.fixture
def printed(capsys):
    def show(allocation=ALLOCATION):
        layout.show(report.certified(allocation, PROBLEM))
        return capsys.readouterr().out

    return show


def bound(rule=None, **changes):
    fields = {
        "value": 0.0,
        "unit": Unit.NAV_FRACTION,
        "upper": 0.0,
        "upper_slack": 0.0,
        "upper_shadow_price": 0.02,
        "binding": True,
    }
    key = LimitKey(structural_rule=rule, line_id="cash", margin_pool_id="broker")
    return LimitReport(**({"key": key} | fields | changes))


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (StructuralRule.COLLATERAL_COVER, "Collateral at broker just covers the margin"),
        (StructuralRule.COLLATERAL_SUPPLY, "cash to post as margin all that is held is posted"),
        (StructuralRule.COLLATERAL_SHARE, "cash in the collateral at broker at its largest share"),
    ],
)
def test_rules_of_collateral_are_told_in_words(printed, rule, words):
    output = printed(dataclasses.replace(ALLOCATION, limits=(bound(rule),)))
    line = next(
        line
        for line in output.splitlines()
        if "just covers" in line or " is posted" in line or "largest share" in line
    )
    assert " ".join(line.split()) == f"{words} +0.1 % 0.200 $10k"


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        (Unit.RATIO, "0.01x more is worth 2 bp = $100k a year"),
        (Unit.NAV_FRACTION, "0.1 % of NAV more is worth 0.2 bp = $10k a year"),
        (Unit.ANNUAL_RATE, "0.01 % more is worth 0.02 bp = $1k a year"),
    ],
)
def test_a_price_is_of_a_small_step_and_says_so(printed, unit, words):
    limit = bound(key=LimitKey(limit_id="some"), unit=unit)
    headline, _, rest = printed(dataclasses.replace(ALLOCATION, limits=(limit,))).partition("BENEFIT")
    assert words in headline
    for part in (headline, rest):
        assert "at the margin" in part
        assert "small moves only" in part


def test_a_limit_with_hardly_any_room_is_marked(printed):
    def limits(slack):
        limit = bound(key=LimitKey(limit_id="some"), upper_slack=slack, binding=False)
        return dataclasses.replace(ALLOCATION, limits=(limit,))

    assert "nearly binding" in printed(limits(5e-5))
    assert "nearly binding" not in printed(limits(2e-4))


def section(output, title):
    return next(part for part in output.split("\n\n") if part.startswith(title))


def test_dust_is_listed_among_the_positions_and_nowhere_else(printed):
    dust = 3e-7
    line = Position(
        line_id="dusty",
        kind=LineKind.OVERLAY,
        fraction=-dust,
        change_fraction=-dust,
        initial_margin_fraction=dust,
    )
    report_of_return = dataclasses.replace(
        ALLOCATION.expected_return,
        terms=(
            *ALLOCATION.expected_return.terms,
            ReturnTerm(kind=ReturnTermKind.ROLL, line_id="dusty", annual_return=-dust / 100),
        ),
        synthetic_costs=(SyntheticCost(line_id="dusty", annual_synthetic_cost=0.01),),
    )
    output = printed(
        dataclasses.replace(
            ALLOCATION,
            positions=(*ALLOCATION.positions, line),
            capital_uses=(*ALLOCATION.capital_uses, CapitalUse(line_id="dusty", fraction=dust)),
            pool_margins=(PoolMargin(margin_pool_id="dusty", initial_margin_fraction=dust),),
            expected_return=report_of_return,
        )
    )
    (row,) = [line for line in output.splitlines() if "dusty" in line]
    assert row in section(output, "POSITIONS")
    assert row.split() == ["dusty", "overlay", "0.00", "0.00", "0.00", "0.0"]


@pytest.mark.parametrize("kind", [LineKind.OVERLAY, LineKind.ALPHA_SLEEVE])
def test_nothing_is_said_per_unit_of_hardly_anything(printed, kind):
    without = dataclasses.replace(ALLOCATION.expected_return, annual_reference_return=None)
    full = dataclasses.replace(ALLOCATION, expected_return=without)
    assert "earn that back" in " ".join(printed(full).split())
    positions = [
        dataclasses.replace(line, fraction=5e-5) if line.kind is kind else line
        for line in ALLOCATION.positions
    ]
    output = printed(dataclasses.replace(full, positions=tuple(positions)))
    assert "earn that back" not in " ".join(output.split())


def test_no_break_even_is_told_of_hardly_any_sleeves(printed):
    assert "Break-even" in printed()
    positions = [
        dataclasses.replace(line, fraction=5e-5) if line.kind is LineKind.ALPHA_SLEEVE else line
        for line in ALLOCATION.positions
    ]
    output = printed(dataclasses.replace(ALLOCATION, positions=tuple(positions)))
    assert "Break-even" not in output
    assert "alpha at zero" not in output


ACTIVE = RiskStatistic.ACTIVE_VOLATILITY


def test_active_risk_beyond_the_drivers_stays_one_where_no_line_is_named(printed):
    residual = RiskShare(statistic=ACTIVE, split=RiskSplit.DRIVER, share=1.0)
    newer = RiskShare(statistic=ACTIVE, split=9, share=0.7)
    risk = dataclasses.replace(ALLOCATION.risk, shares=(*ALLOCATION.risk.shares, residual, newer))
    output = section(printed(dataclasses.replace(ALLOCATION, risk=risk)), "RISK")
    assert "reference portfolio" not in output
    rows = [line.split() for line in output.splitlines()]
    assert ["other_assets", "96.0", "other", "96.0", "beyond", "the", "drivers", "100.0"] in rows
    assert "70.0" not in output  # of a split that nothing is known of
    assert "on its own" not in output
