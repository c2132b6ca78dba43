"""Works on runs in a thread: claims one, looks at its portfolio, records what came of it in one transaction.

A run belongs to whoever holds its lease. Whoever dies loses it, and another resumes the same run: a look
changes nothing, and of two that end it one wins.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError

import structlog
from structlog.contextvars import bound_contextvars

from counterpoise.model import (
    Allocation,
    AllocationProblem,
    ErrorReason,
    RunFailure,
)
from optimizer.rebalance import texts
from optimizer.rebalance.clocks import ClockWatch
from optimizer.rebalance.desk import Desk
from optimizer.rebalance.lease import LEASE, Lease
from optimizer.rebalance.look import Look, Order, look_at
from optimizer.rebalance.marks import marks_since
from optimizer.rebalance.names import SERVER
from optimizer.rebalance.recording import act_for, record_failure, record_look
from optimizer.rebalance.release import release_waiting
from optimizer.store import (
    Act,
    JobRow,
    RunRow,
    StoreError,
    audit_rows,
    begin_with_marks,
    claim_run,
    expire_due,
    forget_expired,
    get_revision,
    reading,
    writing,
)
from optimizer.store.errors import LeaseLost, StateChanged
from optimizer.telemetry.traces import span
from optimizer.workers import Cancellation, WorkerLost

_POLL_SECONDS = 2.0
_STOP_SECONDS = 10.0
"""A search for whole contracts is not interrupted: what outlasts this ends with the process."""
_MOST_RESUMPTIONS = 5
_AUDIT_ROWS = 1_000
_log = structlog.get_logger(__name__)

Allocate = Callable[[AllocationProblem, Cancellation], Allocation]


class Runner:
    """One thread that works on runs, expires proposals and releases what was approved."""

    def __init__(self, desk: Callable[[], Desk | None], allocate: Allocate) -> None:
        self._desk = desk
        self._allocate = allocate
        self._holder = uuid.uuid4().hex
        self._bell = threading.Event()
        self._stopping = threading.Event()
        self._current = Cancellation()
        self._clock = ClockWatch("no run is worked on, and no proposal expires or is released")
        self._thread = threading.Thread(target=self._work, name="runner", daemon=True)

    @property
    def is_working(self) -> bool:
        """Whether somebody looks for runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to look for runs."""
        self._thread.start()

    def wake(self) -> None:
        """There is something to do: do not wait for the next look."""
        self._bell.set()

    def stop(self) -> None:
        """Stop; a run under work is given back at once, for another to resume."""
        self._stopping.set()
        self._current.cancel()
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def _work(self) -> None:
        while not self._stopping.is_set():
            desk = self._desk()
            busy = False
            if desk is not None:
                try:
                    busy = self.turn(desk)
                except StoreError as error:
                    _log.warning("the store cannot be used; trying again", error=str(error))
                except Exception:  # noqa: BLE001 - the thread outlives whatever one run does
                    _log.exception("internal error of the runner")
            if not busy:
                self._bell.wait(_POLL_SECONDS)
                self._bell.clear()

    def turn(self, desk: Desk) -> bool:
        """One round; whether there may be more to do at once.

        Nothing is done while the clocks differ: leases that others hold would look as if they had run out.
        """
        if not self._clock.is_right(desk):
            return False
        release_waiting(desk)
        with writing(desk.engine) as connection:
            act = Act(connection=connection, actor=SERVER, instant=desk.now())
            expire_due(act)
            forget_expired(connection, act.instant)
            run = claim_run(act, self._holder, LEASE)
        if run is None:
            return False
        with Lease(desk, run, self._holder) as lease:
            self._current = lease.cancellation
            if self._stopping.is_set():
                lease.cancellation.cancel()
            with bound_contextvars(run=run.name), span("rebalance run", {"counterpoise.run": run.name}):
                self._run(desk, run, lease.cancellation)
        return True

    def _run(self, desk: Desk, run: RunRow, cancellation: Cancellation) -> None:
        """From claimed to ended, unless it is cancelled or given back."""
        log = _log.bind(run=run.name, tenant=run.tenant)
        try:
            _refuse_worn_out(desk, run)
            job, seen = self._look(desk, run, cancellation)
            record_look(desk, run, job, seen)
        except (CancelledError, LeaseLost, StateChanged):
            log.info("run given back")
            return
        except StoreError:
            raise  # the lease runs out, and the run is tried again
        except WorkerLost:
            failure = RunFailure(reason=ErrorReason.WORKER_LOST, message="the worker died; run the job again")
            log.warning("run failed", reason="WORKER_LOST")
        except Exception:
            error_id = uuid.uuid4().hex
            log.exception("internal error of a run", error_id=error_id)
            message = f"internal error {error_id}; please report it with this number"
            failure = RunFailure(reason=ErrorReason.INTERNAL_BUG, message=message, error_id=error_id)
        else:
            return
        record_failure(desk, run, failure, self._holder)

    def _look(self, desk: Desk, run: RunRow, cancellation: Cancellation) -> tuple[JobRow, Look]:
        now = desk.now()
        with reading(desk.engine) as connection:
            job = get_revision(connection, run.tenant, run.job_name, run.job_revision)
            problem = texts.read_text(job.problem_json, AllocationProblem)
            marks = marks_since(connection, run.tenant, run.job_name, problem)
        with writing(desk.engine) as connection:
            name = marks[-1].name if marks else ""
            begin_with_marks(act_for(desk, connection, run), run.name, name, holder=self._holder)
        run_policy, trade_policy = texts.read_policies(job.policies_json)
        order = Order(
            problem=problem,
            run_policy=run_policy,
            trade_policy=trade_policy,
            marks=marks,
            now=now,
        )
        return job, look_at(order, lambda problem: self._allocate(problem, cancellation))


def _refuse_worn_out(desk: Desk, run: RunRow) -> None:
    """Raises WorkerLost for a run that has ended so many who worked on it that it is left alone."""
    with reading(desk.engine) as connection:
        rows = audit_rows(connection, tenant=run.tenant, prefix=run.name, limit=_AUDIT_ROWS)
    # Whoever gave it back left no holder; whoever died did.
    deaths = [
        row
        for row in rows
        if row.action == "run.resume" and json.loads(row.details_json)["previous_holder"] is not None
    ]
    if len(deaths) > _MOST_RESUMPTIONS:
        raise WorkerLost
