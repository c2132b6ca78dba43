"""MeasureSensitivity in process: what is asked for, what is left out, and what time leaves."""

import copy
import datetime
import time
from dataclasses import replace

import pytest

from counterpoise import wire
from counterpoise.model import (
    AllocationView,
    BoundInput,
    Driver,
    DriverUnit,
    ErrorReason,
    ExpectedReturn,
    MeasureSensitivityRequest,
    PremiumInput,
    Side,
    SoftLimit,
    SolveParameters,
    TerminationReason,
    Unit,
)
from counterpoise.v1 import allocation_service_pb2
from counterpoise.validate import request_violations
from optimizer.measures.book import open_book
from optimizer.measures.limits import constraints_of
from optimizer.usecases.clock import Clock
from optimizer.usecases.errors import DeadlinePassed, RequestInvalid
from optimizer.usecases.sensitivity import measure_sensitivity, out_of_time_to_measure, responses
from optimizer.usecases.sensitivity.inputs import inputs_of
from tests.golden_problems import gross_limit, pension, retail
from tests.problems import SIZES, generate


def clock(seconds=60.0):
    now = time.monotonic()
    return Clock(admitted=now, limit=now + seconds, deadline=float("inf"))


def measured(problem, **asked):
    return measure_sensitivity(MeasureSensitivityRequest(problem=problem, **asked), clock())


def name_of(item):
    return next(name for name in (item.premium, item.alpha, item.margin_rate, item.bound) if name is not None)


def worth(item):
    ends = [0.0 if end is None else abs(end.objective_change) for end in (item.lower, item.higher)]
    return max(*ends, abs(item.objective_derivative or 0.0) * item.step)


def of_limits(problem):
    return {constraint.keys[0].limit_id: constraint for constraint in constraints_of(open_book(problem))}


def infeasible():
    return pension(gross_cap=0.5)


def test_the_inputs_that_move_the_objective_most_come_first():
    problem = generate(SIZES[20], seed=1)
    inputs = measured(problem).inputs
    assert len(inputs) == 10
    worths = [worth(item) for item in inputs]
    assert worths == pytest.approx(sorted(worths, reverse=True), abs=1e-7)
    every = measured(problem, maximum_input_count=50).inputs
    assert len(every) > 10
    assert set(map(name_of, inputs[:5])) <= set(map(name_of, every[:10]))


def test_inputs_that_do_not_move_the_objective_are_left_out():
    inputs = measured(pension(), maximum_input_count=50).inputs
    assert BoundInput(limit_id="gross-cap", side=Side.UPPER) not in map(name_of, inputs)
    assert all(worth(item) > 1e-9 for item in inputs)


def test_an_answer_that_is_not_optimal_has_no_inputs():
    response = measured(infeasible(), request_id="run 7")
    assert response.allocation.termination.reason is TerminationReason.INFEASIBLE
    assert response.inputs == ()
    assert response.request_id == "run 7"


def test_the_answer_is_short_unless_a_full_one_is_asked_for():
    short, full = (
        measured(pension(), parameters=SolveParameters(view=view), maximum_input_count=1).allocation
        for view in (None, AllocationView.FULL)
    )
    assert short.limits == tuple(limit for limit in full.limits if limit.binding)
    assert len(full.exposures) > len(short.exposures)


def test_an_input_that_may_not_move_one_way_has_no_response_there():
    target = next(
        item
        for item in measured(pension(), maximum_input_count=50).inputs
        if name_of(item) == BoundInput(limit_id="keep-bonds", side=Side.LOWER)
    )
    assert target.higher is None
    assert target.lower.reason is TerminationReason.OPTIMAL


def test_a_margin_rate_does_not_go_below_zero():
    rate = measured(retail(posted_in_treasuries=False), step=0.1, maximum_input_count=50).inputs
    found = next(item for item in rate if item.margin_rate is not None)
    assert found.value == pytest.approx(0.1)
    assert found.lower is None
    assert found.higher.value == pytest.approx(0.2)


def test_a_response_that_is_infeasible_carries_no_changes():
    problem = pension(gross_cap=1.05)
    problem = replace(
        problem,
        mandate=replace(problem.mandate, limits=(*problem.mandate.limits, gross_limit(1.0001))),
    )
    limits = (*problem.mandate.limits[:-1], replace(problem.mandate.limits[-1], limit_id="tight"))
    problem = replace(problem, mandate=replace(problem.mandate, limits=limits))
    responses_of = [
        response
        for item in measured(problem, step=0.1, maximum_input_count=50).inputs
        for response in (item.lower, item.higher)
        if response is not None and response.reason is TerminationReason.INFEASIBLE
    ]
    assert responses_of
    assert all(response.objective_change == 0.0 for response in responses_of)
    assert all(response.position_changes == () for response in responses_of)


def test_position_changes_are_the_largest_twenty_first():
    item = measured(generate(SIZES[63], seed=1), maximum_input_count=1).inputs[0]
    sizes = [abs(change.change) for change in item.lower.position_changes]
    assert len(sizes) == 20
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] > 1e-6


