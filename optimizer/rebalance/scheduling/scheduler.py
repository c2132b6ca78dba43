"""Looks at the clock in a thread: decides slots that are due, and judges triggers now and then.

Any number of schedulers may work on one store: whoever is first decides, and the others find it decided.
"""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable

import structlog

from optimizer.rebalance.desk import Desk
from optimizer.rebalance.scheduling.due import NextSlots, decide_due
from optimizer.rebalance.watching.shown_jobs import ShownJobs
from optimizer.rebalance.watching.watch import watch_job
from optimizer.store import StoreError, active_jobs, database_instant, reading
from optimizer.telemetry.job_metrics import JobMetrics

LARGEST_CLOCK_ERROR = datetime.timedelta(minutes=1)
"""How far the clock of this machine may be from that of a database that machines share."""
_POLL_SECONDS = 2.0
_STOP_SECONDS = 10.0
_log = structlog.get_logger(__name__)


class ClockIsWrong(Exception):
    """Slots would be decided at the wrong time; the message says by how much."""


class Scheduler:
    """One thread that starts the runs of slots, and of triggers every `heartbeat_seconds`."""

    def __init__(
        self, desk: Callable[[], Desk | None], jobs: JobMetrics, *, heartbeat_seconds: float
    ) -> None:
        self._desk = desk
        self._jobs = ShownJobs(jobs)
        self._heartbeat_seconds = heartbeat_seconds
        self._next_heartbeat = time.monotonic()
        self._known = NextSlots()
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
        """Stop; a round under way ends first."""
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
        try:
            check_clock(desk)
        except ClockIsWrong as error:
            _log.error("no slot is decided", error=str(error))
            return
        try:
            self._decide(desk)
        finally:  # what is wrong with a slot keeps no trigger from being judged
            if time.monotonic() >= self._next_heartbeat:
                self._next_heartbeat = time.monotonic() + self._heartbeat_seconds
                watch_all(desk)
                self._jobs.show(desk)
        desk.metrics.round_ended(desk.now())

    def _decide(self, desk: Desk) -> None:
        for decided in decide_due(desk, self._known):
            _log.info(
                "slots decided",
                job=decided.job_name,
                run=decided.run_name,
                slot=decided.run_slot.isoformat() if decided.run_slot else None,
                skipped_count=decided.skipped_count,
            )


def watch_all(desk: Desk, job_name: str | None = None) -> dict[str, str]:
    """Watch every active job, or one; what fails with one is in the log, and the others are watched.

    Why jobs cannot be watched, by their names. Raises StoreError.
    """
    faults = {}
    with reading(desk.engine) as connection:
        jobs = [job for job in active_jobs(connection) if job_name in {None, job.name}]
    for job in jobs:
        try:
            watch_job(desk, job.tenant, job.name)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - one job harms no other
            _log.exception("a job cannot be watched", job=job.name, tenant=job.tenant)
            faults[job.name] = str(error) or type(error).__name__
    return faults


def check_clock(desk: Desk) -> None:
    """Raises ClockIsWrong where this machine's clock is far from that of a database that machines share."""
    with reading(desk.engine) as connection:
        theirs = database_instant(connection)
        ahead = datetime.timedelta() if theirs is None else desk.now() - theirs
    if abs(ahead) > LARGEST_CLOCK_ERROR:
        raise ClockIsWrong(
            f"this machine's clock is {ahead.total_seconds():+.0f} s from the database's: set it right,"
            " and slots are decided again"
        )
