"""Names of what is kept: their forms, and what their parts say. Text alone: nothing is looked up.

`tenants/{tenant}/rebalanceJobs/{rebalance_job}/runs/{run}`; parts that callers choose are
`[a-z]([a-z0-9-]{0,61}[a-z0-9])?`, parts that the server chooses may also begin with a digit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

EVERY_JOB: Final = "-"
"""Stands for the job in parents that mean every job of the tenant."""

_CHOSEN = "[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
_GIVEN = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_TENANT = f"tenants/(?P<tenant>{_CHOSEN})"
_JOB = f"{_TENANT}/rebalanceJobs/(?P<job>{_CHOSEN})"

matches_part = re.compile(_CHOSEN, re.ASCII).fullmatch
"""Whether text can be the part of a name that callers choose."""


@dataclass(frozen=True, kw_only=True)
class ResourceName:
    """The parts of a name; empty where its form has no such part.

    `job` is EVERY_JOB where all jobs are meant; `last` is the part that the server chose.
    """

    tenant: str
    job: str = ""
    last: str = ""

    @property
    def job_name(self) -> str:
        """Name of the job that this is, or belongs to; empty for a tenant and for every job."""
        if self.job in {"", EVERY_JOB}:
            return ""
        return f"tenants/{self.tenant}/rebalanceJobs/{self.job}"


@dataclass(frozen=True)
class NameForm:
    """One form of names; `template` is how messages write it."""

    template: str
    pattern: re.Pattern[str]

    def read(self, text: object) -> ResourceName | None:
        """The parts of a name; None for what is not of this form."""
        found = self.pattern.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            return None
        parts = found.groupdict()
        return ResourceName(tenant=parts["tenant"], job=parts.get("job") or "", last=parts.get("last") or "")


def _form(template: str, pattern: str) -> NameForm:
    return NameForm(template, re.compile(pattern, re.ASCII))


TENANT: Final = _form("tenants/{tenant}", _TENANT)
JOB: Final = _form("tenants/{tenant}/rebalanceJobs/{rebalance_job}", _JOB)
JOBS: Final = _form(
    "tenants/{tenant}/rebalanceJobs/{rebalance_job}, or - for {rebalance_job}",
    f"{_TENANT}/rebalanceJobs/(?P<job>{_CHOSEN}|-)",
)
"""One job, or every job of the tenant."""
SCOPE: Final = _form(
    "tenants/{tenant} or tenants/{tenant}/rebalanceJobs/{rebalance_job}",
    f"{_TENANT}(?:/rebalanceJobs/(?P<job>{_CHOSEN}))?",
)
"""What a kill switch can stop: a tenant or one of its jobs."""
RUN: Final = _form(
    "tenants/{tenant}/rebalanceJobs/{rebalance_job}/runs/{run}", f"{_JOB}/runs/(?P<last>{_GIVEN})"
)
PROPOSAL: Final = _form(
    "tenants/{tenant}/rebalanceJobs/{rebalance_job}/proposals/{proposal}",
    f"{_JOB}/proposals/(?P<last>{_GIVEN})",
)
MARKS: Final = _form(
    "tenants/{tenant}/rebalanceJobs/{rebalance_job}/marks/{marks}", f"{_JOB}/marks/(?P<last>{_GIVEN})"
)
