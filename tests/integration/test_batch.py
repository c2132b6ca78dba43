"""Batches over real connections: every item is answered by itself, whatever the others are."""

from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from grpc import aio

from counterpoise import AllocationProblem, wire
from counterpoise.model import (
    AllocateBatchRequest,
    AllocateRequest,
    AllocationView,
    BatchHeader,
    BatchItem,
    ErrorReason,
    SolveMode,
    SolveParameters,
    TerminationReason,
)
from counterpoise.v1 import allocation_pb2
from optimizer.answering.answerer import Answerer
from optimizer.workers import WorkerPool
from tests.sweeping import batch, collected, serving_sweeps

EXAMPLE = Path(__file__).parents[2] / "clients/python/examples/total_portfolio.yaml"


@pytest.fixture(scope="module")
def problem():
    return AllocationProblem.from_yaml(EXAMPLE)


@pytest.fixture(scope="module")
def pool():
    pool = WorkerPool(2)
    pool.start()
    yield pool
    pool.stop()


def header(problem, **parts):
    shared = {
        "market": problem.market,
        "mandate": problem.mandate,
        "objective": problem.objective,
        "scenarios": problem.scenarios,
        "return_samples": problem.return_samples,
    }
    return AllocateBatchRequest(header=BatchHeader(**shared | parts))


def item(problem, request_id, **parts):
    return AllocateBatchRequest(item=BatchItem(request_id=request_id, portfolio=problem.portfolio, **parts))


def capped(problem, cap):
    limits = tuple(
        replace(limit, upper=cap) if limit.limit_id == "gross-cap" else limit
        for limit in problem.mandate.limits
    )
    return replace(problem.mandate, limits=limits)


async def answered(pool, requests, **options):
    async with serving_sweeps(pool, **options) as channel:
        return await collected(batch(channel, requests))


def bytes_of(allocation):
    return wire.to_message(allocation, allocation_pb2.Allocation).SerializeToString(deterministic=True)


async def test_items_get_the_answers_of_calls_of_their_own(problem, pool):
    mandates = {f"cap-{cap}": capped(problem, cap) for cap in (1.2, 1.25, 1.3)}
    requests = [header(problem), *(item(problem, name, mandate=of) for name, of in mandates.items())]
    answers = await answered(pool, requests)
    assert {answer.request_id for answer in answers} == set(mandates)
    answerer = Answerer(pool, time_limit_seconds=60.0)
    for answer in answers:
        alone = AllocateRequest(
            problem=replace(problem, mandate=mandates[answer.request_id]),
            parameters=SolveParameters(view=AllocationView.BASIC),
        )
        assert bytes_of(answer.allocation) == bytes_of(answerer.allocate(alone).allocation)


async def test_a_bad_item_in_the_middle_is_refused_and_all_others_are_answered(problem, pool):
    names = [f"item-{index}" for index in range(9)]
    requests = [header(problem), *(item(problem, name) for name in names)]
    portfolio = replace(problem.portfolio, nav_amount=-1.0)
    requests[5] = AllocateBatchRequest(item=BatchItem(request_id=names[4], portfolio=portfolio))
    answers = await answered(pool, requests)
    assert sorted(answer.request_id for answer in answers) == names
    refused = [answer for answer in answers if answer.refusal is not None]
    assert [answer.request_id for answer in refused] == ["item-4"]
    assert refused[0].refusal.reason is ErrorReason.REQUEST_INVALID
    assert {violation.field for violation in refused[0].refusal.violations} == {"portfolio.nav_amount"}


async def test_an_item_without_a_part_that_the_header_lacks_is_refused(problem, pool):
    requests = [
        header(problem, market=None),
        item(problem, "bare"),
        item(problem, "whole", market=problem.market),
    ]
    answers = {answer.request_id: answer for answer in await answered(pool, requests)}
    assert [violation.field for violation in answers["bare"].refusal.violations] == ["market"]
    assert answers["whole"].allocation.termination.reason is TerminationReason.OPTIMAL


async def test_items_without_a_header_bring_everything(problem, pool):
    whole = item(
        problem,
        "whole",
        market=problem.market,
        mandate=problem.mandate,
        objective=problem.objective,
        scenarios=problem.scenarios,
        return_samples=problem.return_samples,
    )
    (answer,) = await answered(pool, [whole])
    assert answer.allocation.termination.reason is TerminationReason.OPTIMAL


async def test_an_id_that_comes_twice_or_is_none_refuses_its_item_alone(problem, pool):
    ids = ["one", "one", "", "line\nbreak", "two"]
    answers = await answered(pool, [header(problem), *(item(problem, name) for name in ids)])
    found = sorted(
        (
            answer.item_index,
            answer.request_id,
            answer.refusal.violations[0].reason.name if answer.refusal else "",
        )
        for answer in answers
    )
    assert found == [
        (0, "one", ""),
        (1, "one", "ID_DUPLICATE"),
        (2, "", "FIELD_MISSING"),
        (3, "", "ID_MALFORMED"),
        (4, "two", ""),
    ]


@pytest.mark.parametrize("late", ["second", "after"])
async def test_a_header_that_does_not_come_first_and_once_ends_the_call(problem, pool, late):
    requests = (
        [header(problem), header(problem)] if late == "second" else [item(problem, "a"), header(problem)]
    )
    with pytest.raises(aio.AioRpcError) as caught:
        await answered(pool, requests)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_parameters_that_break_the_contract_end_the_call(problem, pool):
    parameters = SolveParameters(maximum_relative_gap=2.0)
    with pytest.raises(aio.AioRpcError) as caught:
        await answered(pool, [header(problem, parameters=parameters), item(problem, "a")])
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_fast_answers_are_certified_like_others(problem, pool):
    requests = [header(problem, parameters=SolveParameters(mode=SolveMode.FAST))]
    answers = await answered(pool, [*requests, *(item(problem, str(index)) for index in range(4))])
    for answer in answers:
        assert answer.allocation.certificate.optimality.relative_gap <= 1e-5


async def test_a_batch_of_nothing_is_answered_with_nothing(pool):
    assert await answered(pool, []) == []
