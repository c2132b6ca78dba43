"""Allocate in process: terminations, views, parameters, warnings."""

import datetime
from dataclasses import replace

import pytest

from counterpoise.model import (
    AllocateRequest,
    AllocationView,
    SolveParameters,
    TerminationReason,
    WarningCode,
)
from optimizer.usecases.errors import DeadlinePassed, RequestInvalid
from tests.golden_problems import pension
from tests.problems import SIZES, generate


def without_limits(problem):
    return replace(problem, mandate=replace(problem.mandate, limits=()))


def test_an_invalid_problem_is_refused_with_every_violation(allocator):
    problem = pension()
    problem = replace(
        problem,
        market=replace(problem.market, annual_risk_free_rate=float("nan")),
        portfolio=replace(problem.portfolio, nav_amount=0.0),
    )
    with pytest.raises(RequestInvalid) as caught:
        allocator.allocate(AllocateRequest(problem=problem))
    assert [violation.field for violation in caught.value.violations] == [
        "market.annual_risk_free_rate",
        "portfolio.nav_amount",
    ]


def test_a_time_limit_that_ends_first_is_an_answer_without_positions(allocator):
    parameters = SolveParameters(time_limit=datetime.timedelta(microseconds=1))
    response = allocator.allocate(AllocateRequest(problem=pension(), parameters=parameters))
    allocation = response.allocation
    assert allocation.termination.reason is TerminationReason.TIME_LIMIT
    assert allocation.positions == ()
    assert allocation.certificate is None
    assert allocation.provenance.problem_sha256
    assert response.execution.queue_duration is None


def test_a_deadline_that_ends_first_is_an_error(allocator):
    with pytest.raises(DeadlinePassed):
        allocator.allocate(AllocateRequest(problem=pension()), remaining_seconds=0.01)


def test_a_deadline_ends_a_solve_that_runs(allocator):
    problem = generate(SIZES[503], seed=3)
    with pytest.raises(DeadlinePassed):
        allocator.allocate(AllocateRequest(problem=problem), remaining_seconds=0.08)
    assert allocator.allocate(AllocateRequest(problem=pension())).allocation.positions


def test_a_gap_that_no_double_reaches_ends_undetermined(allocator):
    parameters = SolveParameters(maximum_relative_gap=1e-8)
    response = allocator.allocate(
        AllocateRequest(problem=generate(SIZES[203], seed=1), parameters=parameters)
    )
    termination = response.allocation.termination
    if termination.reason is TerminationReason.OPTIMAL:
        assert response.allocation.certificate.optimality.relative_gap <= 1e-8
    else:
        assert termination.reason is TerminationReason.UNDETERMINED
        assert len(termination.attempts) == 3
        assert response.allocation.positions == ()


def test_basic_view_leaves_out_the_breakdowns_and_what_does_not_bind(allocator):
    basic = SolveParameters(view=AllocationView.BASIC)
    full = allocator.allocate(AllocateRequest(problem=pension())).allocation
    short = allocator.allocate(AllocateRequest(problem=pension(), parameters=basic)).allocation
    assert short.positions == full.positions
    assert short.leverage_figures == full.leverage_figures
    assert short.objective == full.objective
    assert short.limits == tuple(limit for limit in full.limits if limit.binding)
    assert short.capital_uses == short.exposures == short.pool_margins == short.sleeve_verdicts == ()
    assert short.expected_return is None
    assert short.risk.shares == ()
    assert short.risk.figures == full.risk.figures


def test_the_default_cap_applies_is_reported_and_warned_of(allocator):
    allocation = allocator.allocate(AllocateRequest(problem=without_limits(pension()))).allocation
    codes = {warning.code for warning in allocation.warnings}
    assert WarningCode.DEFAULT_LEVERAGE_CAP in codes
    assert WarningCode.LEVERAGE_HIGH not in codes
    (cap,) = [str(limit.key) for limit in allocation.limits if "default" in str(limit.key)]
    assert cap == "default_leverage_cap"


def test_leverage_above_the_usual_is_warned_of(allocator):
    problem = pension(gross_cap=1.5)
    limits = tuple(
        replace(limit, lower=0.4, upper=0.4) if limit.exposure is not None else limit
        for limit in problem.mandate.limits
    )
    problem = replace(problem, mandate=replace(problem.mandate, limits=limits))
    allocation = allocator.allocate(AllocateRequest(problem=problem)).allocation
    (warning,) = [item for item in allocation.warnings if item.code is WarningCode.LEVERAGE_HIGH]
    assert "1.360x" in warning.message


def test_the_request_id_is_echoed_and_durations_stand_beside_the_answer(allocator):
    one = allocator.allocate(AllocateRequest(problem=pension(), request_id="one"))
    two = allocator.allocate(AllocateRequest(problem=pension(), request_id="two"))
    assert (one.request_id, two.request_id) == ("one", "two")
    assert one.allocation == two.allocation
    assert one.execution.solve_duration > datetime.timedelta(0)
