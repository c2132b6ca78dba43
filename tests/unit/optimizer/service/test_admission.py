"""Who gets a place, who waits, who is refused: by tenants, without a clock and without threads."""

import random
import threading
import time

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


def test_however_many_tenants_come_there_are_never_more_than_twice_as_many_calls():
    house = House(limit=6, places=2)
    house.come(*["a"] * 6, *(f"tenant-{number}" for number in range(20)))
    assert house.admission.count == 12
    assert house.refused() == list(range(12, 26))


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
def test_what_keeps_records_or_only_checks_is_light(method):
    service, name = method.split("/")[1:]
    computes = service.endswith((".AllocationService", ".AnalysisService")) and name != "ValidatePortfolio"
    assert (class_of(name) is not CallClass.LIGHT) == computes
