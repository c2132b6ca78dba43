"""Why a call has no answer. What these mean on the wire is the service's business."""

from __future__ import annotations

from counterpoise.model import Violation


class RequestInvalid(Exception):
    """The request breaks rules of the contract; `violations` names every one, in its order."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        super().__init__(f"{len(violations)} violations, the first at {violations[0].field}")
        self.violations = violations


class DeadlinePassed(Exception):
    """The caller's deadline ended the work, or leaves no time for it."""
