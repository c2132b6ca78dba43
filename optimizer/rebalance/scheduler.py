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
from optimizer.rebalance.due import NextSlots, decide_due
from optimizer.rebalance.watch import watch_job
from optimizer.store import StoreError, active_jobs, database_instant, reading

LARGEST_CLOCK_ERROR = datetime.timedelta(minutes=1)
"""How far the clock of this machine may be from that of a database that machines share."""
_POLL_SECONDS = 2.0
_STOP_SECONDS = 10.0
_log = structlog.get_logger(__name__)


class Scheduler:
    """One thread that starts the runs of slots, and of triggers every `heartbeat_seconds`."""

    def __init__(self, desk: Callable[[], Desk | None], *, heartbeat_seconds: float) -> None:
        self._desk = desk
        self._heartbeat_seconds = heartbeat_seconds
        self._next_heartbeat = time.monotonic()
        self._known = NextSlots()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="scheduler", daemon=True)

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
        error = clock_error(desk)
        if abs(error) > LARGEST_CLOCK_ERROR:
            _log.error("the clock is wrong; no slot is decided", ahead_seconds=error.total_seconds())
            return
        try:
            self._decide(desk)
        finally:  # what is wrong with a slot keeps no trigger from being judged
            if time.monotonic() >= self._next_heartbeat:
                self._next_heartbeat = time.monotonic() + self._heartbeat_seconds
                watch_all(desk)

    def _decide(self, desk: Desk) -> None:
        for decided in decide_due(desk, self._known):
            _log.info(
                "slots decided",
                job=decided.job_name,
                run=decided.run_name,
                slot=decided.run_slot.isoformat() if decided.run_slot else None,
                skipped_count=decided.skipped_count,
            )


def watch_all(desk: Desk) -> None:
    """Watch every active job; what fails with one is in the log, and the others are watched."""
    with reading(desk.engine) as connection:
        jobs = active_jobs(connection)
    for job in jobs:
        try:
            watch_job(desk, job.tenant, job.name)
        except StoreError:
            raise
        except Exception:  # noqa: BLE001 - one job harms no other
            _log.exception("a job cannot be watched", job=job.name, tenant=job.tenant)


def clock_error(desk: Desk) -> datetime.timedelta:
    """How far this machine's clock is ahead of the database's; zero where they are the same."""
    with reading(desk.engine) as connection:
        theirs = database_instant(connection)
        return datetime.timedelta() if theirs is None else desk.now() - theirs
