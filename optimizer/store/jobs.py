"""Jobs and the revisions of what they ask."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from optimizer.store.audit import Act
from optimizer.store.changes import record
from optimizer.store.errors import AlreadyExists, NotFound, StateChanged
from optimizer.store.states import JobState
from optimizer.store.tables import job_revisions, jobs


@dataclass(frozen=True, kw_only=True)
class JobContent:
    """What a revision holds: canonical JSON texts, as `counterpoise.canonical` writes them."""

    problem_json: str
    policies_json: str

    @property
    def problem_sha256(self) -> str:
        """SHA-256, lower-case hex, of the problem's text."""
        return hashlib.sha256(self.problem_json.encode()).hexdigest()


def create_job(
    act: Act,
    name: str,
    display_name: str,
    content: JobContent,
) -> None:
    """Create an ACTIVE job with revision 1. Raises AlreadyExists, for the name of a deleted job too."""
    if act.connection.execute(select(jobs.c.name).where(jobs.c.name == name)).one_or_none() is not None:
        raise AlreadyExists(f"{name}: the name is taken, deleted jobs included; choose another id")
    act.connection.execute(
        insert(jobs).values(
            name=name,
            tenant=act.actor.tenant,
            display_name=display_name,
            state=JobState.ACTIVE.value,
            state_reason="",
            revision=1,
            version=1,
            create_instant=act.instant,
            update_instant=act.instant,
        )
    )
    _write_revision(act, name, 1, content)
    record(act, "job.create", name, _details(1, content))


def revise_job(
    act: Act,
    name: str,
    expected_revision: int,
    content: JobContent,
) -> int:
    """Write the next revision of a job that is not deleted; returns its number.

    Open proposals are the caller's to supersede, in the same transaction. Raises StateChanged where the
    job is deleted or has another revision than `expected_revision`, NotFound where the tenant has none.
    """
    revision = expected_revision + 1
    mine = (jobs.c.name == name) & (jobs.c.tenant == act.actor.tenant)
    change = update(jobs).where(
        mine, jobs.c.revision == expected_revision, jobs.c.state != JobState.DELETED.value
    )
    values = {"revision": revision, "version": jobs.c.version + 1, "update_instant": act.instant}
    if act.connection.execute(change.values(values)).rowcount != 1:
        row = act.connection.execute(select(jobs.c.state, jobs.c.revision).where(mine)).one_or_none()
        if row is None:
            raise NotFound(name)
        raise StateChanged(name, f"revision {expected_revision}", f"{row.state} at revision {row.revision}")
    _write_revision(act, name, revision, content)
    record(act, "job.revise", name, _details(revision, content))
    return revision


def _write_revision(
    act: Act,
    name: str,
    revision: int,
    content: JobContent,
) -> None:
    act.connection.execute(
        insert(job_revisions).values(
            job_name=name,
            revision=revision,
            problem_json=content.problem_json,
            problem_sha256=content.problem_sha256,
            policies_json=content.policies_json,
            author=act.actor.principal,
            create_instant=act.instant,
        )
    )


def _details(revision: int, content: JobContent) -> dict[str, object]:
    policies_sha256 = hashlib.sha256(content.policies_json.encode()).hexdigest()
    return {
        "revision": revision,
        "problem_sha256": content.problem_sha256,
        "policies_sha256": policies_sha256,
    }
