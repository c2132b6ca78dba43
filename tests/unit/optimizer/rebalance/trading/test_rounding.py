"""Whole contracts, minimum tickets and bands, by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from counterpoise.model import (
    AllocationProblem,
    ContractTerms,
    Driver,
    DriverValue,
    ExpectedReturn,
    Limit,
    Line,
    MinimizeActiveRisk,
    Objective,
    RoundingMethod,
    SoftLimit,
    TradePolicy,
)
from optimizer.measures.book import open_book
from optimizer.rebalance.trading.rounding import NotTradable, nearest_repaired, round_positions
from tests.golden_problems import exposure_target, funded, gross_limit, market, overlay, problem_of, tier

SECONDS = 30.0
NAV = 1e9


def held(line: Line, current: float) -> Line:
    """The line with a position now."""
    return dataclasses.replace(line, current_fraction=current)


def in_contracts(line: Line, size: float) -> Line:
    """The future in contracts of a part of NAV."""
    assert line.overlay is not None
    terms = ContractTerms(point_value_amount=50.0, price=size * NAV / 50.0)
    return dataclasses.replace(line, overlay=dataclasses.replace(line.overlay, contract=terms))


def following(
    lines: tuple[Line, ...], wanted: dict[str, float], limits: tuple[Limit, ...] = ()
) -> AllocationProblem:
    """Least distance from wanted exposures; drivers are independent, with volatilities of one each."""
    drivers = tuple(
        Driver(driver_id=name, expected_return=ExpectedReturn(annual_excess=0.0)) for name in wanted
    )
    return problem_of(
        "following",
        market(drivers, np.ones(len(drivers)), np.eye(len(drivers))),
        (*lines, held(tier("cash", posts=True), 0.0)),
        (gross_limit(3.0), *limits),
        nav_amount=NAV,
        objective=Objective(minimize_active_risk=MinimizeActiveRisk()),
        reference_exposures=tuple(DriverValue(driver_id=name, value=value) for name, value in wanted.items()),
    )


def rounded_positions(problem: AllocationProblem, target: list[float], policy: TradePolicy | None):
    """Positions after rounding, whose last line is cash, checked for the rules that always hold."""
    rounded = round_positions(open_book(problem), np.array(target), policy, seconds=SECONDS)
    assert rounded.worst_hard_violation < 1e-9
    positions = rounded.variables[: len(target)]
    capital = [0.0 if line.overlay is not None else 1.0 for line in problem.portfolio.lines]
    assert positions @ np.array(capital) == pytest.approx(1.0, abs=1e-15)
    return rounded, positions


def test_150_million_at_6_1_years_are_1408_contracts_of_65_dollars_a_basis_point():
    note = overlay("note", "rates", margin_rate=0.02)
    assert note.overlay is not None
    terms = ContractTerms(point_value_amount=1000.0, price=113.0, dv01_amount=65.0)
    matched = dataclasses.replace(note.overlay, contract=terms, duration_years=6.1)
    problem = following((held(dataclasses.replace(note, overlay=matched), 0.0),), {"rates": 0.15})
    rounded, positions = rounded_positions(problem, [0.15, 1.0], None)
    assert rounded.contract_counts == {0: 1408}
    assert rounded.method is RoundingMethod.INTEGER_PROGRAM
    assert positions[0] * NAV == pytest.approx(1408 * 65.0 * 10_000 / 6.1)
    # 91,520 dollars a basis point for 91,500.
    assert rounded.objective_loss == pytest.approx(abs(1408 * 65.0 - 91_500.0) * 10_000 / 6.1 / NAV, abs=1e-9)


def test_a_fund_takes_up_what_contracts_leave():
    future = held(in_contracts(overlay("future", "shares", margin_rate=0.05), 0.02), 0.0)
    problem = following((held(funded("fund", "shares"), 0.5), future), {"shares": 0.775})
    rounded, positions = rounded_positions(problem, [0.52, 0.255, 0.48], None)
    assert float(positions[0] + positions[1]) == pytest.approx(0.775, abs=1e-9)
    assert rounded.contract_counts[1] * 0.02 == pytest.approx(positions[1], abs=1e-15)
    assert rounded.objective_loss == pytest.approx(0.0, abs=1e-8)


def test_trades_below_the_ticket_are_left_out_or_made_as_large_as_it():
    wanted = {"a": 0.204, "b": 0.207, "c": 0.15, "d": 0.2}
    lines = tuple(held(funded(name, name), 0.2) for name in wanted)
    problem = following(lines, wanted)
    policy = TradePolicy(minimum_ticket_amount=0.01 * NAV)
    _, positions = rounded_positions(problem, [*wanted.values(), 0.239], policy)
    # 0.4 % is nearer to no trade, 0.7 % to one ticket, 5 % is more than that; the last wants none.
    assert positions == pytest.approx([0.2, 0.21, 0.15, 0.2, 0.24], abs=1e-8)
    assert positions[0] == positions[3] == 0.2


def test_tickets_of_contracts_are_whole_contracts():
    future = held(in_contracts(overlay("future", "shares", margin_rate=0.05), 0.004), 0.04)
    policy = TradePolicy(minimum_ticket_amount=0.01 * NAV)
    for wanted, count in ((0.0445, 10), (0.047, 13), (0.052, 13), (0.0563, 14), (0.034, 10), (0.0335, 7)):
        rounded, _ = rounded_positions(following((future,), {"shares": wanted}), [wanted, 1.0], policy)
        assert rounded.contract_counts == {0: count}, wanted


def test_a_line_outside_its_band_lands_on_the_edge_and_lines_inside_do_not_move():
    wanted = {"a": 0.25, "b": 0.31, "c": 0.33}
    lines = tuple(held(funded(name, name), now) for name, now in zip(wanted, (0.2, 0.3, 0.4), strict=True))
    problem = following(lines, wanted)
    policy = TradePolicy(band_fraction=0.02)
    rounded, positions = rounded_positions(problem, [*wanted.values(), 0.11], policy)
    assert positions == pytest.approx([0.23, 0.3, 0.35, 0.12], abs=1e-9)
    assert rounded.objective_loss == pytest.approx(np.sqrt(0.02**2 + 0.01**2 + 0.02**2), abs=1e-8)


def test_contracts_outside_their_band_land_on_the_first_whole_number_inside():
    future = held(in_contracts(overlay("future", "shares", margin_rate=0.05), 0.01), 0.1)
    problem = following((future,), {"shares": 0.155})
    rounded, _ = rounded_positions(problem, [0.155, 1.0], TradePolicy(band_fraction=0.02))
    assert rounded.contract_counts == {0: 14}


def test_a_trade_that_a_limit_asks_for_is_made_inside_the_band():
    wanted = {"a": 0.3}
    lines = (held(funded("a", "a"), 0.29),)
    problem = following(lines, wanted, (exposure_target("a", 0.3),))
    _, positions = rounded_positions(problem, [0.3, 0.7], TradePolicy(band_fraction=0.02))
    assert positions == pytest.approx([0.3, 0.7], abs=1e-9)


def test_contracts_that_no_number_of_keeps_a_limit_are_refused_with_its_name():
    future = held(in_contracts(overlay("future", "shares", margin_rate=0.05), 0.02), 0.0)
    problem = following((future,), {"shares": 0.155}, (exposure_target("shares", 0.155),))
    with pytest.raises(NotTradable, match="keep-shares") as refused:
        round_positions(open_book(problem), np.array([0.155, 1.0]), None, seconds=SECONDS)
    assert [key.limit_id for key in refused.value.limits] == ["keep-shares"]
    with pytest.raises(NotTradable, match="keep-shares"):
        nearest_repaired(open_book(problem), np.array([0.155, 1.0]), None)


def test_nothing_to_round_gives_the_target_back():
    future = held(in_contracts(overlay("future", "shares", margin_rate=0.05), 0.02), 0.0)
    for line, policy in ((funded("fund", "shares"), None), (future, TradePolicy(tolerance_fraction=0.1))):
        problem = following((held(line, 0.0),), {"shares": 0.2})
        target = [0.2, 1.0 if line.overlay is not None else 0.8]
        rounded, positions = rounded_positions(problem, target, policy)
        assert rounded.method is RoundingMethod.NONE
        assert positions.tolist() == target
        assert rounded.objective_loss == 0.0


def test_a_pinned_line_stays_where_it_is():
    pinned = overlay("future", "shares", margin_rate=0.05, minimum=0.155, maximum=0.155)
    other = held(in_contracts(overlay("other", "rates", margin_rate=0.05), 0.02), 0.0)
    problem = following((held(in_contracts(pinned, 0.02), 0.155), other), {"shares": 0.155, "rates": 0.11})
    rounded, positions = rounded_positions(problem, [0.155, 0.11, 1.0], None)
    assert positions[0] == 0.155
    assert rounded.contract_counts[1] in (5, 6)


def test_rounding_makes_no_soft_limit_worse_where_it_need_not():
    future = held(in_contracts(overlay("future", "shares", margin_rate=0.05), 0.02), 0.0)
    soft = dataclasses.replace(
        exposure_target("shares", 0.0), lower=None, upper=0.155, soft=SoftLimit(priority=1)
    )
    problem = following((future,), {"shares": 0.155}, (soft,))
    rounded, _ = rounded_positions(problem, [0.155, 1.0], None)
    # Eight contracts are nearer, and would break the limit that the target just meets.
    assert rounded.contract_counts == {0: 7}
    impossible = dataclasses.replace(soft, lower=0.155)
    rounded, _ = rounded_positions(following((future,), {"shares": 0.155}, (impossible,)), [0.155, 1.0], None)
    assert rounded.contract_counts == {0: 8}


def test_without_time_the_nearest_contracts_are_taken():
    future = held(in_contracts(overlay("future", "shares", margin_rate=0.05), 0.02), 0.0)
    problem = following((held(funded("fund", "shares"), 0.5), future), {"shares": 0.775})
    rounded = round_positions(open_book(problem), np.array([0.52, 0.255, 0.48]), None, seconds=0.0)
    assert rounded.method is RoundingMethod.NEAREST_REPAIRED
    assert rounded.contract_counts == {1: 13}
    assert rounded.worst_hard_violation < 1e-9


def test_the_same_question_has_the_same_answer():
    wanted = {"a": 0.204, "b": 0.257, "c": 0.155}
    lines = [
        held(in_contracts(overlay(f"{name}-future", name, margin_rate=0.05), 0.03), 0.0) for name in wanted
    ]
    funds = [held(funded(name, name), 0.2) for name in wanted]
    problem = following((*funds, *lines), wanted)
    target = [0.1, 0.15, 0.1, 0.104, 0.107, 0.055, 0.65]
    policy = TradePolicy(minimum_ticket_amount=0.02 * NAV)
    (first, once), (second, twice) = (rounded_positions(problem, target, policy) for _ in range(2))
    assert once.tolist() == twice.tolist()
    assert first.contract_counts == second.contract_counts
