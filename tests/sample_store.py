"""Jobs, runs and proposals for tests of the store."""

from __future__ import annotations

import datetime

from optimizer.store import (
    Act,
    Actor,
    Connection,
    JobContent,
    Proposal,
    RunOutcome,
    RunState,
    audit_rows,
    change_state,
    create_job,
    create_proposal,
    create_run,
    finish_run,
    keep_allocation,
)

NOW = datetime.datetime(2025, 11, 28, 15, 30, 0, 123456, tzinfo=datetime.UTC)
LATER = NOW + datetime.timedelta(days=1)
TENANT = "pension"
AUTHOR = Actor(tenant=TENANT, principal="ada", authenticated=True)
APPROVER = Actor(tenant=TENANT, principal="ben", authenticated=True)
STRANGER = Actor(tenant="endowment", principal="eve", authenticated=True)
JOB = "tenants/pension/rebalanceJobs/monthly"
CONTENT = JobContent(problem_json='{"display_name":"Pension"}', policies_json="{}")
OTHER_CONTENT = JobContent(problem_json='{"display_name":"Pension II"}', policies_json="{}")
CONTENT_SHA256 = "c" * 64
SERVER = Actor(tenant="-", principal="counterpoise-server", authenticated=True)
OTHER_JOB = "tenants/endowment/rebalanceJobs/weekly"
LEASE = datetime.timedelta(minutes=1)


def run_name(number: int) -> str:
    return f"{JOB}/runs/{number}"


def marks_name(number: int) -> str:
    return f"{JOB}/marks/{number}"


def proposal_name(number: int) -> str:
    return f"{JOB}/proposals/{number}"


def act(connection: Connection, actor: Actor = AUTHOR, instant: datetime.datetime = NOW) -> Act:
    return Act(connection=connection, actor=actor, instant=instant)


def add_job(connection: Connection) -> None:
    create_job(act(connection), JOB, "Monthly", CONTENT)


def add_run(connection: Connection, number: int = 1) -> None:
    create_run(act(connection), run_name(number), JOB)


def add_proposal(connection: Connection, number: int = 1) -> None:
    """A run that proposes, and its proposal, after `add_job`."""
    doing = act(connection)
    add_run(connection, number)
    change_state(doing, run_name(number), RunState.PENDING, RunState.RUNNING, values={"start_instant": NOW})
    found = keep_allocation(doing, '{"certified":true}')
    finish_run(doing, run_name(number), RunOutcome.PROPOSED, found)
    create_proposal(
        doing,
        Proposal(
            name=proposal_name(number),
            job_name=JOB,
            run_name=run_name(number),
            plan_json='{"trades":[{"line_id":"bonds","contract_count":1408}]}',
            measures_json='{"before":{},"after":{}}',
            content_sha256=CONTENT_SHA256,
            barred_approvers=[AUTHOR.principal],
            expire_instant=LATER,
        ),
    )


def add_other_job(connection: Connection) -> None:
    """A job of another tenant with a run."""
    create_job(act(connection, STRANGER), OTHER_JOB, "Weekly", CONTENT)
    create_run(act(connection, STRANGER), f"{OTHER_JOB}/runs/1", OTHER_JOB)


def actions(connection: Connection, name: str = "") -> list[str]:
    """What the audit log says was done to a resource and to what is below it."""
    return [row.action for row in audit_rows(connection, tenant=None, prefix=name, limit=1000)]