def test_ends_that_time_did_not_leave_say_so(monkeypatch):
    answered = []

    def slow(problem, parameters, solve):
        answered.append(problem)
        return real(problem, parameters, solve)

    real = responses.answer
    monkeypatch.setattr(responses, "answer", slow)
    monkeypatch.setattr(Clock, "remaining_seconds", lambda _: 60.0 if len(answered) < 3 else 1e-9)
    inputs = measured(pension()).inputs
    assert len(answered) == 3
    reasons = [side.reason for item in inputs for side in (item.lower, item.higher)]
    assert reasons[:3] == [TerminationReason.OPTIMAL] * 3
    assert reasons[3:]
    assert set(reasons[3:]) == {TerminationReason.TIME_LIMIT}
    assert all(item.objective_derivative != 0.0 for item in inputs)


def test_time_that_is_over_at_once_is_an_answer_without_inputs():
    response = measure_sensitivity(MeasureSensitivityRequest(problem=pension()), clock(seconds=-1.0))
    assert response.allocation.termination.reason is TerminationReason.TIME_LIMIT
    assert response.inputs == ()


def test_a_deadline_that_passed_is_an_error():
    now = time.monotonic()
    with pytest.raises(DeadlinePassed):
        out_of_time_to_measure(
            MeasureSensitivityRequest(problem=pension()), Clock(now, now + 9.0, deadline=now), ()
        )


def test_bounds_and_margin_rates_are_left_out_where_soft_limits_are_missed():
    problem = pension()
    cap, rule = problem.mandate.limits[1:]
    soft = replace(cap, upper=0.9, soft=SoftLimit(priority=1))
    problem = replace(
        problem, mandate=replace(problem.mandate, limits=(problem.mandate.limits[0], soft, rule))
    )
    response = measured(problem, maximum_input_count=50)
    assert response.allocation.certificate.optimality.soft_stages[0].violation_bound > 1e-9
    assert response.inputs
    assert all(item.premium is not None or item.alpha is not None for item in response.inputs)


def test_a_premium_in_basis_points_is_told_as_an_annual_rate():
    problem = pension()
    rates = Driver(
        driver_id="rates",
        expected_return=ExpectedReturn(annual_basis_points=12.0),
        unit=DriverUnit.BASIS_POINT,
    )
    problem = replace(problem, market=replace(problem.market, drivers=(*problem.market.drivers, rates)))
    of_limits = {
        constraint.keys[0].limit_id: constraint for constraint in constraints_of(open_book(pension()))
    }
    found = next(
        item for item in inputs_of(problem, of_limits) if item.name == PremiumInput(driver_id="rates")
    )
    assert (found.value, found.unit) == (pytest.approx(0.0012), Unit.ANNUAL_RATE)
    moved = found.moved(problem, 0.0037)
    assert moved.market.drivers[-1].expected_return.annual_basis_points == pytest.approx(37.0)
    assert moved.portfolio is problem.portfolio


def test_moved_inputs_leave_every_other_part_the_same_object():
    problem = generate(SIZES[20], seed=2)
    for item in inputs_of(problem, of_limits(problem)):
        moved = item.moved(problem, item.value + 0.01)
        parts = [
            getattr(moved, part) is getattr(problem, part) for part in ("market", "portfolio", "mandate")
        ]
        assert parts.count(False) == 1
        again = item.moved(moved, item.value)
        assert again == problem


@pytest.mark.parametrize(("count", "step"), [(0, None), (51, None), (None, 1e-7), (None, 0.2), (3.5, None)])
def test_counts_and_steps_out_of_range_are_refused(count, step):
    request = MeasureSensitivityRequest(problem=pension(), maximum_input_count=count, step=step)
    field = "step" if count is None else "maximum_input_count"
    assert [violation.field for violation in request_violations(request)] == [field]
    with pytest.raises(RequestInvalid):
        measure_sensitivity(request, clock())


def test_a_wrong_problem_is_refused_with_its_own_path():
    problem = pension()
    problem = replace(problem, portfolio=replace(problem.portfolio, nav_amount=0.0))
    parameters = SolveParameters(time_limit=datetime.timedelta())
    found = request_violations(MeasureSensitivityRequest(problem=problem, parameters=parameters))
    assert [violation.field for violation in found] == ["portfolio.nav_amount", "parameters.time_limit"]
    assert found[0].reason is ErrorReason.NUMBER_OUT_OF_RANGE


def test_a_worker_answers_equal_questions_with_equal_bytes(allocator):
    problem = generate(SIZES[20], seed=3)
    bodies = [
        wire.to_message(
            MeasureSensitivityRequest(problem=each, request_id="same"),
            allocation_service_pb2.MeasureSensitivityRequest,
        ).SerializeToString()
        for each in (problem, problem, copy.deepcopy(problem))
    ]
    first, *others = (allocator.answer("MeasureSensitivity", body) for body in bodies)
    assert [other.body for other in others] == [first.body, first.body]
    assert first.ending.result == "OPTIMAL"
    response = wire.to_model(allocation_service_pb2.MeasureSensitivityResponse.FromString(first.body))
    assert response == measured(problem, request_id="same")
