"""What can go wrong, as one tree.

    CounterpoiseError
    ├── InvalidProblem         the question is wrong; every violation that is known
    ├── InfeasibleMandate      proven: no allocation satisfies the question; carries the proof
    ├── NotCertified           nothing was proven, so there are no positions
    └── ServiceError           the call failed; the status says how
        ├── CredentialsRefused no, malformed, expired or early credentials; another token is needed
        ├── AccessDenied       the credentials are good and do not give access; SELF_APPROVAL is one reason
        ├── NotFound           this tenant has no such resource
        ├── AlreadyExists      the id is taken, by a deleted resource too
        ├── Conflict           somebody else changed it since it was read; read again and decide again
        ├── PreconditionFailed the state of things does not allow it; the reason says what does not
        ├── ServerBusy         full; it said when to try again
        ├── Unavailable        not reached, draining, or lost a worker; safe to try again
        ├── DeadlinePassed     no answer within the time given
        ├── MessageTooLarge    request or answer above the limit of 4 MiB
        └── InternalError      a bug of the service; carries the id under which it was logged

An exception that came from a call keeps the status it came with. This module knows neither grpc nor
protobuf, so that reading a file can raise without loading either.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from counterpoise.model import Allocation, ProofWeight, Side, TerminationReason, Violation

_SHOWN = 5
"""Violations or bounds that a message names before it counts the rest."""


class StatusCode(IntEnum):
    """Codes of the status of a call, as every gRPC implementation numbers them."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


@dataclass(frozen=True, kw_only=True)
class CallStatus:
    """The status that ended a call, as it came.

    `reason` and `metadata` are those of the service's `ErrorInfo`; empty where the status was made
    by a library or a proxy. `retry_delay` is set only where the service asked for a retry.
    """

    code: StatusCode
    details: str = ""
    reason: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    retry_delay: datetime.timedelta | None = None

    def __str__(self) -> str:
        """Code, reason and details on one line."""
        reason = f" ({self.reason})" if self.reason else ""
        return f"{self.code.name}{reason}: {self.details}" if self.details else f"{self.code.name}{reason}"


class CounterpoiseError(Exception):
    """Everything that this client raises on purpose."""


class InvalidProblem(CounterpoiseError):
    """The question is wrong.

    `violations` are those that are known here, in the order of the question; `violation_count` is how
    many there are in all: a service sends the first few, `Client.validate` returns the rest. `status`
    is None when a file or a conversion was refused on this side.
    """

    def __init__(
        self,
        violations: tuple[Violation, ...],
        violation_count: int | None = None,
        status: CallStatus | None = None,
    ) -> None:
        super().__init__(violations, violation_count, status)
        self.violations = violations
        self.violation_count = len(violations) if violation_count is None else violation_count
        self.status = status

    def __str__(self) -> str:
        """The count and the first few, each with its path."""
        if not self.violations:
            return self.status.details if self.status is not None else "the problem is not valid"
        count = self.violation_count
        lines = [f"the question has {count} violation{'s' if count != 1 else ''}"]
        shown = self.violations[:_SHOWN]
        lines += [f"  {violation.field or 'problem'}: {violation.message}" for violation in shown]
        return "\n".join(lines + _more(count - len(shown)))


class InfeasibleMandate(CounterpoiseError):
    """No allocation satisfies the question; `allocation.certificate.infeasibility` is the proof."""

    def __init__(self, allocation: Allocation) -> None:
        super().__init__(allocation)
        self.allocation = allocation

    @property
    def conflicting_bounds(self) -> tuple[ProofWeight, ...]:
        """The bounds that contradict each other, heaviest first; empty without a proof."""
        certificate = self.allocation.certificate
        if certificate is None or certificate.infeasibility is None:
            return ()
        return tuple(sorted(certificate.infeasibility.weights, key=lambda weight: -weight.weight))

    def __str__(self) -> str:
        """The bounds that contradict each other, by name."""
        bounds = self.conflicting_bounds
        if not bounds:
            return f"no allocation satisfies the mandate: {self.allocation.termination.detail}"
        lines = ["no allocation satisfies the mandate; proven: these bounds contradict each other"]
        lines += [
            f"  {str(bound.key) or 'a newer rule'}: {describe_side(bound.side)}" for bound in bounds[:_SHOWN]
        ]
        return "\n".join(lines + _more(len(bounds) - _SHOWN))


