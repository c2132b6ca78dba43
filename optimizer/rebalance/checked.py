"""A proposal held against the latest marks, before a decision and again before its trades leave."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from counterpoise.model import AllocationProblem, ErrorReason, RunPolicy, TradePlan
from optimizer.rebalance import policies, texts
from optimizer.rebalance.compliance import Breach, breaches_of
from optimizer.rebalance.marked import marked_problem
from optimizer.rebalance.marks import all_marks
from optimizer.store import Connection, ProposalRow, get_revision, get_run
from optimizer.usecases.errors import Refused


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What the latest marks say of a proposal's trades."""

    marks_name: str
    """The marks; empty where none were ever recorded."""
    as_of_date: datetime.date
    run_policy: RunPolicy | None
    breaches: tuple[Breach, ...]


def check_proposal(connection: Connection, row: ProposalRow) -> Checked:
    """Measures the trades on the latest marks, by the rules of the revision that they were made under."""
    revision = get_run(connection, row.tenant, row.run_name).job_revision
    job = get_revision(connection, row.tenant, row.job_name, revision)
    run_policy, _ = texts.read_policies(job.policies_json)
    marks = all_marks(connection, row.tenant, row.job_name)
    problem = marked_problem(texts.read_text(job.problem_json, AllocationProblem), marks)
    tolerance = policies.compliance_tolerance_fraction(run_policy)
    return Checked(
        marks_name=marks[-1].name if marks else "",
        as_of_date=problem.portfolio.as_of_date,
        run_policy=run_policy,
        breaches=breaches_of(problem, texts.read_text(row.plan_json, TradePlan), tolerance),
    )


def refuse_breaches(checked: Checked, now: datetime.datetime) -> None:
    """Raises Refused for marks that are too old to decide on, and for limits that would be broken."""
    oldest = policies.maximum_mark_age(checked.run_policy)
    if policies.mark_age(checked.as_of_date, now) > oldest:
        raise Refused(
            ErrorReason.MARKS_STALE,
            f"the latest marks are of {checked.as_of_date}, older than the policy allows; record today's",
            {"asOfDate": checked.as_of_date.isoformat()},
        )
    if checked.breaches:
        worst = checked.breaches[0]
        raise Refused(
            ErrorReason.COMPLIANCE_FAILED,
            f"on the marks of {checked.as_of_date} the trades would break {worst.key} by"
            f" {worst.distance_fraction:.2e} of NAV; run the job again",
            {"limit": str(worst.key), "breachCount": str(len(checked.breaches))},
        )
