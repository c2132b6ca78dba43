"""`counterpoise jobs`: standing orders to look at a portfolio, and runs of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from counterpoise.command import rebalance_arguments as wanted
from counterpoise.command.access import DEFAULT_TENANT, Access, Principal, StoreTarget, Tenant, reached
from counterpoise.command.arguments import AsJson, CaFile, ProblemFile, TokenFile
from counterpoise.command.printing import printed
from counterpoise.command.resource_names import job_name
from counterpoise.command.running import read, told_in_words

if TYPE_CHECKING:
    from counterpoise.model import RebalanceJob

jobs = typer.Typer(no_args_is_help=True, help="Keep standing orders to look at a portfolio, and run them.")


@jobs.command("create")
def create_job(
    job_id: wanted.NewJob,
    file: ProblemFile,
    *,
    display_name: wanted.DisplayName = None,
    release_approved: wanted.ReleaseApproved = None,
    band: wanted.Band = None,
    tolerance: wanted.Tolerance = None,
    minimum_ticket: wanted.MinimumTicket = None,
    proposal_lifetime: wanted.ProposalLifetime = None,
    maximum_mark_age: wanted.MaximumMarkAge = None,
    maximum_turnover: wanted.MaximumTurnover = None,
    maximum_answer_jump: wanted.MaximumAnswerJump = None,
    compliance_tolerance: wanted.ComplianceTolerance = None,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """Create a job on a problem; every line has a current_fraction. The id stays taken for good."""
    from counterpoise.command.job_page import job_page
    from counterpoise.command.job_policies import Policies
    from counterpoise.model import RebalanceJob

    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    policies = Policies(
        release_approved=release_approved,
        band=band,
        tolerance=tolerance,
        minimum_ticket=minimum_ticket,
        proposal_lifetime=wanted.parsed_span(proposal_lifetime),
        maximum_mark_age=wanted.parsed_span(maximum_mark_age),
        maximum_turnover=maximum_turnover,
        maximum_answer_jump=maximum_answer_jump,
        compliance_tolerance=compliance_tolerance,
    )
    with told_in_words(as_json=as_json):
        job = policies.applied_to(RebalanceJob(display_name=display_name or "", problem=read(file)))
        with reached(access) as client:
            created = client.rebalance.create_job(access.tenant_name, job_id, job)
        printed(created, lambda: job_page(created), as_json=as_json)


@jobs.command("list")
def list_jobs(
    *,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """List all jobs of the tenant, deleted ones too."""
    from counterpoise.command.job_page import jobs_page
    from counterpoise.model import ListRebalanceJobsResponse

    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    with told_in_words(as_json=as_json):
        with reached(access) as client:
            found = tuple(client.rebalance.list_jobs(access.tenant_name))
        printed(ListRebalanceJobsResponse(rebalance_jobs=found), lambda: jobs_page(found), as_json=as_json)


@jobs.command("show")
def show_job(
    job: wanted.Job,
    *,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """Show a job with its policies; --json has its problem, too."""
    from counterpoise.command.job_page import job_page

    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    name = job_name(job, tenant)
    with told_in_words(as_json=as_json):
        with reached(access) as client:
            found = client.rebalance.get_job(name)
        printed(found, lambda: job_page(found), as_json=as_json)


@jobs.command("update")
def update_job(
    job: wanted.Job,
    file: wanted.NewProblem = None,
    *,
    display_name: wanted.DisplayName = None,
    release_approved: wanted.ReleaseApproved = None,
    band: wanted.Band = None,
    tolerance: wanted.Tolerance = None,
    minimum_ticket: wanted.MinimumTicket = None,
    proposal_lifetime: wanted.ProposalLifetime = None,
    maximum_mark_age: wanted.MaximumMarkAge = None,
    maximum_turnover: wanted.MaximumTurnover = None,
    maximum_answer_jump: wanted.MaximumAnswerJump = None,
    compliance_tolerance: wanted.ComplianceTolerance = None,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """Change what is named of a job, and leave the rest.

    A new problem or policy is a new revision, written by who changes it; an open proposal is superseded.
    """
    from counterpoise.command.job_page import job_page
    from counterpoise.command.job_policies import Policies

    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    policies = Policies(
        release_approved=release_approved,
        band=band,
        tolerance=tolerance,
        minimum_ticket=minimum_ticket,
        proposal_lifetime=wanted.parsed_span(proposal_lifetime),
        maximum_mark_age=wanted.parsed_span(maximum_mark_age),
        maximum_turnover=maximum_turnover,
        maximum_answer_jump=maximum_answer_jump,
        compliance_tolerance=compliance_tolerance,
    )
    fields = policies.fields
    fields += ("problem",) if file is not None else ()
    fields += ("display_name",) if display_name is not None else ()
    if not fields:
        raise typer.BadParameter("nothing to change; name a problem file, or an option with its new value.")
    name = job_name(job, tenant)
    with told_in_words(as_json=as_json):
        problem = read(file) if file is not None else None
        with reached(access) as client:
            # With its etag: what somebody else changes meanwhile is not overwritten.
            changed = policies.applied_to(client.rebalance.get_job(name))
            changed = changed if problem is None else replace(changed, problem=problem)
            changed = changed if display_name is None else replace(changed, display_name=display_name)
            updated = client.rebalance.update_job(changed, fields)
        printed(updated, lambda: job_page(updated), as_json=as_json)


@jobs.command("delete")
def delete_job(
    job: wanted.Job,
    *,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """Delete a job for good: its runs are cancelled, its open proposal superseded; it stays readable."""
    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    name = job_name(job, tenant)
    with told_in_words(as_json=as_json):
        with reached(access) as client:
            deleted = client.rebalance.delete_job(name)
        _show(deleted, as_json=as_json)


@jobs.command("pause")
def pause_job(
    job: wanted.Job,
    *,
    comment: wanted.Why,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """Pause a job: only runs that are started by hand start; a run in progress goes on."""
    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    name = job_name(job, tenant)
    with told_in_words(as_json=as_json):
        with reached(access) as client:
            paused = client.rebalance.pause_job(name, comment)
        _show(paused, as_json=as_json)


@jobs.command("resume")
def resume_job(
    job: wanted.Job,
    *,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """Resume a paused job."""
    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    name = job_name(job, tenant)
    with told_in_words(as_json=as_json):
        with reached(access) as client:
            resumed = client.rebalance.resume_job(name)
        _show(resumed, as_json=as_json)


@jobs.command("run")
def run_job(
    job: wanted.Job,
    *,
    wait: wanted.Wait = True,
    timeout: wanted.WaitSeconds = 300.0,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """Run a job now on the latest marks, and show what came of it.

    Exit codes: 0 proposed or nothing to do, 1 failed or cancelled, 3 refused as infeasible, 4 refused.
    """
    from counterpoise.command.run_page import exit_code, run_page

    if not wait and target is None:
        raise typer.BadParameter("--no-wait is for a server named with --target: one that is started ends.")
    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    name = job_name(job, tenant)
    with told_in_words(as_json=as_json):
        with reached(access) as client:
            run = client.rebalance.run_job(name)
            if wait:
                run = client.rebalance.wait_for_run(run.name, timeout)
            problem = client.rebalance.get_job(name).problem if run.refusals and not as_json else None
        printed(run, lambda: run_page(run, problem), as_json=as_json)
    raise typer.Exit(exit_code(run))


def _show(job: RebalanceJob, *, as_json: bool) -> None:
    from counterpoise.command.job_page import job_page

    printed(job, lambda: job_page(job), as_json=as_json)
