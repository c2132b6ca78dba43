"""Names as they are typed to names of resources: `monthly`, `monthly/r-7`, `latest`, `monthly/latest`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from counterpoise.wording.resources import short

if TYPE_CHECKING:
    from counterpoise.client import Client

LATEST = "latest"
ALL_JOBS = "-"
_ID = "[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
_OWN_ID = re.compile(_ID, re.ASCII).fullmatch
_JOB = re.compile(f"tenants/{_ID}/rebalanceJobs/{_ID}", re.ASCII).fullmatch
_SERVERS_ID = re.compile("[A-Za-z0-9._-]{1,64}", re.ASCII).fullmatch


def checked_tenant(value: str) -> str:
    """A tenant as it came; raises BadParameter for what is no id."""
    if _OWN_ID(value) is None:
        raise typer.BadParameter(f"{value!r} is no tenant; {_FORM}.")
    return value


def checked_job_id(value: str) -> str:
    """The id of a job as it came; raises BadParameter for what is none."""
    if _OWN_ID(value) is None:
        raise typer.BadParameter(f"{value!r} is no id of a job; {_FORM}, such as monthly.")
    return value


def job_name(text: str, tenant: str) -> str:
    """The name of a job from its id or from itself; raises BadParameter."""
    if _OWN_ID(text) is not None:
        return f"tenants/{tenant}/rebalanceJobs/{text}"
    if _JOB(text) is None:
        raise typer.BadParameter(
            f"{text!r} is no job; write its id, such as monthly, or tenants/TENANT/rebalanceJobs/ID."
        )
    return text


def parent_of(job: str | None, tenant: str) -> str:
    """Where runs and proposals are listed: a job, or without one all jobs of the tenant."""
    return job_name(job, tenant) if job is not None else f"tenants/{tenant}/rebalanceJobs/{ALL_JOBS}"


@dataclass(frozen=True)
class Typed:
    """A run or a proposal as it was typed: its name, or the latest one of a parent."""

    name: str
    parent: str


def typed_run(text: str, tenant: str) -> Typed:
    """A run as it was typed; raises BadParameter."""
    return _typed(text, "runs", tenant)


def typed_proposal(text: str, tenant: str) -> Typed:
    """A proposal as it was typed; raises BadParameter."""
    return _typed(text, "proposals", tenant)


def run_name(client: Client, typed: Typed) -> str:
    """The name of a run; of the latest one the server is asked."""
    if typed.name:
        return typed.name
    newest = next(client.rebalance.list_runs(typed.parent, page_size=1), None)
    if newest is None:
        raise _none_yet("runs", typed.parent)
    return newest.name


def proposal_name(client: Client, typed: Typed) -> str:
    """The name of a proposal; of the latest one the server is asked."""
    if typed.name:
        return typed.name
    newest = next(client.rebalance.list_proposals(typed.parent, page_size=1), None)
    if newest is None:
        raise _none_yet("proposals", typed.parent)
    return newest.name


def _typed(text: str, collection: str, tenant: str) -> Typed:
    job, _, last = text.rpartition("/")
    if last == LATEST and (not job or _OWN_ID(job) or _JOB(job)):
        return Typed(name="", parent=parent_of(job or None, tenant))
    parent = job.removesuffix(f"/{collection}")
    if parent != job and _JOB(parent) and _SERVERS_ID(last):
        return Typed(name=text, parent=parent)
    if _OWN_ID(job) and _SERVERS_ID(last):
        parent = job_name(job, tenant)
        return Typed(name=f"{parent}/{collection}/{last}", parent=parent)
    kind = collection.removesuffix("s")
    raise typer.BadParameter(
        f"{text!r} is no {kind}; write JOB/ID as lists show it, JOB/{LATEST}, {LATEST}, or its full name."
    )


def _none_yet(collection: str, parent: str) -> Exception:
    from counterpoise.errors import CounterpoiseError

    job = short(parent)
    where = "no job of the tenant" if job == ALL_JOBS else f"job {job}"
    return CounterpoiseError(f"{where} has {'any ' if job == ALL_JOBS else 'no '}{collection} yet")


_FORM = "write lower-case letters, digits and hyphens, a letter first"
