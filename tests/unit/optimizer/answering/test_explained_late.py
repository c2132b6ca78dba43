"""An explanation whose worker is ended keeps what was proven before."""

import datetime
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from counterpoise import wire
from counterpoise.model import (
    ExplainInfeasibilityRequest,
    InfeasibilityVerdict,
    LimitKey,
    Side,
    SolveParameters,
    TerminationReason,
)
from counterpoise.v1 import allocation_service_pb2 as calls
from optimizer.answering.answerer import Answerer
from optimizer.telemetry.solve_metrics import SolveMetrics
from optimizer.usecases.errors import DeadlinePassed
from optimizer.workers import WorkerPool
from tests import worker_tasks
from tests.golden_problems import gross_limit, sixty_forty_with_overlay
from tests.scraping import value

SECONDS = 2.0


def asked(cap, seconds=SECONDS):
    """A question about a cap on leverage, in bytes."""
    problem = sixty_forty_with_overlay()
    capped = replace(problem, mandate=replace(problem.mandate, limits=(gross_limit(cap),)))
    parameters = SolveParameters(time_limit=datetime.timedelta(seconds=seconds))
    request = ExplainInfeasibilityRequest(problem=capped, parameters=parameters, request_id="mine")
    return wire.to_message(request, calls.ExplainInfeasibilityRequest).SerializeToString()


def explained(warm, remaining_seconds=None):
    """What is known of a cap that cannot be met when a worker hangs at some point."""
    pool = WorkerPool(1)
    pool.start(warm)
    try:
        answerer = Answerer(pool, time_limit_seconds=60.0)
        answer = answerer.answer("ExplainInfeasibility", asked(0.5), remaining_seconds=remaining_seconds)
    finally:
        pool.stop()
    return wire.to_model(calls.ExplainInfeasibilityResponse.FromString(answer.body))


def test_a_relaxation_that_takes_too_long_leaves_the_conflict():
    late = explained(worker_tasks.hang_before_relaxing)
    assert late.verdict is InfeasibilityVerdict.INFEASIBLE
    assert late.certificate.infeasibility.contradiction > 0.0
    (member,) = late.conflict_members
    assert (member.key, member.side) == (LimitKey(limit_id=gross_limit(0.5).limit_id), Side.UPPER)
    assert late.minimal
    assert late.request_id == "mine"
    assert not late.relaxations
    assert late.relaxation_termination.reason is TerminationReason.TIME_LIMIT


def test_a_conflict_that_takes_too_long_leaves_the_verdict():
    late = explained(worker_tasks.hang_before_conflicts)
    assert late.verdict is InfeasibilityVerdict.INFEASIBLE
    assert late.certificate.infeasibility.contradiction > 0.0
    assert late.conflict_members
    assert not late.minimal


def test_a_verdict_outlives_the_caller_s_deadline():
    late = explained(worker_tasks.hang_before_conflicts, remaining_seconds=SECONDS / 2)
    assert late.verdict is InfeasibilityVerdict.INFEASIBLE


def test_a_verdict_that_takes_too_long_is_none():
    late = explained(worker_tasks.hang_before_verdicts)
    assert late.verdict is InfeasibilityVerdict.UNDETERMINED
    assert late.certificate is None
    with pytest.raises(DeadlinePassed):
        explained(worker_tasks.hang_before_verdicts, remaining_seconds=SECONDS / 2)


def test_verdicts_are_counted_and_seen_before_there_are_any(allocator):
    registry = CollectorRegistry()
    answerer = Answerer(allocator._pool, time_limit_seconds=60.0, metrics=SolveMetrics(registry))
    text = generate_latest(registry).decode()
    for verdict in InfeasibilityVerdict:
        assert value(text, "solves_total", result=verdict.name) == 0
    answerer.answer("ExplainInfeasibility", asked(1.5, seconds=60.0))
    text = generate_latest(registry).decode()
    assert value(text, "solves_total", result="FEASIBLE") == 1
    assert value(text, "solves_total", result="INFEASIBLE") == 0
