"""Chunks of several tenants before one crew: whose turn it is, and what becomes of those who leave."""

from concurrent.futures import CancelledError, Future

import pytest

from optimizer.answering.items import Chunk, Item, Outcome
from optimizer.service.turns import Turns
from optimizer.workers import Cancellation, WorkerLost

PLACES = 4


class StandIn:
    """A crew of two whose chunks end when the test says so."""

    least_items = 1
    most_items = 16
    worker_count = PLACES // 2

    def __init__(self):
        self.begun = []
        self.stopped = False

    def submit(self, chunk, _):
        if self.stopped:
            raise RuntimeError("the worker pool is not running")
        future = Future()
        self.begun.append((chunk.items[0].request_id, future))
        return future

    @property
    def names(self):
        return [name for name, _ in self.begun]

    def end(self, place):
        self.begun[place][1].set_result((Outcome(b"", "DONE"),))


@pytest.fixture
def crew():
    return StandIn()


def submit(turns, tenant, count=1, cancellation=None):
    crew = turns.of(tenant)
    return [
        crew.submit(
            Chunk("AllocateBatch", b"", (Item(0, b"", f"{tenant}-{number}"),), 1.0),
            cancellation or Cancellation(),
        )
        for number in range(count)
    ]


def test_a_tenant_alone_has_every_place_and_its_chunks_in_order(crew):
    submit(Turns(crew), "a", 6)
    assert crew.names == ["a-0", "a-1", "a-2", "a-3"]
    crew.end(2)
    assert crew.names[4:] == ["a-4"]


def test_the_next_place_is_for_the_tenant_who_has_fewest(crew):
    turns = Turns(crew)
    submit(turns, "greedy", 50)
    (late,) = submit(turns, "late")
    assert "late-0" not in crew.names
    crew.end(0)
    assert crew.names[4] == "late-0"
    assert not late.done()
    crew.end(4)
    assert late.result(timeout=0)[0].result == "DONE"


def test_two_tenants_with_much_to_do_take_turns(crew):
    turns = Turns(crew)
    submit(turns, "a", 50)
    submit(turns, "b", 50)
    for place in range(40):
        crew.end(place)
    last = crew.names[20:40]
    assert 8 <= sum(name.startswith("b") for name in last) <= 12


def test_chunks_of_a_call_that_has_left_give_up_their_turns(crew):
    turns, gone = Turns(crew), Cancellation()
    submit(turns, "a", PLACES)
    left = submit(turns, "b", 300, gone)
    (stays,) = submit(turns, "b")
    gone.cancel()
    assert all(isinstance(future.exception(timeout=0), CancelledError) for future in left)
    crew.end(0)
    assert crew.names[PLACES:] == ["b-0"]
    crew.end(PLACES)
    assert stays.result(timeout=0)


def test_a_call_that_leaves_while_its_chunk_runs_keeps_the_place_until_the_chunk_has_ended(crew):
    turns, gone = Turns(crew), Cancellation()
    submit(turns, "a", PLACES, gone)
    submit(turns, "b")
    gone.cancel()
    assert len(crew.begun) == PLACES
    crew.end(0)
    assert crew.names[PLACES:] == ["b-0"]


def test_a_chunk_whose_turn_comes_after_the_pool_has_stopped_is_lost(crew):
    turns = Turns(crew)
    submit(turns, "a", PLACES)
    (waiting,) = submit(turns, "b")
    crew.stopped = True
    crew.end(0)
    assert isinstance(waiting.exception(timeout=0), WorkerLost)
