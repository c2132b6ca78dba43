"""Chunks of several tenants before the workers of this server: the tenants take turns."""

from __future__ import annotations

from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import suppress
from typing import Final

from optimizer.answering.executors import AHEAD, Crew, begun
from optimizer.answering.items import Chunk, Outcome
from optimizer.service.admission import Admission
from optimizer.workers import Cancellation, WorkerLost

_UNBOUNDED: Final = 1 << 30
"""How many chunks there are is bounded by the calls, each of which has a few."""


class Turns:
    """Whose chunk is next for a crew that has as many workers all the time; see `Admission` for the rule."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._admission = Admission(_UNBOUNDED, places=AHEAD * crew.worker_count)

    def of(self, tenant: str) -> Crew:
        """The crew as a tenant has it."""
        return _TenantCrew(self._crew, self._admission, tenant)


class _TenantCrew:
    """The crew beside other tenants: a chunk waits until it is its tenant's turn."""

    def __init__(self, crew: Crew, admission: Admission, tenant: str) -> None:
        self.least_items, self.most_items = crew.least_items, crew.most_items
        self._crew, self._admission, self._tenant = crew, admission, tenant

    @property
    def worker_count(self) -> int:
        """As the crew has."""
        return self._crew.worker_count

    def submit(self, chunk: Chunk, cancellation: Cancellation) -> Future[tuple[Outcome, ...]]:
        """See `Crew`."""
        guest, outcomes = Cancellation(), begun()

        def begin() -> None:
            if cancellation.cancelled:
                end(CancelledError())
                return
            try:
                running = self._crew.submit(chunk, cancellation)
            except RuntimeError as error:
                # The pool has stopped. Whoever gave this turn is another call's, and must not hear of it.
                end(WorkerLost(str(error)))
                return
            running.add_done_callback(lambda done: end(done.exception() or done.result()))

        def drop() -> None:
            self._admission.give_up(guest)
            _finish(outcomes, CancelledError())

        def end(found: BaseException | tuple[Outcome, ...]) -> None:
            self._admission.leave(guest)
            forget()
            _finish(outcomes, found)

        forget = cancellation.on_cancel(drop)
        self._admission.enter(guest, self._tenant, begin)
        return outcomes


def _finish(outcomes: Future[tuple[Outcome, ...]], found: BaseException | tuple[Outcome, ...]) -> None:
    """Once; what comes later finds nobody who waits."""
    with suppress(InvalidStateError):
        if isinstance(found, BaseException):
            outcomes.set_exception(found)
        else:
            outcomes.set_result(found)
