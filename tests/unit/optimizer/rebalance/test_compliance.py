"""What trades would break on marks of the day, by measures alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from counterpoise.model import (
    Aggregation,
    Limit,
    LineScope,
    PositionMeasure,
    SoftLimit,
    StructuralRule,
    Trade,
    TradePlan,
)
from optimizer.measures.book import open_book
from optimizer.rebalance.compliance import breaches_of, positions_after
from tests.rebalancing import HOLDINGS, NAV, fund


def plan(**trades):
    """Fractions of NAV by line; of the future whole contracts."""
    return TradePlan(
        trades=tuple(
            Trade(line_id=name, fraction=0.0, amount=0.0, contract_count=change)
            if name == "bond_future"
            else Trade(line_id=name, fraction=change, amount=change * NAV)
            for name, change in trades.items()
        )
    )


def repriced(problem, price):
    line = problem.portfolio.lines[2]
    contract = replace(line.overlay.contract, price=price)
    held = 670 * price * 1_000.0 / NAV
    marked = replace(line, overlay=replace(line.overlay, contract=contract), current_fraction=held)
    lines = (*problem.portfolio.lines[:2], marked, *problem.portfolio.lines[3:])
    return replace(problem, portfolio=replace(problem.portfolio, lines=lines))


def test_contracts_count_as_contracts_and_money_as_money():
    problem = repriced(fund(), 125.0)
    problem = replace(problem, portfolio=replace(problem.portfolio, nav_amount=2 * NAV))
    after = positions_after(open_book(problem), plan(bond_future=100, equity_fund=0.02, cash=-0.02))
    current = [line.current_fraction for line in problem.portfolio.lines]
    assert after[2] - current[2] == pytest.approx(100 * 125_000.0 / (2 * NAV), rel=1e-12)
    assert after[0] - current[0] == pytest.approx(0.01, rel=1e-12)


def test_trades_within_every_limit_pass():
    assert breaches_of(fund(), plan(bond_future=50, alpha=0.01, cash=-0.01)) == ()


def test_a_cap_on_leverage_is_broken_by_as_much_as_arithmetic_says():
    """Gross 0.55 + 0.25 + 0.08 = 0.88 of funds and 0.15075 of futures: 760 more contracts are 0.171."""
    (breach,) = breaches_of(fund(), plan(bond_future=760))
    assert breach.key.limit_id == "gross-cap"
    assert breach.distance_fraction == pytest.approx(0.88 + 1430 * 112_500 / NAV - 1.2, abs=1e-9)


def test_prices_alone_can_break_what_the_proposal_kept_and_the_policy_may_forgive_a_little():
    """752 more contracts are 1.19995 of gross leverage; a tenth of a percent in price takes it over 1.2."""
    trades = plan(bond_future=752)
    assert breaches_of(fund(), trades) == ()
    (breach,) = breaches_of(repriced(fund(), 112.6125), trades)
    assert breach.key.limit_id == "gross-cap"
    assert breach.distance_fraction == pytest.approx(0.88 + 1422 * 112_612.5 / NAV - 1.2, abs=1e-9)
    assert breaches_of(repriced(fund(), 112.6125), trades, 0.001) == ()


def test_money_that_is_not_there_breaks_the_budget_or_the_box():
    broken = breaches_of(fund(), plan(equity_fund=0.05))
    assert {breach.key.structural_rule for breach in broken} == {StructuralRule.CAPITAL_BUDGET}
    overdrawn = breaches_of(fund(), plan(equity_fund=0.13, cash=-0.13))
    assert StructuralRule.LINE_BOX in {breach.key.structural_rule for breach in overdrawn}


def with_maximum(line_id, upper):
    problem = fund()
    lines = tuple(
        replace(line, maximum_fraction=upper) if line.line_id == line_id else line
        for line in problem.portfolio.lines
    )
    return replace(problem, portfolio=replace(problem.portfolio, lines=lines))


def test_bounds_of_lines_that_are_left_alone_are_not_the_trades_business():
    drifted = with_maximum("equity_fund", HOLDINGS["equity_fund"] - 0.01)
    assert breaches_of(drifted, plan(alpha=0.01, cash=-0.01)) == ()
    assert breaches_of(drifted, plan(equity_fund=0.001, cash=-0.001)) != ()


def test_a_breach_that_the_trades_make_smaller_does_not_stop_them():
    drifted = with_maximum("equity_fund", HOLDINGS["equity_fund"] - 0.02)
    assert breaches_of(drifted, plan(equity_fund=-0.01, cash=0.01)) == ()


def test_soft_limits_do_not_stop_trades():
    measure = PositionMeasure(lines=LineScope(line_ids=("alpha",)), aggregation=Aggregation.EACH)
    problem = fund()
    hard = Limit(limit_id="less-alpha", upper=0.05, position=measure)
    soft = replace(hard, soft=SoftLimit(priority=1))
    trades = plan(alpha=0.01, cash=-0.01)
    for limit, count in ((hard, 1), (soft, 0)):
        mandate = replace(problem.mandate, limits=(*problem.mandate.limits, limit))
        assert len(breaches_of(replace(problem, mandate=mandate), trades)) == count


def with_maxima(**maxima):
    problem = fund()
    lines = tuple(
        replace(line, maximum_fraction=maxima.get(line.line_id, line.maximum_fraction))
        for line in problem.portfolio.lines
    )
    return replace(problem, portfolio=replace(problem.portfolio, lines=lines))


def test_a_bound_that_is_mended_hides_no_other_that_is_broken():
    drifted = with_maxima(equity_fund=0.50, alpha=0.10)
    (breach,) = breaches_of(drifted, plan(equity_fund=-0.02, alpha=0.05, cash=-0.03))
    assert breach.key.line_id == "alpha"
    assert breach.distance_fraction == pytest.approx(0.03, abs=1e-12)


def each_at_most(upper, *line_ids):
    measure = PositionMeasure(lines=LineScope(line_ids=line_ids), aggregation=Aggregation.EACH)
    problem = fund()
    limit = Limit(limit_id="each", upper=upper, position=measure)
    mandate = replace(problem.mandate, limits=(*problem.mandate.limits, limit))
    return replace(problem, mandate=mandate)


def test_members_of_one_limit_are_looked_at_one_by_one():
    asked = each_at_most(0.3, "equity_fund", "bond_fund")
    (breach,) = breaches_of(asked, plan(equity_fund=-0.01, bond_fund=0.06, cash=-0.05))
    assert breach.key.line_id == "bond_fund"
    assert breach.distance_fraction == pytest.approx(0.01, abs=1e-12)
    assert breaches_of(asked, plan(equity_fund=-0.01, cash=0.01)) == ()


@pytest.mark.parametrize("nav_error", [-0.1, -0.01, -0.001, 0.001, 0.01, 0.1])
def test_what_uses_capital_sums_to_nav_whatever_rounding_says(nav_error):
    problem = fund()
    wrong = replace(problem, portfolio=replace(problem.portfolio, nav_amount=NAV * (1.0 + nav_error)))
    lines = tuple(
        replace(line, current_fraction=line.current_fraction / (1.0 + nav_error))
        for line in wrong.portfolio.lines
    )
    wrong = replace(wrong, portfolio=replace(wrong.portfolio, lines=lines))
    broken = {
        breach.key.structural_rule
        for size in (0.003, 0.01, 0.0123, 0.02)
        for breach in breaches_of(wrong, plan(equity_fund=-size, cash=size))
    }
    assert StructuralRule.CAPITAL_BUDGET in broken
