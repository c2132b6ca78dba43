"""Works on runs in a thread: claims one, looks at its portfolio, records what came of it in one transaction.

A run belongs to whoever holds its lease. Whoever dies loses it, and another resumes the same run: a look
changes nothing, and of two that end it one wins.
"""

from __future__ import annotations

import datetime
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import replace
from types import TracebackType

import structlog

from counterpoise.canonical import canonical_json
from counterpoise.model import (
    Allocation,
    AllocationProblem,
    ErrorReason,
    RunFailure,
    RunGuard,
    RunRefusal,
)
from optimizer.rebalance import policies, texts
from optimizer.rebalance.checked import refuse_outstanding
from optimizer.rebalance.content import content_sha256
from optimizer.rebalance.desk import Desk, refuse_halted
from optimizer.rebalance.look import Look, Order, look_at
from optimizer.rebalance.marks import marks_since
from optimizer.rebalance.names import SERVER, new_name
from optimizer.rebalance.release import release_waiting
from optimizer.store import (
    Act,
    Connection,
    JobRow,
    Proposal,
    RunOutcome,
    RunRow,
    StoreError,
    audit_rows,
    begin_with_marks,
    claim_run,
    create_proposal,
    expire_due,
    fail_run,
    finish_run,
    forget_expired,
    get_job,
    get_revision,
    get_run,
    give_back,
    keep_allocation,
    reading,
    renew_lease,
    writing,
)
from optimizer.store.errors import LeaseLost, StateChanged
from optimizer.usecases.errors import Refused
from optimizer.workers import Cancellation, WorkerLost

LEASE = datetime.timedelta(seconds=20)
_RENEW_SECONDS = 5.0
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
        self._thread = threading.Thread(target=self._work, name="runner", daemon=True)

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
        """One round; whether there may be more to do at once."""
        try:
            release_waiting(desk)
        except StoreError:
            raise
        except Exception:  # noqa: BLE001 - what is wrong with one release keeps no run waiting
            _log.exception("internal error of a release")
        with writing(desk.engine) as connection:
            act = Act(connection=connection, actor=SERVER, instant=desk.now())
            expire_due(act)
            forget_expired(connection, act.instant)
            run = claim_run(act, self._holder, LEASE)
        if run is None:
            return False
        with _Lease(desk, run, self._holder) as lease:
            self._current = lease.cancellation
            if self._stopping.is_set():
                lease.cancellation.cancel()
            self._run(desk, run, lease.cancellation)
        return True

    def _run(self, desk: Desk, run: RunRow, cancellation: Cancellation) -> None:
        """From claimed to ended, unless it is cancelled or given back."""
        log = _log.bind(run=run.name, tenant=run.tenant)
        try:
            _refuse_worn_out(desk, run)
            job, seen = self._look(desk, run, cancellation)
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
            record_look(desk, run, job, seen)
            return
        with suppress(StateChanged, LeaseLost), writing(desk.engine) as connection:
            act = _act_for(desk, connection, run)
            fail_run(act, run.name, canonical_json(failure), holder=self._holder)

    def _look(self, desk: Desk, run: RunRow, cancellation: Cancellation) -> tuple[JobRow, Look]:
        now = desk.now()
        with reading(desk.engine) as connection:
            job = get_revision(connection, run.tenant, run.job_name, run.job_revision)
            problem = texts.read_text(job.problem_json, AllocationProblem)
            marks = marks_since(connection, run.tenant, run.job_name, problem)
        with writing(desk.engine) as connection:
            name = marks[-1].name if marks else ""
            begin_with_marks(_act_for(desk, connection, run), run.name, name, holder=self._holder)
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


def record_look(desk: Desk, run: RunRow, job: JobRow, seen: Look) -> None:
    """The end of a run, with its allocation and its proposal, in one transaction.

    A run that was cancelled in the meantime stays as it is, and what was seen is dropped.
    """
    with suppress(StateChanged, LeaseLost), writing(desk.engine) as connection:
        act = _act_for(desk, connection, run)
        refusals = (
            *seen.refusals,
            *_halted(connection, run.job_name),
            *_changed(connection, run),
            *_outstanding(connection, run),
        )
        allocation = None
        if seen.allocation is not None:
            allocation = keep_allocation(act, canonical_json(seen.allocation))
        if refusals:
            written = texts.write_refusals(refusals)
            finish_run(
                act, run.name, RunOutcome.REFUSED, allocation, refusals_json=written, holder=run.lease_holder
            )
        elif seen.plan is None or seen.before is None or seen.after is None:
            finish_run(act, run.name, RunOutcome.WITHIN_TOLERANCE, allocation, holder=run.lease_holder)
        else:
            finish_run(act, run.name, RunOutcome.PROPOSED, allocation, holder=run.lease_holder)
            run_policy, _ = texts.read_policies(job.policies_json)
            marks = get_run(connection, run.tenant, run.name).marks_name
            proposal = Proposal(
                name=new_name(run.job_name, "proposals"),
                job_name=run.job_name,
                run_name=run.name,
                plan_json=canonical_json(seen.plan),
                measures_json=texts.write_measures(seen.before, seen.after),
                content_sha256=content_sha256(seen.plan, run.name, run.job_revision, marks),
                barred_approvers=sorted({job.author, run.initiator}),
                expire_instant=act.instant + policies.proposal_lifetime(run_policy),
            )
            create_proposal(act, proposal)


def _halted(connection: Connection, job: str) -> Iterator[RunRefusal]:
    try:
        refuse_halted(connection, job)
    except Refused as refused:
        yield RunRefusal(guard=RunGuard.HALTED, message=refused.message)


def _changed(connection: Connection, run: RunRow) -> Iterator[RunRefusal]:
    revision = get_job(connection, run.tenant, run.job_name).revision
    if revision != run.job_revision:
        yield RunRefusal(
            guard=RunGuard.JOB_CHANGED,
            message=f"the job is at revision {revision} and the run used {run.job_revision}; run it again",
        )


def _outstanding(connection: Connection, run: RunRow) -> Iterator[RunRefusal]:
    try:
        refuse_outstanding(connection, run.tenant, run.job_name, run.name)
    except Refused as refused:
        yield RunRefusal(guard=RunGuard.TRADES_OUTSTANDING, message=refused.message)


def _act_for(desk: Desk, connection: Connection, run: RunRow) -> Act:
    actor = replace(SERVER, tenant=run.tenant)
    return Act(connection=connection, actor=actor, instant=desk.now())


class _Lease:
    """Renews a lease in a thread while its run is under work; cancels the work when the lease is gone."""

    def __init__(self, desk: Desk, run: RunRow, holder: str) -> None:
        self.cancellation = Cancellation()
        self._desk, self._run, self._holder = desk, run, holder
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> _Lease:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        if self.cancellation.cancelled:
            # Given back at once, for somebody else to resume; a run that was cancelled takes no notice.
            with suppress(StoreError), writing(self._desk.engine) as connection:
                give_back(connection, self._run.name, self._holder)

    def _renew(self) -> None:
        while not self._done.wait(_RENEW_SECONDS):
            try:
                ours = self._extend(LEASE)
            except StoreError:
                continue  # it lasts a while yet
            if not ours:
                self.cancellation.cancel()
                return

    def _extend(self, lease: datetime.timedelta) -> bool:
        with writing(self._desk.engine) as connection:
            return renew_lease(connection, self._run.name, self._holder, self._desk.now() + lease)
