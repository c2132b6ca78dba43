"""Looks at the clock in a thread: decides slots that are due, and judges triggers now and then.

Any number of schedulers may work on one store: whoever is first decides, and the others find it decided.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from optimizer.rebalance.clocks import ClockWatch
from optimizer.rebalance.desk import Desk
from optimizer.rebalance.scheduling.due import NextSlots, decide_due
from optimizer.rebalance.watching.shown_jobs import ShownJobs
from optimizer.rebalance.watching.watch import watch_job
from optimizer.store import StoreError, StoreUnavailable, active_jobs, reading
from optimizer.telemetry.job_metrics import JobMetrics

_POLL_SECONDS = 2.0
_STOP_SECONDS = 10.0
_MOST_STORE_FAILURES = 3
"""A store that is away for so many jobs in a row is away for all."""
_log = structlog.get_logger(__name__)


class Scheduler:
    """One thread that starts the runs of slots, and of triggers every `heartbeat_seconds`."""

    def __init__(
        self, desk: Callable[[], Desk | None], jobs: JobMetrics, *, heartbeat_seconds: float
    ) -> None:
        self._desk = desk
        self._jobs = ShownJobs(jobs)
        self._heartbeat_seconds = heartbeat_seconds
        self._next_heartbeat = time.monotonic()
        self._next_decision = time.monotonic()
        self._known = NextSlots()
        self._clock = ClockWatch("no slot is decided")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="scheduler", daemon=True)

    @property
    def is_working(self) -> bool:
        """Whether somebody looks at the clock."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to look at the clock."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; what is done for one job ends first."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def _work(self) -> None:
        while not self._stopping.is_set():
            desk = self._desk()
            if desk is not None:
                try:
                    self.turn(desk)
                except StoreError as error:
                    _log.warning("the store cannot be used; trying again", error=str(error))
                except Exception:  # noqa: BLE001 - the thread outlives whatever one job does
                    _log.exception("internal error of the scheduler")
            self._stopping.wait(_POLL_SECONDS)

    def turn(self, desk: Desk) -> None:
        """One round; nothing is done while the clocks differ."""
        if not self._clock.is_right(desk):
            return
        try:
            self._decide(desk)
        finally:  # what is wrong with a slot keeps no trigger from being judged
            if time.monotonic() >= self._next_heartbeat:
                self._next_heartbeat = time.monotonic() + self._heartbeat_seconds
                watch_all(desk, goes_on=lambda: self._goes_on(desk))
                self._jobs.show(desk)
        desk.metrics.round_ended(desk.now())

    def _goes_on(self, desk: Desk) -> bool:
        """Decide slots in the middle of a heartbeat, which may be long; whether it goes on."""
        if self._stopping.is_set():
            return False
        if time.monotonic() < self._next_decision:
            return True
        try:
            if not self._clock.is_right(desk):
                return False
            self._decide(desk)
            desk.metrics.round_ended(desk.now())
        except StoreError as error:
            _log.warning("the store cannot be used; trying again", error=str(error))
        except Exception:  # noqa: BLE001 - what is wrong with a slot keeps no trigger from being judged
            _log.exception("internal error of the scheduler")
        return True

    def _decide(self, desk: Desk) -> None:
        self._next_decision = time.monotonic() + _POLL_SECONDS
        for decided in decide_due(desk, self._known):
            _log.info(
                "slots decided",
                job=decided.job_name,
                run=decided.run_name,
                slot=decided.run_slot.isoformat() if decided.run_slot else None,
                skipped_count=decided.skipped_count,
            )


def watch_all(
    desk: Desk, job_name: str | None = None, goes_on: Callable[[], bool] = lambda: True
) -> dict[str, str]:
    """Watch every active job, or one; what fails with one is in the log, and the others are watched.

    `goes_on` is asked before each. Why jobs cannot be watched, by their names. Raises StoreUnavailable where
    the store is away for several in a row.
    """
    faults: dict[str, str] = {}
    with reading(desk.engine) as connection:
        jobs = active_jobs(connection, job_name)
    failure_count = 0
    for job in jobs:
        if not goes_on():
            return faults
        try:
            watch_job(desk, job.tenant, job.name)
        except StoreError as error:
            _log.warning("a job cannot be watched", job=job.name, tenant=job.tenant, error=str(error))
            faults[job.name] = str(error)
            failure_count = failure_count + 1 if isinstance(error, StoreUnavailable) else 0
            if failure_count == _MOST_STORE_FAILURES:
                raise
        except Exception as error:  # noqa: BLE001 - one job harms no other
            _log.exception("a job cannot be watched", job=job.name, tenant=job.tenant)
            faults[job.name] = str(error) or type(error).__name__
            failure_count = 0
        else:
            failure_count = 0
    return faults
