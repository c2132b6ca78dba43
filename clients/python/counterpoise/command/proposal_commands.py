"""`counterpoise proposals`: trades that wait for a decision of another person."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from counterpoise.command import rebalance_arguments as wanted
from counterpoise.command.access import DEFAULT_TENANT, Access, Principal, StoreTarget, Tenant, reached
from counterpoise.command.arguments import AsJson, CaFile, TokenFile
from counterpoise.command.printing import printed
from counterpoise.command.resource_names import parent_of, proposal_name, typed_proposal
from counterpoise.command.running import told_in_words

if TYPE_CHECKING:
    from counterpoise.client import Client
    from counterpoise.model import RebalanceJob, RebalanceProposal, RebalanceRun

proposals = typer.Typer(no_args_is_help=True, help="Read proposed trades, and approve or reject them.")


@proposals.command("list")
def list_proposals(
    job: wanted.OfJob = None,
    *,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """List proposals, newest first."""
    from counterpoise.command.proposal_page import proposals_page
    from counterpoise.model import ListRebalanceProposalsResponse

    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    parent = parent_of(job, tenant)
    with told_in_words(as_json=as_json):
        with reached(access) as client:
            found = tuple(client.rebalance.list_proposals(parent))
        response = ListRebalanceProposalsResponse(rebalance_proposals=found)
        printed(response, lambda: proposals_page(found), as_json=as_json)


@proposals.command("show")
def show_proposal(
    proposal: wanted.Proposal,
    *,
    html: wanted.Html = None,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """Show what is proposed: trades with reasons, order of execution, before and after, how to decide."""
    from counterpoise.command.proposal_page import proposal_page

    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    typed = typed_proposal(proposal, tenant)
    with told_in_words(as_json=as_json):
        with reached(access) as client:
            found = client.rebalance.get_proposal(proposal_name(client, typed))
            if html is not None:
                _write_page(client, found, html)
            if as_json:
                printed(found, list, as_json=True)
                return
            run, job = _behind(client, found)
        printed(found, lambda: proposal_page(found, job.problem, run), as_json=False)
        if html is not None:
            typer.echo(f"Written to {html}.", err=True)


@proposals.command("approve")
def approve_proposal(
    proposal: wanted.Proposal,
    *,
    content_sha256: wanted.ContentSha256 = None,
    comment: wanted.WhyIfAny = "",
    yes: wanted.Yes = False,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """Approve an open proposal, as another person than who wrote the job or started the run.

    With --content-sha256 what was read before; without it the proposal is shown, and asked about.
    """
    _needs_a_way_to_ask(content_sha256, yes=yes)
    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    typed = typed_proposal(proposal, tenant)
    with told_in_words(as_json=as_json):
        with reached(access) as client:
            name = proposal_name(client, typed)
            content = content_sha256 or _read(client, name, "Approve it?", yes=yes)
            approved = client.rebalance.approve(name, content, comment)
        _show_decision(approved, as_json=as_json)


@proposals.command("reject")
def reject_proposal(
    proposal: wanted.Proposal,
    *,
    comment: wanted.Why,
    content_sha256: wanted.ContentSha256 = None,
    yes: wanted.Yes = False,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """Reject an open proposal, and say why; content as for approve."""
    _needs_a_way_to_ask(content_sha256, yes=yes)
    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    typed = typed_proposal(proposal, tenant)
    with told_in_words(as_json=as_json):
        with reached(access) as client:
            name = proposal_name(client, typed)
            content = content_sha256 or _read(client, name, "Reject it?", yes=yes)
            rejected = client.rebalance.reject(name, content, comment)
        _show_decision(rejected, as_json=as_json)


def somebody_is_there() -> bool:
    """Whether a question can be answered: the input is a terminal."""
    return sys.stdin.isatty()


def _needs_a_way_to_ask(content_sha256: str | None, *, yes: bool) -> None:
    if content_sha256 is None and not yes and not somebody_is_there():
        raise typer.BadParameter(
            "nobody can be asked here; quote what was read with --content-sha256, or decide on what is "
            "shown with --yes."
        )


def _read(client: Client, name: str, question: str, *, yes: bool) -> str:
    """Shows a proposal, asks, and returns the hash of what was shown. Raises Abort where the answer is no.

    All goes to the error stream: the output is the decision.
    """
    from counterpoise.command import layout
    from counterpoise.command.proposal_page import proposal_page
    from counterpoise.model import RebalanceProposalState

    found = client.rebalance.get_proposal(name)
    run, job = _behind(client, found)
    layout.show(proposal_page(found, job.problem, run), stderr=True)
    # Of what is decided already nothing is asked: the server says who decided.
    if not yes and found.state == RebalanceProposalState.OPEN:
        typer.confirm(question, abort=True, err=True)
    return found.content_sha256


def _show_decision(proposal: RebalanceProposal, *, as_json: bool) -> None:
    from counterpoise.command.proposal_page import decision

    printed(proposal, lambda: [decision(proposal)], as_json=as_json)


def _write_page(client: Client, proposal: RebalanceProposal, path: Path) -> None:
    from counterpoise.proposal_page import write_proposal_page

    run, job = _behind(client, proposal)
    write_proposal_page(proposal, run, job, path)


def _behind(client: Client, proposal: RebalanceProposal) -> tuple[RebalanceRun, RebalanceJob]:
    """The run that made a proposal, and the job at the revision that the run used."""
    from counterpoise.wording.resources import job_of

    run = client.rebalance.get_run(proposal.run)
    return run, client.rebalance.get_job(job_of(proposal.name), revision=run.job_revision)
