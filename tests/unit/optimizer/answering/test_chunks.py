"""What a worker makes of a chunk: every item by itself, also where its answer cannot be sent."""

from dataclasses import replace

import pytest

from counterpoise import wire
from counterpoise.model import (
    AllocateBatchRequest,
    AllocationView,
    BatchHeader,
    BatchItem,
    ErrorReason,
    SolveMode,
    SolveParameters,
    TerminationReason,
)
from counterpoise.v1 import allocation_service_pb2
from optimizer.answering import chunks
from optimizer.answering.batches import item_question
from optimizer.answering.chunks import answer_chunk
from optimizer.answering.items import Chunk, Item
from optimizer.program import Engine
from tests.golden_problems import sixty_forty_with_overlay

needs_moreau = pytest.mark.skipif(
    not Engine.MOREAU.is_installed, reason="moreau is an extra of the server, not installed here"
)


def sent(request):
    return wire.to_message(request, allocation_service_pb2.AllocateBatchRequest).SerializeToString()


def batch(count, view=AllocationView.BASIC, mode=SolveMode.REPEATABLE, navs=None, **chunk):
    problem = sixty_forty_with_overlay()
    header = BatchHeader(
        market=problem.market,
        mandate=problem.mandate,
        objective=problem.objective,
        parameters=SolveParameters(view=view, mode=mode),
    )
    items = []
    for index in range(count):
        portfolio = replace(problem.portfolio, nav_amount=navs[index]) if navs else problem.portfolio
        item = BatchItem(request_id=f"item-{index}", portfolio=portfolio)
        items.append(Item(index, sent(AllocateBatchRequest(item=item)), f"item-{index}"))
    shared = sent(AllocateBatchRequest(header=header))
    return replace(Chunk("AllocateBatch", shared, tuple(items), 60.0), **chunk)


def responses(outcomes):
    return [
        wire.to_model(allocation_service_pb2.AllocateBatchResponse.FromString(outcome.body))
        for outcome in outcomes
    ]


def test_an_answer_above_the_cap_is_refused_by_itself(monkeypatch):
    basic = len(answer_chunk(batch(1))[0].body)
    monkeypatch.setattr(chunks, "MAXIMUM_RESPONSE_BYTES", basic)
    outcomes = answer_chunk(batch(2, AllocationView.FULL))
    assert [outcome.result for outcome in outcomes] == ["RESPONSE_TOO_LARGE"] * 2
    first = responses(outcomes)[0]
    assert first.request_id == "item-0"
    assert first.allocation is None
    assert first.refusal.reason is ErrorReason.RESPONSE_TOO_LARGE
    assert "basic view" in first.refusal.message
    assert [outcome.result for outcome in answer_chunk(batch(1))] == ["OPTIMAL"]


@pytest.fixture
def fast_ones(monkeypatch):
    """Of every item, whether the fast engine comes first."""
    found, real = [], chunks.answer

    def recorded(problem, parameters, solve, first):
        found.append(Engine.MOREAU in first)
        return real(problem, parameters, solve, first)

    monkeypatch.setattr(chunks, "answer", recorded)
    return found


@needs_moreau
def test_the_fast_engine_is_compiled_for_a_portfolio_that_comes_again(fast_ones):
    nav = sixty_forty_with_overlay().portfolio.nav_amount
    answer_chunk(batch(3, navs=(nav + 1.0,) * 3, mode=SolveMode.FAST))
    assert fast_ones == [False, True, True]
    answer_chunk(batch(3, navs=(nav + 2.0, nav + 3.0, nav + 4.0), mode=SolveMode.FAST))
    assert fast_ones[3:] == [False, False, False]


@needs_moreau
def test_the_fast_engine_is_for_those_who_ask_for_it(fast_ones):
    answer_chunk(batch(3))
    assert fast_ones == [False, False, False]


def test_equal_portfolios_of_items_are_the_same_object():
    chunk = batch(2)
    first, second = (item_question(chunk.shared, item)[0] for item in chunk.items)
    assert first.portfolio is second.portfolio
    assert first.market is second.market
    assert first.mandate is second.mandate


def test_late_items_say_that_time_ran_out(monkeypatch):
    monkeypatch.setattr(chunks, "answer", lambda *_: pytest.fail("a late item is not solved"))
    outcomes = answer_chunk(batch(2, late=True))
    assert [outcome.result for outcome in outcomes] == ["TIME_LIMIT"] * 2
    for response in responses(outcomes):
        assert response.allocation.termination.reason is TerminationReason.TIME_LIMIT
        assert response.allocation.positions == ()


def test_a_bug_that_one_item_meets_is_that_items_alone(monkeypatch):
    real, count = chunks.answer, iter(range(3))

    def faulty(*words):
        if next(count) == 1:
            raise ZeroDivisionError("what no caller may read")
        return real(*words)

    monkeypatch.setattr(chunks, "answer", faulty)
    outcomes = answer_chunk(batch(3))
    assert [outcome.result for outcome in outcomes] == ["OPTIMAL", "INTERNAL_BUG", "OPTIMAL"]
    refusal = responses(outcomes)[1].refusal
    assert refusal.error_id == outcomes[1].bug_id
    assert b"what no caller may read" not in outcomes[1].body
    assert "what no caller may read" in outcomes[1].bug


def test_a_worker_begins_with_no_item_after_its_turn():
    assert len(answer_chunk(batch(3, turn_seconds=0.0))) == 1
    assert len(answer_chunk(batch(3))) == 3


def test_a_worker_stops_between_two_items_when_somebody_waits(monkeypatch):
    looks = iter([False, True])
    monkeypatch.setattr(chunks, "others_wait", lambda: next(looks))
    assert len(answer_chunk(batch(5))) == 2
