"""Who gets in, who waits and who is next: a full server says so at once, and no tenant crowds others out."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from optimizer.service.errors import SHUTTING_DOWN, Refusal, busy
from optimizer.service.identity import DEFAULT_TENANT
from optimizer.workers import Cancellation

RETRY_SECONDS = 0.25
"""What a refused caller is told to wait: longer than a usual solve, short for a person."""
_SHARED = 2
"""How many times the limit tenants share evenly, once there are several."""
_FIRST_CALLS = 4
"""Calls that a tenant may have inside however many tenants there are: calls of one tenant come in bunches."""
_HOUSE = 8
"""How many times the limit there may be inside at the very most."""


@dataclass(eq=False)
class _Guest:
    """A call inside; `begin` starts its work once it has a place, since `began` on the monotonic clock."""

    call: Cancellation
    tenant: _Tenant
    begin: Callable[[], object]
    began: float | None = None


@dataclass(eq=False)
class _Tenant:
    """A tenant with calls inside. `spent_seconds` counts the time its calls held places, see `Admission`."""

    name: str
    spent_seconds: float
    inside: int = 0
    waiting: deque[_Guest] = field(default_factory=deque)

    @property
    def working(self) -> int:
        """Calls that hold a place."""
        return self.inside - len(self.waiting)


class Admission:
    """Places for calls of one class, and a queue before them; thread-safe.

    At most `places` calls are worked on at a time, all of them unless given, and the others wait. One tenant
    alone may fill the house up to `limit` calls, waiting ones included. From there on a call comes in only if
    its tenant has fewer inside than its share: twice the limit by the number of tenants inside, but at least
    four calls and never more than the limit. So one tenant beside a greedy one has what it had alone, and
    one that comes late finds room beside however many that came before: the shares of those shrink, while
    their calls that are inside already stay. A call is refused at once or not at all; nobody who waits is
    sent away later.

    There are never more than eight times the limit inside. Before that a tenant has no more calls inside than
    there is room left, so that tenants without number still leave some to the next: dynamic thresholds
    (Choudhury, Hahne 1998).

    A free place goes to the tenant with the fewest calls in places, then to the one whose calls held places
    for the shortest time. A tenant that comes in counts from where the tenant served last stands, so that
    absence earns nothing and places that nobody else wanted cost nothing: start-time fair queueing (Goyal,
    Vin, Cheng 1996) by the time that calls took.
    """

    def __init__(
        self, limit: int, *, places: int | None = None, retry_seconds: float = RETRY_SECONDS
    ) -> None:
        self._limit = limit
        self._places = limit if places is None else min(places, limit)
        self._retry_seconds = retry_seconds
        self._lock = threading.Lock()
        self._inside: dict[Cancellation, _Guest] = {}
        self._tenants: dict[str, _Tenant] = {}
        self._working = 0
        self._served_seconds = 0.0
        self._closed = False
        self._last_knock = time.monotonic()

    @property
    def limit(self) -> int:
        """Calls that one tenant may have inside."""
        return self._limit

    @property
    def places(self) -> int:
        """Calls that are worked on at a time."""
        return self._places

    @property
    def closed(self) -> bool:
        """Whether the server is draining."""
        return self._closed

    @property
    def count(self) -> int:
        """Calls inside, waiting ones included."""
        return len(self._inside)

    @property
    def quiet_seconds(self) -> float:
        """Time since a call last came, let in or not, or since the doors closed."""
        return time.monotonic() - self._last_knock

    def enter(
        self, call: Cancellation, tenant: str = DEFAULT_TENANT, begin: Callable[[], object] = lambda: None
    ) -> Refusal | None:
        """Let a call in, or say why not.

        `begin` is called once it has a place, now or later and in whichever thread left the place; it must
        neither wait nor raise. From then on the call is to `leave`.
        """
        with self._lock:
            self._last_knock = time.monotonic()
            if self._closed:
                return SHUTTING_DOWN
            if not self._has_room(tenant):
                return busy(self._retry_seconds)
            host = self._tenants.setdefault(tenant, _Tenant(tenant, self._served_seconds))
            guest = _Guest(call, host, begin)
            self._inside[call] = guest
            host.inside += 1
            host.waiting.append(guest)
            ready = self._placed()
        _begin(ready)
        return None

    def leave(self, call: Cancellation) -> None:
        """The call has ended: its place is free again."""
        with self._lock:
            self._let_go(call)
            ready = self._placed()
        _begin(ready)

    def give_up(self, call: Cancellation) -> None:
        """Nobody waits for the call's answer any more: it goes, unless it is being worked on."""
        with self._lock:
            guest = self._inside.get(call)
            if guest is not None and guest.began is None:
                self._let_go(call)

    def close(self) -> None:
        """Let nobody in from now on."""
        with self._lock:
            self._closed = True
            self._last_knock = time.monotonic()

    def cancel_all(self) -> None:
        """End what is still inside."""
        with self._lock:
            calls = list(self._inside)
        for call in calls:
            call.cancel()

    # Inside the lock

    def _has_room(self, tenant: str) -> bool:
        if len(self._inside) < self._limit:
            return True
        known = self._tenants.get(tenant)
        count, tenants = (known.inside, len(self._tenants)) if known else (0, len(self._tenants) + 1)
        share = max(_FIRST_CALLS, _SHARED * self._limit / tenants)
        return count < min(self._limit, share, _HOUSE * self._limit - len(self._inside))

    def _placed(self) -> list[_Guest]:
        """Give free places to those who wait."""
        placed = []
        while self._working < self._places:
            queues = [tenant for tenant in self._tenants.values() if tenant.waiting]
            if not queues:
                break
            chosen = min(queues, key=lambda tenant: (tenant.working, tenant.spent_seconds))
            self._served_seconds = max(self._served_seconds, chosen.spent_seconds)
            guest = chosen.waiting.popleft()
            guest.began = time.monotonic()
            self._working += 1
            placed.append(guest)
        return placed

    def _let_go(self, call: Cancellation) -> None:
        guest = self._inside.pop(call, None)
        if guest is None:
            return
        tenant = guest.tenant
        tenant.inside -= 1
        if guest.began is None:
            tenant.waiting.remove(guest)
        else:
            self._working -= 1
            tenant.spent_seconds += time.monotonic() - guest.began
        if not tenant.inside:
            del self._tenants[tenant.name]


def _begin(guests: list[_Guest]) -> None:
    for guest in guests:
        guest.begin()
