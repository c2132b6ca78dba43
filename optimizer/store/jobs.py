"""Jobs and the revisions of what they ask."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select, update

from optimizer.store.audit import Act
from optimizer.store.changes import record
from optimizer.store.columns import text_sha256
from optimizer.store.errors import AlreadyExists, StateChanged, VersionChanged
from optimizer.store.job_rows import get_job
from optimizer.store.proposals import supersede_open
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
        return text_sha256(self.problem_json)


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
            decided_slot_instant=act.instant,
        )
    )
    _write_revision(act, name, 1, content)
    record(act, "job.create", name, {**_details(1, content), "display_name": display_name})


def revise_job(
    act: Act,
    name: str,
    content: JobContent,
    *,
    display_name: str,
    expected_version: int | None,
    slots_begin: bool = False,
) -> int:
    """Change a job that is not deleted; returns the number of its revision.

    Other content is the next revision, which supersedes the open proposal; another display name alone keeps
    the revision. What changes nothing writes nothing. With `slots_begin` the job has no slots before now.

    Raises:
        NotFound: The tenant has no such job.
        StateChanged: The job is deleted.
        VersionChanged: The job has another version than `expected_version`.
    """
    job = get_job(act.connection, act.actor.tenant, name)
    if job.state is JobState.DELETED:
        raise StateChanged(name, f"{JobState.ACTIVE} or {JobState.PAUSED}", job.state)
    if expected_version is not None and job.version != expected_version:
        raise VersionChanged(name, expected_version, job.version)
    revised = content != JobContent(problem_json=job.problem_json, policies_json=job.policies_json)
    if not revised and display_name == job.display_name:
        return job.revision
    revision = job.revision + revised
    values = {
        "display_name": display_name,
        "revision": revision,
        "version": job.version + 1,
        "update_instant": act.instant,
    }
    if slots_begin:
        values["decided_slot_instant"] = act.instant
    change = update(jobs).where(jobs.c.name == name, jobs.c.version == job.version).values(values)
    if act.connection.execute(change).rowcount != 1:
        raise VersionChanged(name, job.version, get_job(act.connection, act.actor.tenant, name).version)
    if not revised:
        record(act, "job.rename", name, {"display_name": display_name})
        return revision
    supersede_open(act, name, None)
    _write_revision(act, name, revision, content)
    record(act, "job.revise", name, {**_details(revision, content), "display_name": display_name})
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
    policies_sha256 = text_sha256(content.policies_json)
    return {
        "revision": revision,
        "problem_sha256": content.problem_sha256,
        "policies_sha256": policies_sha256,
    }
