"""States of jobs, runs, proposals and releases, and which changes are allowed; final ones never change."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class JobState(StrEnum):
    """A deleted job is kept for audit."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    DELETED = "DELETED"


class RunState(StrEnum):
    """SUCCEEDED has an outcome; the others have none."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    SKIPPED = "SKIPPED"


class TriggerState(StrEnum):
    """FIRED is armed again once its figure was back."""

    ARMED = "ARMED"
    FIRED = "FIRED"


class RunOutcome(StrEnum):
    """What a run that succeeded came to."""

    PROPOSED = "PROPOSED"
    WITHIN_TOLERANCE = "WITHIN_TOLERANCE"
    REFUSED = "REFUSED"


class ProposalState(StrEnum):
    """OPEN waits for one decision."""

    OPEN = "OPEN"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    SUPERSEDED = "SUPERSEDED"


class ReleaseState(StrEnum):
    """What became of the trades of an APPROVED proposal; in a dry run nothing leaves."""

    DRY_RUN = "DRY_RUN"
    WAITING = "WAITING"
    RELEASED = "RELEASED"
    WITHHELD = "WITHHELD"


State = JobState | RunState | ProposalState

CHANGES: Mapping[State, frozenset[State]] = {
    JobState.ACTIVE: frozenset({JobState.PAUSED, JobState.DELETED}),
    JobState.PAUSED: frozenset({JobState.ACTIVE, JobState.DELETED}),
    RunState.PENDING: frozenset({RunState.RUNNING, RunState.FAILED, RunState.CANCELLED}),
    RunState.RUNNING: frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED}),
    ProposalState.OPEN: frozenset(
        {ProposalState.APPROVED, ProposalState.REJECTED, ProposalState.EXPIRED, ProposalState.SUPERSEDED}
    ),
}
"""Where each state may go; a state that is missing is final."""

UNFINISHED_RUNS = (RunState.PENDING, RunState.RUNNING)
"""Runs that still come to something, in the order of their life."""


def texts(states: type[StrEnum]) -> str:
    """The states as a list in SQL."""
    return ", ".join(f"'{state}'" for state in states)
