"""Who gets a place, who waits, who is refused: by tenants, without a clock and without threads."""

import heapq
import itertools
import random
import threading
import time
from functools import partial

import pytest

from counterpoise.model import ErrorReason
from optimizer.service.access import ROLES
from optimizer.service.admission import Admission
from optimizer.service.classes import CallClass, class_of
from optimizer.workers import Cancellation


class House:
    """An admission whose calls are named by their tenants, and the turns they had."""

    def __init__(self, limit, places):
        self.admission = Admission(limit, places=places)
        self.working = []
        self.turns = []
        self.refusals = []

    def come(self, *tenants):
        for tenant in tenants:
            call = Cancellation()

            def begin(call=call, tenant=tenant):
                self.working.append((tenant, call))
                self.turns.append(tenant)

            self.refusals.append(self.admission.enter(call, tenant, begin))
        return call

    def go(self, tenant=None):
        """One call in a place ends, of this tenant if it matters."""
        found = next(one for one in self.working if tenant in {None, one[0]})
        self.working.remove(found)
        self.admission.leave(found[1])

    def refused(self):
        """Who of those that came was refused, by their numbers."""
        return [number for number, refusal in enumerate(self.refusals) if refusal is not None]


def test_a_tenant_alone_fills_the_house_and_the_next_call_is_told_when_to_come_back():
    house = House(limit=6, places=2)
    house.come(*["a"] * 7)
    assert house.turns == ["a", "a"]
    assert (house.admission.count, house.refused()) == (6, [6])
    refusal = house.refusals[6]
    assert (refusal.reason, refusal.retry_seconds) == (ErrorReason.SERVER_BUSY, 0.25)


def test_a_tenant_below_its_share_comes_into_a_full_house_and_is_next():
    house = House(limit=6, places=2)
    house.come(*["a"] * 6, "b")
    assert house.refused() == []
    house.go()
    assert house.turns == ["a", "a", "b"]


def test_a_tenant_over_its_share_is_refused_while_others_are_not():
    house = House(limit=6, places=2)
    house.come(*["a"] * 6, "b", "c", "a", *["b"] * 4)
    # Three tenants: the share of twelve calls is four each, and "a" has six already.
    assert house.refused() == [8, 12]


def test_one_tenant_beside_a_greedy_one_has_what_it_had_alone():
    house = House(limit=6, places=2)
    house.come(*["a"] * 6, *["b"] * 7)
    assert house.refused() == [12]


def test_who_comes_late_finds_room_beside_however_many_that_came_before():
    house = House(limit=6, places=2)
    house.come(*["a"] * 6, *["b"] * 6, *["c"] * 6, *["d"] * 6)
    # Of twelve calls "c" has four, and so has "d": three would be its share.
    assert house.refused() == [16, 17, 22, 23]
    house.come("a", "b", "c", "d", "e")
    assert house.refused()[4:] == [24, 25, 26, 27]


def test_a_tenant_over_its_share_comes_in_again_once_enough_of_its_calls_have_ended():
    house = House(limit=6, places=6)
    house.come(*["a"] * 6, "b", "c")
    house.go("a")
    house.go("a")
    house.come("a")
    assert house.refused() == [8]
    house.go("a")
    house.come("a", "a")
    assert house.refused() == [8, 10]


def test_however_many_tenants_come_there_are_never_more_than_eight_times_as_many_calls():
    house = House(limit=6, places=2)
    house.come(*(f"tenant-{number}" for number in range(50)))
    assert house.admission.count == 48
    assert house.refused() == [48, 49]


def test_many_greedy_tenants_leave_room_to_the_next():
    house = House(limit=6, places=2)
    house.come(*(f"tenant-{number % 12}" for number in range(12 * 4)))
    # None has more inside than there is room left, which is none after four rounds otherwise.
    assert house.admission.count < 48
    assert house.refused()
    house.come("late")
    assert len(house.admission._tenants) == 13


def share_let_in(monkeypatch, *, limit, places, greedy_count, seconds=120.0):
    """What share of a tenant's calls comes in that asks for half of its fair share at random times, beside
    tenants that ask for ten times theirs; on a clock of its own."""
    now, answer_seconds = 0.0, 0.05
    monkeypatch.setattr("optimizer.service.admission.time.monotonic", lambda: now)
    admission, generator = Admission(limit, places=places), random.Random(20)  # noqa: S311 - not secret
    fair_rate = places / answer_seconds / (greedy_count + 1)
    rates = {f"greedy-{number}": 10 * fair_rate for number in range(greedy_count)} | {"modest": fair_rate / 2}
    events, modest = [], []

    def ask_again(tenant):
        heapq.heappush(events, (now + generator.expovariate(rates[tenant]), next(order), tenant, None))

    def begin(call):
        heapq.heappush(events, (now + answer_seconds, next(order), "", call))

    order = itertools.count()
    for tenant in rates:
        ask_again(tenant)
    while events[0][0] < seconds:
        now, _, tenant, ended = heapq.heappop(events)
        if ended is not None:
            admission.leave(ended)
            continue
        call = Cancellation()
        refusal = admission.enter(call, tenant, partial(begin, call))
        if tenant == "modest":
            modest.append(refusal is None)
        ask_again(tenant)
    return sum(modest) / len(modest)


