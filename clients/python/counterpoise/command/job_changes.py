"""`counterpoise jobs create` and `jobs update`: a problem, its policies, and when it is looked at."""

from __future__ import annotations

from dataclasses import replace

import typer

from counterpoise.command import rebalance_arguments as wanted
from counterpoise.command import schedule_arguments as when
from counterpoise.command.access import DEFAULT_TENANT, Access, Principal, StoreTarget, Tenant, reached
from counterpoise.command.arguments import AsJson, CaFile, ProblemFile, TokenFile
from counterpoise.command.job_terms import CalendarOptions, changed_fields, read_terms, with_terms
from counterpoise.command.printing import printed
from counterpoise.command.resource_names import job_name
from counterpoise.command.running import read, told_in_words


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
    schedule_file: when.TermsFile = None,
    daily: when.Daily = False,
    weekly: when.Weekly = None,
    monthly: when.Monthly = None,
    at: when.At = None,
    time_zone: when.TimeZone = None,
    exchange: when.Exchange = None,
    overlap: when.Overlap = None,
    catch_up: when.CatchUp = None,
    pause_after: when.PauseAfter = None,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """Create a job on a problem; every line has a current_fraction. The id stays taken for good.

    Without a schedule somebody starts every run. A new one has --daily, --weekly or --monthly, and --at,
    --time-zone and --exchange; triggers are in a file.
    """
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
        overlap=overlap,
        catch_up=wanted.parsed_span(catch_up),
        pause_after=pause_after,
    )
    calendar = CalendarOptions(
        daily=daily, weekly=weekly, monthly=monthly, at=at, time_zone=time_zone, exchange=exchange
    )
    with told_in_words(as_json=as_json):
        terms = read_terms(schedule_file, file)
        named = RebalanceJob(display_name=display_name or "", problem=read(file))
        job = policies.applied_to(with_terms(named, terms, calendar))
        with reached(access) as client:
            created = client.rebalance.create_job(access.tenant_name, job_id, job)
        printed(created, lambda: job_page(created), as_json=as_json)


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
    schedule_file: when.TermsFile = None,
    daily: when.Daily = False,
    weekly: when.Weekly = None,
    monthly: when.Monthly = None,
    at: when.At = None,
    time_zone: when.TimeZone = None,
    exchange: when.Exchange = None,
    overlap: when.Overlap = None,
    catch_up: when.CatchUp = None,
    pause_after: when.PauseAfter = None,
    no_schedule: when.NoSchedule = False,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """Change what is named of a job, and leave the rest.

    A new problem, schedule, trigger or policy is a new revision, written by who changes it; an open proposal
    is superseded. Triggers of a file replace all that there are; --at alone moves the slots that there are.
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
        overlap=overlap,
        catch_up=wanted.parsed_span(catch_up),
        pause_after=pause_after,
    )
    calendar = CalendarOptions(
        daily=daily, weekly=weekly, monthly=monthly, at=at, time_zone=time_zone, exchange=exchange
    )
    name = job_name(job, tenant)
    with told_in_words(as_json=as_json):
        terms = read_terms(schedule_file, file)
        fields = changed_fields(terms, calendar, policies.fields, no_schedule=no_schedule)
        fields += ("problem",) if file is not None else ()
        fields += ("display_name",) if display_name is not None else ()
        if not fields:
            raise typer.BadParameter(
                "nothing to change; name a problem file, or an option with its new value."
            )
        problem = read(file) if file is not None else None
        with reached(access) as client:
            # With its etag: what somebody else changes meanwhile is not overwritten.
            found = client.rebalance.get_job(name)
            changed = policies.applied_to(with_terms(found, terms, calendar))
            changed = replace(changed, schedule=None) if no_schedule else changed
            changed = changed if problem is None else replace(changed, problem=problem)
            changed = changed if display_name is None else replace(changed, display_name=display_name)
            updated = client.rebalance.update_job(changed, fields)
        printed(updated, lambda: job_page(updated), as_json=as_json)
