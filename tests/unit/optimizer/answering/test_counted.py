"""Whatever a solve comes to, it is counted once."""

from concurrent.futures import CancelledError
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from counterpoise.model import AllocateRequest, ErrorReason, Violation
from optimizer.answering.answerer import Answerer
from optimizer.answering.counted import announce, counted
from optimizer.telemetry.solve_metrics import SolveMetrics
from optimizer.usecases.errors import DeadlinePassed, RequestInvalid
from optimizer.workers import WorkerLost, WorkerPool
from tests import worker_tasks
from tests.golden_problems import gross_limit, sixty_forty_with_overlay
from tests.scraping import samples, value


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def metrics(registry):
    metrics = SolveMetrics(registry)
    announce(metrics)
    return metrics


def text_of(registry):
    return generate_latest(registry).decode()


def results(registry):
    """Results that happened, with how often."""
    found = samples(text_of(registry)).items()
    return {
        dict(labels)["result"]: count
        for (name, labels), count in found
        if name == "counterpoise_solves_total" and count
    }


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (DeadlinePassed(), "DEADLINE_PASSED"),
        (WorkerLost(), "WORKER_LOST"),
        (CancelledError(), "CANCELLED"),
        (ZeroDivisionError(), "INTERNAL_BUG"),
    ],
)
def test_a_failure_counts_with_its_reason_and_its_time(registry, metrics, error, result):
    def solve():
        raise error

    with pytest.raises(type(error)):
        counted(metrics, solve)
    assert results(registry) == {result: 1}
    assert value(text_of(registry), "solve_duration_seconds_count") == 1
    assert value(text_of(registry), "certificate_gap_ratio_count") == 0


def test_an_invalid_request_is_no_solve(registry, metrics):
    def solve():
        raise RequestInvalid((Violation(field="problem", reason=ErrorReason.REQUEST_INVALID, message="m"),))

    with pytest.raises(RequestInvalid):
        counted(metrics, solve)
    assert results(registry) == {}
    assert value(text_of(registry), "solve_duration_seconds_count") == 0


def test_answers_count_with_their_steps_and_only_certified_ones_with_a_gap(registry, metrics, allocator):
    counting = Answerer(allocator._pool, time_limit_seconds=60.0, metrics=metrics)
    problem = sixty_forty_with_overlay()
    counting.allocate(AllocateRequest(problem=problem))
    impossible = replace(problem, mandate=replace(problem.mandate, limits=(gross_limit(0.5),)))
    counting.allocate(AllocateRequest(problem=impossible))
    assert results(registry) == {"OPTIMAL": 1, "INFEASIBLE": 1}
    text = text_of(registry)
    assert value(text, "certificate_gap_ratio_count") == 1
    assert value(text, "certificate_gap_ratio_bucket", le="1e-05") == 1
    assert value(text, "ladder_steps_total", step="clarabel") >= 2
    assert value(text, "ladder_steps_total", step="scs") == 0


def test_an_answer_that_no_engine_proves_has_tried_every_step(registry, metrics):
    pool = WorkerPool(1)
    pool.start(worker_tasks.distrust)
    try:
        counting = Answerer(pool, time_limit_seconds=60.0, metrics=metrics)
        counting.allocate(AllocateRequest(problem=sixty_forty_with_overlay()))
    finally:
        pool.stop()
    assert results(registry) == {"UNDETERMINED": 1}
    text = text_of(registry)
    for step in ("clarabel", "clarabel_tight", "scs"):
        assert value(text, "ladder_steps_total", step=step) == 1
