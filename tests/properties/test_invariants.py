"""The invariants of the program, numbered and named as in its description."""

import dataclasses

import numpy as np
import pytest

from counterpoise import Client
from counterpoise.model import (
    Driver,
    DriverValue,
    ExpectedReturn,
    LeverageDefinition,
    LineKind,
    MinimizeActiveRisk,
    Objective,
    RiskSplit,
    TerminationReason,
)
from tests.answers import assert_optimal, book_of, leverage, objective, optimality, positions
from tests.golden_problems import (
    CASH,
    EQUITY_MARKET,
    exposure_target,
    funded,
    market,
    overlay,
    pension,
    problem_of,
    tier,
)
from tests.problems import SIZES, generate, random_problem
from tests.problems.draw import Draw
from tests.problems.markets import random_correlation
from tests.properties.changes import permuted, scaled, split, splittable
from tests.properties.moves import limit_moves
from tests.serving import serving

SEEDS = range(700, 740)


def proven_gap(*allocations):
    """How far the objectives of equal problems may be apart."""
    return sum(
        optimality(allocation).relative_gap * optimality(allocation).gap_scale for allocation in allocations
    )


def assert_as_good(first, second):
    """Both are optimal, and neither is better than the other's gap allows, nor than rounding."""
    assert_optimal(first)
    assert_optimal(second)
    apart = abs(objective(first) - objective(second))
    assert apart <= proven_gap(first, second) + 1e-7 * max(1.0, abs(objective(first)))


@pytest.mark.parametrize("seed", range(10))
def test_1_an_overlay_with_its_reserve_earns_what_the_fund_earns_but_for_costs(allocate, seed):
    draw = Draw(seed)
    exposure, fee, roll, drag = draw.between(0.1, 0.6), draw.between(0, 0.01), draw.between(0, 0.01), 0.002
    rate, spread = draw.between(0.02, 0.2), draw.between(0.0, 0.01)
    target = (exposure_target("equity", exposure),)
    bills = tier("bills", posts=False)
    physical = allocate(
        problem_of("physical", EQUITY_MARKET, (funded("fund", "equity", annual_fee=fee), bills), target)
    )
    future = overlay("future", "equity", margin_rate=rate, annual_roll_cost=roll)
    terms = dataclasses.replace(future.overlay, annual_financing_spread=spread)
    synthetic = allocate(
        problem_of(
            "synthetic",
            EQUITY_MARKET,
            (
                dataclasses.replace(future, overlay=terms),
                bills,
                tier("margin", posts=True, annual_cash_drag=drag),
            ),
            target,
        )
    )
    assert_optimal(physical)
    assert_optimal(synthetic)
    costs = exposure * (spread + roll + rate * drag)
    assert objective(physical) == pytest.approx(CASH + exposure * (0.06 - fee), abs=2e-7)
    assert objective(synthetic) - objective(physical) == pytest.approx(exposure * fee - costs, abs=4e-7)


