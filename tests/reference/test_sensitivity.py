"""Derivatives of the objective by inputs: closed forms, shadow prices, and the certified answers beside.

The answers beside an answer bound its derivatives. A point that is feasible stays so when a premium or an
alpha moves, so that the best is at least what this point then earns: the value is convex in them. The
multipliers stay a proof when a bound moves, so that the best is at most what they then allow: the value is
concave in bounds.
"""

import time
from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import (
    AllocateRequest,
    AllocationView,
    AlphaBasis,
    DriverScope,
    ExpectedAlpha,
    ExpectedReturn,
    FactorNeutralityMeasure,
    FeeHurdle,
    FeeTerms,
    Limit,
    LineScope,
    MeasureSensitivityRequest,
    Side,
    SolveParameters,
    TerminationReason,
)
from optimizer.usecases.allocate import allocate
from optimizer.usecases.clock import Clock
from optimizer.usecases.sensitivity import measure_sensitivity
from tests.golden_problems import pension, retail
from tests.problems import SIZES, generate, random_problem
from tests.problems.everything import everything
from tests.problems.stressed import stressed

GAP = 1e-6
STEP = 1e-3
KINKED = (random_problem, 18, "alpha sleeve.29")
"""A sleeve that is beta, whose alpha counts only below zero, within a step of it."""


def clock():
    now = time.monotonic()
    return Clock(admitted=now, limit=now + 120.0, deadline=float("inf"))


def measured(problem, *, step=STEP, count=50):
    parameters = SolveParameters(maximum_relative_gap=GAP, view=AllocationView.FULL)
    request = MeasureSensitivityRequest(
        problem=problem, parameters=parameters, step=step, maximum_input_count=count
    )
    return measure_sensitivity(request, clock())


def name_of(item):
    if item.premium is not None:
        return f"premium {item.premium.driver_id}"
    if item.alpha is not None:
        return f"alpha {item.alpha.line_id}"
    if item.margin_rate is not None:
        return f"margin {item.margin_rate.line_id}"
    return f"{item.bound.side.name.lower()} {item.bound.limit_id}"


def derivatives(response):
    return {name_of(item): item.objective_derivative for item in response.inputs}


def with_alpha(problem, line_id, expected_alpha, fees=None):
    lines = tuple(
        replace(line, alpha_sleeve=replace(line.alpha_sleeve, expected_alpha=expected_alpha, fees=fees))
        if line.line_id == line_id
        else line
        for line in problem.portfolio.lines
    )
    return replace(problem, portfolio=replace(problem.portfolio, lines=lines))


def test_the_pension_fund_earns_what_it_is_exposed_to():
    # Capital: 0.7 other assets, 0.27 in the sleeve, 0.03 cash behind 0.3 of bond futures that roll at 0.6 %.
    found = derivatives(measured(pension()))
    assert found == {
        "premium other": pytest.approx(0.7, abs=1e-6),
        "premium bonds": pytest.approx(0.3, abs=1e-6),
        "alpha alpha": pytest.approx(0.27, abs=1e-6),
        # A unit of reserve is a unit less in the sleeve, at 1.5 %.
        "lower reserve-rule": pytest.approx(-0.015, abs=1e-6),
        # A unit of bond exposure earns 0.5 %, rolls at 0.6 % and takes a tenth from the sleeve.
        "lower keep-bonds": pytest.approx(0.005 - 0.006 - 0.1 * 0.015, abs=1e-6),
    }


def test_a_capped_pension_fund_pays_for_its_cap():
    # Gross is 0.7 + 0.3 + the sleeve, which at a cap of 1.2 is 0.2. Capital that is left holds bonds by the
    # fund: a unit more in the sleeve earns 1.5 % and makes 1 / 0.9 futures of funds, which roll at 0.6 %.
    response = measured(pension(gross_cap=1.2))
    found = derivatives(response)
    assert found["alpha alpha"] == pytest.approx(0.2, abs=1e-6)
    assert found["upper gross-cap"] == pytest.approx(0.015 - 0.006 / 0.9, abs=1e-6)
    cap = next(item for item in response.allocation.limits if item.key.limit_id == "gross-cap")
    assert found["upper gross-cap"] == cap.upper_shadow_price


def test_the_retail_account_pays_for_margin_in_idle_cash():
    # Idle cash is the margin rate times 0.3 of equity, and loses 4 % on what bills earn.
    found = derivatives(measured(retail(posted_in_treasuries=False)))
    assert found["margin equity_future"] == pytest.approx(-0.3 * 0.04, abs=1e-6)
    assert found["premium equity"] == pytest.approx(0.3, abs=1e-6)
    assert "margin equity_future" not in derivatives(measured(retail(posted_in_treasuries=True)))


