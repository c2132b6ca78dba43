"""What derivatives do not tell: inputs that begin to matter within a step, soft limits that a step breaks."""

import time
from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import (
    Aggregation,
    AlphaBasis,
    AlphaInput,
    BoundInput,
    Driver,
    DriverScope,
    ExpectedAlpha,
    ExpectedReturn,
    ExposureMeasure,
    Limit,
    LineScope,
    MeasureSensitivityRequest,
    PremiumInput,
    Side,
    SoftLimit,
)
from optimizer.usecases.clock import Clock
from optimizer.usecases.sensitivity import measure_sensitivity, responses
from tests.golden_problems import funded, gross_limit, market, pension, problem_of, tier
from tests.problems import SIZES, generate


def measured(problem, **asked):
    now = time.monotonic()
    clock = Clock(admitted=now, limit=now + 60.0, deadline=float("inf"))
    return measure_sensitivity(MeasureSensitivityRequest(problem=problem, **asked), clock)


def name_of(item):
    return next(name for name in (item.premium, item.alpha, item.margin_rate, item.bound) if name is not None)


def with_a_second_sleeve(alpha):
    """The pension fund with a sleeve beside its own that earns so much over cash."""
    problem = pension()
    lines = problem.portfolio.lines
    own = next(line for line in lines if line.alpha_sleeve is not None)
    expected = ExpectedAlpha(net_of_fees=AlphaBasis(annual_over_cash=alpha))
    second = replace(own, line_id="second", alpha_sleeve=replace(own.alpha_sleeve, expected_alpha=expected))
    return replace(problem, portfolio=replace(problem.portfolio, lines=(*lines, second)))


def test_a_sleeve_that_comes_in_within_a_step_ranks_by_what_it_brings():
    # 1 bp behind the sleeve that is held, 24 bp before it when it rises by 25: on 0.27 of NAV.
    inputs = measured(with_a_second_sleeve(0.0149)).inputs
    found = next(item for item in inputs if item.alpha == AlphaInput(line_id="second"))
    assert found.objective_derivative == 0.0
    assert found.higher.objective_change == pytest.approx(0.27 * 0.0024, rel=1e-4)
    assert found.lower.objective_change == pytest.approx(0.0, abs=1e-8)
    after = inputs[inputs.index(found) + 1]
    assert abs(after.objective_derivative) * after.step < found.higher.objective_change


def test_a_sleeve_that_stays_out_is_no_input_that_matters():
    inputs = measured(with_a_second_sleeve(0.0149), step=5e-5, maximum_input_count=50).inputs
    assert AlphaInput(line_id="second") not in map(name_of, inputs)


def test_what_begins_within_a_step_is_measured_for_few_inputs_more(monkeypatch):
    answered = []

    def counted(problem, parameters, solve):
        answered.append(problem)
        return real(problem, parameters, solve)

    real = responses.answer
    monkeypatch.setattr(responses, "answer", counted)
    inputs = measured(generate(SIZES[20], seed=1), step=0.1, maximum_input_count=4).inputs
    assert len(inputs) == 4
    assert 8 < len(answered) <= 12


def test_a_bound_that_does_not_bind_is_measured_where_a_step_reaches_it():
    # Gross leverage is 1.27 where nothing caps it; a cap of 1.271 begins to bind 24 bp before a step of 25.
    near, far = (
        {name_of(item): item for item in measured(pension(gross_cap=cap)).inputs} for cap in (1.271, 1.3)
    )
    cap = BoundInput(limit_id="gross-cap", side=Side.UPPER)
    # A unit less in the sleeve loses 1.5 %, and 1 / 0.9 futures of funds that it makes save 0.6 % of roll.
    slope = 0.015 - 0.006 / 0.9
    assert near[cap].objective_derivative == 0.0
    assert near[cap].lower.objective_change == pytest.approx(-0.0015 * slope, rel=1e-3)
    assert near[cap].higher.objective_change == pytest.approx(0.0, abs=1e-8)
    assert cap not in far


def test_bounds_that_bind_already_do_not_crowd_out_what_has_no_derivative():
    # Of 34 inputs the cap on volatility is the second by what a step brings, and does not bind.
    inputs = measured(generate(SIZES[20], seed=1)).inputs
    place, found = next(
        (place, item)
        for place, item in enumerate(inputs)
        if item.bound == BoundInput(limit_id="total-risk", side=Side.UPPER)
    )
    assert place < 3
    assert found.objective_derivative == 0.0
    assert found.lower.objective_change < -5e-4


def between_a_floor_and_a_cap(cap):
    """Bonds that lose 1 % under a soft floor of 0.5, beside equity that earns 3 %, under a cap on both."""
    lines = (funded("A", "equity"), funded("B", "bonds"), tier("cash", posts=True))
    drivers = (
        Driver(driver_id="equity", expected_return=ExpectedReturn(annual_excess=0.03)),
        Driver(driver_id="bonds", expected_return=ExpectedReturn(annual_excess=-0.01)),
    )
    floor = Limit(
        limit_id="floor",
        lower=0.5,
        soft=SoftLimit(priority=1),
        exposure=ExposureMeasure(
            drivers=DriverScope(driver_ids=("bonds",)),
            aggregation=Aggregation.EACH,
            lines=LineScope(all_lines=True),
        ),
    )
    priced = market(drivers, np.array([0.15, 0.1]), np.eye(2))
    return problem_of("between", priced, lines, (floor, gross_limit(cap)))


@pytest.mark.parametrize("cap", [0.5, 0.501])
def test_a_bound_that_would_let_a_soft_limit_be_missed_says_so(cap):
    step = 0.0025
    inputs = measured(between_a_floor_and_a_cap(cap), step=step).inputs
    (found,) = (item for item in inputs if item.bound is not None)
    assert found.objective_derivative is None
    missed = step - (cap - 0.5)
    assert found.lower.soft_violation_change == pytest.approx(missed, rel=1e-3)
    # What is no longer held of bonds saves 1 %; it looks better, because the floor is missed.
    assert found.lower.objective_change == pytest.approx(0.01 * missed - 0.03 * (step - missed), abs=1e-7)
    assert found.higher.soft_violation_change == 0.0
    assert found.higher.objective_change == pytest.approx(0.03 * step, rel=1e-3)


def test_how_small_a_step_is_leaves_no_derivative_out():
    # Half a thousandth of NAV is left for equity.
    inputs = measured(between_a_floor_and_a_cap(0.5005), step=1e-6).inputs
    equity = next(item for item in inputs if item.premium == PremiumInput(driver_id="equity"))
    assert equity.objective_derivative == pytest.approx(0.0005, rel=1e-3)


def test_a_bound_with_room_for_soft_limits_keeps_its_derivative():
    inputs = measured(between_a_floor_and_a_cap(0.55)).inputs
    (found,) = (item for item in inputs if item.bound is not None)
    assert found.objective_derivative == pytest.approx(0.03, rel=1e-3)
    assert found.lower.soft_violation_change == found.higher.soft_violation_change == 0.0
