"""Names as they are typed to names of resources: `monthly`, `monthly/r-7`, `latest`, `monthly/latest`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

import typer

from counterpoise.wording.resources import short

if TYPE_CHECKING:
    from counterpoise.client import Client
    from counterpoise.model import RebalanceProposal, RebalanceRun

    Kept = TypeVar("Kept", RebalanceRun, RebalanceProposal)

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


def run_name(client: Client, text: str, tenant: str) -> str:
    """The name of a run as it was typed; of the latest one the server is asked."""
    return _name(text, "runs", tenant, lambda parent: client.rebalance.list_runs(parent, page_size=1))


def proposal_name(client: Client, text: str, tenant: str) -> str:
    """The name of a proposal as it was typed; of the latest one the server is asked."""
    return _name(
        text, "proposals", tenant, lambda parent: client.rebalance.list_proposals(parent, page_size=1)
    )


def _name(text: str, collection: str, tenant: str, newest_first: Callable[[str], Iterator[Kept]]) -> str:
    job, _, last = text.rpartition("/")
    if last == LATEST and (not job or _OWN_ID(job) or _JOB(job)):
        parent = parent_of(job or None, tenant)
        newest = next(newest_first(parent), None)
        if newest is None:
            raise _none_yet(collection, parent)
        return newest.name
    if job.endswith(f"/{collection}") and _JOB(job.removesuffix(f"/{collection}")) and _SERVERS_ID(last):
        return text
    if _OWN_ID(job) is not None and _SERVERS_ID(last) is not None:
        return f"{job_name(job, tenant)}/{collection}/{last}"
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
