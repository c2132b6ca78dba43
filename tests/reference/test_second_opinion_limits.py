"""The second opinion on limits that need current holdings or counterparties, on priorities, on generators."""

import dataclasses

import numpy as np
import pytest

from counterpoise.model import (
    Aggregation,
    AllocationProblem,
    AlphaBasis,
    Counterparty,
    CounterpartyExposure,
    CounterpartyMeasure,
    Driver,
    DriverScope,
    DriverUnit,
    DriverValue,
    ExpectedReturn,
    ExposureMeasure,
    Limit,
    LineScope,
    PositionMeasure,
    SoftLimit,
    TurnoverCount,
    TurnoverMeasure,
)
from tests.golden_problems import funded, market, overlay, problem_of, tier
from tests.problems.everything import everything_case
from tests.problems.lexicographic import lexicographic
from tests.problems.over_ranges import over_ranges_case
from tests.problems.worked_sleeves import sleeve_problem
from tests.reference.book import Book
from tests.reference.comparison import hard_violations
from tests.reference.conic import ConicStatus, solve_conic
from tests.reference.lexicographic import solve_lexicographic
from tests.reference.soft import weighted_violations

ALL = LineScope(all_lines=True)


def driver(name, excess=0.03):
    return Driver(driver_id=name, expected_return=ExpectedReturn(annual_excess=excess))


def changed(problem: AllocationProblem, line_id, **changes):
    lines = tuple(
        dataclasses.replace(line, **changes) if line.line_id == line_id else line
        for line in problem.portfolio.lines
    )
    return dataclasses.replace(problem, portfolio=dataclasses.replace(problem.portfolio, lines=lines))


def test_turnover_and_redemption_keep_a_book_near_where_it_was():
    problem = sleeve_problem(basis=AlphaBasis(annual_over_beta=-0.05))
    problem = changed(
        problem,
        "sleeve",
        minimum_fraction=None,
        maximum_fraction=None,
        current_fraction=0.5,
        alpha_sleeve=dataclasses.replace(problem.portfolio.lines[0].alpha_sleeve, redeemable_fraction=0.2),
    )
    assert solve_conic(problem).positions[0] == pytest.approx(0.3, abs=1e-8)
    problem = changed(problem, "cash", current_fraction=0.5)
    for count, position in ((TurnoverCount.ONE_WAY, 0.4), (TurnoverCount.TWO_WAY, 0.45)):
        measure = TurnoverMeasure(lines=ALL, count=count)
        limits = (Limit(limit_id="turnover", upper=0.1, turnover=measure),)
        mandate = dataclasses.replace(problem.mandate, limits=limits)
        answer = solve_conic(dataclasses.replace(problem, mandate=mandate))
        assert answer.positions[0] == pytest.approx(position, abs=1e-8)


def test_counterparties_hold_margin_before_haircuts():
    future = overlay("future", "one", margin_rate=0.1, minimum=0.5, maximum=0.5)
    cash = tier("cash", posts=True)
    terms = tuple(dataclasses.replace(item, haircut=0.2) for item in cash.reserve_tier.collateral_terms)
    cash = dataclasses.replace(
        cash, reserve_tier=dataclasses.replace(cash.reserve_tier, collateral_terms=terms)
    )
    problem = problem_of("bank", market((driver("one"),), np.array([0.15]), np.eye(1)), (future, cash), ())
    pools = tuple(
        dataclasses.replace(pool, counterparty_id="bank") for pool in problem.portfolio.margin_pools
    )
    portfolio = dataclasses.replace(
        problem.portfolio, margin_pools=pools, counterparties=(Counterparty(counterparty_id="bank"),)
    )
    for exposure, least in (
        (CounterpartyExposure.POSTED_MARGIN, 0.5 * 0.1 / 0.8),
        (CounterpartyExposure.GROSS_POSITION, 0.5),
    ):
        measure = CounterpartyMeasure(counterparty_ids=("bank",), exposure=exposure)
        for upper, status in ((least + 1e-3, ConicStatus.OPTIMAL), (least - 1e-3, ConicStatus.INFEASIBLE)):
            limits = (Limit(limit_id="bank", upper=upper, counterparty=measure),)
            mandate = dataclasses.replace(problem.mandate, limits=limits)
            asked = dataclasses.replace(problem, portfolio=portfolio, mandate=mandate)
            assert solve_conic(asked).status == status


