"""`counterpoise runs`: what looks at a portfolio came to."""

from __future__ import annotations

import typer

from counterpoise.command import rebalance_arguments as wanted
from counterpoise.command.access import DEFAULT_TENANT, Access, Principal, StoreTarget, Tenant, reached
from counterpoise.command.arguments import AsJson, CaFile, TokenFile
from counterpoise.command.printing import on_one_line, printed
from counterpoise.command.resource_names import parent_of, run_name, typed_run
from counterpoise.command.running import told_in_words

runs = typer.Typer(no_args_is_help=True, help="Follow runs of jobs, and read what they came to.")


@runs.command("list")
def list_runs(
    job: wanted.OfJob = None,
    *,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """List runs, newest first, with the slot or the trigger that each is for."""
    from counterpoise.command.run_page import runs_page
    from counterpoise.model import ListRebalanceRunsResponse

    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    parent = parent_of(job, tenant)
    with told_in_words(as_json=as_json):
        with reached(access) as client:
            found = tuple(client.rebalance.list_runs(parent))
        printed(ListRebalanceRunsResponse(rebalance_runs=found), lambda: runs_page(found), as_json=as_json)


@runs.command("show")
def show_run(
    run: wanted.Run,
    *,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """Show a run: why it was started, its outcome, what stopped it; --json has its whole allocation, too."""
    from counterpoise.command.run_page import run_page
    from counterpoise.wording.resources import job_of

    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    typed = typed_run(run, tenant)
    with told_in_words(as_json=as_json):
        with reached(access) as client:
            found = client.rebalance.get_run(run_name(client, typed))
            wants_names = bool(found.refusals) and not as_json
            problem = client.rebalance.get_job(job_of(found.name)).problem if wants_names else None
        printed(found, lambda: run_page(found, problem), as_json=as_json)


@runs.command("cancel")
def cancel_run(
    run: wanted.Run,
    *,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """Cancel a run that is pending or running."""
    from counterpoise.command.run_page import run_page

    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    typed = typed_run(run, tenant)
    with told_in_words(as_json=as_json):
        with reached(access) as client:
            cancelled = client.rebalance.cancel_run(run_name(client, typed))
        printed(cancelled, lambda: run_page(cancelled, None), as_json=as_json)


@runs.command("watch")
def watch_runs(
    job: wanted.OfJob = None,
    *,
    resume_token: wanted.ResumeToken = "",
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: wanted.AsJsonLines = False,
) -> None:
    """Print every change of state of runs as it comes, until Ctrl-C."""
    from counterpoise.command.run_page import in_one_line

    if target is None:
        raise typer.BadParameter("watching needs a running server: name one with --target.")
    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    parent = parent_of(job, tenant)
    with told_in_words(as_json=as_json), reached(access) as client:
        for change in client.rebalance.watch_runs(parent, resume_token=resume_token):
            if as_json:
                typer.echo(on_one_line(change))
            elif change.rebalance_run is not None:
                typer.echo(in_one_line(change.rebalance_run))