@pytest.mark.parametrize("seed", range(10))
def test_2_least_active_risk_without_costs_has_the_exposures_of_the_reference(allocate, seed):
    draw = Draw(seed)
    count = draw.count(2, 6)
    ids = tuple(f"driver-{index}" for index in range(count))
    shares = draw.shares(count + 1)
    drivers = tuple(
        Driver(driver_id=item, expected_return=ExpectedReturn(annual_excess=0.02)) for item in ids
    )
    volatilities = np.array([draw.between(0.05, 0.2) for _ in ids])
    lines = [funded(f"fund-{item}", item) for item in ids[: count // 2]]
    lines += [overlay(f"future-{item}", item, margin_rate=0.05) for item in ids[count // 2 :]]
    reference = tuple(
        DriverValue(driver_id=item, value=share) for item, share in zip(ids, shares, strict=False)
    )
    problem = problem_of(
        "attainable",
        market(drivers, volatilities, random_correlation(draw, count)),
        (*lines, tier("cash", posts=True)),
        (),
        objective=Objective(minimize_active_risk=MinimizeActiveRisk()),
        reference_exposures=reference,
    )
    allocation = allocate(problem)
    assert_optimal(allocation)
    assert objective(allocation) <= 2e-7
    for report in allocation.exposures:
        assert report.funded + report.overlay == pytest.approx(report.reference, abs=2e-5)


@pytest.mark.parametrize("factor", [2.0**15, 2.0**-10, 1e-3])
def test_3_scaling_every_amount_leaves_fractions_unchanged(allocate, factor):
    for seed in SEEDS[:15]:
        problem = random_problem(seed)
        # Within the range of documented amounts whatever the factor.
        problem = scaled(problem, 2.0**30 / problem.portfolio.nav_amount)
        small, large = allocate(problem), allocate(scaled(problem, factor))
        if small.termination.reason != TerminationReason.OPTIMAL:
            continue
        assert_as_good(small, large)
        if factor == 1e-3:
            continue
        # Powers of two change no digit of a fraction, so the answers are equal to the last bit.
        assert positions(large) == positions(small), seed
        for before, after in zip(small.positions, large.positions, strict=True):
            assert after.amount == before.amount * factor, seed


@pytest.mark.parametrize("seed", SEEDS)
def test_4_permuting_lines_permutes_the_answer(allocate, seed):
    problem = random_problem(seed)
    other = permuted(problem, seed)
    first, second = allocate(problem), allocate(other)
    assert_as_good(first, second)
    assert tuple(position.line_id for position in second.positions) == other.portfolio.line_ids


def test_4_permuting_lines_permutes_a_unique_answer(allocate):
    for seed in range(6):
        first, second = allocate(pension()), allocate(permuted(pension(), seed))
        assert positions(second) == pytest.approx(positions(first), abs=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_4_splitting_a_line_leaves_objective_and_totals(allocate, seed):
    problem = random_problem(seed)
    whole = allocate(problem)
    for line_id in splittable(problem)[:3]:
        parts = split(problem, line_id, 0.4)
        assert not parts.validate(), line_id
        assert_as_good(whole, allocate(parts))


@pytest.mark.parametrize("seed", SEEDS)
def test_5_tightening_a_limit_never_improves_the_objective(allocate, seed):
    problem = random_problem(seed)
    loose = allocate(problem)
    assert_optimal(loose)
    better = 1 if problem.objective.maximizes else -1
    for move in limit_moves(problem, loose):
        if move.name.endswith("target"):
            continue
        tightened = move.apply(problem, -0.05 * move.size)
        if tightened.validate():
            continue
        tight = allocate(tightened)
        if tight.termination.reason == TerminationReason.OPTIMAL:
            beyond = better * (objective(tight) - optimality(loose).objective_bound)
            # Both may miss a limit by 1e-7 of NAV.
            assert beyond <= 1e-7 * max(1.0, abs(objective(loose))), move.name


@pytest.mark.parametrize("seed", SEEDS)
def test_6_parts_sum_to_totals(allocate, seed):
    problem = random_problem(seed)
    allocation = allocate(problem)
    assert_optimal(allocation)
    assert sum(use.fraction for use in allocation.capital_uses) == pytest.approx(1, abs=2e-7)
    assert sum(position.capital_fraction for position in allocation.positions) == pytest.approx(1, abs=2e-7)
    report = allocation.expected_return
    terms = sum(term.annual_return for term in report.terms)
    assert terms == pytest.approx(report.annual_net_return, abs=1e-12)
    alpha = sum(term.annual_return for term in report.terms if term.kind.name == "ALPHA")
    assert report.annual_net_return_without_alpha == pytest.approx(terms - alpha, abs=1e-12)
    goal = allocation.objective
    assert sum(term.value for term in goal.terms) == pytest.approx(goal.value, abs=1e-12)
    for figure in allocation.risk.figures:
        if figure.annual_volatility <= 1e-6:
            continue
        own = [share for share in allocation.risk.shares if share.statistic == figure.statistic]
        for way in (RiskSplit.LINE, RiskSplit.DRIVER):
            total = sum(share.share for share in own if share.split == way)
            assert total == pytest.approx(1, abs=1e-9), (figure, way)
    book = book_of(problem, allocation)
    net = sum(
        position.fraction
        for position in allocation.positions
        if position.kind in (LineKind.FUNDED_BETA, LineKind.OVERLAY, LineKind.ALPHA_SLEEVE)
    )
    assert leverage(allocation, LeverageDefinition.NET) == pytest.approx(net, abs=1e-12)
    for use in allocation.capital_uses:
        posted = book.postings.get((use.line_id, use.margin_pool_id), 0.0)
        assert not use.margin_pool_id or use.fraction == pytest.approx(posted, abs=1e-12)
    reserve = allocation.reserve
    total = sum(position.fraction for position in allocation.positions if position.kind == 4)
    assert reserve.reserve_fraction == pytest.approx(total, abs=1e-12)
    assert reserve.encumbered_fraction + reserve.free_fraction == pytest.approx(total, abs=1e-12)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server") / "log") as server, Client(server.address) as connected:
        yield connected


def test_7_through_grpc_equals_in_process(allocate, client):
    for seed in SEEDS[:20]:
        problem = random_problem(seed)
        assert client.allocate_response(problem).allocation == allocate(problem), seed


def test_7_an_answer_does_not_depend_on_what_was_asked_before(allocate):
    problems = [generate(SIZES[20], seed=seed) for seed in range(4)] + [
        random_problem(seed) for seed in SEEDS
    ]
    first = [allocate(problem) for problem in problems]
    again = [allocate(problem) for problem in reversed(problems)]
    for before, after in zip(first, reversed(again), strict=True):
        assert after == before