def test_a_neutrality_limit_is_worth_what_its_other_side_is():
    # Bonds that lose 2 % are sold to the limit: a unit more of it earns 2 %, rolls at 0.6 % and takes a
    # tenth of a unit from the sleeve.
    problem = pension()
    bonds = replace(problem.market.drivers[1], expected_return=ExpectedReturn(annual_excess=-0.02))
    neutral = Limit(
        limit_id="neutral",
        upper=0.1,
        factor_neutrality=FactorNeutralityMeasure(
            drivers=DriverScope(driver_ids=("bonds",)), lines=LineScope(all_lines=True)
        ),
    )
    problem = replace(
        problem,
        market=replace(problem.market, drivers=(problem.market.drivers[0], bonds)),
        mandate=replace(problem.mandate, limits=(neutral, *problem.mandate.limits[1:])),
    )
    found = derivatives(measured(problem))
    assert found["premium bonds"] == pytest.approx(-0.1, abs=1e-6)
    assert found["upper neutral"] == pytest.approx(0.02 - 0.006 - 0.1 * 0.015, abs=1e-6)


def test_what_a_performance_fee_takes_of_an_alpha_is_not_gained():
    # Far in the money a fee of a fifth leaves four fifths of what an alpha rises by.
    alpha = ExpectedAlpha(gross_of_fees=AlphaBasis(annual_over_cash=0.9))
    fees = FeeTerms(annual_management_fee=0.01, performance_fee_rate=0.2, hurdle=FeeHurdle.ZERO)
    problem = with_alpha(pension(), "alpha", alpha, fees)
    assert derivatives(measured(problem))["alpha alpha"] == pytest.approx(0.8 * 0.27, abs=1e-6)


def sized(lines):
    return generate(SIZES[lines], seed=1)


PROBLEMS = [
    *((sized, lines) for lines in (20, 63)),
    *((random_problem, seed) for seed in (1, 4, 8, 10, 12, 15, 18, 19, 22, 26, 38)),
    *((stressed, seed) for seed in (0, 2, 5)),
    (everything, 15),
]


@pytest.mark.parametrize(("make", "number"), PROBLEMS)
def test_derivatives_lie_between_what_a_step_each_way_brings(make, number):
    response = measured(make(number))
    proof = response.allocation.certificate.optimality
    room = 2.0 * GAP * proof.gap_scale
    compared = 0
    for item in response.inputs:
        assert item.step == pytest.approx(STEP / item.unit.weight)
        if item.margin_rate is not None or (make, number, name_of(item)) == KINKED:
            continue
        sense = -1.0 if item.bound is not None else 1.0
        for side, beside in ((-1.0, item.lower), (1.0, item.higher)):
            if beside is not None and beside.reason is TerminationReason.OPTIMAL:
                tangent = side * item.objective_derivative * item.step
                assert sense * (beside.objective_change - tangent) >= -room, name_of(item)
                compared += 1
    assert compared > 0


@pytest.mark.parametrize("seed", [8, 10, 26, 36, 37])
def test_derivatives_by_margin_rates_are_what_small_steps_bring(seed):
    step = 1e-4
    response = measured(random_problem(seed), step=step)
    room = 2.0 * GAP * response.allocation.certificate.optimality.gap_scale / step
    rates = [item for item in response.inputs if item.margin_rate is not None and item.lower and item.higher]
    assert rates
    for item in rates:
        slope = (item.higher.objective_change - item.lower.objective_change) / (2.0 * step)
        assert item.objective_derivative == pytest.approx(slope, abs=room, rel=0.02)


@pytest.mark.parametrize(
    ("make", "number"),
    [(random_problem, 1), (random_problem, 8), (random_problem, 26), (stressed, 0), (everything, 15)],
)
def test_derivatives_by_bounds_are_the_shadow_prices_of_their_members(make, number):
    response = measured(make(number))
    bounds = [item for item in response.inputs if item.bound is not None]
    assert bounds
    for item in bounds:
        members = [limit for limit in response.allocation.limits if limit.key.limit_id == item.bound.limit_id]
        lower = sum(member.lower_shadow_price or 0.0 for member in members)
        upper = sum(member.upper_shadow_price or 0.0 for member in members)
        neutral = item.bound.side is Side.UPPER and lower > 0.0 and members[0].lower == -members[0].upper
        expected = -lower if item.bound.side is Side.LOWER else upper + (lower if neutral else 0.0)
        assert item.objective_derivative == pytest.approx(expected, rel=1e-12)


def test_responses_are_the_answers_to_the_moved_problems():
    problem = pension(gross_cap=1.2)
    response = measured(problem, step=0.01)
    item = next(item for item in response.inputs if name_of(item) == "upper gross-cap")
    for beside, cap in ((item.lower, 1.19), (item.higher, 1.21)):
        assert beside.value == pytest.approx(cap)
        moved = allocate(AllocateRequest(problem=pension(gross_cap=beside.value)), clock()).allocation
        gained = moved.certificate.optimality.objective - response.allocation.certificate.optimality.objective
        assert beside.objective_change == pytest.approx(gained, abs=1e-9)
        before, after = (
            np.array([position.fraction for position in each.positions])
            for each in (response.allocation, moved)
        )
        by_line = dict(
            zip(
                (position.line_id for position in moved.positions),
                after - before,
                strict=True,
            )
        )
        for change in beside.position_changes:
            assert change.change == pytest.approx(by_line.pop(change.line_id), abs=1e-8)
        assert all(abs(left) <= 1.1e-6 for left in by_line.values())
