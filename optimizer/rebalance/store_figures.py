"""Figures of the store for metrics: read in a thread of its own, so that no scrape waits for a database."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable

import structlog

from optimizer.rebalance.desk import Desk
from optimizer.rebalance.names import job_id
from optimizer.rebalance.policies import mark_age
from optimizer.store import StoreCounts, StoreError, count_store, reading
from optimizer.telemetry.job_metrics import MOST_JOBS
from optimizer.telemetry.observed import StoreFigures

FIGURES_SECONDS = 10.0
"""From one reading to the next."""
_LEAST_PAUSE_RATIO = 20.0
"""The pause is at least so many times what the last reading took: a slow store is asked less often."""
_STOP_SECONDS = 10.0
_log = structlog.get_logger(__name__)


class FiguresReader:
    """Reads the figures of an opened store again and again; `failed` hears of every time that it cannot."""

    def __init__(
        self,
        desk: Callable[[], Desk | None],
        failed: Callable[[], None],
        *,
        pause_seconds: float = FIGURES_SECONDS,
    ) -> None:
        self._desk = desk
        self._failed = failed
        self._pause_seconds = pause_seconds
        self._known: tuple[StoreCounts, Desk] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="figures", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def figures(self) -> StoreFigures | None:
        """The figures last read, ages as of now; None before the first and after a reading that failed."""
        if self._known is None:
            return None
        counts, desk = self._known
        now = desk.now()
        return StoreFigures(
            runs={(state, outcome or ""): count for (state, outcome), count in counts.runs.items()},
            open_proposal_count=counts.open_proposal_count,
            pending_message_count=counts.pending_message_count if desk.delivers else None,
            audit_head_sequence=counts.audit_head_sequence,
            marks_age_seconds={
                (job.tenant, job_id(job.name)): _age_seconds(job.as_of_date, now)
                for job in counts.marked_jobs
            },
        )

    def read(self) -> None:
        """One reading."""
        desk = self._desk()
        if desk is None:
            self._known = None
            return
        try:
            with reading(desk.engine) as connection:
                self._known = (count_store(connection, job_limit=MOST_JOBS), desk)
        except Exception as error:  # noqa: BLE001 - the next reading may fare better
            self._known = None
            self._failed()
            if isinstance(error, StoreError):
                _log.warning("the figures of the store cannot be read; trying again", error=str(error))
            else:
                _log.exception("internal error of the figures of the store")

    def _work(self) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            start = time.monotonic()
            self.read()
            pause = max(self._pause_seconds, _LEAST_PAUSE_RATIO * (time.monotonic() - start))


def _age_seconds(as_of_date: str, now: datetime.datetime) -> float:
    return mark_age(datetime.date.fromisoformat(as_of_date), now).total_seconds()