def test_priorities_come_one_after_the_other():
    """70 % of each of two funds: the first claim is met, the second misses what is left."""
    claims = tuple(
        Limit(
            limit_id=f"claim-{name}",
            lower=0.7,
            position=PositionMeasure(lines=LineScope(line_ids=(name,)), aggregation=Aggregation.EACH),
            soft=SoftLimit(priority=priority, violation_weight=weight),
        )
        for name, priority, weight in (("one", 2, 1.0), ("two", 1, 0.01))
    )
    two = problem_of(
        "claims",
        market((driver("one"), driver("two")), np.array([0.1, 0.1]), np.eye(2)),
        (funded("one", "one"), funded("two", "two")),
        claims,
    )
    answer = solve_lexicographic(two)
    assert answer.violations == pytest.approx({1: 0.0, 2: 0.4}, abs=1e-5)
    assert answer.goal.positions == pytest.approx([0.3, 0.7], abs=1e-5)
    together = tuple(dataclasses.replace(limit, soft=SoftLimit(priority=1)) for limit in claims)
    mandate = dataclasses.replace(two.mandate, limits=together)
    answer = solve_lexicographic(dataclasses.replace(two, mandate=mandate))
    assert answer.violations == pytest.approx({1: 0.4}, abs=1e-8)


def test_violations_in_basis_points_weigh_ten_thousand_times():
    rate = Driver(
        driver_id="rate",
        unit=DriverUnit.BASIS_POINT,
        expected_return=ExpectedReturn(annual_basis_points=0.0),
    )
    bonds = dataclasses.replace(
        funded("bonds", "rate"), loadings=(DriverValue(driver_id="rate", value=-0.0008),)
    )
    measure = ExposureMeasure(
        drivers=DriverScope(driver_ids=("rate",)), aggregation=Aggregation.EACH, lines=ALL
    )
    limit = Limit(limit_id="dv01", lower=-0.0001, exposure=measure, soft=SoftLimit(priority=1))
    problem = problem_of("dv01", market((rate,), np.array([100.0]), np.eye(1)), (bonds,), (limit,))
    assert weighted_violations(Book(problem, np.array([1.0]), {})) == pytest.approx({1: 7.0})
    assert solve_lexicographic(problem).violations == pytest.approx({1: 7.0}, abs=1e-6)


@pytest.mark.parametrize("make", [everything_case, over_ranges_case])
def test_generated_problems_have_a_book_that_their_hard_limits_allow(make):
    for seed in range(60):
        case = make(seed)
        assert not case.problem.validate(), seed
        witness = Book(case.problem, case.positions, case.postings)
        assert max(hard_violations(witness).values()) <= 1e-12, seed
        answer = solve_lexicographic(case.problem)
        assert answer.goal.status == ConicStatus.OPTIMAL, seed
        if not answer.violations:
            scale = max(1.0, abs(answer.goal.objective))
            assert abs(answer.goal.bound - answer.goal.objective) <= 1e-5 * scale, seed
            better = 1 if case.problem.objective.maximizes else -1
            assert better * (answer.goal.objective - witness.objective()) >= -1e-6 * scale, seed


def test_conflicting_mandates_conflict():
    missed = 0
    for seed in range(40):
        problem = lexicographic(seed)
        assert not problem.validate(), seed
        answer = solve_lexicographic(problem)
        assert len(answer.violations) >= 2, seed
        missed += sum(answer.violations.values()) > 1e-3
    assert missed >= 38
