"""`counterpoise jobs`: standing orders to look at a portfolio, and runs of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from counterpoise.command import rebalance_arguments as wanted
from counterpoise.command.access import DEFAULT_TENANT, Access, Principal, StoreTarget, Tenant, reached
from counterpoise.command.arguments import AsJson, CaFile, TokenFile
from counterpoise.command.job_changes import create_job, update_job
from counterpoise.command.printing import printed
from counterpoise.command.resource_names import job_name
from counterpoise.command.running import told_in_words
from counterpoise.command.slot_commands import backfill_slots, show_next_slots

if TYPE_CHECKING:
    from counterpoise.model import RebalanceJob

jobs = typer.Typer(no_args_is_help=True, help="Keep standing orders to look at a portfolio, and run them.")
jobs.command("create")(create_job)
jobs.command("update")(update_job)
jobs.command("next")(show_next_slots)
jobs.command("backfill")(backfill_slots)


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
    """Show a job with its schedule, triggers and policies; --json has its problem, too."""
    from counterpoise.command.job_page import job_page

    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    name = job_name(job, tenant)
    with told_in_words(as_json=as_json):
        with reached(access) as client:
            found = client.rebalance.get_job(name)
        printed(found, lambda: job_page(found), as_json=as_json)


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
    """Pause a job: slots and triggers start no runs, only somebody does; a run in progress goes on."""
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
    """Resume a paused job: of the slots that it missed, the latest is run where its policy catches up."""
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
