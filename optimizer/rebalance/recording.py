"""The end of a run, on record: what it came to, its allocation, its proposal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from counterpoise.canonical import canonical_json
from counterpoise.model import RunFailure, RunGuard, RunRefusal
from optimizer.rebalance import policies, texts
from optimizer.rebalance.checked import refuse_outstanding
from optimizer.rebalance.content import content_sha256
from optimizer.rebalance.desk import Desk, refuse_halted
from optimizer.rebalance.look import Look
from optimizer.rebalance.names import SERVER, new_name
from optimizer.store import (
    Act,
    Connection,
    JobRow,
    Proposal,
    RunOutcome,
    RunRow,
    count_failure,
    count_success,
    create_proposal,
    fail_run,
    finish_run,
    get_job,
    get_run,
    keep_allocation,
    writing,
)
from optimizer.store.errors import LeaseLost, StateChanged
from optimizer.usecases.errors import Refused

_FROM_OUTSIDE = {RunGuard.HALTED, RunGuard.JOB_CHANGED}
"""What stops a run and is no failure of it."""


def record_look(desk: Desk, run: RunRow, job: JobRow, seen: Look) -> None:
    """The end of a run, with its allocation and its proposal, in one transaction.

    A run that was cancelled in the meantime stays as it is, and what was seen is dropped.
    """
    with suppress(StateChanged, LeaseLost), writing(desk.engine) as connection:
        act = act_for(desk, connection, run)
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
            if not any(refusal.guard in _FROM_OUTSIDE for refusal in refusals):
                _count_failure(act, run.job_name)
        elif seen.plan is None or seen.before is None or seen.after is None:
            finish_run(act, run.name, RunOutcome.WITHIN_TOLERANCE, allocation, holder=run.lease_holder)
            count_success(act, run.job_name)
        else:
            finish_run(act, run.name, RunOutcome.PROPOSED, allocation, holder=run.lease_holder)
            count_success(act, run.job_name)
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


def record_failure(desk: Desk, run: RunRow, failure: RunFailure, holder: str) -> None:
    """The end of a run whose machinery failed, unless it is over or another's by now."""
    with suppress(StateChanged, LeaseLost), writing(desk.engine) as connection:
        act = act_for(desk, connection, run)
        fail_run(act, run.name, canonical_json(failure), holder=holder)
        _count_failure(act, run.job_name)


def _count_failure(act: Act, job_name: str) -> None:
    """Pause the job once so many runs in a row came to nothing."""
    job = get_job(act.connection, act.actor.tenant, job_name)
    run_policy, _ = texts.read_policies(job.policies_json)
    count_failure(act, job_name, policies.pause_failure_count(run_policy))


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


def act_for(desk: Desk, connection: Connection, run: RunRow) -> Act:
    """An act of the server on a run, now."""
    actor = replace(SERVER, tenant=run.tenant)
    return Act(connection=connection, actor=actor, instant=desk.now())
