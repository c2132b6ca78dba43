"""A proposal held against the latest marks, before a decision and again before its trades leave."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from counterpoise.model import (
    AllocateRequest,
    AllocationProblem,
    ErrorReason,
    RunGuard,
    RunPolicy,
    TradePlan,
)
from counterpoise.validate import request_violations
from optimizer.rebalance import policies, texts
from optimizer.rebalance.compliance import Breach, breaches_of
from optimizer.rebalance.content import content_sha256
from optimizer.rebalance.guards import refuse_marks, refuse_violations
from optimizer.rebalance.marked import marked_problem
from optimizer.rebalance.marks import marks_since
from optimizer.store import (
    Connection,
    ProposalRow,
    get_marks,
    get_revision,
    get_run,
    latest_marks,
    outstanding_releases,
)
from optimizer.usecases.errors import Refused


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What the latest marks say of a proposal's trades."""

    latest_marks: str
    """The marks that were recorded last; empty where none ever were."""
    problem: AllocationProblem
    """The problem of the proposal's revision on the marks that count for it."""
    run_policy: RunPolicy | None
    breaches: tuple[Breach, ...]
    unchanged: bool
    """Whether the plan is the one that was hashed."""


def check_proposal(connection: Connection, row: ProposalRow) -> Checked:
    """Measures the trades on the latest marks, by the rules of the revision that they were made under."""
    run = get_run(connection, row.tenant, row.run_name)
    job = get_revision(connection, row.tenant, row.job_name, run.job_revision)
    run_policy, _ = texts.read_policies(job.policies_json)
    problem = texts.read_text(job.problem_json, AllocationProblem)
    problem = marked_problem(problem, marks_since(connection, row.tenant, row.job_name, problem))
    latest = latest_marks(connection, row.tenant, row.job_name)
    plan = texts.read_text(row.plan_json, TradePlan)
    # What breaks the contract cannot be measured; the guards say so below.
    valid = not request_violations(AllocateRequest(problem=problem))
    tolerance = policies.compliance_tolerance_fraction(run_policy)
    return Checked(
        latest_marks="" if latest is None else latest.name,
        problem=problem,
        run_policy=run_policy,
        breaches=breaches_of(problem, plan, tolerance) if valid else (),
        unchanged=content_sha256(plan, run.name, run.job_revision, run.marks_name) == row.content_sha256,
    )


def refuse_breaches(checked: Checked, now: datetime.datetime) -> None:
    """Raises Refused for marks that cannot be decided on, and for limits that would be broken."""
    day = checked.problem.portfolio.as_of_date
    if not checked.unchanged:
        raise Refused(
            ErrorReason.COMPLIANCE_FAILED,
            "the trades on record are not those that were hashed; run the job again",
        )
    for refusal in refuse_marks(checked.problem, checked.run_policy, now):
        stale = refusal.guard is RunGuard.MARKS_STALE
        reason = ErrorReason.MARKS_STALE if stale else ErrorReason.COMPLIANCE_FAILED
        raise Refused(reason, refusal.message, {"asOfDate": day.isoformat()})
    for refusal in refuse_violations(request_violations(AllocateRequest(problem=checked.problem))):
        raise Refused(ErrorReason.COMPLIANCE_FAILED, refusal.message)
    if checked.breaches:
        worst = checked.breaches[0]
        raise Refused(
            ErrorReason.COMPLIANCE_FAILED,
            f"on the marks of {day} the trades would break {worst.key} by {worst.distance_fraction:.2e} of"
            " NAV; run the job again",
            {"limit": str(worst.key), "breachCount": str(len(checked.breaches))},
        )


def refuse_outstanding(
    connection: Connection, tenant: str, job_name: str, run_name: str, *, but: str = ""
) -> None:
    """Raises Refused where other trades wait to leave, or left after the run's marks were recorded.

    The marks do not have them, so that the same trades would be made twice.
    """
    marks = get_run(connection, tenant, run_name).marks_name
    since = get_marks(connection, tenant, marks).record_instant if marks else None
    others = outstanding_releases(connection, tenant, job_name, since=since, but=but)
    if others:
        raise Refused(
            ErrorReason.COMPLIANCE_FAILED,
            f"trades of {others[-1]} are not in the marks that these trades start from; record marks with"
            " them done, and run the job again",
            {"proposal": others[-1]},
        )
