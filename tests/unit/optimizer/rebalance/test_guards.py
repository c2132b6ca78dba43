"""Each guard lets a good run through and says what it saw of a bad one."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from counterpoise.model import (
    Allocation,
    LineKind,
    MaximizeNetReturn,
    Objective,
    Position,
    Provenance,
    RunGuard,
    RunPolicy,
    Termination,
    TerminationReason,
    TradePlan,
)
from counterpoise.validate import problem_violations
from optimizer.rebalance.guards import (
    NUDGE,
    nudged,
    refuse_answer,
    refuse_jump,
    refuse_marks,
    refuse_turnover,
    refuse_violations,
)
from tests.rebalancing import DAY, HOLDINGS, fund

ONE_DAY = RunPolicy(maximum_mark_age=datetime.timedelta(days=1))
END_OF_DAY = datetime.datetime(2025, 7, 1, tzinfo=datetime.UTC)


def allocation(reason=TerminationReason.OPTIMAL, **fractions):
    positions = tuple(
        Position(line_id=name, kind=LineKind.FUNDED_BETA, fraction=value) for name, value in fractions.items()
    )
    return Allocation(
        termination=Termination(reason=reason), positions=positions, provenance=Provenance(problem_sha256="")
    )


def guards(refusals):
    return [refusal.guard for refusal in refusals]


def with_line(problem, line_id, **changes):
    lines = tuple(
        replace(line, **changes) if line.line_id == line_id else line for line in problem.portfolio.lines
    )
    return replace(problem, portfolio=replace(problem.portfolio, lines=lines))


def test_good_marks_pass():
    assert not list(refuse_marks(fund(), None, END_OF_DAY))


@pytest.mark.parametrize(
    ("policy", "days", "refused"),
    [
        (None, 4, False),
        (None, 4.001, True),
        (RunPolicy(maximum_mark_age=datetime.timedelta(days=1)), 1.5, True),
    ],
)
def test_age_counts_from_the_end_of_the_day_in_utc(policy, days, refused):
    found = guards(refuse_marks(fund(), policy, END_OF_DAY + datetime.timedelta(days=days)))
    assert found == ([RunGuard.MARKS_STALE] if refused else [])


@pytest.mark.parametrize(("line_id", "refused"), [("bond_future", True), ("cash", True), ("alpha", False)])
def test_what_is_margined_or_pays_margin_is_marked_on_one_day(line_id, refused):
    problem = with_line(fund(), line_id, valuation_date=DAY - datetime.timedelta(days=1))
    found = list(refuse_marks(problem, None, END_OF_DAY))
    assert guards(found) == ([RunGuard.MARKS_MIXED] if refused else [])
    assert [line for refusal in found for line in refusal.line_ids] == ([line_id] if refused else [])


@pytest.mark.parametrize(("cash", "refused"), [(0.12009, False), (0.1202, True), (0.10, True)])
def test_holdings_sum_to_nav_within_a_basis_point(cash, refused):
    problem = fund(current={**HOLDINGS, "cash": cash})
    found = guards(refuse_marks(problem, None, END_OF_DAY))
    assert found == ([RunGuard.HOLDINGS_UNBALANCED] if refused else [])


def test_violations_are_quoted_with_their_paths():
    problem = with_line(fund(), "bond_future", current_fraction=1e9)
    refusal = next(refuse_violations(problem_violations(problem)))
    assert refusal.guard is RunGuard.PROBLEM_INVALID
    assert "portfolio.lines[2].current_fraction" in refusal.message


@pytest.mark.parametrize(
    ("reason", "guard"),
    [
        (TerminationReason.INFEASIBLE, RunGuard.INFEASIBLE),
        (TerminationReason.UNDETERMINED, RunGuard.NOT_CERTIFIED),
        (TerminationReason.TIME_LIMIT, RunGuard.NOT_CERTIFIED),
    ],
)
def test_only_a_certified_optimum_passes(reason, guard):
    assert not list(refuse_answer(allocation()))
    assert guards(refuse_answer(allocation(reason))) == [guard]


def test_every_premium_and_alpha_moves_one_basis_point_in_turns():
    problem, moved = fund(), nudged(fund(), 1.0)
    premia = [
        after.expected_return.annual_excess - before.expected_return.annual_excess
        for before, after in zip(problem.market.drivers, moved.market.drivers, strict=True)
    ]
    assert premia == pytest.approx([NUDGE, -NUDGE], rel=1e-9)
    alpha = moved.portfolio.lines[3].alpha_sleeve.expected_alpha.net_of_fees.annual_over_beta
    assert alpha == pytest.approx(0.02 - NUDGE, rel=1e-9)
    assert moved.mandate == problem.mandate


@pytest.mark.parametrize(("jump", "refused"), [(0.09, False), (0.11, True)])
def test_an_answer_that_jumps_is_refused(jump, refused):
    here, there = allocation(a=0.5, b=0.5), allocation(a=0.5 - jump, b=0.5 + jump)
    found = list(refuse_jump(fund(), here, None, lambda _: there))
    assert guards(found) == ([RunGuard.ANSWER_UNSTABLE] if refused else [])
    wider = RunPolicy(maximum_answer_jump_fraction=0.2)
    assert not list(refuse_jump(fund(), here, wider, lambda _: there))


def test_a_nudge_without_a_certificate_is_no_answer():
    lost = allocation(TerminationReason.UNDETERMINED)
    assert guards(refuse_jump(fund(), allocation(a=1.0), None, lambda _: lost)) == [RunGuard.ANSWER_UNSTABLE]


def test_a_goal_that_charges_for_nothing_jumps_and_a_utility_does_not(allocate):
    """Two funds alike but for half a basis point: the better one takes all, until the nudge turns them."""
    problem = fund()
    steady = allocate(problem)
    assert not list(refuse_jump(problem, steady, None, allocate))
    first, second, *others = problem.portfolio.lines
    twin = replace(first, line_id="twin", funded_beta=replace(first.funded_beta, annual_fee=0.00045))
    drivers = tuple(
        replace(driver, driver_id=name)
        for driver, name in zip(problem.market.drivers, ("equity", "bonds"), strict=True)
    )
    rival = replace(twin, loadings=second.loadings, funded_beta=replace(twin.funded_beta, annual_fee=0.0))
    alike = tuple(
        replace(driver, expected_return=replace(driver.expected_return, annual_excess=0.02))
        for driver in drivers
    )
    tempted = replace(
        problem,
        market=replace(problem.market, drivers=alike),
        portfolio=replace(problem.portfolio, lines=(first, rival, *others)),
        objective=Objective(maximize_net_return=MaximizeNetReturn(), holding_period_years=1.0),
    )
    found = list(refuse_jump(tempted, allocate(tempted), None, allocate))
    assert guards(found) == [RunGuard.ANSWER_UNSTABLE]


@pytest.mark.parametrize(("turnover", "refused"), [(0.25, False), (0.2501, True)])
def test_the_breaker_stops_above_a_quarter_of_nav(turnover, refused):
    plan = TradePlan(one_way_turnover_fraction=turnover)
    assert guards(refuse_turnover(plan, None)) == ([RunGuard.TURNOVER] if refused else [])
    assert not list(refuse_turnover(plan, RunPolicy(maximum_turnover_fraction=0.3)))
