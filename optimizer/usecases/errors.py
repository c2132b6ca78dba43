"""Why a call has no answer. What these mean on the wire is the service's business."""

from __future__ import annotations

from collections.abc import Mapping

from counterpoise.model import ErrorReason, Violation


class RequestInvalid(Exception):
    """The request breaks rules of the contract; `violations` names every one, in its order."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        super().__init__(f"{len(violations)} violations, the first at {violations[0].field}")
        self.violations = violations

    def __reduce__(self) -> tuple[type[RequestInvalid], tuple[tuple[Violation, ...]]]:
        """Made again in the process that asked: a worker reads requests, too."""
        return RequestInvalid, (self.violations,)


class DeadlinePassed(Exception):
    """The caller's deadline ended the work, or leaves no time for it."""


class Refused(Exception):
    """A call that ends with a reason of the contract, and changed nothing but the audit log."""

    def __init__(self, reason: ErrorReason, message: str, metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})

    def __reduce__(self) -> tuple[type[Refused], tuple[ErrorReason, str, dict[str, str]]]:
        """As above."""
        return Refused, (self.reason, self.message, self.metadata)
