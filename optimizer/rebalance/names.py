"""Names of what is kept, and whose it is: permission comes before existence."""

from __future__ import annotations

import uuid
from typing import Protocol

from counterpoise.model import ErrorReason
from optimizer.store import EVERYBODY, Actor
from optimizer.usecases.errors import Refused

ANY_JOB = "-"


SERVER = Actor(tenant="-", principal="counterpoise-server", authenticated=True)
"""The server itself, in records of what it does of its own accord; the tenant is that of what it acts on."""


STRANGER = Actor(tenant="-", principal="-", authenticated=False)
"""Whoever was refused before anybody knew who it was."""


class Caller(Protocol):
    """Who calls, as the service knows it."""

    @property
    def subject(self) -> str:
        """Name of the person or program."""

    @property
    def tenant(self) -> str:
        """The tenant that everything it names has to be of."""

    @property
    def authenticated(self) -> bool:
        """Whether a token proved it."""


def actor_of(caller: Caller) -> Actor:
    """The caller as records name it."""
    return Actor(tenant=caller.tenant, principal=caller.subject, authenticated=caller.authenticated)


def check_tenant(name: str, caller: Caller) -> None:
    """Raises Refused unless a name is of the caller's tenant; nothing is looked up for others."""
    if name.split("/")[1:2] != [caller.tenant]:
        raise Refused(
            ErrorReason.ACCESS_DENIED,
            f"these credentials are of tenant {caller.tenant} and give access to its resources only",
        )


def job_name(tenant_name: str, job_id: str) -> str:
    """Name of a job, from `tenants/{tenant}` and its id."""
    return f"{tenant_name}/rebalanceJobs/{job_id}"


def job_of(name: str) -> str:
    """Name of the job that a run, a proposal or marks belong to; of a job itself."""
    return "/".join(name.split("/")[:4])


def job_id(name: str) -> str:
    """The last part of a job's name, as metrics call it beside its tenant."""
    return name.rpartition("/")[2]


def is_any_job(parent: str) -> bool:
    """Whether a parent stands for all jobs of its tenant."""
    return parent.endswith(f"/{ANY_JOB}")


def new_name(job: str, collection: str) -> str:
    """Name of a new run, proposal or marks of a job; the last part is random."""
    return f"{job}/{collection}/{collection[0]}{uuid.uuid4().hex}"


def halting_scopes(job: str) -> tuple[str, str, str]:
    """Scopes whose kill switch stops a job: everybody's, its tenant's, its own."""
    return EVERYBODY, "/".join(job.split("/")[:2]), job
