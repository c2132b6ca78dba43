"""The fast mode of a real server: answers that start from others certify, and agree within their gaps."""

from dataclasses import replace

import pytest

from counterpoise import Client
from counterpoise.model import (
    BatchHeader,
    BatchItem,
    LimitBoundParameter,
    Side,
    SolveMode,
    SolveParameters,
    SweepAxis,
    TerminationReason,
)
from optimizer.program import Engine
from tests.answers import describe, optimality
from tests.problems import SIZES, generate
from tests.serving import serving

CAPS = tuple(1.02 + 0.02 * step for step in range(24))
GAP = 1e-5

pytestmark = pytest.mark.skipif(
    not Engine.MOREAU.is_installed, reason="moreau is an extra of the server, not installed here"
)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    log = tmp_path_factory.mktemp("server") / "log"
    with serving(log, {"worker_count": "2"}) as server, Client(server.address) as connected:
        yield connected


@pytest.fixture(scope="module", params=[20, 63])
def problem(request):
    return generate(SIZES[request.param], seed=3)


def capped(problem, cap):
    limits = tuple(
        replace(limit, upper=cap) if limit.limit_id == "gross" else limit for limit in problem.mandate.limits
    )
    return replace(problem.mandate, limits=limits)


def frontier(client, problem, mode):
    axis = SweepAxis(
        limit_bound=LimitBoundParameter(limit_id="gross", side=Side.UPPER), parameter_values=CAPS
    )
    parameters = SolveParameters(mode=mode, maximum_relative_gap=GAP)
    points = client.frontier(problem, axes=[axis], parameters=parameters, timeout_seconds=60.0)
    return {point.coordinates[0]: point.allocation for point in points}


def batch(client, problem, mode):
    header = BatchHeader(
        market=problem.market,
        objective=problem.objective,
        parameters=SolveParameters(mode=mode, maximum_relative_gap=GAP),
    )
    items = [
        BatchItem(request_id=str(cap), portfolio=problem.portfolio, mandate=capped(problem, cap))
        for cap in CAPS
    ]
    answers = client.allocate_batch(items, header=header, timeout_seconds=60.0)
    return {float(answer.request_id): answer.allocation for answer in answers}


def agree(fast, repeatable):
    """Both are proven, and neither is better than what the other proves to be possible."""
    assert set(fast) == set(repeatable) == set(CAPS)
    reasons = {cap: allocation.termination.reason for cap, allocation in repeatable.items()}
    assert {cap: allocation.termination.reason for cap, allocation in fast.items()} == reasons
    optimal = [cap for cap, reason in reasons.items() if reason is TerminationReason.OPTIMAL]
    assert len(optimal) >= 12
    for cap in optimal:
        quick, slow = optimality(fast[cap]), optimality(repeatable[cap])
        assert max(quick.relative_gap, slow.relative_gap) <= GAP
        assert quick.objective <= slow.objective_bound + 1e-12, describe(fast[cap])
        assert slow.objective <= quick.objective_bound + 1e-12, describe(fast[cap])


def engines(allocations):
    return [allocation.provenance.engine.partition(" ")[0] for allocation in allocations.values()]


@pytest.mark.parametrize("ask", [frontier, batch])
def test_fast_answers_certify_and_agree_with_repeatable_ones(client, problem, ask):
    fast, repeatable = ask(client, problem, SolveMode.FAST), ask(client, problem, SolveMode.REPEATABLE)
    agree(fast, repeatable)
    assert engines(fast).count("moreau") > 0.9 * len(CAPS)
    assert "moreau" not in engines(repeatable)


def test_a_fast_sweep_leaves_repeatable_answers_as_they_were(client, problem):
    before = frontier(client, problem, SolveMode.REPEATABLE)
    frontier(client, problem, SolveMode.FAST)
    after = frontier(client, problem, SolveMode.REPEATABLE)
    assert {cap: repr(found) for cap, found in after.items()} == {
        cap: repr(found) for cap, found in before.items()
    }
