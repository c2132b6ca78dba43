"""What the store refuses, in the words of the domain; no driver's error and no address leaves the room."""

from __future__ import annotations


class StoreError(Exception):
    """Anything that the store refuses or cannot do."""


class StoreAddressError(StoreError):
    """The data source name cannot be used; the message never repeats it, since it may hold a password."""


class StoreUnavailable(StoreError):
    """The database is away, busy beyond its time-out, full or not migrated.

    Unless the message says that nothing was written, the last commit may have been kept or not: send the
    request again under its request id.
    """


class NotFound(StoreError):
    """The tenant has no resource of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: there is no such resource; look at the names that the list call returns")
        self.name = name


class StateChanged(StoreError):
    """The resource was no longer in the state that the change starts from; `current` is the one it is in."""

    def __init__(self, name: str, expected: str, current: str) -> None:
        super().__init__(f"{name}: is {current}, not {expected}; read it again before you change it")
        self.name = name
        self.expected = expected
        self.current = current


class VersionChanged(StoreError):
    """The job is no longer what the caller read; `current` is the version that it has."""

    def __init__(self, name: str, expected: int, current: int) -> None:
        super().__init__(
            f"{name}: is at version {current}, not {expected}; read it again before you change it"
        )
        self.name = name
        self.expected = expected
        self.current = current


class RunInProgress(StoreError):
    """Another run of the job is pending or running; `run_name` says which."""

    def __init__(self, job_name: str, run_name: str) -> None:
        super().__init__(f"{job_name}: {run_name} is in progress; wait for it or cancel it")
        self.job_name = job_name
        self.run_name = run_name


class LeaseLost(StoreError):
    """Somebody else works on the run by now: what this holder found must not be written."""

    def __init__(self, name: str, holder: str) -> None:
        super().__init__(f"{name}: {holder} no longer holds its lease; drop this work, another goes on")
        self.name = name
        self.holder = holder


class TextRefused(StoreError):
    """A text holds U+0000, which PostgreSQL does not keep."""


class ProposalNotOpen(StateChanged):
    """The proposal was decided, superseded or expired before this decision; `current` says which."""


class ContentMismatch(StoreError):
    """The decision quotes other content than the proposal has."""


class ApproverBarred(StoreError):
    """The author of the revision or the initiator of the run tried to approve."""


class RequestIdReused(StoreError):
    """A request id came back with other content than it was first sent with."""


class AlreadyExists(StoreError):
    """The name, or the slot of the job, is taken."""


class AuditBroken(StoreError):
    """The audit log is not what was written; `sequence` is the first row that is wrong or missing."""

    def __init__(self, sequence: int, reason: str) -> None:
        super().__init__(f"audit row {sequence}: {reason}")
        self.sequence = sequence
        self.reason = reason
