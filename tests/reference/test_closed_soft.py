"""Soft limits against what can be worked out by hand."""

from dataclasses import replace

import pytest

from counterpoise.model import (
    Aggregation,
    Limit,
    LineScope,
    PositionMeasure,
    SoftLimit,
    TerminationReason,
    WarningCode,
)
from tests.answers import (
    assert_optimal,
    limit_report,
    optimality,
    positions,
)
from tests.golden_problems import funded, gross_limit, overlay, problem_of, tier
from tests.reference.closed_problems import MARKET, soft, three_funds


def test_soft_limits_that_can_be_met_are_met_in_one_solve(allocate):
    allocation = allocate(three_funds(soft("a", "cash", 0.3, 1), soft("b", "one", 0.6, 2)))
    assert_optimal(allocation)
    assert len(allocation.termination.attempts) == 1
    assert [(s.priority, s.violation_bound) for s in optimality(allocation).soft_stages] == [
        (1, 0.0),
        (2, 0.0),
    ]
    # Cash earns nothing over itself, so a unit less of it is worth the premium.
    assert limit_report(allocation, "a").lower_shadow_price == pytest.approx(0.04, abs=1e-6)
    assert limit_report(allocation, "a").priority == 1


def test_a_later_priority_takes_what_is_left(allocate):
    allocation = allocate(three_funds(soft("second", "one", 0.9, 2), soft("first", "cash", 0.3, 1)))
    assert_optimal(allocation)
    held = positions(allocation)
    assert held["cash"] == pytest.approx(0.3, abs=2e-6)
    assert held["one"] == pytest.approx(0.7, abs=2e-6)
    stages = optimality(allocation).soft_stages
    assert stages[0].violation == pytest.approx(0.0, abs=1e-6)
    assert stages[1].violation_bound == pytest.approx(0.2, abs=1e-6)
    report = limit_report(allocation, "second")
    assert report.violation == pytest.approx(0.2, abs=2e-6)
    missed = [w for w in allocation.warnings if w.code is WarningCode.SOFT_LIMIT_MISSED]
    assert [w.subjects[0].limit_id for w in missed] == ["second"]


@pytest.mark.parametrize(("weight", "one"), [(3.0, 0.9), (0.3, 0.4)])
def test_weights_decide_inside_a_priority(allocate, weight, one):
    allocation = allocate(three_funds(soft("a", "one", 0.9, 1, weight), soft("b", "two", 0.6, 1)))
    assert_optimal(allocation)
    assert positions(allocation)["one"] == pytest.approx(one, abs=2e-6)


def test_hard_limits_that_contradict_are_proven_to_whatever_is_soft(allocate):
    measure = PositionMeasure(lines=LineScope(all_lines=True), aggregation=Aggregation.SUM)
    hard = Limit(limit_id="hard", lower=1.2, position=measure)
    allocation = allocate(three_funds(soft("a", "one", 2.0, 1), hard))
    assert allocation.termination.reason is TerminationReason.INFEASIBLE
    named = {weight.key.limit_id for weight in allocation.certificate.infeasibility.weights}
    assert named <= {"hard", None}


def test_a_soft_cap_on_leverage_does_not_replace_the_default_cap(allocate):
    lines = (overlay("future", "one", margin_rate=0.05), tier("cash", posts=True))
    cap = replace(gross_limit(1.2), soft=SoftLimit(priority=2))
    measure = PositionMeasure(lines=LineScope(line_ids=("future",)), aggregation=Aggregation.EACH)
    first = Limit(limit_id="first", lower=1.9, position=measure, soft=SoftLimit(priority=1))
    allocation = allocate(problem_of("open", MARKET, lines, (cap, first)))
    assert_optimal(allocation)
    assert positions(allocation)["future"] == pytest.approx(1.5, abs=1e-5)
    assert limit_report(allocation, "gross-cap").violation == pytest.approx(0.3, abs=1e-5)
    assert WarningCode.DEFAULT_LEVERAGE_CAP in {warning.code for warning in allocation.warnings}


@pytest.mark.parametrize("weight", [1.0, 0.1, 0.01])
def test_a_light_limit_is_not_missed_for_return_beside_a_heavy_one_that_must_be(allocate, weight):
    out_of_reach = soft("heavy", "one", 1.4, 1, 100.0 * weight)
    beside = soft("beside", "two", 0.2, 1, weight)
    lines = (replace(funded("one", "one"), maximum_fraction=0.5), funded("two", "two"))
    problem = problem_of("beside", MARKET, (*lines, tier("cash", posts=False)), (out_of_reach, beside))
    allocation = allocate(problem)
    assert_optimal(allocation)
    assert limit_report(allocation, "beside").violation <= 2e-6
    assert limit_report(allocation, "heavy").violation == pytest.approx(0.9, abs=2e-6)


def test_a_soft_cap_below_what_a_hard_target_needs_is_missed_not_infeasible(allocate):
    lines = (overlay("future", "one", margin_rate=0.05), tier("cash", posts=True))
    cap = replace(gross_limit(0.3), soft=SoftLimit(priority=1))
    measure = PositionMeasure(lines=LineScope(line_ids=("future",)), aggregation=Aggregation.EACH)
    target = Limit(limit_id="target", lower=0.9, upper=0.9, position=measure)
    allocation = allocate(problem_of("needs", MARKET, lines, (cap, target)))
    assert_optimal(allocation)
    assert limit_report(allocation, "gross-cap").violation == pytest.approx(0.6, abs=1e-6)


def test_what_a_proof_holds_lies_between_what_is_proven_and_what_is_allowed(allocate):
    allocation = allocate(three_funds(soft("second", "one", 0.9, 2), soft("first", "cash", 0.3, 1)))
    for stage in optimality(allocation).soft_stages:
        assert stage.violation_bound <= stage.held_at <= stage.violation_bound + 1e-6