@pytest.mark.parametrize("greedy_count", [1, 2, 3, 6])
@pytest.mark.parametrize(("limit", "places"), [(3, 1), (6, 2), (12, 4)])
def test_tenants_at_ten_times_their_share_leave_a_modest_one_its_calls(
    monkeypatch, limit, places, greedy_count
):
    found = share_let_in(monkeypatch, limit=limit, places=places, greedy_count=greedy_count)
    assert found >= 0.95


def test_free_places_go_round_among_tenants():
    house = House(limit=12, places=2)
    house.come(*["a"] * 4, "b", "b", "c", "c")
    for _ in range(8):
        house.go()
    assert house.turns[:2] == ["a", "a"]
    assert sorted(house.turns[2:4]) == ["b", "c"]
    assert sorted(house.turns[4:]) == ["a", "a", "b", "c"]


def test_time_counts_and_not_calls(monkeypatch):
    now = 0.0
    monkeypatch.setattr("optimizer.service.admission.time.monotonic", lambda: now)
    house = House(limit=40, places=1)
    house.come(*["slow", "quick"] * 20)
    for _ in range(22):
        now += 10.0 if house.working[0][0] == "slow" else 1.0
        house.go()
    # Twenty short turns take as long as two long ones.
    assert house.turns[:22].count("quick") == 20
    assert house.turns[:22].count("slow") == 2


def test_absence_earns_no_turns(monkeypatch):
    now = 0.0
    monkeypatch.setattr("optimizer.service.admission.time.monotonic", lambda: now)
    house = House(limit=100, places=1)
    house.come(*["a"] * 30)
    for _ in range(20):
        now += 1.0
        house.go()
    house.come(*["b"] * 10)
    before = len(house.turns)
    for _ in range(10):
        now += 1.0
        house.go()
    assert abs(house.turns[before:].count("a") - house.turns[before:].count("b")) <= 2


def test_who_gives_up_waiting_leaves_room_and_who_works_keeps_the_place():
    house = House(limit=2, places=1)
    house.come("a")
    waiting = house.come("a")
    house.admission.give_up(waiting)
    assert house.admission.count == 1
    house.admission.give_up(house.working[0][1])
    assert house.admission.count == 1
    house.come("b")
    house.go()
    assert house.turns == ["a", "b"]
    house.go()
    assert (house.admission.count, house.admission._tenants, house.admission._working) == (0, {}, 0)


def test_leaving_twice_frees_one_place():
    house = House(limit=4, places=1)
    call = house.come("a")
    house.come("a", "a")
    house.admission.leave(call)
    house.admission.leave(call)
    assert house.turns == ["a", "a"]


def test_after_closing_nobody_comes_in_and_those_who_wait_still_have_their_turn():
    house = House(limit=4, places=1)
    house.come("a", "a")
    house.admission.close()
    house.come("b")
    assert house.refusals[2].reason is ErrorReason.SHUTTING_DOWN
    house.go()
    assert house.turns == ["a", "a"]


def test_many_threads_lose_no_place():
    admission = Admission(8, places=3)
    most, working, lock = 0, 0, threading.Lock()

    def visit(seed):
        nonlocal most, working
        generator = random.Random(seed)  # noqa: S311 - reproducible, not secret
        for _ in range(300):
            call, begun = Cancellation(), threading.Event()
            if admission.enter(call, generator.choice("abc"), begun.set) is not None:
                continue
            if generator.random() < 0.3:
                admission.give_up(call)
                if call not in admission._inside:
                    continue
            assert begun.wait(30)
            with lock:
                working += 1
                most = max(most, working)
            time.sleep(0)
            with lock:
                working -= 1
            admission.leave(call)

    threads = [threading.Thread(target=visit, args=(seed,)) for seed in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert 1 <= most <= 3
    assert (admission.count, admission._working, admission._tenants) == (0, 0, {})


@pytest.mark.parametrize("method", sorted(ROLES))
def test_what_keeps_records_is_light_and_takes_no_problem_apart(method):
    service, name = method.split("/")[1:]
    assert (class_of(name) is CallClass.LIGHT) != service.endswith((".AllocationService", ".AnalysisService"))
    assert (class_of(name) is CallClass.CHECKING) == (name == "ValidatePortfolio")