class NotCertified(CounterpoiseError):
    """Neither an optimum nor infeasibility was proven, or this client is too old to tell.

    There are no positions to use: `allocation` holds the termination, with every attempt, and the
    warnings.
    """

    def __init__(self, allocation: Allocation) -> None:
        super().__init__(allocation)
        self.allocation = allocation

    def __str__(self) -> str:
        """What ended the solve."""
        termination = self.allocation.termination
        headlines = {
            TerminationReason.TIME_LIMIT: "time ran out before anything was proven",
            TerminationReason.UNDETERMINED: "neither an optimum nor infeasibility could be proven",
        }
        newer = f"the answer's reason or proof is newer than this client (reason {int(termination.reason)})"
        headline = headlines.get(termination.reason, newer)
        detail = termination.detail
        if detail.lower().startswith(headline):
            return detail  # it says the same, and more
        return f"{headline}: {detail}" if detail else headline


class ServiceError(CounterpoiseError):
    """The call failed; `status` is what it ended with."""

    def __init__(self, status: CallStatus) -> None:
        super().__init__(status)
        self.status = status

    def __str__(self) -> str:
        """The status on one line."""
        return str(self.status)


class CredentialsRefused(ServiceError):
    """The service did not accept the credentials, or there were none; asking again needs others."""


class AccessDenied(ServiceError):
    """The service knows the caller, whose roles or tenant do not give access.

    `status.reason` is SELF_APPROVAL where the roles do, and the caller wrote the job's revision or started
    the run: then another person has to approve.
    """


class NotFound(ServiceError):
    """This tenant has no such resource; those of other tenants are not there for it."""


class AlreadyExists(ServiceError):
    """The id of the resource is taken, and stays so after the resource is deleted; choose another one."""


class Conflict(ServiceError):
    """The etag or the content hash is not the current one: read again, look again, and call again."""


class PreconditionFailed(ServiceError):
    """The call is right and the state of things does not allow it, now or for good.

    `status.reason` is the name of an `ErrorReason` that says what does not: JOB_NOT_ACTIVE, RUN_IN_PROGRESS,
    RUN_NOT_ACTIVE, PROPOSAL_NOT_OPEN, MARKS_STALE, COMPLIANCE_FAILED, REBALANCING_HALTED or
    REQUEST_ID_REUSED. The same call again is refused again until that has changed.
    """


class ServerBusy(ServiceError):
    """The service is full; `status.retry_delay` is when it wants to be asked again."""


class Unavailable(ServiceError):
    """The service was not reached, is going down, or lost the worker; asking again is safe."""


class DeadlinePassed(ServiceError):
    """No answer came within the time that the caller gave."""


class MessageTooLarge(ServiceError):
    """The request or the answer is above the message limit; asking again would not help."""


class InternalError(ServiceError):
    """A bug of the service."""

    @property
    def error_id(self) -> str:
        """The id under which the service logged it; empty when none came."""
        return self.status.metadata.get("errorId", "")

    def __str__(self) -> str:
        """The status, and the id to quote."""
        return f"{self.status} [error id {self.error_id}]" if self.error_id else str(self.status)


def describe_side(side: Side) -> str:
    """A side of a limit in words."""
    return {Side.LOWER: "its lower bound", Side.UPPER: "its upper bound"}.get(side, "one of its bounds")


def _more(count: int) -> list[str]:
    return [f"  ... and {count} more"] if count > 0 else []
