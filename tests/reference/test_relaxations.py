"""Relaxations of mandates small enough for a closed form: what they cost, and what is claimed of that."""

import time
from dataclasses import replace

import numpy as np
import pytest

from counterpoise.model import (
    Aggregation,
    AllocateRequest,
    Driver,
    DriverScope,
    DriverShock,
    ExpectedReturn,
    ExplainInfeasibilityRequest,
    ExposureMeasure,
    FixedLimit,
    LeverageDefinition,
    LeverageMeasure,
    Limit,
    LineScope,
    MissingShockRule,
    RelaxationWeight,
    Scenario,
    ScenarioScope,
    StructuralRule,
    TerminationReason,
)
from counterpoise.validate import request_violations
from optimizer.usecases.clock import clock_of
from optimizer.usecases.explain_infeasibility import explain_infeasibility
from tests.golden_problems import funded, gross_limit, market, overlay, problem_of, tier
from tests.problems.contradictions import contradictory_problem

SHOCK = -0.3
CAP, FLOOR = 0.7, 0.9


def explain(problem, weights=()):
    request = ExplainInfeasibilityRequest(problem=problem, weights=tuple(weights))
    return explain_infeasibility(request, clock_of(time.monotonic(), None, 60.0, None))


def equity_falls(count):
    """A market of so many uncorrelated drivers, and a scenario in which all of them fall by 30 %."""
    names = [f"d{index}" for index in range(count)]
    drivers = tuple(
        Driver(driver_id=name, expected_return=ExpectedReturn(annual_excess=0.03)) for name in names
    )
    crash = Scenario(
        scenario_id="crash",
        driver_shocks=tuple(DriverShock(driver_id=name, shock=SHOCK) for name in names),
        missing_shock_rule=MissingShockRule.REFUSE,
    )
    return market(drivers, np.full(count, 0.15), np.eye(count)), crash


def after_the_fall(upper):
    leverage = LeverageMeasure(
        definition=LeverageDefinition.GROSS_NOTIONAL, scenarios=ScenarioScope(scenario_ids=("crash",))
    )
    return Limit(limit_id="stressed", upper=upper, leverage=leverage)


def floored_equity():
    """At least 90 % of equity, and no more than 0.7x after it fell: x of it is x 0.7 / (1 - 0.3 x)."""
    model, crash = equity_falls(1)
    floor = Limit(
        limit_id="floor",
        lower=FLOOR,
        exposure=ExposureMeasure(
            drivers=DriverScope(driver_ids=("d0",)),
            aggregation=Aggregation.EACH,
            lines=LineScope(all_lines=True),
        ),
    )
    lines = (funded("A", "d0"), overlay("F", "d0", margin_rate=0.05), tier("cash", posts=True))
    problem = problem_of("floored", model, lines, (after_the_fall(CAP), floor, gross_limit(1.6)))
    return replace(problem, scenarios=(crash,))


@pytest.mark.parametrize("weight", [0.5, 0.9, 1.0, 1.2, 1.25, 2.0])
def test_the_bound_of_a_ratio_moves_for_no_less_than_is_possible_and_says_so(weight):
    explained = explain(floored_equity(), [RelaxationWeight(limit_id="floor", weight=weight)])
    held = np.linspace(CAP / (1.0 + SHOCK - SHOCK * CAP), FLOOR, 200_001)
    stressed = (1.0 + SHOCK) * held / (1.0 + SHOCK * held)
    least = float(np.min(np.maximum(stressed - CAP, 0.0) + weight * (FLOOR - held)))
    assert explained.relaxation_cost_bound <= least + 1e-6
    assert least - 1e-6 <= explained.relaxation_cost <= 1.02 * least
    proven = explained.relaxation_cost - explained.relaxation_cost_bound <= 2e-6
    assert (explained.relaxation_termination.reason is TerminationReason.OPTIMAL) == proven


@pytest.mark.parametrize("count", [1, 3, 12])
def test_a_ratio_over_what_cannot_move_is_proven_to_move_least(count):
    """60 % of funds and 30 % of overlays lose 27 %; cash of 40 % counts as leverage, too."""
    model, crash = equity_falls(count)
    lines = (
        funded("A", "d0", minimum=0.6, maximum=0.6),
        *(
            overlay(f"F{index}", f"d{index}", margin_rate=0.05, minimum=0.3 / count, maximum=0.3 / count)
            for index in range(count)
        ),
        tier("cash", posts=True, cash_equivalent=False),
    )
    problem = problem_of("fixed", model, lines, (after_the_fall(1.2), gross_limit(1.6)))
    boxes = RelaxationWeight(structural_rule=StructuralRule.LINE_BOX, fixed=FixedLimit())
    explained = explain(replace(problem, scenarios=(crash,)), [boxes])
    (move,) = explained.relaxations
    assert move.relaxed_bound == pytest.approx((0.9 * 0.7 + 0.4) / 0.73, abs=1e-6)
    assert explained.relaxation_termination.reason is TerminationReason.OPTIMAL
    assert explained.relaxation_cost_bound == pytest.approx(explained.relaxation_cost, rel=1e-5)


@pytest.mark.parametrize(("kind", "seed"), [("reserve_rule", 24920), ("exposure_out_of_reach", 28487)])
def test_what_all_weights_are_measured_in_changes_nothing(kind, seed):
    problem = contradictory_problem(kind, seed)
    small = [
        RelaxationWeight(limit_id=limit.limit_id, weight=1e-6)
        for limit in problem.mandate.limits
        if limit.soft is None
    ]
    small += [
        RelaxationWeight(structural_rule=rule, weight=1e-6)
        for rule in (StructuralRule.LINE_BOX, StructuralRule.DEFAULT_LEVERAGE_CAP)
    ]
    as_given, scaled = explain(problem), explain(problem, small)
    assert scaled.relaxation_termination.reason is TerminationReason.OPTIMAL
    assert 1e6 * scaled.relaxation_cost == pytest.approx(as_given.relaxation_cost, rel=1e-4)


def test_a_reported_minimum_is_one_that_a_request_may_have():
    model, _ = equity_falls(2)
    nothing = Limit(
        limit_id="none",
        upper=0.0,
        exposure=ExposureMeasure(
            drivers=DriverScope(driver_ids=("d0",)),
            aggregation=Aggregation.EACH,
            lines=LineScope(all_lines=True),
        ),
    )
    lines = (funded("A", "d0", minimum=0.3), funded("B", "d1"), tier("cash", posts=True))
    problem = problem_of("none", model, lines, (nothing,))
    explained = explain(problem, [RelaxationWeight(limit_id="none", fixed=FixedLimit())])
    (move,) = explained.relaxations
    assert move.relaxed_bound == 0.0
    assert move.amount == 0.3
    lines = (replace(lines[0], minimum_fraction=move.relaxed_bound), *lines[1:])
    portfolio = replace(problem.portfolio, lines=lines)
    assert not request_violations(AllocateRequest(problem=replace(problem, portfolio=portfolio)))
