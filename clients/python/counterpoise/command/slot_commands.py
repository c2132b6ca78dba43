"""`counterpoise jobs next` and `jobs backfill`: slots to come, and slots that were skipped or missed."""

from __future__ import annotations

import json
from dataclasses import replace

import typer

from counterpoise.command import rebalance_arguments as wanted
from counterpoise.command import schedule_arguments as when
from counterpoise.command.access import DEFAULT_TENANT, Access, Principal, StoreTarget, Tenant, reached
from counterpoise.command.arguments import AsJson, CaFile, TokenFile
from counterpoise.command.printing import on_one_line, printed
from counterpoise.command.resource_names import job_name
from counterpoise.command.running import ExitCode, told_in_words


def show_next_slots(
    job: wanted.Job,
    *,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: AsJson = False,
) -> None:
    """Show the next slots of a job, rolls among them, in its time zone and in UTC."""
    from counterpoise.command.schedule_page import schedule_section

    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    name = job_name(job, tenant)
    with told_in_words(as_json=as_json):
        with reached(access) as client:
            found = client.rebalance.get_job(name)
        without_problem = replace(found, problem=None)  # type: ignore[arg-type]
        printed(without_problem, lambda: [schedule_section(found)], as_json=as_json)


def backfill_slots(
    job: wanted.Job,
    slots: when.Slots = None,
    *,
    skipped: when.Skipped = False,
    timeout: wanted.WaitSeconds = 300.0,
    target: StoreTarget = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    principal: Principal = None,
    tenant: Tenant = DEFAULT_TENANT,
    as_json: when.RunsAsJsonLines = False,
) -> None:
    """Run slots that were skipped or missed, oldest first, each on the latest marks.

    A slot waits for the end of the run before it; after one that fails or cannot start there is no other.
    Exit codes are those of `jobs run`, of the worst run.
    """
    from counterpoise.command import layout
    from counterpoise.command.run_page import exit_code, run_page
    from counterpoise.command.schedule_page import skipped_page
    from counterpoise.model import RebalanceRunState
    from counterpoise.wording.schedules import typed_slot

    if bool(slots) == skipped:
        raise typer.BadParameter("name slots to run, or --skipped to see which there are.")
    access = Access(target=target, token_file=token_file, ca_file=ca_file, principal=principal, tenant=tenant)
    name = job_name(job, tenant)
    worst = ExitCode.CERTIFIED
    with told_in_words(), reached(access) as client:
        found = client.rebalance.get_job(name)
        if skipped:
            left = client.rebalance.skipped_slots(name)
            if as_json:
                for slot in left:
                    typer.echo(json.dumps({"slot_time": typed_slot(slot)}))
            else:
                layout.show(skipped_page(found, left))
            return
        instants = [when.parsed_slot(slot, found.schedule) for slot in slots or ()]
        for run in client.rebalance.backfill(name, instants, timeout_seconds=timeout):
            if as_json:
                typer.echo(on_one_line(run))
            else:
                layout.show(run_page(run, found.problem))
            worst = _worse(worst, exit_code(run))
            if run.state in {RebalanceRunState.FAILED, RebalanceRunState.CANCELLED}:
                break
    raise typer.Exit(worst)


def _worse(one: ExitCode, other: ExitCode) -> ExitCode:
    """The graver of two: a failure, then a contradiction, then any other refusal."""
    order = (ExitCode.CERTIFIED, ExitCode.NOT_CERTIFIED, ExitCode.INFEASIBLE, ExitCode.ERROR)
    return max(one, other, key=order.index)
