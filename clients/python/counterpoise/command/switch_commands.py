"""`counterpoise switch`: stop runs, approvals and releases at once."""

from __future__ import annotations

import typer

from counterpoise.command import rebalance_arguments as wanted
from counterpoise.command.access import DEFAULT_TENANT, Access, Principal, StoreTarget, Tenant, reached
from counterpoise.command.arguments import AsJson, CaFile, TokenFile
from counterpoise.command.printing import printed
from counterpoise.command.resource_names import job_name
from counterpoise.command.running import told_in_words

switch = typer.Typer(no_args_is_help=True, help="Stop runs, approvals and releases, and let them go on.")


@switch.command("engage")
def engage_switch(
    job: wanted.ScopeOfSwitch = None,
    *,
    comment: wanted.Why,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """Stop runs, approvals and releases of a job, or of the whole tenant."""
    from counterpoise.command.switch_page import switches_page

    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    scope = job_name(job, tenant) if job is not None else access.tenant_name
    with told_in_words(as_json=as_json):
        with reached(access) as client:
            engaged = client.rebalance.engage_kill_switch(scope, comment)
        printed(engaged, lambda: switches_page([engaged]), as_json=as_json)


@switch.command("release")
def release_switch(
    job: wanted.ScopeOfSwitch = None,
    *,
    comment: wanted.Why,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """Let them go on; shows the switches that are still engaged."""
    from counterpoise.command.switch_page import switches_page
    from counterpoise.model import ReleaseKillSwitchResponse

    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    scope = job_name(job, tenant) if job is not None else access.tenant_name
    with told_in_words(as_json=as_json):
        with reached(access) as client:
            left = client.rebalance.release_kill_switch(scope, comment)
        printed(ReleaseKillSwitchResponse(kill_switches=left), lambda: switches_page(left), as_json=as_json)


@switch.command("list")
def list_switches(
    *,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """List the switches that are engaged, those for everybody too."""
    from counterpoise.command.switch_page import switches_page
    from counterpoise.model import ListKillSwitchesResponse

    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    with told_in_words(as_json=as_json):
        with reached(access) as client:
            found = client.rebalance.list_kill_switches(access.tenant_name)
        printed(ListKillSwitchesResponse(kill_switches=found), lambda: switches_page(found), as_json=as_json)
